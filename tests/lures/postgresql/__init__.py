# SPDX-License-Identifier: MIT
"""The postgresql lure as its clients see it."""
