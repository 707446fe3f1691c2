# SPDX-License-Identifier: MIT
"""Who runs as before is noted until it does not; which services restart, and in which order, is in test_services."""

from pathlib import Path

import pytest

from tests.support.namespaces import Machine, machine

pytestmark = pytest.mark.root

PENDING = "run/decnet-restart-pending"


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
