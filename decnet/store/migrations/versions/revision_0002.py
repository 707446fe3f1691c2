# SPDX-License-Identifier: MIT
"""Accounts, tokens, the audit log, touches by the hour."""

from pathlib import Path

from alembic import op

from decnet.store.statements import statements

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Run the plain SQL of this revision."""
    for statement in statements(Path(__file__).with_name("0002.sql")):
        op.get_bind().exec_driver_sql(statement)
