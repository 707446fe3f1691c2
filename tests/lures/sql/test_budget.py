# SPDX-License-Identifier: MIT
"""A statement costs so much work, so many bytes and so much time, and no part of it keeps others waiting for long."""

import pytest

from decnet.lures.sql import budget
from decnet.lures.sql.budget import MAX_BYTES, MAX_SLEEP_SECONDS, MAX_STEPS, MAX_STRETCH, Budget
from decnet.lures.sql.problem import Kind, SqlError
from tests.lures.mysql.database import Statements


def refused(spent: Budget, steps: int) -> bool:
    """Say whether so much more work is too much."""
    try:
        spent.spend(steps)
    except SqlError as error:
        return error.kind == Kind.TIMEOUT
    return False


def test_work_is_bounded_however_often_others_run() -> None:
    spent = Budget()
    for _ in range(MAX_STEPS // MAX_STRETCH):
        assert not refused(spent, MAX_STRETCH)
        assert spent.is_due()
    assert refused(spent, MAX_STRETCH)


def test_what_cannot_wait_is_cut_sooner() -> None:
    spent = Budget()
    with spent.held():
        assert not refused(spent, MAX_STRETCH)
        assert not spent.is_due()
        assert refused(spent, 1)


def test_subquery_without_an_end_is_cut() -> None:
    words = "SELECT (SELECT COUNT(*) FROM {0} a, {0} b, {0} c, {0} d)".format("information_schema.columns")
    said = Statements().run(words)
    assert isinstance(said, str), said
    assert "exec" in said or "time" in said, said


def test_time_bytes_and_sleep_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    spent = Budget()
    spent.sleep(1e9)
    assert spent.sleep_seconds == MAX_SLEEP_SECONDS
    spent.keep(MAX_BYTES)
    with pytest.raises(SqlError) as full:
        spent.keep(1)
    assert full.value.kind == Kind.NO_MEMORY
    spent.spend(MAX_STRETCH)
    monkeypatch.setattr(budget, "MAX_SECONDS", -1.0)
    with pytest.raises(SqlError) as late:
        spent.is_due()
    assert late.value.kind == Kind.TIMEOUT
