# SPDX-License-Identifier: MIT
"""The tables and views that the server makes up itself: pg_catalog and information_schema."""
