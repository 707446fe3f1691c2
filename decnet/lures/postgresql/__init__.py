# SPDX-License-Identifier: MIT
"""The postgresql lure: PostgreSQL's protocol 3.0 over planted databases."""
