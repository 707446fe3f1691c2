# SPDX-License-Identifier: MIT
"""Work is done as somebody else for good, and what came of it is told."""

import json
import os
import traceback
from pathlib import Path
from typing import NoReturn

import pytest

from decnet.errors import DiskFullError, HostError
from decnet.host.account import as_account, owner_of
from decnet.host.process import Identity

NOBODY = Identity(uid=65534, gid=65533)


def who() -> list[int | list[int]]:
    """Return every number of this process that decides what it may."""
    return [*os.getresuid(), *os.getresgid(), os.getgroups()]


@pytest.mark.root
def test_work_is_done_as_the_account_with_no_way_back() -> None:
    def work() -> list[object]:
        try:
            os.setuid(0)
        except PermissionError:
            return [*who(), os.getpid()]
        return []

    before = who()
    found = as_account(NOBODY, work)
    assert found[:-1] == [65534] * 3 + [65533] * 3 + [[]]
    assert found[-1] != os.getpid()
    assert who() == before


def test_own_work_is_done_here() -> None:
    assert as_account(None, os.getpid) == os.getpid()


@pytest.mark.root
def test_error_of_the_work_is_raised_with_its_remedy() -> None:
    def work() -> NoReturn:
        raise DiskFullError("no room", remedy="make room")

    with pytest.raises(DiskFullError, match="no room") as raised:
        as_account(NOBODY, work)
    assert raised.value.remedy == "make room"


@pytest.mark.root
def test_end_of_the_child_that_nobody_expected_is_an_error(
    capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def work() -> NoReturn:
        raise ValueError("what no one thought of")

    monkeypatch.setattr("sys.excepthook", lambda *failure: os.write(2, "".join(traceback.format_exception(*failure)).encode()))
    with pytest.raises(HostError, match="ended with 1"):
        as_account(NOBODY, work)
    assert "what no one thought of" in capfd.readouterr().err


@pytest.mark.root
def test_much_is_told_as_well_as_little() -> None:
    rows = [{"message": "x" * 1000} for _ in range(1000)]
    assert json.dumps(as_account(NOBODY, lambda: rows)) == json.dumps(rows)


@pytest.mark.root
def test_owner_is_that_of_the_folder_or_of_the_one_above(tmp_path: Path) -> None:
    assert owner_of(tmp_path) is None
    os.chown(tmp_path, 65534, 65533)
    assert owner_of(tmp_path) == NOBODY
    assert owner_of(tmp_path / "missing" / "folder") == NOBODY
