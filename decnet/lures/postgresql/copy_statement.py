# SPDX-License-Identifier: MIT
"""COPY: from and to the client, files of the server, and programs (the way in which most attackers run commands)."""

import posixpath
from collections.abc import Sequence
from typing import Any

from decnet.domain.captured import storable
from decnet.domain.evidence import Command
from decnet.lures.lure import Session
from decnet.lures.postgresql.execution import Execution, Outcome, RowsIn, RowsOut
from decnet.lures.postgresql.functions.objects import file_error, write_file
from decnet.lures.postgresql.functions.text import quoted_name
from decnet.lures.postgresql.language import Wish
from decnet.lures.postgresql.problem import report_of
from decnet.lures.postgresql.program import run_program
from decnet.lures.postgresql.report import Report
from decnet.lures.postgresql.rows import Form, form_of, read, written
from decnet.lures.postgresql.state import Result
from decnet.lures.sql import node
from decnet.lures.sql.problem import SqlError

_ROWS_AT_ONCE = 500
_HINT = "Anyone can COPY to stdout or from stdin. psql's \\copy command also works for anyone."


class Copying:
    """One COPY on its way."""

    def __init__(self, execution: Execution, session: Session, wish: Wish, values: list[Any]) -> None:
        self._execution = execution
        self._session = session
        self._wish = wish
        self._values = values
        self._form: Form = form_of(wish.detail["options"])
        self._name = ".".join(wish.names) or "query"

    async def run(self) -> Outcome:
        """Go by the direction and the place."""
        place, path = self._wish.detail["place"], self._wish.detail["path"]
        if place != "client":
            self._refuse(place)
        if self._wish.detail["direction"] == "to":
            return await self._to(place, path)
        if not self._wish.names:
            raise Report('syntax error at or near "FROM"', "42601", routine="scanner_yyerror")
        columns = await self._columns()
        if place == "client":
            return RowsIn(len(columns), self._form.is_binary, self._name, lambda data: self._store(data, columns))
        data = await self._program(path, b"") if place == "program" else self._file(path)
        return Result(f"COPY {await self._store(data, columns)}")

    def _refuse(self, place: str) -> None:
        """Refuse files and programs to whoever is no superuser."""
        if self._execution.work.is_superuser:
            return
        if place == "program":
            words = "must be superuser or a member of the pg_execute_server_program role to COPY to or from an external program"
        elif self._wish.detail["direction"] == "from":
            words = "must be superuser or a member of the pg_read_server_files role to COPY from a file"
        else:
            words = "must be superuser or a member of the pg_write_server_files role to COPY to a file"
        self._session.record(
            Command(command=storable(self._wish.detail["path"]), detail={"through": f"COPY {place}", "refused": "yes"})
        )
        raise Report(words, "42501", hint=_HINT, routine="DoCopy")

    # --- out

    async def _to(self, place: str, path: str) -> Outcome:
        """Write rows somewhere."""
        found = await self._found()
        oids = [column.oid for column in found.columns or ()]
        try:
            lines = written(self._form, [column.name for column in found.columns or ()], oids, found.rows)
        except ValueError as error:
            raise Report(str(error), "42883") from None
        if place == "client":
            return RowsOut(len(oids), self._form.is_binary, lines, len(found.rows))
        if place == "program":
            await self._program(path, b"".join(lines))
        else:
            if not path.startswith("/"):
                raise Report("relative path not allowed for COPY to file", "42602", routine="BeginCopyTo")
            write_file(self._execution.work, path, b"".join(lines), f'could not open file "{path}" for writing')
        return Result(f"COPY {len(found.rows)}")

    async def _found(self) -> Result:
        """Return the rows that are to be written."""
        query = self._wish.detail["query"]
        if query is None:
            columns = ", ".join(map(quoted_name, self._wish.detail["columns"])) or "*"
            query = await self._selected(columns)
        return await self._execution.performed(query, self._values)

    # --- in

    async def _columns(self) -> list[tuple[str, int]]:
        """Return the names and types of the columns that rows are for; raises where the table is none."""
        wanted = ", ".join(map(quoted_name, self._wish.detail["columns"])) or "*"
        query = await self._selected(wanted)
        query.limit = node.Literal(0)
        try:
            found = await self._execution.performed(query, [])
        except SqlError as error:
            report = report_of(error, "")
            raise report from None
        return [(column.name, column.oid) for column in found.columns or ()]

    async def _store(self, data: bytes, columns: Sequence[tuple[str, int]]) -> int:
        """Put rows into the table; return their number."""
        rows: list[list[node.Expression | None]] = []
        count = 0
        for number, row in enumerate(read(self._form, data, [oid for _, oid in columns]), 1):
            self._refuse_width(row, columns, number)
            rows.append([node.Literal(value) for value in row])
            if len(rows) >= _ROWS_AT_ONCE:
                count += await self._insert(rows, columns)
                rows = []
        return count + (await self._insert(rows, columns) if rows else 0)

    async def _insert(self, rows: list[list[node.Expression | None]], columns: Sequence[tuple[str, int]]) -> int:
        """Insert some rows."""
        names = tuple(name for name, _ in columns)
        await self._execution.performed(node.Insert(node.TableName(self._wish.names), names, rows), [])
        return len(rows)

    def _refuse_width(self, row: list[Any], columns: Sequence[tuple[str, int]], number: int) -> None:
        """Refuse a row that has more or fewer fields than there are columns."""
        where = f"COPY {self._name}, line {number}"
        if len(row) > len(columns):
            raise Report("extra data after last expected column", "22P04", where=where, routine="NextCopyFrom")
        if len(row) < len(columns):
            words = f'missing data for column "{columns[len(row)][0]}"'
            raise Report(words, "22P04", where=where, routine="NextCopyFrom")

    # --- where data comes from and goes to

    def _file(self, path: str) -> bytes:
        """Return the content of a file of the server."""
        work = self._execution.work
        try:
            return work.cluster.files.read(posixpath.join(work.cluster.data_folder, path))
        except OSError as error:
            found = file_error(error, f'could not open file "{path}" for reading')
            found.hint = (
                "COPY FROM instructs the PostgreSQL server process to read a file. You may want a client-side facility such as "
                "psql's \\copy."
            )
            raise found from None

    async def _program(self, command: str, given: bytes) -> bytes:
        """Return what a program writes."""
        return await run_program(self._session, self._execution.cluster, command, given)

    async def _selected(self, columns: str) -> node.Query:
        """Return the query for columns of the table."""
        table = ".".join(map(quoted_name, self._wish.names))
        text = f"SELECT {columns} FROM {table}"  # noqa: S608 - every name is quoted, and the evaluator is our own
        (part,) = await self._execution.read_own(text)
        if not isinstance(part.statement, node.Query):
            raise Report("internal error", "XX000")
        return part.statement
