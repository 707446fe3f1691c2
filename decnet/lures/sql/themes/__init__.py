# SPDX-License-Identifier: MIT
"""The kinds of applications whose databases are planted."""
