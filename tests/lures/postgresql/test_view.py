# SPDX-License-Identifier: MIT
"""What the catalogue asks for."""

from decnet.lures.postgresql.view import View
from decnet.lures.postgresql.work import Work


def test_work_has_all_that_the_catalogue_asks_for() -> None:
    names = [name for name in vars(View) if not name.startswith("_")]
    assert [name for name in names if not hasattr(Work, name)] == []
