# SPDX-License-Identifier: MIT
"""Reads and runs the statements of one connection."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Generator
from dataclasses import dataclass, field
from typing import Any

from decnet.lures.postgresql.cluster import Cluster
from decnet.lures.postgresql.dialect import Postgres, oid_of_type
from decnet.lures.postgresql.kind import BY_OID
from decnet.lures.postgresql.language import Reader, Wish, wish_of
from decnet.lures.postgresql.problem import report_of
from decnet.lures.postgresql.release import Release
from decnet.lures.postgresql.report import Report
from decnet.lures.postgresql.rewriting import refuse_ungrouped
from decnet.lures.postgresql.state import FAILED, IDLE, Backend, Result
from decnet.lures.postgresql.wire import Column
from decnet.lures.postgresql.work import ProgramFirst, Work
from decnet.lures.sql import node
from decnet.lures.sql.context import Column as FoundColumn
from decnet.lures.sql.context import Context, Done, Rows
from decnet.lures.sql.perform import perform
from decnet.lures.sql.plan import QueryPlan
from decnet.lures.sql.problem import Kind, SqlError

MAX_STATEMENTS = 1_000
_MAX_PROGRAMS = 8
_LONGEST_STRETCH = 60_000
"""Steps of the evaluator: pg_dump looks into pg_attribute from within the columns of a query."""
_ENDS = ("commit", "rollback", "abort", "end")
_ALONE = ("create database", "drop database", "vacuum")


@dataclass(frozen=True)
class Part:
    """One statement of a query, and its text."""

    statement: node.Statement
    text: str


@dataclass
class RowsIn:
    """Rows that the client is to send."""

    columns: int
    is_binary: bool
    name: str
    store: Callable[[bytes], Awaitable[int]]


@dataclass
class RowsOut:
    """Rows that the client gets: lines as they are sent, and their number."""

    columns: int
    is_binary: bool
    lines: list[bytes] = field(default_factory=list)
    count: int = 0


Outcome = Result | RowsIn | RowsOut
Utility = Callable[["Execution", Wish, list[Any]], Awaitable[Outcome]]


class Execution:
    """
    The statements of one connection.

    ``utility`` carries out what the evaluator does not know; ``give_way`` lets other connections go on; ``run_program`` returns
    what a command writes. Everything raises
    ``Report`` and nothing else.
    """

    def __init__(
        self,
        cluster: Cluster,
        work: Work,
        *,
        release: Release,
        dialect: Postgres,
        utility: Utility,
        give_way: Callable[[], Awaitable[None]],
        run_program: Callable[[str], Awaitable[bytes]],
    ) -> None:
        self.cluster = cluster
        self.work = work
        self.release = release
        self.backend: Backend = work.backend
        self.dialect = dialect
        self._utility = utility
        self._give_way = give_way
        self._run_program = run_program
        self._context = Context(work.world, dialect, work.backend.user, lure=work, database="public")
        self.text = ""

    def context(self, values: list[Any]) -> Context:
        """Return the context of a statement that begins now."""
        context = self._context
        context.world, context.user, context.parameters = self.work.world, self.backend.user, values
        context.begin()
        context.budget.longest_stretch = _LONGEST_STRETCH
        return context

    async def read(self, text: str) -> list[Part]:
        """Return the statements of a query; one that is wrong spoils all of them."""
        self.text = self.backend.query = text
        self.backend.query_at = time.time()
        return await self.read_own(text)

    async def read_own(self, text: str) -> list[Part]:
        """Return the statements of a text that is not shown as the connection's query."""
        reader = Reader(text, self.dialect)
        parts: list[Part] = []
        try:
            while reader.is_more():
                start = reader.peek().start
                statement = await self._driven(reader.statement())
                parts.append(Part(statement, reader.between(start)))
                _refuse_many(parts)
                await self._give_way()
        except SqlError as error:
            raise report_of(error, text, self.release.major) from None
        except RecursionError:
            raise report_of(SqlError(Kind.TOO_DEEP, 0, 0), text) from None
        return parts

    async def run(self, part: Part, values: list[Any]) -> Outcome:
        """Run one statement."""
        self._refuse_failed(part.statement)
        self.work.source = part.text
        wish = wish_of(part.statement)
        try:
            if wish is not None:
                self._refuse_in_transaction(wish)
                return await self._utility(self, wish, values)
            return await self.performed(part.statement, values)
        except SqlError as error:
            raise report_of(error, self.text, self.release.major) from None
        except RecursionError:
            raise report_of(SqlError(Kind.TOO_DEEP, 0, 0), self.text) from None

    async def performed(self, statement: node.Statement, values: list[Any]) -> Result:
        """Run a statement of the evaluator, and wait as long as it wants."""
        self._tell_skipped(statement)
        self.work.written.clear()
        context, outcome = await self._evaluated(statement, values)
        if isinstance(statement, node.Query):
            refuse_ungrouped(statement)
        if context.budget.sleep_seconds:
            await asyncio.sleep(context.budget.sleep_seconds)
        return self.result_of(outcome, statement)

    async def _evaluated(self, statement: node.Statement, values: list[Any]) -> tuple[Context, Any]:
        """Return what the evaluator makes of a statement; programs that its functions want are run first."""
        for _ in range(_MAX_PROGRAMS):
            context = self.context(values)
            try:
                return context, await self._driven(perform(context, statement))
            except ProgramFirst as wanted:
                self.work.written[wanted.command] = await self._run_program(wanted.command)
        raise Report("canceling statement due to statement timeout", "57014", routine="ProcessInterrupts")

    def _tell_skipped(self, statement: node.Statement) -> None:
        """Tell of tables that IF EXISTS or IF NOT EXISTS passes by."""
        world = self.work.world
        if isinstance(statement, node.Drop) and statement.if_exists and statement.what in ("table", "view", "schema"):
            for name in statement.names:
                schema = name.parts[0] if len(name.parts) > 1 else "public"
                there = world.database(name.parts[-1]) if statement.what == "schema" else world.table(schema, name.parts[-1])
                if there is None:
                    words = f'{statement.what} "{name.parts[-1]}" does not exist, skipping'
                    self.work.notice(words, routine="DropErrorMsgNonExistent")
        if isinstance(statement, node.CreateTable) and statement.if_not_exists:
            made = statement.table.parts[-1]
            if world.table("public", made) is not None:
                self.work.notice(f'relation "{made}" already exists, skipping', "42P07", "transformCreateStmt")

    async def _driven(self, running: Generator[None, None, Any]) -> Any:
        """Run a generator to its end; others go on meanwhile."""
        while True:
            try:
                next(running)
            except StopIteration as stopped:
                return stopped.value
            await self._give_way()

    def result_of(self, outcome: Rows | Done, statement: node.Statement) -> Result:
        """Return what the evaluator found as the protocol tells it."""
        if isinstance(outcome, Rows):
            columns = [self.column(one) for one in outcome.columns]
            tags = {
                "insert": f"INSERT 0 {outcome.affected}",
                "update": f"UPDATE {outcome.affected}",
                "delete": f"DELETE {outcome.affected}",
                "explain": "EXPLAIN",
            }
            return Result(tags.get(outcome.verb, "SELECT {rows}"), columns, outcome.rows)
        return Result(_tag(outcome, statement))

    def column(self, found: FoundColumn) -> Column:
        """Return a column as the protocol describes it."""
        oid = oid_of_type(found.type)
        kind = BY_OID.get(oid)
        table, number = 0, 0
        if found.table and found.name:
            own = self.work.world.table(found.database or "public", found.table)
            if own is not None:
                table = self.work.oid_of(found.database or "public", found.table)
                number = (own.index_of(found.name) or 0) + 1
        modifier = found.type.length + 4 if kind and kind.name in ("varchar", "bpchar") and found.type.length else -1
        if kind and kind.name == "numeric" and found.type.length and table:
            modifier = (found.type.length << 16 | found.type.scale) + 4
        return Column(found.title, oid, kind.size if kind else -1, modifier, table, number)

    def worded(self, error: SqlError, text: str) -> Report:
        """Return a mistake in the server's words."""
        return report_of(error, text, self.release.major)

    def returned_columns(self, statement: node.Insert | node.Update | node.Delete) -> list[Column] | None:
        """Return the columns of RETURNING; none where its table is none, as running it will tell."""
        query = node.Query(node.Select(statement.returning, node.TableName(statement.table.parts, statement.table.alias)))
        try:
            return [self.column(one) for one in QueryPlan(self.context([]), query, None).columns]
        except SqlError as error:
            raise self.worded(error, self.text) from None

    # --- transactions

    def _refuse_failed(self, statement: node.Statement) -> None:
        """Refuse everything but the end of a transaction that failed."""
        if self.backend.transaction == FAILED and not (isinstance(statement, node.Transaction) and statement.what in _ENDS):
            words = "current transaction is aborted, commands ignored until end of transaction block"
            raise Report(words, "25P02", routine="exec_simple_query")

    def _refuse_in_transaction(self, wish: Wish) -> None:
        """Refuse what cannot be part of a transaction."""
        if wish.verb in _ALONE and self.backend.transaction != IDLE:
            words = f"{wish.verb.upper()} cannot run inside a transaction block"
            raise Report(words, "25001", routine="PreventInTransactionBlock")

    def begin_implicit(self, *, several: bool) -> None:
        """Begin the transaction that a query of several statements is."""
        if several and self.backend.transaction == IDLE:
            self.work.begin()
            self.backend.is_implicit = True

    def commit_implicit(self) -> None:
        """End the transaction that a query was."""
        if self.backend.is_implicit:
            self.backend.is_implicit = False
            self.work.end(keeps=True)
        elif self.backend.transaction == IDLE:
            self.work.finish_all_large()

    def fail(self) -> None:
        """Note that a statement failed: its transaction has, too."""
        if self.backend.is_implicit:
            self.backend.is_implicit = False
            self.work.end(keeps=False)
        elif self.backend.transaction != IDLE:
            self.backend.transaction = FAILED

    def sync(self) -> None:
        """End the implicit transaction of extended queries."""
        self.commit_implicit()
        if self.backend.transaction == IDLE:
            self.backend.portals.clear()

    def drop_unnamed(self) -> None:
        """Forget the unnamed statement and portal, as a simple query does."""
        self.backend.statements.pop("", None)
        self.backend.portals.pop("", None)


def _refuse_many(parts: list[Part]) -> None:
    """Refuse a query of too many statements."""
    if len(parts) > MAX_STATEMENTS:
        raise SqlError(Kind.TOO_LARGE, "statements")


def _tag(done: Done, statement: node.Statement) -> str:
    """Return the tag of a statement that gives no rows."""
    verb = done.verb.lower()
    counts = {
        "insert": f"INSERT 0 {done.affected}",
        "replace": f"INSERT 0 {done.affected}",
        "update": f"UPDATE {done.affected}",
        "delete": f"DELETE {done.affected}",
        "select into": f"SELECT {done.affected}",
        "truncate": "TRUNCATE TABLE",
        "create database": "CREATE SCHEMA",
        "drop database": "DROP SCHEMA",
    }
    if isinstance(statement, node.CreateDatabase):
        return "CREATE SCHEMA"
    if isinstance(statement, node.CreateTable) and statement.query is not None:
        return f"SELECT {done.affected}"
    return counts.get(verb, done.verb.upper())
