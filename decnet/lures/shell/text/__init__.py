# SPDX-License-Identifier: MIT
"""The texts of the machine: files of /etc, /proc, homes and logs, as functions of the machine's facts."""
