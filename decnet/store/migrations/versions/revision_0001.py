# SPDX-License-Identifier: MIT
"""The first schema."""

from pathlib import Path

from alembic import op

from decnet.store.statements import statements

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Run the plain SQL of this revision."""
    for statement in statements(Path(__file__).with_name("0001.sql")):
        op.get_bind().exec_driver_sql(statement)
