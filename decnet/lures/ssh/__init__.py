# SPDX-License-Identifier: MIT
"""The ssh lure: OpenSSH with a shell, scp and sftp behind weak passwords."""
