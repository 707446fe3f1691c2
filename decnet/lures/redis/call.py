# SPDX-License-Identifier: MIT
"""One command on its way: its arguments, who sent it, and the world that it changes."""

import hashlib
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from decnet.domain.evidence import Body
from decnet.domain.persona import Decoy
from decnet.lures.redis.catalogue import Row, rows_of, version_of
from decnet.lures.redis.keyspace import Database, Entry, Keyspace
from decnet.lures.redis.options import RedisOptions
from decnet.lures.redis.resp import ReplyError
from decnet.lures.shell.facts import Facts

SYNTAX = "ERR syntax error"
NOT_INTEGER = "ERR value is not an integer or out of range"
NOT_FLOAT = "ERR value is not a valid float"
_INTEGER_BOUND = 1 << 63
LATE = (7, 0, 0)


@dataclass
class Account:
    """A user of the access list; ``digests`` are the SHA-256 of its passwords, as Redis keeps them."""

    name: str
    digests: list[str] = field(default_factory=list)
    enabled: bool = True
    open: bool = False
    rules: str = "~* &* +@all"

    def admits(self, password: bytes) -> bool:
        """Whether the password opens the account."""
        return self.enabled and (self.open or hashlib.sha256(password).hexdigest() in self.digests)


@dataclass
class Client:
    """One connection; ``push`` sends it bytes that it did not ask for."""

    id: int
    address: str
    local: str
    push: Callable[[bytes], None]
    trusted: bool
    name: str = ""
    database: int = 0
    protocol: int = 2
    user: str = "default"
    queue: list[list[bytes]] | None = None
    is_spoiled: bool = False
    watched: dict[tuple[int, bytes], Any] = field(default_factory=dict)
    channels: dict[bytes, None] = field(default_factory=dict)
    patterns: dict[bytes, None] = field(default_factory=dict)
    connected_at: float = field(default_factory=time.time)
    last_command: str = "NULL"
    closing: bool = False
    silent_until: float = 0

    @property
    def is_subscribed(self) -> bool:
        """Whether the connection takes messages; in RESP2 it may do little else then."""
        return bool(self.channels or self.patterns)


@dataclass
class World:
    """What one attacker sees of a decoy, over all his connections."""

    keyspace: Keyspace
    config: dict[str, str]
    accounts: dict[str, Account]
    last_save_at: int
    planted: dict[tuple[int, bytes], Entry] = field(default_factory=dict)
    scripts: dict[str, bytes] = field(default_factory=dict)
    modules: list[str] = field(default_factory=list)
    master: tuple[str, str] | None = None
    clients: dict[int, Client] = field(default_factory=dict)
    changes: int = 0
    commands: int = 0
    connections: int = 0


class Instance:
    """The redis of one decoy: what is the same for everybody who comes."""

    def __init__(self, decoy: Decoy, options: RedisOptions) -> None:
        self.persona = persona = decoy.persona
        self.options = options
        claimed = persona.software.get("redis", "")
        self.version_text = claimed if claimed[:1].isdigit() else "6.0.16"
        self.version = version_of(self.version_text)
        self.rows: dict[str, Row] = rows_of(self.version)
        self.next_client = persona.between("redis clients", 40, 9000)
        daemon = Facts(decoy).daemon("redis")
        self.started_at = int(daemon.started_at)
        self.process_id = daemon.pid
        self.run_id = persona.derive("redis run", 20).hex()
        self.replication_id = persona.derive("redis replication", 20).hex()

    @property
    def is_late(self) -> bool:
        """Whether this is Redis 7 or later."""
        return self.version >= LATE

    @property
    def containers(self) -> set[str]:
        """The commands that have subcommands."""
        return {name.partition("|")[0] for name in self.rows if "|" in name}


@dataclass
class Call:
    """A command with its arguments, its name first."""

    arguments: list[bytes]
    client: Client
    world: World
    instance: Instance
    record: Callable[[Body, bytes | None], None]
    capture: Callable[[bytes, str], None]

    @property
    def name(self) -> str:
        """The command's name in lower case."""
        return self.arguments[0].decode("latin-1").lower()

    @property
    def database(self) -> Database:
        """The database that the client selected."""
        return self.world.keyspace.database(self.client.database)

    @property
    def key(self) -> bytes:
        """The first argument."""
        return self.arguments[1]

    def word(self, index: int) -> str:
        """Return an argument as an option, in lower case; empty where there is none."""
        return self.arguments[index].decode("latin-1").lower() if index < len(self.arguments) else ""

    def integer(self, index: int) -> int:
        """Return an argument as a number of 64 bits; raise ``ReplyError`` where it is none."""
        return integer(self.arguments[index])

    def number(self, index: int) -> float:
        """Return an argument as a floating point number; raise ``ReplyError`` where it is none."""
        return number(self.arguments[index])

    def changed(self, count: int = 1) -> None:
        """Count changes since the last save."""
        self.world.changes += count

    def charge(self, *values: bytes) -> None:
        """Make room for what is about to be written."""
        self.world.keyspace.charge(sum(map(len, values)))


Handler = Callable[[Call], Any]


def integer(text: bytes, error: str = NOT_INTEGER) -> int:
    """Return a number as strictly as Redis reads one; raise ``ReplyError`` for anything else."""
    digits = text.removeprefix(b"-")
    is_number = digits.isdigit() and len(digits) < 20 and (digits[:1] != b"0" or text == b"0")
    value = int(text) if is_number else _INTEGER_BOUND
    if not -_INTEGER_BOUND <= value < _INTEGER_BOUND:
        raise ReplyError(error)
    return value


def number(text: bytes, error: str = NOT_FLOAT) -> float:
    """Return a floating point number; raise ``ReplyError`` for anything else."""
    try:
        value = float(text) if text and not text[:1].isspace() and b"_" not in text and text == text.strip() else float("nan")
    except ValueError:
        value = float("nan")
    if value != value:  # noqa: PLR0124 - only NaN differs from itself
        raise ReplyError(error)
    return value
