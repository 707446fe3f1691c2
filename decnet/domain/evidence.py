# SPDX-License-Identifier: MIT
"""
What a record of evidence says: who, where, when, and one typed body for each kind.

Text that an attacker sent is in the form of ``decnet.domain.captured``. A secret that is known to be one is never a field of a
body: it stands beside it (``Record.secret``), and in the store it is a reference. Captured files are named by their sha256
(hexadecimal) and lie in the blob folder. On a disk body, secret and file are encrypted.
"""

import os
import time
from abc import ABC, abstractmethod
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import ClassVar
from uuid import UUID


@dataclass(frozen=True, kw_only=True)
class Endpoint:
    """An IP address, v4 or v6 in its shortest form, and a port."""

    address: str
    port: int


@dataclass(frozen=True, kw_only=True)
class Origin:
    """Where a record comes from; made from the socket that the attacker reached, never from what he sent."""

    decoy: str
    lure: str
    session: str
    peer: Endpoint
    local: Endpoint


BODIES: dict[str, type["Body"]] = {}


class Body(ABC):
    """Base of all bodies; a subclass registers itself under its kind, one token of a topic."""

    kind: ClassVar[str]

    def __init_subclass__(cls, kind: str) -> None:
        """Register the kind; two bodies of one kind are a programming error."""
        if kind in BODIES:
            raise TypeError(f"evidence of kind {kind} is declared twice")
        cls.kind = kind
        BODIES[kind] = cls

    @abstractmethod
    def summary(self) -> str:
        """Return one line for a list; it may hold anything that an attacker sent, so show it through ``visible``."""


@dataclass(frozen=True, kw_only=True)
class Opened(Body, kind="opened"):
    """A client connected."""

    def summary(self) -> str:
        """Say that somebody came."""
        return "connected"


@dataclass(frozen=True, kw_only=True)
class Closed(Body, kind="closed"):
    """
    A session ended.

    ``reason`` is ``client``, ``lure``, ``idle``, ``time``, ``bytes``, ``busy``, ``protocol``, ``shutdown`` or ``error``;
    ``received`` and ``sent`` are bytes on the wire where the lure knows them.
    """

    reason: str
    seconds: float
    received: int = 0
    sent: int = 0

    def summary(self) -> str:
        """Say why it ended and how long it lasted."""
        return f"closed by {self.reason} after {self.seconds:.1f} s"


@dataclass(frozen=True, kw_only=True)
class Identified(Body, kind="client"):
    """What a client said of itself: its software and the lists that fingerprint it (``hassh`` for ssh)."""

    software: str
    fingerprint: str = ""
    detail: dict[str, str] = field(default_factory=dict)

    def summary(self) -> str:
        """Name the software."""
        return self.software


@dataclass(frozen=True, kw_only=True)
class Credential(Body, kind="credential"):
    """
    A login was tried; the secret stands beside the body.

    ``mechanism`` is ``password``, ``publickey``, ``keyboard-interactive``, ``basic``, ``digest``, ``form``, ``auth`` or
    ``prompt``.
    ``detail`` holds what is no secret: the realm, the public key's fingerprint, the digest's response.
    """

    mechanism: str
    username: str
    accepted: bool
    detail: dict[str, str] = field(default_factory=dict)

    def summary(self) -> str:
        """Name the account, the mechanism and the outcome."""
        return f"{'accepted' if self.accepted else 'refused'} {self.mechanism} of {self.username!r}"


@dataclass(frozen=True, kw_only=True)
class Command(Body, kind="command"):
    """A command was sent: a shell line, a redis command (arguments quoted), an SQL statement."""

    command: str
    exit_code: int | None = None
    detail: dict[str, str] = field(default_factory=dict)

    def summary(self) -> str:
        """Return the command itself."""
        return self.command


@dataclass(frozen=True, kw_only=True)
class Request(Body, kind="request"):
    """An HTTP request; headers in their order, secrets in them as ``[secret]``; a body that was kept is a blob."""

    method: str
    target: str
    version: str
    headers: list[tuple[str, str]]
    status: int
    body_sha256: str = ""
    body_size: int = 0

    def summary(self) -> str:
        """Return the request line and the status."""
        return f"{self.method} {self.target} -> {self.status}"


@dataclass(frozen=True, kw_only=True)
class File(Body, kind="file"):
    """A file changed hands; ``direction`` is ``upload`` or ``download``; ``truncated`` when not all was kept."""

    path: str
    direction: str
    sha256: str
    size: int
    truncated: bool = False

    def summary(self) -> str:
        """Name the file, its size and the start of its hash."""
        return f"{self.direction} {self.path} ({self.size} bytes, sha256 {self.sha256[:12]})"


@dataclass(frozen=True, kw_only=True)
class Download(Body, kind="download"):
    """A decoy was told to fetch something; it only pretended."""

    url: str
    tool: str

    def summary(self) -> str:
        """Return the tool and the URL."""
        return f"{self.tool} {self.url}"


@dataclass(frozen=True, kw_only=True)
class Recording(Body, kind="recording"):
    """The terminal of a session, a blob in asciicast v2 (``format``)."""

    sha256: str
    size: int
    seconds: float
    format: str = "asciicast-v2"
    truncated: bool = False

    def summary(self) -> str:
        """Say how long the recording is."""
        return f"{self.seconds:.0f} s of terminal"


@dataclass(frozen=True, kw_only=True)
class Violation(Body, kind="violation"):
    """A client broke the protocol or a limit; ``data`` holds the first bytes that did."""

    reason: str
    data: str = ""

    def summary(self) -> str:
        """Return the reason."""
        return self.reason


@dataclass(frozen=True, kw_only=True)
class Lost(Body, kind="lost"):
    """Records that could not be written, for want of room, between two moments: how many, and why."""

    count: int
    since: datetime
    until: datetime
    reason: str

    def summary(self) -> str:
        """Say how many records are missing."""
        return f"{self.count} records lost: {self.reason}"


@dataclass(frozen=True, kw_only=True)
class Unreadable(Body, kind="unreadable"):
    """
    What a record said cannot be read; who and when are known.

    ``was`` is the kind that it had, ``sha256`` names the captured file that belongs to it.
    """

    was: str
    reason: str
    sha256: str = ""

    def summary(self) -> str:
        """Say why."""
        return f"unreadable {self.was}: {self.reason}"


@dataclass(frozen=True, kw_only=True)
class Blob:
    """What was kept of a captured file: ``size`` bytes were sent, ``sha256`` is over those that were kept."""

    sha256: str
    size: int
    truncated: bool


@dataclass(frozen=True, kw_only=True)
class Record:
    """One durable record; (``host``, ``writer``, ``sequence``) and ``id`` (UUIDv7) are each unique."""

    id: str
    host: str
    writer: str
    sequence: int
    at: datetime
    origin: Origin
    body: Body
    secret: bytes | None = field(default=None, repr=False)

    @property
    def kind(self) -> str:
        """The kind of the body."""
        return self.body.kind


def new_id(now: float | None = None) -> str:
    """Return a UUIDv7 (RFC 9562, section 5.7): milliseconds since the epoch, then 74 random bits."""
    milliseconds = int((time.time() if now is None else now) * 1000)
    value = milliseconds << 80 | int.from_bytes(os.urandom(10))
    value = value & ~(0xF << 76) | 0x7 << 76
    value = value & ~(0x3 << 62) | 0x2 << 62
    return str(UUID(int=value))


def now() -> datetime:
    """Return the time, aware, in UTC, to the microsecond."""
    return datetime.now(UTC)
