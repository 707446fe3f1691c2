# SPDX-License-Identifier: MIT
"""
The configuration, typed: one dataclass a section, one field a key, its description beside it.

The descriptions are the manual: the commented configuration file and the reference page are made from them. Sizes are in
bytes, durations in seconds.
"""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Literal

from msgspec import Meta

from decnet.catalog import Role
from decnet.paths import Layout

Bytes = Annotated[int, Meta(ge=0)]
Count = Annotated[int, Meta(ge=1)]
Seconds = Annotated[float, Meta(gt=0)]
DataPort = Annotated[int, Meta(ge=1024, le=65535)]
Name = Annotated[str, Meta(pattern=r"^[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?$")]

Listen = Annotated[str, Meta(pattern=r"^(([0-9.]+|\[[0-9a-f:]+\]):[0-9]{1,5})?$")]

KIB = 1024
MIB = 1024 * KIB
GIB = 1024 * MIB
DAY = 86400.0
HOUR = 3600.0


def described(text: str) -> Meta:
    """Return the annotation that carries a key's description."""
    return Meta(description=text)


@dataclass(frozen=True, kw_only=True)
class Host:
    """The host itself."""

    role: Annotated[Role, described("what this host is")] = Role.MASTER
    name: Annotated[Name, described("the name of this host in every record")] = "localhost"


@dataclass(frozen=True, kw_only=True)
class Log:
    """What operators read; evidence never goes here."""

    level: Annotated[Literal["debug", "info", "warning", "error"], described("the least severe line to write")] = "info"


@dataclass(frozen=True, kw_only=True)
class Bus:
    """The event bus of this host."""

    transport: Annotated[
        Literal["unix", "memory", "null"], described("unix in production; null switches the bus off, memory is for tests")
    ] = "unix"
    socket: Annotated[str, described("the path of the socket; empty: bus.sock in the runtime folder")] = ""
    group: Annotated[str, described("the group that may connect; empty keeps the group of the service")] = ""
    connections: Annotated[Count, described("clients at one time")] = 256
    patterns: Annotated[Count, described("subscriptions of one client")] = 1024
    queue_bytes: Annotated[Count, described("bytes that may wait for one slow subscriber")] = 8 * MIB
    queue_count: Annotated[Count, described("messages that may wait for one slow subscriber")] = 16384


@dataclass(frozen=True, kw_only=True)
class Spool:
    """The durable queue between whoever sees an attacker and the store."""

    segment_bytes: Annotated[Count, described("size at which a new segment, with a new data key, is begun")] = 16 * MIB
    segment_seconds: Annotated[Seconds, described("age at which a new segment is begun")] = 3600.0
    sync_seconds: Annotated[Seconds, described("longest time between a record and its fdatasync")] = 0.1
    limit_bytes: Annotated[Count, described("size of one writer's spool; beyond it records are counted as lost")] = 2 * GIB
    reserve_bytes: Annotated[Bytes, described("room that is set aside for evidence and freed when the disk is full")] = 4 * MIB
    blob_bytes: Annotated[Count, described("largest captured file; what is beyond it is cut off and said so")] = 64 * MIB
    blobs_bytes: Annotated[Count, described("captured files of one writer that wait for the store")] = 1 * GIB


@dataclass(frozen=True, kw_only=True)
class Store:
    """What is remembered."""

    batch: Annotated[Count, described("records of one transaction")] = 2000
    keep_evidence_days: Annotated[Seconds, described("age at which evidence is deleted, in days")] = 365.0
    keep_events_days: Annotated[Seconds, described("age at which rows of the event log are deleted, in days")] = 30.0
    limit_bytes: Annotated[Count, described("size of the database at which the oldest evidence goes first")] = 20 * GIB
    blobs_limit_bytes: Annotated[Count, described("size of the blob folder at which the oldest blobs go first")] = 10 * GIB
    retention_seconds: Annotated[
        Seconds, described("time between two looks at what is too old; what is too large is looked at every minute")
    ] = 3600.0


@dataclass(frozen=True, kw_only=True)
class Disk:
    """Who stops writing first when the disk fills: logs, then captured files, evidence last."""

    log_floor_bytes: Annotated[Bytes, described("free space below which logs are no longer written")] = 256 * MIB
    blob_floor_bytes: Annotated[Bytes, described("free space below which captured files are no longer kept")] = 64 * MIB


@dataclass(frozen=True, kw_only=True)
class Lures:
    """Bounds on what one attacker can take from the others."""

    connections: Annotated[Count, described("open sessions of all decoys together")] = 2000
    connections_per_peer: Annotated[Count, described("open sessions of one address")] = 64
    session_seconds: Annotated[Seconds, described("longest life of a session")] = 3600.0
    idle_seconds: Annotated[Seconds, described("longest silence of a client")] = 300.0
    session_bytes: Annotated[Count, described("bytes that one session may send to us")] = 256 * MIB


@dataclass(frozen=True, kw_only=True)
class Agent:
    """The engine of this host."""

    engine: Annotated[Literal["loopback"], described("what makes decoys exist")] = "loopback"
    port_shift: Annotated[
        int, Meta(ge=0, le=60000), described("added to ports below 1024 where they may not be bound; 0 never shifts")
    ] = 20000
    first_data_port: Annotated[
        DataPort, described("the lowest port of the sockets that lures ask for during a session (passive FTP)")
    ] = 32768
    data_ports: Annotated[Count, described("how many ports from there on they may have, as far as there are ports")] = 28232
    data_sockets: Annotated[Count, described("such sockets at one time")] = 1024
    data_sockets_per_decoy: Annotated[Count, described("such sockets of one decoy at one time")] = 128
    data_sockets_per_second: Annotated[
        Count, described("such sockets of one decoy in a second, after a first burst; of all decoys ten times as many")
    ] = 100


@dataclass(frozen=True, kw_only=True)
class Api:
    """Who may use the API, for how long, and where it listens."""

    socket: Annotated[str, described("the path of the socket; empty: api.sock in the runtime folder")] = ""
    group: Annotated[str, described("the group that may connect; empty keeps the group of the service")] = ""
    listen: Annotated[
        Listen,
        described("an address and a port, such as 127.0.0.1:8000, to listen on TCP too, without TLS; empty: the socket alone"),
    ] = ""
    session_seconds: Annotated[Seconds, described("time after which whoever logged in has to do it again")] = 12 * HOUR
    session_idle_seconds: Annotated[
        Seconds, described("time without a request, and without a live feed, after which he has to")
    ] = 2 * HOUR
    login_failures: Annotated[
        Count, described("wrong passwords for one account, and from one address, before both have to wait")
    ] = 5
    streams: Annotated[Count, described("live feeds at one time")] = 64


@dataclass(frozen=True, kw_only=True)
class Web:
    """The dashboard."""

    listen: Annotated[
        str,
        Meta(pattern=r"^(\[[0-9A-Fa-f:.]+\]|[0-9.]+):[1-9][0-9]{0,4}$"),
        described(
            "the address and port of the dashboard; where decnet is installed, package.conf says it, and stands above this: "
            "decnet configure set DECNET_WEB_LISTEN=ADDRESS:PORT"
        ),
    ] = "127.0.0.1:8443"
    certificate: Annotated[
        str,
        described(
            "a PEM file with a key and its certificates, in place of the one that the dashboard makes for itself; "
            "the account of the services has to be able to read it"
        ),
    ] = ""


@dataclass(frozen=True, kw_only=True)
class Config:
    """The whole configuration."""

    paths: Layout
    host: Host = field(default_factory=Host)
    log: Log = field(default_factory=Log)
    bus: Bus = field(default_factory=Bus)
    spool: Spool = field(default_factory=Spool)
    store: Store = field(default_factory=Store)
    disk: Disk = field(default_factory=Disk)
    lures: Lures = field(default_factory=Lures)
    agent: Agent = field(default_factory=Agent)
    api: Api = field(default_factory=Api)
    web: Web = field(default_factory=Web)

    @property
    def api_socket(self) -> Path:
        """Where the API listens, and the dashboard dials."""
        return Path(self.api.socket or self.paths.api_socket)
