# SPDX-License-Identifier: MIT
"""Parts of the postgresql lure."""
