# SPDX-License-Identifier: MIT
"""The functions of the server, by what they are about."""
