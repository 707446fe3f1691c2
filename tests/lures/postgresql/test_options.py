# SPDX-License-Identifier: MIT
"""Options."""

import pytest

from decnet.errors import PlanError
from decnet.lures.options import options_of
from decnet.lures.postgresql.options import PostgresqlOptions


def test_options_are_read_from_a_fleet_file() -> None:
    found = options_of(PostgresqlOptions, {"accounts": "a:b, c:d", "answer": "denial", "tls": "no"})
    assert found == PostgresqlOptions(accounts=("a:b", "c:d"), answer="denial", tls=False)


def test_answer_that_is_none_is_refused() -> None:
    with pytest.raises(PlanError):
        options_of(PostgresqlOptions, {"answer": "perhaps"})
