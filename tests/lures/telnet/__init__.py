# SPDX-License-Identifier: MIT
"""Tests of the telnet lure."""
