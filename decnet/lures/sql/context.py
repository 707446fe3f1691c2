# SPDX-License-Identifier: MIT
"""
What a statement runs in, and what it returns, under one name for the lures.

Context and Dialect know each other, so they are in one module.
"""

from decnet.lures.sql.budget import LONGEST_VALUE, MAX_ROWS, Budget
from decnet.lures.sql.dialect import Context
from decnet.lures.sql.outcome import Column, Done, Outcome, Rows

__all__ = ["LONGEST_VALUE", "MAX_ROWS", "Budget", "Column", "Context", "Done", "Outcome", "Rows"]
