# SPDX-License-Identifier: MIT
"""The telnet lure: telnetd, login, and the shell that ssh opens too."""
