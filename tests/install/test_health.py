# SPDX-License-Identifier: MIT
"""Whether the services work is asked of them, and seen at the socket of the bus."""

import os
import socket
from pathlib import Path

import pytest

from decnet.catalog import SERVICES
from decnet.install import health
from decnet.install.host import Host
from decnet.install.layout import BUS_SOCKET
from decnet.install.migration import Runner
from decnet.install.render import unit_of
from decnet.install.tree import Tree


def test_holders_of_the_sockets_are_the_two_that_hand_them_over() -> None:
    named = {unit_of(service) for service in SERVICES if service.name in {"agent", "decoys"}}
    assert set(health.HOLDERS) == named


def test_unit_is_found_by_the_name_of_its_service() -> None:
    assert health.unit_named("bus") == "decnet-bus.service"
    assert health.unit_named("nobody") == ""


@pytest.mark.client
def test_service_that_does_not_answer_is_unwell() -> None:
    runner = Runner(account=None)
    assert health.unwell(runner, ["decnet-bus.service"]) == ["decnet-bus.service"]
    assert health.wait_well(runner, ["decnet-bus.service"], seconds=0) == ["decnet-bus.service"]
    assert not health.holds_everything(runner, "decnet-agent.service")


def host_at(root: Path) -> Host:
    return Host(tree=Tree(root), variables={})


def test_missing_socket_is_a_problem(tmp_path: Path) -> None:
    assert "is not there" in health.bus_problem(host_at(tmp_path), 0)


def test_socket_of_another_group_is_a_problem(tmp_path: Path) -> None:
    path = tmp_path / BUS_SOCKET[1:]
    path.parent.mkdir(parents=True)
    with socket.socket(socket.AF_UNIX) as bus:
        here = os.open(path.parent, os.O_PATH)
        bus.bind(f"/proc/self/fd/{here}/bus.sock")
        os.close(here)
        path.chmod(0o660)
        assert "belongs to the group" in health.bus_problem(host_at(tmp_path), os.getgid() + 1)
