# SPDX-License-Identifier: MIT
"""A client at the terminal of a login shell: keys in, what it shows, and the recording of both; for ssh and telnet."""
