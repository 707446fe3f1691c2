# SPDX-License-Identifier: MIT
"""What a connection remembers."""

from decnet.lures.postgresql.settings import Settings
from decnet.lures.postgresql.state import Backend, Prepared


def test_prepared_statements_are_counted_by_their_size() -> None:
    backend = Backend(1, b"key!", "a", "b", Settings({}, is_superuser=False), False, "127.0.0.1", 1, 0.0)  # noqa: FBT003 - as it is called
    backend.statements["x"] = Prepared("select 1" * 100, None, [])
    assert backend.kept() > 6_400
