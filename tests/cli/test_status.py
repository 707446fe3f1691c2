# SPDX-License-Identifier: MIT
"""``decnet status`` shows what the agent told, and says so when there is no agent to tell."""

from pathlib import Path

import pytest

from decnet.cli import status
from decnet.domain.evidence import now
from decnet.engine.report import AgentReport, DecoyReport, LureReport, write
from tests.support.workers import config

LURES = (
    LureReport(name="ssh", address="127.20.0.1", port=22, state="up"),
    LureReport(name="http", address="::1", port=80, state="failed", error="somebody else listens", code=6),
)
DECOY = DecoyReport(
    name="web", fleet="x", archetype="web-server", hostname="www01", addresses=("127.20.0.1",), state="failed", lures=LURES
)


def run(folder: Path, format_: str) -> int:
    """Run the command."""
    options = type("Options", (), {"format": format_})()
    return status.COMMAND.run(options, config(folder))


def told(folder: Path) -> None:
    """Write a report as the agent does."""
    path = config(folder).paths.agent / "decoys.json"
    path.parent.mkdir(parents=True)
    write(path, AgentReport(host="h", revision=1, at=now(), decoys_pid=1, decoys=(DECOY,)), mode=0o640)


def test_each_lure_has_its_line_with_place_and_error(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(status, "holder", lambda _: 1)
    told(tmp_path)
    assert run(tmp_path, "text") == 0
    _, first, second = capsys.readouterr().out.splitlines()
    assert first.split() == ["web", "web-server", "www01", "ssh", "127.20.0.1:22", "up"]
    assert second.split()[3:5] == ["http", "[::1]:80"]
    assert second.endswith("failed: somebody else listens")


def test_without_an_agent_nobody_knows_how_decoys_are(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    told(tmp_path)
    assert run(tmp_path, "text") == 0
    shown = capsys.readouterr()
    assert "the agent does not run" in shown.err
    assert "unknown" in shown.out


def test_host_without_decoys_shows_none(tmp_path: Path, capsysbinary: pytest.CaptureFixture[bytes]) -> None:
    assert run(tmp_path, "json") == 0
    assert capsysbinary.readouterr().out == b""
