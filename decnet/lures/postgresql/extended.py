# SPDX-License-Identifier: MIT
"""Extended queries: Parse, Bind, Describe, Execute and Close (the manual's "Extended Query")."""

import time
from collections.abc import Awaitable, Callable, Iterator
from typing import Any

from decnet.lures.postgresql import wire
from decnet.lures.postgresql.casting import cast_value
from decnet.lures.postgresql.channel import Channel, Message
from decnet.lures.postgresql.execution import Execution, Part, RowsIn, RowsOut
from decnet.lures.postgresql.functions.declare import returned
from decnet.lures.postgresql.kind import BY_ARRAY, BY_OID
from decnet.lures.postgresql.language import Reader, wish_of
from decnet.lures.postgresql.recorder import Recorder
from decnet.lures.postgresql.report import Report
from decnet.lures.postgresql.shown import as_binary, as_text, from_binary, text_of
from decnet.lures.postgresql.state import MAX_KEPT, MAX_PORTALS, MAX_STATEMENTS, Portal, Prepared, Result
from decnet.lures.sql import node
from decnet.lures.sql.plan import QueryPlan
from decnet.lures.sql.problem import SqlError

_UNKNOWN = (0, 705)
_MAX_PARAMETERS = 65_535
_MAX_NAMED = 100
_MAX_SHOWN = 1_024

Copying = Callable[[RowsIn | RowsOut], Awaitable[bool]]


class Extended:
    """The extended queries of one connection."""

    def __init__(self, channel: Channel, execution: Execution, recorder: Recorder, copy: Copying) -> None:
        self._channel = channel
        self._execution = execution
        self._backend = execution.backend
        self._recorder = recorder
        self._copy = copy

    async def answer(self, message: Message) -> bool:
        """Answer one message; raises ``Report`` or ``WireError``."""
        fields = wire.Fields(message.body)
        if message.kind == b"P":
            await self._parse(fields)
        elif message.kind == b"B":
            self._bind(fields)
        elif message.kind == b"D":
            await self._describe(fields)
        elif message.kind == b"E":
            return await self._run(fields)
        else:
            self._close(fields)
        return True

    async def _parse(self, fields: wire.Fields) -> None:
        """Keep a statement."""
        name, text = _text(fields.string()), _text(fields.string())
        count = fields.short()
        oids = [fields.integer() & 0xFFFFFFFF for _ in range(count)]
        fields.end()
        if name and name in self._backend.statements:
            raise Report(f'prepared statement "{name}" already exists', "42P05", routine="StorePreparedStatement")
        made = await prepared(self._execution, text, oids)
        made.prepared_at = time.time()
        self._backend.statements.pop(name, None)
        if len(self._backend.statements) >= MAX_STATEMENTS or self._backend.kept() + made.size > MAX_KEPT:
            raise Report("out of memory", "53200", detail="Failed on request of size 8192.")
        self._backend.statements[name] = made
        self._channel.put(wire.message(b"1"))

    def _bind(self, fields: wire.Fields) -> None:
        """Give a statement its parameters."""
        portal, name = _text(fields.string()), _text(fields.string())
        forms = [fields.short() for _ in range(fields.short())]
        found = self._backend.statements.get(name)
        count = fields.short()
        raw: list[bytes | None] = []
        for _ in range(count):
            size = fields.integer()
            raw.append(None if size == -1 else fields.take(size))
        results = [fields.short() for _ in range(fields.short())]
        fields.end()
        if found is None:
            shown = f'prepared statement "{name}" does not exist' if name else "unnamed prepared statement does not exist"
            raise Report(shown, "26000", routine="exec_bind_message")
        self._refuse_count(name, found, count, forms)
        values = [
            _value(one, forms[place if len(forms) > 1 else 0] if forms else 0, found.parameters[place])
            for place, one in enumerate(raw)
        ]
        self._note(found, raw, forms)
        made = Portal(found, values, results, size=512 + sum(len(one or b"") for one in raw))
        if portal and portal in self._backend.portals:
            raise Report(f'cursor "{portal}" already exists', "42P03", routine="CreatePortal")
        self._backend.portals.pop(portal, None)
        if len(self._backend.portals) >= MAX_PORTALS or self._backend.kept() + made.size > MAX_KEPT:
            raise Report("out of memory", "53200", detail="Failed on request of size 8192.")
        self._backend.portals[portal] = made
        self._channel.put(wire.message(b"2"))

    def _refuse_count(self, name: str, found: Prepared, count: int, forms: list[int]) -> None:
        """Refuse parameters that are too many or too few."""
        if len(forms) > 1 and len(forms) != count:
            words = f"bind message has {len(forms)} parameter formats but {count} parameters"
            raise Report(words, "08P01", routine="exec_bind_message")
        if count != len(found.parameters):
            words = (
                f'bind message supplies {count} parameters, but prepared statement "{name}" requires {len(found.parameters)}'
            )
            raise Report(words, "08P01", routine="exec_bind_message")

    def _note(self, found: Prepared, raw: list[bytes | None], forms: list[int]) -> None:
        """Record a statement with its parameters, as the server's log would show them."""
        detail = {}
        for place, one in enumerate(raw[:_MAX_NAMED]):
            form = forms[place if len(forms) > 1 else 0] if forms else 0
            value = (
                one
                if one is None or not form
                else text_of(_value(one, form, found.parameters[place])).encode("utf-8", "surrogateescape")
            )
            detail[f"${place + 1}"] = "NULL" if value is None else _text(value)
        self._recorder.note_bound(found.text, detail, _MAX_SHOWN, len(raw) - _MAX_NAMED)

    async def _describe(self, fields: wire.Fields) -> None:
        """Tell the columns of a statement or of a portal, and the parameters of the first."""
        kind, name = fields.byte(), _text(fields.string())
        fields.end()
        if kind == b"S":
            found = self._backend.statements.get(name)
            if found is None:
                raise Report(f'prepared statement "{name}" does not exist', "26000", routine="exec_describe_statement_message")
            self._channel.put(wire.parameter_description([oid if oid not in _UNKNOWN else 25 for oid in found.parameters]))
            columns = described(self._execution, found, [None] * len(found.parameters))
            self._channel.put(wire.row_description(columns) if columns is not None else wire.message(b"n"))
        elif kind == b"P":
            portal = self._portal(name)
            columns = portal.result.columns if portal.result else described(self._execution, portal.prepared, portal.values)
            forms = _forms(portal.formats, len(columns or ()))
            self._channel.put(wire.row_description(columns, forms) if columns is not None else wire.message(b"n"))
        else:
            raise Report(f"invalid DESCRIBE message subtype {kind[0]}", "08P01", routine="PostgresMain")

    async def _run(self, fields: wire.Fields) -> bool:
        """Run a portal, or go on with it; false when the client left."""
        name = _text(fields.string())
        limit = fields.integer()
        fields.end()
        portal = self._portal(name)
        if portal.prepared.statement is None:
            self._channel.put(wire.message(b"I"))
            return True
        if portal.result is None:
            self._execution.text = self._backend.query = portal.prepared.text
            self._backend.query_at = time.time()
            outcome = await self._execution.run(portal.prepared.statement, portal.values)
            if isinstance(outcome, (RowsIn, RowsOut)):
                return await self._copy(outcome)
            portal.result, portal.rows = outcome, iter(outcome.rows)
        return await self._send(portal, portal.result, limit)

    async def _send(self, portal: Portal, result: Result, limit: int) -> bool:
        """Send rows of a portal, as many as are wanted."""
        for notice in self._backend.notices:
            self._channel.put(wire.told(notice, self._execution.release.major))
        self._backend.notices = []
        count = 0
        if result.columns is not None and portal.rows is not None:
            oids = [column.oid for column in result.columns]
            forms = _forms(portal.formats, len(oids))
            for row in portal.rows:
                if not await self._channel.put_much(wire.data_row(_encoded(row, oids, forms))):
                    return False
                count += 1
                if limit > 0 and count >= limit:
                    self._channel.put(wire.message(b"s"))
                    return True
                await self._channel.stream.give_way()
        self._channel.put(wire.complete(result.tag.format(rows=count)))
        return True

    def _portal(self, name: str) -> Portal:
        """Return a portal; raises ``Report`` where there is none."""
        found = self._backend.portals.get(name)
        cursor = self._backend.cursors.get(name)
        if found is None and cursor is not None:
            rows = iter(cursor.result.rows[cursor.position :])
            return Portal(Prepared(cursor.query, cursor, []), [], [], result=cursor.result, rows=rows)
        if found is None:
            raise Report(f'portal "{name}" does not exist', "34000", routine="exec_execute_message")
        return found

    def _close(self, fields: wire.Fields) -> None:
        """Forget a statement or a portal."""
        kind, name = fields.byte(), _text(fields.string())
        fields.end()
        if kind == b"S":
            self._backend.statements.pop(name, None)
        elif kind == b"P":
            self._backend.portals.pop(name, None)
        else:
            raise Report(f"invalid CLOSE message subtype {kind[0]}", "08P01", routine="PostgresMain")
        self._channel.put(wire.message(b"3"))


async def prepared(execution: Execution, text: str, oids: list[int]) -> Prepared:
    """Return a statement that was read; raises ``Report``."""
    parts = await execution.read(text)
    if len(parts) > 1:
        raise Report("cannot insert multiple commands into a prepared statement", "42601", routine="exec_parse_message")
    count = max(_numbers(execution, text), default=0)
    if count > _MAX_PARAMETERS:
        raise Report(f"there is no parameter ${count}", "42P02", routine="ParseFuncOrColumn")
    parameters = [*oids, *([0] * max(count - len(oids), 0))]
    return Prepared(text, parts[0] if parts else None, parameters)


def _numbers(execution: Execution, text: str) -> Iterator[int]:
    """Yield the numbers of the parameters in a text that was read already."""
    reader = Reader(text, execution.dialect)
    while reader.peek().kind != "end":
        token = reader.take()
        reader.forget_count()
        if token.kind == "parameter":
            yield int(token.text[1:])


def described(execution: Execution, found: Prepared, values: list[Any]) -> Any:
    """Return the columns of a statement without running it; none where it returns no rows. Raises ``Report``."""
    if found.statement is None:
        return None
    part: Part = found.statement
    statement = part.statement
    wish = wish_of(statement)
    if wish is not None:
        return _described_wish(execution, wish.verb, wish.names)
    try:
        if isinstance(statement, node.Query) and statement.into is None:
            context = execution.context(values)
            return [execution.column(one) for one in QueryPlan(context, statement, None).columns]
        if isinstance(statement, node.Explain):
            return [wire.Column("QUERY PLAN")]
    except SqlError as error:
        raise execution.worded(error, found.text) from None
    if isinstance(statement, (node.Insert, node.Update, node.Delete)) and statement.returning:
        return execution.returned_columns(statement)
    return None


def _described_wish(execution: Execution, verb: str, names: tuple[str, ...]) -> Any:
    """Return the columns of a statement of this server's own."""
    if verb == "show":
        if names[0] == "all":
            return [wire.Column("name"), wire.Column("setting"), wire.Column("description")]
        return [wire.Column(execution.backend.settings.canonical(names[0]))]
    if verb == "fetch" and names[0] in execution.backend.cursors:
        return execution.backend.cursors[names[0]].result.columns
    return None


def _forms(formats: list[int], count: int) -> list[int]:
    """Return the form of each column."""
    if len(formats) == 1:
        return formats * count
    return [*formats, *([0] * count)][:count]


def _encoded(row: tuple[Any, ...], oids: list[int], forms: list[int]) -> list[bytes | None]:
    """Return the values of a row as they are sent; raises ``Report`` where a type has no binary form."""
    found: list[bytes | None] = []
    for value, oid, form in zip(row, oids, forms, strict=True):
        if value is None:
            found.append(None)
        elif form:
            try:
                found.append(as_binary(value, oid))
            except ValueError as error:
                raise Report(str(error), "42883", routine="getTypeBinaryOutputInfo") from None
        else:
            found.append(as_text(value, oid))
    return found


def _value(data: bytes | None, form: int, oid: int) -> Any:
    """Return the value of a parameter; raises ``Report`` or ``WireError``."""
    if data is None:
        return None
    if form not in (0, 1):
        raise Report(f"unsupported format code: {form}", "22023", routine="exec_bind_message")
    if form:
        return from_binary(data, oid if oid not in _UNKNOWN else 25)
    text = _text(data)
    if oid in _UNKNOWN or not (oid in BY_OID or oid in BY_ARRAY):
        return text
    name = BY_ARRAY[oid].name + "[]" if oid in BY_ARRAY else BY_OID[oid].name
    try:
        return cast_value(text, returned(name))
    except SqlError as error:
        arguments = tuple(error.arguments)
        shown = arguments[1] if len(arguments) > 1 else text
        raise Report(f'invalid input syntax for type {arguments[0] if arguments else name}: "{shown}"', "22P02") from None


def _text(data: bytes) -> str:
    """Return the text of bytes."""
    return data.decode("utf-8", "surrogateescape")
