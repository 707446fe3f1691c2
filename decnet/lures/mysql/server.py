# SPDX-License-Identifier: MIT
"""
The mysql lure: a login captured, and behind it a small server with planted tables.

What an attacker changes stays for his next connection.
"""

from collections import OrderedDict
from typing import ClassVar

from decnet.domain.captured import text
from decnet.domain.evidence import File
from decnet.domain.persona import Decoy
from decnet.lures.lure import Session
from decnet.lures.mysql.accounts import Account
from decnet.lures.mysql.conversation import Conversation
from decnet.lures.mysql.dialect import MysqlDialect
from decnet.lures.mysql.entrance import Admitted, Entrance
from decnet.lures.mysql.instance import AttackerWorld, Instance, Visit
from decnet.lures.mysql.options import MysqlOptions
from decnet.lures.mysql.secrets import Secrets
from decnet.lures.mysql.system import system_database
from decnet.lures.sql.context import Context
from decnet.lures.sql.recorder import StatementRecorder
from decnet.lures.sql.world import Database, World
from decnet.lures.stream import Stream
from decnet.lures.worlds import Worlds

MAX_WORLDS = 8
MAX_CONNECT_ERRORS = 100
_MAX_COUNTED = 1024
_NOBODY = Account("", "%", None, "-")


class Mysql:
    """One decoy's MariaDB or MySQL."""

    name: ClassVar[str] = "mysql"

    def __init__(self, decoy: Decoy, options: MysqlOptions) -> None:
        self.instance = Instance(decoy, options)
        self.dialect = MysqlDialect(self.instance.product)
        self.keys = Secrets(self.instance)
        self._worlds = Worlds(MAX_WORLDS, self._new_world, lambda world: not world.connections)
        self._planted: list[Database] = []
        self._errors: OrderedDict[str, int] = OrderedDict()

    async def serve(self, session: Session) -> None:
        """Let a client log in, and answer its commands until it leaves."""
        stream = await Stream.open(session)
        entrance = Entrance(self.instance, session, stream, self.keys, self.dialect)
        self.instance.next_connection += 1
        connection = self.instance.next_connection
        recorder = StatementRecorder(session.record, session.capture)
        if (known := self._worlds.known(session.origin.peer.address)) is not None:
            entrance.know(known.accounts)
        try:
            admitted = await self._enter(entrance, session.origin.peer.address, connection)
            if admitted is not None:
                attacker = self.world_of(session.origin.peer.address)
                visit = self._visit(session, attacker, connection)
                conversation = Conversation(session, entrance, visit, self._context(visit), recorder)
                attacker.connections[connection] = visit
                try:
                    if await conversation.begin(admitted):
                        await conversation.run()
                finally:
                    conversation.end()
                    attacker.connections.pop(connection, None)
            recorder.finish()
            await entrance.stream.finish()
        finally:
            recorder.finish()
            stream.close()

    async def _enter(self, entrance: Entrance, address: str, connection: int) -> Admitted | None:
        """Let a client log in, unless its address broke too many handshakes before."""
        if self._errors.get(address, 0) >= MAX_CONNECT_ERRORS:
            await entrance.block()
            return None
        admitted = await entrance.enter(connection)
        errors = self._errors.pop(address, 0) + 1 if entrance.is_broken else 0
        if errors:
            self._errors[address] = errors
        elif admitted is not None:
            self._errors.pop(address, None)
        while len(self._errors) > _MAX_COUNTED:
            self._errors.popitem(last=False)
        return admitted

    def world_of(self, address: str) -> AttackerWorld:
        """Return what an address sees."""
        return self._worlds.of(address)

    def _new_world(self, _: str) -> AttackerWorld:
        """Return the server as nobody has touched it."""
        return AttackerWorld(World(self._databases()))

    def _databases(self) -> list[Database]:
        """Return the planted databases; their tables are shared, the list of them is the world's own."""
        if not self._planted:
            self._planted = [self.instance.dataset.database(self.dialect), system_database(self.instance)]
        return [Database(one.name, dict(one.tables)) for one in self._planted]

    def _visit(self, session: Session, attacker: AttackerWorld, connection: int) -> Visit:
        """Return a new connection."""

        def capture(data: bytes, path: str) -> None:
            file = session.capture()
            file.write(data)
            blob = file.finish()
            name = text(path.encode("utf-8", "surrogateescape"))
            session.record(File(path=name, direction="upload", sha256=blob.sha256, size=blob.size, truncated=blob.truncated))

        return Visit(
            instance=self.instance, attacker=attacker, id=connection, user="", host=session.origin.peer.address,
            record=session.record,
            capture=capture, account=_NOBODY,
        )  # fmt: skip

    def _context(self, visit: Visit) -> Context:
        """Return what the statements of a connection run in."""
        context = Context(visit.attacker.world, self.dialect, visit.user, lure=visit)
        visit.context = context
        return context
