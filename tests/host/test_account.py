# SPDX-License-Identifier: MIT
"""Work is done as somebody else for good, and what came of it is told."""

import json
import os
import signal
import traceback
from pathlib import Path
from typing import NoReturn

import pytest

from decnet.errors import DiskFullError, HostError
from decnet.host.account import Bounds, as_account, owner_of
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


@pytest.mark.root
@pytest.mark.parametrize("bound", ["seconds", "file", "memory"])
def test_work_ends_at_a_bound(tmp_path: Path, bound: str) -> None:
    """Whatever it waits for: a pipe that nobody writes to, as well as a library that never returns."""
    silent, other = os.pipe()
    file = os.open(tmp_path / "file", os.O_WRONLY | os.O_CREAT)

    def work() -> str:
        if bound == "seconds":
            os.read(silent, 1)
        try:
            _ = bytearray(1 << 30) if bound == "memory" else os.pwrite(file, b"x", 1 << 20)
        except (MemoryError, OSError) as error:
            return type(error).__name__
        return ""

    bounds = Bounds(seconds=1, file_bytes=1 << 16, memory_bytes=1 << 29)
    if bound == "seconds":
        with pytest.raises(HostError, match="did not end in time"):
            as_account(NOBODY, work, bounds)
    else:
        assert as_account(NOBODY, work, bounds) == {"memory": "MemoryError", "file": "OSError"}[bound]
    for descriptor in (silent, other, file):
        os.close(descriptor)


@pytest.mark.root
def test_work_ends_with_who_asked_for_it() -> None:
    """Else what follows the evidence would go on for good when its caller is killed."""
    answer, pipe = os.pipe()
    caller = os.fork()
    if caller == 0:
        as_account(NOBODY, lambda: os.write(pipe, b"here") and signal.sigwait({signal.SIGUSR1}))
        os._exit(0)
    os.close(pipe)
    assert os.read(answer, 4) == b"here"
    os.kill(caller, signal.SIGKILL)
    os.waitpid(caller, 0)
    assert os.read(answer, 1) == b""
    os.close(answer)


@pytest.mark.root
def test_nobody_of_the_account_looks_into_the_work() -> None:
    found = as_account(NOBODY, lambda: Path(f"/proc/{os.getpid()}/status").stat().st_uid)
    assert found == 0
