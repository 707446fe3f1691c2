# SPDX-License-Identifier: MIT
"""Tests of the ssh lure."""
