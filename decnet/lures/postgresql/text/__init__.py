# SPDX-License-Identifier: MIT
"""What the server says of itself, as data."""
