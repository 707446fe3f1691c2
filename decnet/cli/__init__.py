# SPDX-License-Identifier: MIT
"""One module for each command, imported when it is called."""
