# SPDX-License-Identifier: MIT
"""One module and one file of plain SQL for each step."""
