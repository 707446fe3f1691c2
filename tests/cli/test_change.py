# SPDX-License-Identifier: MIT
"""Whoever changes the decoys is told what is not up, and why, with an exit code that says what to do next."""

from pathlib import Path

import pytest

from decnet.catalog import Role
from decnet.cli import change
from decnet.cli.asker import asker
from decnet.config.load import environment
from decnet.config.model import Host
from decnet.domain.desired import DesiredDecoy, DesiredLure, DesiredState
from decnet.domain.evidence import now
from decnet.engine.report import AgentReport, DecoyReport, LureReport, State, write
from decnet.errors import HostError, InUseError, NotRunningError, PlanError
from decnet.store import audit, fleet
from tests.support.decoys import decoy
from tests.support.stores import stored
from tests.support.workers import config


def report(folder: Path, state: State, error: str = "", code: int = 0, revision: int = 1) -> None:
    """Write a report of one decoy."""
    lure = LureReport(name="ssh", address="127.20.0.1", port=22, state=state, error=error, code=code)
    decoy = DecoyReport(name="a", fleet="f", archetype="x", hostname="h", addresses=("127.20.0.1",), state=state, lures=(lure,))
    path = config(folder).paths.agent / "decoys.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    write(path, AgentReport(host="h", revision=revision, at=now(), decoys_pid=0, decoys=(decoy,)), mode=0o640)


@pytest.fixture(autouse=True)
def _agent_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let there be an agent, and nobody wait long for it."""
    monkeypatch.setattr(change, "holder", lambda _: 4711)
    monkeypatch.setattr(change, "DONE_SECONDS", 0.0)
    monkeypatch.setattr(change, "LOOK_SECONDS", 0.001)


def test_progress_is_said_once_when_everything_is_up(tmp_path: Path) -> None:
    said: list[str] = []
    report(tmp_path, "up")
    change._wait(config(tmp_path), 1, said.append)
    assert said == ["1 of 1 decoys are up"]


@pytest.mark.parametrize(("code", "kind"), [(6, InUseError), (5, HostError)])
def test_kind_of_the_error_is_that_of_the_lure(tmp_path: Path, code: int, kind: type[Exception]) -> None:
    report(tmp_path, "failed", "somebody else listens", code)
    with pytest.raises(kind, match="a/ssh: somebody else listens"):
        change._wait(config(tmp_path), 1, print)


@pytest.mark.parametrize(
    ("asked", "lines"),
    [
        (22, []),
        (2, ["the agent may not open ports below 1024 here: 2 is 22; decnet status shows where each lure listens"]),
    ],
)
def test_port_that_was_taken_instead_of_another_is_told(tmp_path: Path, asked: int, lines: list[str]) -> None:
    report(tmp_path, "up")
    entry = DesiredDecoy(fleet="f", decoy=decoy(name="a"), lures=(DesiredLure(name="ssh", port=asked),))
    wanted = DesiredState(decoys=(entry,))
    said: list[str] = []
    change._tell_ports(wanted, change._wait(config(tmp_path), 1, lambda _: None), said.append)
    assert said == lines


def test_fleet_and_audit_log_name_who_changed_it(tmp_path: Path) -> None:
    with stored(tmp_path) as store:
        wanted = DesiredState(decoys=(DesiredDecoy(fleet="f", decoy=decoy(name="a"), lures=()),))
        revision = change._store(store.config, change.Current(0, DesiredState(decoys=())), wanted, 1)
        entry = audit.page(store.ingest.connection, before=1 << 62, limit=1)[0]
        assert (entry.action, entry.subject, entry.detail) == ("fleet changed", f"revision {revision}", "1 steps")
        assert entry.actor == fleet.current(store.ingest.connection).author == asker(environment())


def test_agent_that_does_not_take_a_revision_is_named(tmp_path: Path) -> None:
    report(tmp_path, "up", revision=1)
    with pytest.raises(NotRunningError, match="has not taken revision 2"):
        change._wait(config(tmp_path), 2, print)


def test_missing_decoys_service_is_named(tmp_path: Path) -> None:
    report(tmp_path, "waiting")
    with pytest.raises(NotRunningError, match="no decoys service answers") as caught:
        change._wait(config(tmp_path), 1, print)
    assert caught.value.remedy == "decnet decoys"


def test_agent_host_is_changed_on_its_master(tmp_path: Path) -> None:
    with pytest.raises(PlanError, match="decided on its master"):
        change.look(config(tmp_path, host=Host(role=Role.AGENT)))
