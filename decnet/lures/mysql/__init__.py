# SPDX-License-Identifier: MIT
"""MariaDB and MySQL as their clients know them."""
