# SPDX-License-Identifier: MIT
"""Tests of the https lure."""
