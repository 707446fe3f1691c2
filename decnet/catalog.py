# SPDX-License-Identifier: MIT
"""
The services of decnet: the only list of them.

Units, role targets, ``decnet <name>`` commands, start order, bus policy, log files, man pages and package lists come from
``SERVICES``. A service that is added here appears everywhere.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from graphlib import TopologicalSorter
from typing import Literal

from decnet.errors import NotFoundError


class Role(StrEnum):
    """What a host is: a master stores and shows (and hosts decoys too), an agent hosts decoys and reports."""

    MASTER = "master"
    AGENT = "agent"


ACCOUNTS = ("decoys", "netns")
"""Suffixes of the accounts that stand alone: no members of the group, no way to the other services."""

Folder = Literal["runtime", "handover", "spool", "store", "blobs", "agent", "web"]

BOTH = (Role.MASTER, Role.AGENT)
MASTER_ONLY = (Role.MASTER,)


@dataclass(frozen=True)
class Relaxation:
    """Where a unit is less strict than the others: the directive, what it says here instead, and why it has to."""

    directive: str
    value: str
    reason: str


@dataclass(frozen=True, kw_only=True)
class Service:
    """
    One process that systemd runs.

    ``publishes`` and ``subscribes`` are subject patterns; the bus refuses everything else. ``account`` is the suffix of the
    isolated account that runs the service (``""``: the chosen user). ``relayed`` services cannot reach the bus: what they
    publish goes through the agent's hand-over socket. ``reads`` and ``writes`` name the folders of ``decnet.paths`` that its
    unit sees, ``keys`` the secrets that it is handed. One that ``opens_store`` does not start during an upgrade; one with
    ``docker`` may be given Docker's group.
    """

    name: str
    summary: str
    worker: str
    roles: tuple[Role, ...]
    after: tuple[str, ...] = ()
    capabilities: tuple[str, ...] = ()
    docker: bool = False
    reads: tuple[Folder, ...] = ()
    writes: tuple[Folder, ...] = ()
    keys: tuple[str, ...] = ()
    opens_store: bool = False
    relaxes: tuple[Relaxation, ...] = ()
    publishes: tuple[str, ...] = ()
    subscribes: tuple[str, ...] = ()
    account: Literal["", "decoys", "netns"] = ""
    relayed: bool = False


SERVICES = (
    Service(
        name="bus",
        summary="Carry events between the services of this host",
        worker="decnet.workers.bus:BusDaemon",
        roles=BOTH,
        writes=("runtime",),
        relaxes=(
            Relaxation("ProtectProc", "default", "the identity of a client is read from the cgroup of its process"),
            Relaxation("PrivateUsers", "no", "the user ids of clients must be those of the host"),
        ),
        publishes=("system.bus.>",),
        subscribes=("system.health.requested",),
    ),
    Service(
        name="agent",
        summary="Make the decoys of this host match their desired state",
        worker="decnet.workers.agent:Agent",
        roles=BOTH,
        after=("bus",),
        capabilities=("CAP_NET_ADMIN", "CAP_NET_RAW"),
        docker=True,
        writes=("agent", "handover", "runtime", "store"),
        relaxes=(
            Relaxation("ProtectProc", "default", "the identity of the decoys service is read from the cgroup of its process"),
            Relaxation("PrivateUsers", "no", "its capabilities have to count in the namespaces of the host"),
            Relaxation("PrivateNetwork", "no", "it opens the sockets of the decoys"),
            Relaxation("RestrictAddressFamilies", "AF_UNIX AF_INET AF_INET6", "it opens the sockets of the decoys"),
            Relaxation("IPAddressDeny", "", "the rule would follow the sockets that it opens for the decoys"),
        ),
        publishes=("system.agent.health", "system.decoys.health", "fleet.applied"),
        subscribes=("system.health.requested", "fleet.changed", "spool.ingested"),
    ),
    Service(
        name="decoys",
        summary="Face the attackers: serve the lures and write the evidence",
        worker="decnet.workers.decoys:Decoys",
        roles=BOTH,
        after=("agent",),
        writes=("spool",),
        keys=("sealing.pub",),
        relaxes=(Relaxation("IPAddressDeny", "", "the sockets that it is handed have to reach the attackers"),),
        account="decoys",
        relayed=True,
        publishes=("system.decoys.health",),
        subscribes=("system.health.requested", "spool.ingested"),
    ),
    Service(
        name="ingester",
        summary="Bring the spools into the store, exactly once, and announce what was stored",
        worker="decnet.workers.ingester:Ingester",
        roles=MASTER_ONLY,
        after=("bus",),
        reads=("spool",),
        writes=("store", "blobs"),
        keys=("sealing.key", "store.key", "comparison.key"),
        opens_store=True,
        relaxes=(Relaxation("PrivateUsers", "no", "whose file a spool holds must be seen as it is on the host"),),
        publishes=("system.ingester.health", "evidence.>", "attacker.observed", "spool.ingested"),
        subscribes=("system.health.requested",),
    ),
    Service(
        name="api",
        summary="Answer programs and the dashboard: what was seen, what shall be",
        worker="decnet.workers.api:Api",
        roles=MASTER_ONLY,
        after=("bus",),
        reads=("blobs", "agent"),
        writes=("runtime", "store"),
        keys=("sealing.key", "store.key", "comparison.key"),
        opens_store=True,
        publishes=("system.api.health", "system.health.requested", "fleet.changed"),
        subscribes=("system.health.requested", "system.*.health", "evidence.>", "fleet.applied"),
    ),
    Service(
        name="web",
        summary="Show the dashboard to browsers",
        worker="decnet.workers.web:Web",
        roles=MASTER_ONLY,
        after=("api",),
        writes=("web",),
        relaxes=(
            Relaxation("PrivateNetwork", "no", "browsers reach it over the network"),
            Relaxation("RestrictAddressFamilies", "AF_UNIX AF_INET AF_INET6", "browsers reach it over the network"),
            Relaxation("IPAddressDeny", "", "who may reach the dashboard is for the firewall of the host to say"),
        ),
        publishes=("system.web.health",),
        subscribes=("system.health.requested",),
    ),
)

_BY_NAME = {service.name: service for service in SERVICES}


def service(name: str) -> Service:
    """Return the service called ``name``; raise ``NotFoundError`` where there is none."""
    try:
        return _BY_NAME[name]
    except KeyError:
        raise NotFoundError(f"there is no service called {name!r}", remedy="decnet services lists them") from None


def services_of(role: Role) -> tuple[Service, ...]:
    """Return the services of a role in the order in which they start."""
    return start_order(service for service in SERVICES if role in service.roles)


def start_order(services: Iterable[Service]) -> tuple[Service, ...]:
    """Return ``services`` sorted so that each one follows those it names in ``after``."""
    chosen = {service.name: service for service in services}
    graph = {name: [other for other in service.after if other in chosen] for name, service in chosen.items()}
    return tuple(chosen[name] for name in TopologicalSorter(graph).static_order())
