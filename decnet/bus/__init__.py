# SPDX-License-Identifier: MIT
"""The event bus of one host."""
