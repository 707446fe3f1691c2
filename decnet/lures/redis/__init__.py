# SPDX-License-Identifier: MIT
"""Redis as its clients know it, without a database behind it."""
