# SPDX-License-Identifier: MIT
"""``decnet status`` shows what the agent told, and says so when there is no agent to tell."""

import json
from argparse import Namespace
from pathlib import Path

import pytest

from decnet.cli import status
from decnet.domain.desired import DesiredDecoy, DesiredLure, DesiredState, encode
from decnet.domain.evidence import now
from decnet.engine.report import AgentReport, Applied, DecoyReport, LureReport, write
from decnet.errors import HostError, NotFoundError
from decnet.lures.loading import planted
from tests.support.decoys import decoy
from tests.support.workers import config

LURES = (
    LureReport(name="ssh", address="127.20.0.1", port=22, state="up"),
    LureReport(name="http", address="::1", port=80, state="failed", error="somebody else listens", code=6),
)
DECOY = DecoyReport(
    name="web", fleet="x", archetype="web-server", hostname="www01", addresses=("127.20.0.1",), state="failed", lures=LURES
)


def run(folder: Path, format_: str, *names: str, reveal: bool = False) -> int:
    """Run the command."""
    options = Namespace(format=format_, names=list(names), reveal=reveal)
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
    shown = capsysbinary.readouterr()
    assert shown.out == b""
    assert shown.err == b"the agent does not run and has told nothing yet\n"


def asked(folder: Path) -> None:
    """Write what the agent was asked for, as it does."""
    lures = (DesiredLure(name="ssh", port=22, options={"accounts": "root:toor, guest"}), DesiredLure(name="http", port=80))
    state = DesiredState(decoys=(DesiredDecoy(fleet="x", decoy=decoy(name="web"), lures=lures),))
    write(config(folder).paths.agent / "desired.json", Applied(revision=1, document=encode(state).decode()), mode=0o600)


def test_planted_accounts_are_told_to_who_asks_for_them_and_nobody_else(
    tmp_path: Path, capsysbinary: pytest.CaptureFixture[bytes]
) -> None:
    told(tmp_path)
    asked(tmp_path)
    run(tmp_path, "text")
    run(tmp_path, "json")
    assert b"toor" not in capsysbinary.readouterr().out
    run(tmp_path, "json", "web", reveal=True)
    assert json.loads(capsysbinary.readouterr().out)["accounts"] == {"ssh": ["root:toor", "guest:"], "http": []}
    run(tmp_path, "text", "x", reveal=True)
    head, ssh, http = capsysbinary.readouterr().out.decode().splitlines()
    assert head.split()[-2:] == ["ACCOUNTS", "STATE"]
    assert "root:toor, guest:" in ssh
    assert ":80" in http


def test_accounts_that_follow_from_the_seed_are_told_too(tmp_path: Path, capsysbinary: pytest.CaptureFixture[bytes]) -> None:
    told(tmp_path)
    state = DesiredState(decoys=(DesiredDecoy(fleet="x", decoy=decoy(name="web"), lures=(DesiredLure(name="ssh", port=22),)),))
    write(config(tmp_path).paths.agent / "desired.json", Applied(revision=1, document=encode(state).decode()), mode=0o600)
    run(tmp_path, "json", reveal=True)
    accounts = dict(pair.split(":") for pair in json.loads(capsysbinary.readouterr().out)["accounts"]["ssh"])
    assert accounts == planted("ssh", decoy(name="web"), {})


def test_name_that_is_none_is_refused(tmp_path: Path) -> None:
    told(tmp_path)
    with pytest.raises(NotFoundError, match="did you mean 'web'"):
        run(tmp_path, "text", "webb")


def test_who_may_not_read_the_agents_secrets_is_told_who_may(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    told(tmp_path)
    asked(tmp_path)
    read_bytes = Path.read_bytes

    def refusing(path: Path) -> bytes:
        if path.name == "desired.json":
            raise PermissionError
        return read_bytes(path)

    monkeypatch.setattr(Path, "read_bytes", refusing)
    with pytest.raises(HostError, match=r"desired\.json") as refused:
        run(tmp_path, "text", reveal=True)
    assert "as the user of the services" in refused.value.remedy
