# SPDX-License-Identifier: MIT
"""The programs and built-ins of the machine, in modules by what they do."""
