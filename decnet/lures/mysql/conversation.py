# SPDX-License-Identifier: MIT
"""One connection that is logged in: commands in, evidence written, results out."""

import re
from collections.abc import Awaitable, Callable, Generator
from typing import Any

from decnet.domain.captured import text as captured
from decnet.domain.evidence import Violation
from decnet.lures.lure import Session
from decnet.lures.mysql import handshake, results
from decnet.lures.mysql.administration import Reexecute, choose_database, kill, log_statement
from decnet.lures.mysql.binary import parameters
from decnet.lures.mysql.entrance import OUT_OF_ORDER, Admitted, Entrance
from decnet.lures.mysql.handshake import DEPRECATE_EOF, MULTI_STATEMENTS, QUERY_ATTRIBUTES, Response
from decnet.lures.mysql.instance import Visit
from decnet.lures.mysql.output import Output
from decnet.lures.mysql.packets import BrokenPacketError, OutOfOrderError, Reader, TooLargeError
from decnet.lures.mysql.parser import MysqlParser
from decnet.lures.mysql.prepared import Prepared, default_of, executed
from decnet.lures.mysql.variables import status_of
from decnet.lures.mysql.wording import Wording
from decnet.lures.sql.context import Column, Context, Done, Outcome
from decnet.lures.sql.node import Insert, Query
from decnet.lures.sql.perform import perform
from decnet.lures.sql.plan import QueryPlan
from decnet.lures.sql.problem import Kind, SqlError
from decnet.lures.sql.recorder import StatementRecorder
from decnet.lures.sql.tables import found_table
from decnet.lures.sql.value import VARCHAR, Value

MAX_STATEMENTS = 64
_MAX_PREPARED = 64
_MAX_LONG_DATA = 1 << 20
_TOO_LARGE = Wording(1153, "08S01", "Got a packet bigger than 'max_allowed_packet' bytes")
_UNKNOWN = Wording(1047, "08S01", "Unknown command")
_MALFORMED = Wording(1835, "HY000", "Malformed communication packet")
_COMMENT = re.compile(r"\A\s*+(?:(?:/\*(?!M?!).*?\*/|--(?=\s|$)[^\n]*+|#[^\n]*+|;)\s*+)*+", re.DOTALL)


class Conversation(Output):
    """The commands of one connection."""

    def __init__(
        self, session: Session, entrance: Entrance, visit: Visit, context: Context, recorder: StatementRecorder
    ) -> None:
        super().__init__(entrance.packets, visit, context)
        self._session = session
        self._entrance = entrance
        self._recorder = recorder
        self._dialect = entrance.dialect
        self._prepared: dict[int, Prepared] = {}
        self._next_prepared = 1
        self._is_multi = False
        self._is_open = True

    async def begin(self, admitted: Admitted) -> bool:
        """Welcome who was let in; false where the database that he wants is not for him."""
        self._adopt(admitted)
        database = admitted.response.database
        if database:
            self._recorder.note(b"USE " + database, {"by": "login"})
            try:
                choose_database(self.context, self._encoding.decode(database))
            except SqlError as error:
                await self._packets.send(results.failure(self._worded(error)))
                return False
        return await self._packets.send(results.ok(status=self._status()))

    async def run(self) -> None:
        """Take commands and answer until the client leaves."""
        while self._is_open and not self._visit.is_killed:
            self._packets.number, payload = 0, b"\xff"
            try:
                received = await self._packets.receive()
                if received is None:
                    self._entrance.note_torn()
                    return
                payload = received
                await self._command(payload)
            except OutOfOrderError:
                await self._break(OUT_OF_ORDER, "a packet out of order")
            except TooLargeError:
                await self._break(_TOO_LARGE, "a packet that is too large")
            except BrokenPacketError:
                self._recorder.tell(b"MALFORMED COMMAND", payload[:256])
                self._recorder.note(b"COM %d" % payload[0], {"is": "malformed"})
                await self._fail(_MALFORMED)

    def _adopt(self, admitted: Admitted) -> None:
        """Take over who logged in and what his client can do."""
        self._response = admitted.response
        self._is_multi = admitted.response.has(MULTI_STATEMENTS)
        self._visit.account, self._visit.user = admitted.account, admitted.account.user
        self.context.user = admitted.account.user
        narrow = admitted.response.charset in (5, 8, 15, 31, 47, 48, 49, 94)
        for name in ("character_set_client", "character_set_connection", "character_set_results"):
            self._visit.settings[name] = "latin1" if narrow else "utf8mb4"
        self._collation = admitted.response.charset if narrow or admitted.response.charset in (33, 45, 46, 224, 255) else 45

    async def _command(self, payload: bytes) -> None:
        """Answer one command."""
        code, reader = payload[0] if payload else 0xFF, Reader(payload, 1)
        handler = _COMMANDS.get(code)
        if handler is None:
            self._recorder.note(f"COM {code}".encode())
            await self._fail(_UNKNOWN)
            return
        self._visit.statement = ""
        self.context.begin()
        await handler(self, reader)

    async def quit(self, reader: Reader) -> None:
        """Leave."""
        del reader
        self._is_open = False

    async def ping(self, reader: Reader) -> None:
        """Say that the server is there."""
        del reader
        await self._packets.send(results.ok(status=self._status()))

    async def query(self, reader: Reader) -> None:
        """Answer statements in the text form."""
        attributes: list[Value] = []
        if self._response.has(QUERY_ATTRIBUTES) and not self._visit.product.is_mariadb:
            count = reader.encoded()
            reader.encoded()
            attributes = parameters(reader, min(count, 64), [], {}, self._encoding, named=True)
        statement = reader.rest()
        self._recorder.note_bound(statement, executed(attributes, self._dialect, "attribute"), {})
        await self._answer(self._encoding.decode(statement), [], is_binary=False)

    async def _answer(self, statement: str, values: list[Value], *, is_binary: bool) -> None:
        """Run the statements of a text, and answer each of them."""
        self.context.parameters = values
        self._visit.statement = statement[:1024]
        try:
            # what an error shows begins where the statement does, without comments before it
            parser = MysqlParser(_COMMENT.sub("", statement, count=1).rstrip("\0"), self._dialect)
            await self._run_all(parser, is_binary=is_binary)
        except Reexecute as again:
            await self._answer_again(again, is_binary=is_binary)
        except SqlError as error:
            await self._fail(self._worded(error))

    async def _answer_again(self, again: Reexecute, *, is_binary: bool) -> None:
        """Run what EXECUTE means; it may not mean itself."""
        self.context.parameters = again.values
        try:
            await self._run_all(MysqlParser(again.text, self._dialect), is_binary=is_binary, only=True)
        except Reexecute:
            await self._fail(Wording(1295, "HY000", "This command is not supported in the prepared statement protocol yet"))
        except SqlError as error:
            await self._fail(self._worded(error))

    async def _run_all(self, parser: MysqlParser, *, is_binary: bool, only: bool = False) -> None:
        """Run one statement after another as far as the client may send several."""
        if not parser.is_more():
            raise SqlError(Kind.EMPTY)
        for _ in range(MAX_STATEMENTS):
            self.context.begin()
            statement = await self._drive(parser.statement())
            is_more = parser.is_more()
            if is_more and (not self._is_multi or is_binary or only):
                raise parser.wrong(parser.peek())
            outcome = await self._drive(perform(self.context, statement))
            log_statement(self._visit, self._visit.statement)
            self._visit.warnings = []
            if self.context.budget.sleep_seconds:
                await self._packets.stream.pause(min(self.context.budget.sleep_seconds, self._session.idle_seconds))
            if not await self._show(outcome, is_binary=is_binary, is_more=is_more) or not is_more:
                return

    async def _drive(self, running: Generator[None, None, Any]) -> Any:
        """Run a generator to its end and let others run meanwhile."""
        while True:
            try:
                next(running)
            except StopIteration as stopped:
                return stopped.value
            await self._packets.stream.give_way()

    async def _show(self, outcome: Outcome, *, is_binary: bool, is_more: bool) -> bool:
        """Send the outcome of a statement; false when the client left."""
        status = self._status() | (results.MORE_RESULTS if is_more else 0)
        if isinstance(outcome, Done):
            if outcome.verb in ("commit", "rollback", "begin"):
                self._visit.settings["in_transaction"] = "1" if outcome.verb == "begin" else "0"
                status = self._status() | (status & results.MORE_RESULTS)
            self.context.row_count = outcome.affected
            affected = (
                outcome.matched if self._response.has(handshake.FOUND_ROWS) and outcome.verb == "update" else outcome.affected
            )
            packet = results.ok(
                affected=affected, last_id=outcome.last_id, status=status, warnings=outcome.warnings, info=outcome.info
            )
            return await self._packets.send(packet)
        self.context.row_count = -1
        return await self._show_rows(outcome, status, is_binary=is_binary)

    async def init_db(self, reader: Reader) -> None:
        """Choose a database."""
        name = reader.rest()
        self._recorder.note(b"USE " + name)
        await self._attempt(lambda: choose_database(self.context, self._encoding.decode(name)))

    async def _attempt(self, action: Callable[[], object]) -> None:
        """Do something that may fail, and say how it went."""
        try:
            action()
        except SqlError as error:
            await self._fail(self._worded(error))
            return
        await self._packets.send(results.ok(status=self._status()))

    async def field_list(self, reader: Reader) -> None:
        """Describe the columns of a table."""
        name = reader.terminated()
        self._recorder.note(b"SHOW COLUMNS FROM " + name, {"command": "COM_FIELD_LIST"})
        try:
            database, table = found_table(self.context, (self._encoding.decode(name),))
        except SqlError as error:
            await self._fail(self._worded(error))
            return
        for column in table.columns:
            shown = Column(
                column.name,
                column.type,
                table.name,
                table.name,
                database,
                column.name,
                column.nullable,
                column.key,
                column.automatic,
            )
            self._packets.put(self._definition(shown, default_of(column, self._encoding)))
        self._packets.put(results.eof(self._status()))
        await self._packets.flush()

    async def statistics(self, reader: Reader) -> None:
        """Tell in one line how the server is."""
        del reader
        self._recorder.note(b"COM_STATISTICS")
        found = status_of(self._visit)
        uptime = int(found["Uptime"])
        line = (
            f"Uptime: {uptime}  Threads: {found['Threads_connected']}  Questions: {found['Questions']}  "
            f"Slow queries: {found['Slow_queries']}  Opens: {found['Opened_tables']}  "
            f"{'' if self._visit.product.is_mariadb else 'Flush tables: 3  '}Open tables: {found['Open_tables']}  "
            f"Queries per second avg: {int(found['Questions']) / uptime:.3f}"
        )
        await self._packets.send(line.encode())

    async def process_kill(self, reader: Reader) -> None:
        """End a connection."""
        number = reader.integer(4)
        self._recorder.note(b"KILL %d" % number)
        await self._attempt(lambda: kill(self._visit, number))

    async def _as_statement(self, statement: bytes) -> None:
        """Answer a command as the statement that does the same."""
        self._recorder.note(statement)
        await self._answer(self._encoding.decode(statement), [], is_binary=False)

    async def process_info(self, reader: Reader) -> None:
        """Show the connections."""
        del reader
        await self._as_statement(b"SHOW PROCESSLIST")

    async def refresh(self, reader: Reader) -> None:
        """Flush something."""
        del reader
        await self._as_statement(b"FLUSH TABLES")

    async def shutdown(self, reader: Reader) -> None:
        """Go away: the connection closes, the decoy stays."""
        del reader
        self._recorder.note(b"SHUTDOWN")
        await self._packets.send(results.eof())
        self._is_open = False

    async def create_db(self, reader: Reader) -> None:
        """Make a database."""
        await self._as_statement(b"CREATE DATABASE `" + reader.rest().replace(b"`", b"``") + b"`")

    async def drop_db(self, reader: Reader) -> None:
        """Drop a database."""
        await self._as_statement(b"DROP DATABASE `" + reader.rest().replace(b"`", b"``") + b"`")

    async def set_option(self, reader: Reader) -> None:
        """Allow or forbid several statements at once."""
        self._is_multi = reader.integer(2) == 0
        await self._packets.send(results.eof(self._status()))

    async def change_user(self, reader: Reader) -> None:
        """Log in anew."""
        response = Response(self._response.flags, extended_flags=self._response.extended_flags)
        response.user = reader.terminated()
        response.proof = reader.take(reader.integer(1))
        response.database = reader.terminated()
        response.charset = reader.integer(2) & 0xFF if not reader.is_end else self._response.charset
        response.plugin = b"" if reader.is_end else reader.terminated()
        # the scramble of the first greeting is used up: the server asks for another answer
        response.flags |= handshake.PLUGIN_AUTH if response.plugin else 0
        response.plugin = b"\0" if response.plugin else b""
        self._reset()
        admitted = await self._entrance.log_in(response, handshake.new_scramble())
        if admitted is None:
            self._is_open = False
            return
        self._is_open = await self.begin(admitted)

    async def reset_connection(self, reader: Reader) -> None:
        """Begin anew."""
        del reader
        self._reset()
        await self._packets.send(results.ok(status=self._status()))

    def _reset(self) -> None:
        """Make the connection as good as new."""
        self.end()
        self.context.variables.clear()
        kept = {name: value for name, value in self._visit.settings.items() if name.startswith("character_set")}
        self._visit.settings = kept
        self._visit.autocommit = True

    async def prepare(self, reader: Reader) -> None:
        """Prepare a statement by number."""
        statement = reader.rest()
        self._recorder.note(statement, {"command": "COM_STMT_PREPARE"})
        words = self._encoding.decode(statement)
        try:
            parser = MysqlParser(words, self._dialect)
            columns = await self._prepared_columns(parser)
        except SqlError as error:
            await self._fail(self._worded(error))
            return
        if len(self._prepared) >= _MAX_PREPARED:
            await self._fail(
                Wording(1461, "42000", "Can't create more than max_prepared_stmt_count statements (current value: 16382)")
            )
            return
        number, self._next_prepared = self._next_prepared, self._next_prepared + 1
        self._prepared[number] = Prepared(words, parser.parameters)
        await self._show_prepared(number, parser.parameters, columns)

    async def _prepared_columns(self, parser: MysqlParser) -> list[Column]:
        """Read the only statement of a text, and return the columns that it will show."""
        if not parser.is_more():
            raise SqlError(Kind.EMPTY)
        found = await self._drive(parser.statement())
        if parser.is_more():
            raise parser.wrong(parser.peek())
        return self._columns_of(found, parser.parameters)

    def _columns_of(self, statement: Any, count: int) -> list[Column]:
        """Return the columns that a prepared statement will show."""
        if isinstance(statement, Query) and statement.into is None:
            self.context.parameters = [None] * count
            return QueryPlan(self.context, statement, None).columns
        if isinstance(statement, Insert):
            found_table(self.context, statement.table.parts)
        return []

    async def _show_prepared(self, number: int, count: int, columns: list[Column]) -> None:
        """Tell the number of a prepared statement, its parameters and its columns."""
        head = (
            b"\0"
            + number.to_bytes(4, "little")
            + len(columns).to_bytes(2, "little")
            + count.to_bytes(2, "little")
            + b"\0"
            + b"\0\0"
        )
        self._packets.put(head)
        for part in ([Column("?", VARCHAR)] * count, columns):
            for column in part:
                self._packets.put(self._definition(column))
            if part and not self._response.has(DEPRECATE_EOF):
                self._packets.put(results.eof(self._status()))
        await self._packets.flush()

    async def execute(self, reader: Reader) -> None:
        """Run a prepared statement."""
        number = reader.integer(4)
        prepared = self._prepared.get(number)
        if prepared is None:
            await self._fail(
                Wording(1243, "HY000", f"Unknown prepared statement handler ({number}) given to mysqld_stmt_execute")
            )
            return
        flags = reader.integer(1)
        reader.integer(4)
        count = prepared.count
        if self._response.has(QUERY_ATTRIBUTES) and not self._visit.product.is_mariadb and (flags & 8 or count) and flags & 8:
            count = min(reader.encoded(), 64 + prepared.count)
        named = self._response.has(QUERY_ATTRIBUTES) and not self._visit.product.is_mariadb
        values = parameters(reader, count, prepared.types, prepared.long_data, self._encoding, named=named)
        detail = {"command": "COM_STMT_EXECUTE"} | ({"left out": f"{prepared.left_out} bytes"} if prepared.left_out else {})
        prepared.long_data, prepared.left_out = {}, 0
        self._recorder.note_bound(prepared.text.encode("utf-8", "surrogateescape"), executed(values, self._dialect), detail)
        await self._answer(prepared.text, values, is_binary=True)

    async def long_data(self, reader: Reader) -> None:
        """Keep a part of a long value; there is no answer."""
        prepared, place, part = self._prepared.get(reader.integer(4)), reader.integer(2), reader.rest()
        if prepared is None or place >= prepared.count:
            self._recorder.note_bound(b"", {"part": part}, {"command": "COM_STMT_SEND_LONG_DATA"})
        elif sum(map(len, prepared.long_data.values())) + len(part) <= _MAX_LONG_DATA:
            prepared.long_data[place] = prepared.long_data.get(place, b"") + part
        else:
            prepared.left_out += len(part)

    async def close_statement(self, reader: Reader) -> None:
        """Forget a prepared statement; there is no answer."""
        prepared = self._prepared.pop(reader.integer(4), None)
        if prepared is not None:
            self._note_unused(prepared)

    def _note_unused(self, prepared: Prepared) -> None:
        """Record long values that came and were not executed; forget them."""
        if prepared.long_data or prepared.left_out:
            values = {f"parameter {place}": value for place, value in prepared.long_data.items()}
            detail = {"command": "COM_STMT_SEND_LONG_DATA"}
            detail |= {"left out": f"{prepared.left_out} bytes"} if prepared.left_out else {}
            self._recorder.note_bound(prepared.text.encode("utf-8", "surrogateescape"), dict(values), detail)
        prepared.long_data, prepared.left_out = {}, 0

    def end(self) -> None:
        """Record what came and was not used."""
        for prepared in self._prepared.values():
            self._note_unused(prepared)
        self._prepared.clear()

    async def reset_statement(self, reader: Reader) -> None:
        """Forget the long values of a prepared statement."""
        prepared = self._prepared.get(reader.integer(4))
        if prepared is not None:
            self._note_unused(prepared)
        await self._packets.send(results.ok(status=self._status()))

    async def register(self, reader: Reader) -> None:
        """Refuse a replica that tells who it is, with a password."""
        reader.integer(4)
        host, user, password = (reader.take(reader.integer(1)) for _ in range(3))
        if password:
            self._recorder.tell(b"COM_REGISTER_SLAVE", password)
        self._recorder.note_bound(b"COM_REGISTER_SLAVE", {"host": host, "user": user}, {})
        await self._refuse()

    async def dump(self, reader: Reader) -> None:
        """Refuse to send the binary log."""
        self._recorder.note(b"COM " + captured(reader.data[:64]).encode("utf-8", "surrogateescape"))
        await self._refuse()

    async def _refuse(self) -> None:
        """Refuse what is for replicas."""
        message = "Access denied; you need (at least one of) the REPLICATION SLAVE privilege(s) for this operation"
        await self._fail(Wording(1227, "42000", message))

    async def _break(self, wording: Wording, reason: str) -> None:
        """Record a broken protocol, say so, and end; what came may hold a secret, so all of it stands beside the record."""
        data = bytes(self._packets.stream.buffer[:256])
        self._session.record(Violation(reason=reason, data="[secret]" if data else ""), data or None)
        self._session.end("protocol")
        self._is_open = False
        await self._fail(wording)


Handler = Callable[[Conversation, Reader], Awaitable[None]]
_COMMANDS: dict[int, Handler] = {
    0x01: Conversation.quit,
    0x02: Conversation.init_db,
    0x03: Conversation.query,
    0x04: Conversation.field_list,
    0x05: Conversation.create_db,
    0x06: Conversation.drop_db,
    0x07: Conversation.refresh,
    0x08: Conversation.shutdown,
    0x09: Conversation.statistics,
    0x0A: Conversation.process_info,
    0x0C: Conversation.process_kill,
    0x0D: Conversation.ping,
    0x0E: Conversation.ping,
    0x11: Conversation.change_user,
    0x12: Conversation.dump,
    0x15: Conversation.register,
    0x16: Conversation.prepare,
    0x17: Conversation.execute,
    0x18: Conversation.long_data,
    0x19: Conversation.close_statement,
    0x1A: Conversation.reset_statement,
    0x1B: Conversation.set_option,
    0x1F: Conversation.reset_connection,
}
