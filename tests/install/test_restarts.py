# SPDX-License-Identifier: MIT
"""
What a new version brings starts, who runs as before is noted until it does not.

Which services restart, and in which order, is in test_services.
"""

from pathlib import Path

import pytest

from tests.support.namespaces import Machine, machine

pytestmark = pytest.mark.root

PENDING = "run/decnet-restart-pending"
APPLIED = "var/lib/decnet-package/applied"
NEW = ("api", "web")


@pytest.fixture
def running(tmp_path: Path) -> Machine:
    """Return a configured machine on which two services run, and whose policy lets nothing start."""
    made = machine(tmp_path / "root")
    made.run("apply")
    made.runs("bus", "agent")
    (made.books / "policy").touch()
    path = made.image.root / "etc/group"
    path.write_text(path.read_text(encoding="utf-8") + "docker:x:301:\n", encoding="utf-8")
    return made


def test_who_was_left_by_an_earlier_run_stays_on_the_list(running: Machine) -> None:
    (running.image.root / PENDING).write_text("decnet-bus.service 4711\ndecnet-decoys.service 4711\n", encoding="utf-8")
    done = running.run("apply", "DECNET_DOCKER=yes", "--reason", "postinst")
    assert "still as before" in done.stderr
    assert running.image.text(PENDING) == "decnet-bus.service 4711\ndecnet-agent.service 4711\n"


def test_who_is_left_by_the_operators_wish_and_by_the_policy_is_noted_in_one_list(running: Machine) -> None:
    running.run("gate")
    done = running.run("apply", "DECNET_DOCKER=yes", "DECNET_RESTART_ON_UPGRADE=no", "--reason", "postinst")
    assert "systemctl restart decnet-bus.service" in done.stderr
    assert "still as before, by the policy of this host or for a warning above: decnet-agent.service" in done.stderr
    assert running.image.text(PENDING) == "decnet-bus.service 4711\ndecnet-agent.service 4711\n"


def upgraded_from_a_version_without(names: tuple[str, ...], running: Machine, *runs: str) -> list[str]:
    """Upgrade from a version that did not have these services; return the units that were started or restarted."""
    path, known = running.image.root / APPLIED, {f"enabled decnet-{name}.service" for name in names}
    lines = path.read_text(encoding="utf-8").splitlines()
    assert known <= set(lines)
    path.write_text("".join(f"{line}\n" for line in lines if line not in known), encoding="utf-8")
    (running.books / "policy").unlink()
    running.runs(*runs)
    running.run("gate")
    running.calls()
    running.run("apply", "--reason", "postinst", "--old", "0.0.9-1")
    assert running.run("diff").stdout == ""
    return sorted(call.split()[2] for call in running.calls() if call.split()[1] in {"start", "restart"})


@pytest.mark.parametrize(("role", "started"), [("master", NEW), ("agent", ())])
def test_what_a_new_version_brings_starts_with_the_upgrade(running: Machine, role: str, started: tuple[str, ...]) -> None:
    """Nobody stopped it, and it would wait for the next boot."""
    running.run("apply", f"DECNET_ROLE={role}")
    units = upgraded_from_a_version_without(NEW, running, "bus", "agent")
    assert units == [f"decnet-{name}.service" for name in sorted(("agent", "bus", *started))]


def test_what_a_new_version_brings_stays_down_where_the_operator_stopped_everything(running: Machine) -> None:
    assert upgraded_from_a_version_without(NEW, running) == []
