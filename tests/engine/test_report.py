# SPDX-License-Identifier: MIT
"""What the agent tells is always a whole file, and a broken one is said to be broken."""

from pathlib import Path

import pytest

from decnet.domain.evidence import now
from decnet.engine.report import AgentReport, Applied, read, worst, write
from decnet.errors import DamagedError


def test_report_comes_back_as_it_was_written(tmp_path: Path) -> None:
    report = AgentReport(host="h", revision=3, at=now(), decoys_pid=7, decoys=())
    write(tmp_path / "decoys.json", report, mode=0o640)
    assert read(tmp_path / "decoys.json", AgentReport) == report


def test_desired_state_is_readable_by_its_owner_alone(tmp_path: Path) -> None:
    write(tmp_path / "desired.json", Applied(revision=1, document="{}"), mode=0o600)
    assert (tmp_path / "desired.json").stat().st_mode & 0o777 == 0o600


def test_write_replaces_a_file_and_leaves_no_other(tmp_path: Path) -> None:
    (tmp_path / ".x.new").write_text("left by a crash")
    for revision in (1, 2):
        write(tmp_path / "x", Applied(revision=revision, document=""), mode=0o600)
    assert [path.name for path in tmp_path.iterdir()] == ["x"]
    assert read(tmp_path / "x", Applied) == Applied(revision=2, document="")


def test_missing_file_is_nothing(tmp_path: Path) -> None:
    assert read(tmp_path / "none", Applied) is None


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b'{"revision": "x"}', b"\xff\x00"])
def test_broken_file_is_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "x").write_bytes(content)
    with pytest.raises(DamagedError):
        read(tmp_path / "x", Applied)


def test_state_of_a_decoy_is_that_of_its_worst_lure() -> None:
    assert worst(("up", "waiting", "failed")) == "failed"
    assert worst(("up", "waiting")) == "waiting"
    assert worst(("up", "up")) == "up"
