# SPDX-License-Identifier: MIT
"""What the tests of the mysql lure share: a lure, statements without a connection, packets as they are."""

import asyncio
from collections.abc import Generator
from dataclasses import dataclass, field
from typing import Any

from decnet.domain.evidence import Body
from decnet.lures.mysql.instance import AttackerWorld, Instance, Visit
from decnet.lures.mysql.options import MysqlOptions
from decnet.lures.mysql.parser import MysqlParser
from decnet.lures.mysql.server import Mysql
from decnet.lures.mysql.wording import worded
from decnet.lures.sql.context import Context, Done, Outcome, Rows
from decnet.lures.sql.perform import perform
from decnet.lures.sql.problem import SqlError
from tests.support.decoys import decoy, persona
from tests.support.lures import Served

MARIADB, MYSQL = "10.5.23-MariaDB-0+deb11u1", "8.0.36-0ubuntu0.20.04.1"


def database(version: str = MARIADB, seed: str = "a", **options: Any) -> Mysql:
    """Return a mysql lure that lets root in with the password ``secret``."""
    who = persona(software={"mysql": version}, seed=seed)
    return Mysql(decoy(persona=who), MysqlOptions(**{"access": "open", "accounts": ("root:secret",), **options}))


def exhaust(running: Generator[None, None, Any]) -> Any:
    """Run a generator to its end and return what it returns."""
    while True:
        try:
            next(running)
        except StopIteration as stopped:
            return stopped.value


@dataclass
class Statements:
    """One attacker's connection without a wire: statements in, rows or the words of an error out."""

    version: str = MARIADB
    seed: str = "a"
    files: bool = True
    bodies: list[Body] = field(default_factory=list)
    captured: dict[str, bytes] = field(default_factory=dict)

    def __post_init__(self) -> None:
        lure = database(self.version, self.seed, files=self.files)
        self.instance: Instance = lure.instance
        self.attacker: AttackerWorld = lure.world_of("198.51.100.7")
        self.visit = Visit(
            instance=lure.instance, attacker=self.attacker, id=7, user="root", host="198.51.100.7",
            record=lambda body, _: self.bodies.append(body), capture=self._capture, account=lure.instance.accounts[0],
        )  # fmt: skip
        self.attacker.connections[7] = self.visit
        self.context = Context(self.attacker.world, lure.dialect, "root", lure=self.visit)
        self.visit.context = self.context
        self.context.database = lure.instance.dataset.name
        self._dialect = lure.dialect

    def _capture(self, data: bytes, path: str) -> None:
        self.captured[path] = data

    def outcome(self, text: str) -> Outcome:
        """Run one statement; raises ``SqlError``."""
        self.context.begin()
        found: Outcome = exhaust(perform(self.context, exhaust(MysqlParser(text, self._dialect).statement())))
        return found

    def run(self, text: str) -> Any:
        """Return the rows of a statement, each value as text; how many rows it changed; or the words of its error."""
        try:
            outcome = self.outcome(text)
        except SqlError as error:
            wording = worded(error, self.instance.product, self.context.database)
            return f"{wording.code} ({wording.state}) {wording.message}"
        if isinstance(outcome, Done):
            return outcome.affected
        return self.shown(outcome)

    def shown(self, outcome: Rows) -> list[tuple[str | None, ...]]:
        """Return rows with their values as text."""
        return [tuple(None if value is None else self._dialect.text(value) for value in row) for row in outcome.rows]

    def one(self, expression: str) -> str | None:
        """Return the value of an expression as text."""
        found = self.run(f"SELECT {expression}")
        assert isinstance(found, list), found
        value: str | None = found[0][0]
        return value


def packet(number: int, payload: bytes) -> bytes:
    """Return a packet."""
    return len(payload).to_bytes(3, "little") + bytes([number]) + payload


async def exchange(served: Served, *messages: bytes) -> list[bytes]:
    """Read the greeting, send messages one after another, and return what was answered to each, the greeting first."""
    reader, writer = await asyncio.open_connection(served.host, served.port)
    async with asyncio.timeout(20):
        found = [await read_packet(reader)]
        for message in messages:
            writer.write(message)
            found.append(await read_packet(reader))
        writer.close()
        await writer.wait_closed()
    await served.session_ended()
    return found


async def read_packet(reader: asyncio.StreamReader) -> bytes:
    """Return one packet with its head; nothing where the server closed."""
    try:
        head = await reader.readexactly(4)
        return head + await reader.readexactly(int.from_bytes(head[:3], "little"))
    except (asyncio.IncompleteReadError, ConnectionResetError):
        return b""
