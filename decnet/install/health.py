# SPDX-License-Identifier: MIT
"""How the services are after they were started: asked through decnet's own commands."""

import json
import socket
import stat
from collections.abc import Iterable, Sequence
from typing import Any

from decnet.catalog import SERVICES
from decnet.host.process import CommandFailed
from decnet.install import services
from decnet.install.host import Host
from decnet.install.layout import BUS_SOCKET
from decnet.install.migration import Runner
from decnet.install.render import unit_of

SECONDS = 20.0
_ANSWER_SECONDS = 10.0
_SOCKET_MODE = 0o660
BUS = "decnet-bus.service"
HOLDERS = tuple(unit_of(service) for service in SERVICES if service.relayed or "handover" in service.writes)
"""The services that hold the listening sockets of the decoys, each one a copy: two of them never restart at once."""


def unwell(runner: Runner, units: Iterable[str]) -> list[str]:
    """Return those of these units that do not say that they are well."""
    well = {unit_named(row["service"]) for row in _rows(runner, "services") if row.get("state") == "ok"}
    return [unit for unit in units if unit not in well]


def unit_named(name: str) -> str:
    """Return the unit of the service called ``name``; empty where there is none."""
    return next((unit_of(service) for service in SERVICES if service.name == name), "")


def wait_well(runner: Runner, units: Sequence[str], seconds: float) -> list[str]:
    """Wait until these units are well; return those that are not in time."""
    services.wait_until(lambda: not unwell(runner, units), seconds)
    return unwell(runner, units)


def holds_everything(runner: Runner, unit: str) -> bool:
    """Say whether a holder is well, and no decoy waits for the other one."""
    decoys = _rows(runner, "status")
    return not unwell(runner, [unit]) and all(decoy.get("state") in {"up", "failed"} for decoy in decoys)


def _rows(runner: Runner, listing: str) -> list[dict[str, Any]]:
    """Return what a listing tells; nothing where it fails altogether."""
    try:
        done = runner.ask(listing, "--format", "json", seconds=_ANSWER_SECONDS)
    except CommandFailed:
        return []
    rows = []
    for line in done.stdout.splitlines():
        try:
            rows.append(json.loads(line))
        except ValueError:
            return []
    return [row for row in rows if isinstance(row, dict)]


def bus_problem(host: Host, gid: int) -> str:
    """Return what is wrong with the socket of the bus; empty where somebody answers and the group may use it."""
    found = host.tree.look(BUS_SOCKET)
    if found is None or not stat.S_ISSOCK(found.st_mode):
        return f"{BUS_SOCKET} is not there"
    if (found.st_gid, stat.S_IMODE(found.st_mode)) != (gid, _SOCKET_MODE):
        return f"{BUS_SOCKET} belongs to the group {found.st_gid} with mode {stat.S_IMODE(found.st_mode):o}"
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
        connection.settimeout(1.0)
        try:
            connection.connect(BUS_SOCKET)
        except OSError as error:
            return f"nobody answers on {BUS_SOCKET}: {error.strerror or error}"
    return ""
