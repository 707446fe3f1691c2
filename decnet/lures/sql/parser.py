# SPDX-License-Identifier: MIT
"""
Reads whole statements.

``Parser.statement`` is a generator: it yields now and then while it reads the rows of a long INSERT, and returns the statement.
What only one dialect knows is read by a method of the lure's own subclass (``own``).
"""

from collections.abc import Callable, Generator

from decnet.lures.sql.definitions import Definitions
from decnet.lures.sql.node import (
    CreateView,
    Delete,
    Explain,
    Expression,
    Insert,
    Query,
    Statement,
    TableName,
    Transaction,
    Truncate,
    Update,
)
from decnet.lures.sql.problem import Kind, SqlError

Reading = Generator[None, None, Statement]
MAX_INSERTED = 10_000
_ROWS_AT_ONCE = 16
_TRANSACTIONS = ("begin", "commit", "rollback", "savepoint", "release", "start", "abort", "end")


class Parser(Definitions):
    """Reads one statement after another."""

    def own(self, word: str) -> Statement | None:
        """Read a statement that only this dialect knows; None where it begins like none of them. For subclasses."""
        del word
        return None

    def is_more(self) -> bool:
        """Pass semicolons, and say whether another statement comes."""
        while self.operator(";"):
            pass
        return self.peek().kind != "end"

    def statement(self) -> Reading:
        """Read the next statement; raises ``SqlError``."""
        self.forget_count()
        found = yield from self._any()
        if not self.is_end():
            raise self.wrong()
        return found

    def _any(self) -> Reading:
        """Read a statement by its first word."""
        token = self.peek()
        word = token.text.lower() if token.kind == "name" else ""
        if (own := self.own(word)) is not None:
            return own
        if word in ("insert", "replace"):
            return (yield from self._insert())
        readers: dict[str, Callable[[], Statement]] = {
            "update": self._update, "delete": self._delete, "create": self._create, "drop": self.drop, "alter": self.alter,
            "truncate": self._truncate, "rename": self.rename, "explain": self._explain,
        }  # fmt: skip
        if word in readers:
            return readers[word]()
        if word in _TRANSACTIONS:
            return self._transaction()
        if word in ("select", "with", "values", "table") or self.is_operator("("):
            return self.query()
        raise self.wrong()

    def _insert(self) -> Generator[None, None, Insert]:
        """Read INSERT or REPLACE."""
        verb = self.take().text.lower()
        ignore = False
        while word := self.word("low_priority", "delayed", "high_priority", "ignore"):
            ignore |= word == "ignore"
        self.word("into") or (self.dialect.bars_join and self.expect_word("into"))
        table = TableName(self.dotted(), self.name() if self.word("as") else "")
        insert = Insert(table, (), [], replace=verb == "replace", ignore=ignore)
        self._insert_columns(insert)
        yield from self._inserted(insert)
        self._on_duplicate(insert)
        insert.returning = self.items() if self.word("returning") else []
        return insert

    def _insert_columns(self, insert: Insert) -> None:
        """Read the names of columns, where they come next."""
        if not self.is_operator("(") or self.is_word("select", "with", offset=1):
            return
        if self.is_operator(")", offset=1):
            self.take()
            self.take()
            return
        self.take()
        names = [self._changed_column()]
        while self.operator(","):
            names.append(self._changed_column())
        self.expect(")")
        insert.columns = tuple(names)

    def _changed_column(self) -> str:
        """Read the name of a column that is set, with or without its table."""
        return self.dotted()[-1]

    def _inserted(self, insert: Insert) -> Generator[None, None, None]:
        """Read what is put in."""
        if self.words("overriding", "system", "value") or self.words("overriding", "user", "value"):
            pass
        if self.word("set"):
            pairs = self._assignments()
            insert.columns = tuple(name for name, _ in pairs)
            insert.rows = [[value for _, value in pairs]]
        elif self.words("default", "values"):
            insert.rows = [[]]
        elif self.word("values", "value"):
            yield from self._rows(insert)
        else:
            insert.query = self.query()

    def _rows(self, insert: Insert) -> Generator[None, None, None]:
        """Read rows of values."""
        while not insert.rows or self.operator(","):
            self.expect("(")
            row: list[Expression | None] = []
            while not self.is_operator(")") if not row else self.operator(","):
                row.append(None if self._is_default() else self.expression())
            self.expect(")")
            insert.rows.append(row)
            if len(insert.rows) > MAX_INSERTED:
                raise SqlError(Kind.TOO_LARGE, "rows")
            if len(insert.rows) % _ROWS_AT_ONCE == 0:
                self.forget_count()
                yield

    def _is_default(self) -> bool:
        """Pass the word DEFAULT, where no bracket follows."""
        return not self.is_operator("(", offset=1) and bool(self.word("default"))

    def _on_duplicate(self, insert: Insert) -> None:
        """Read what happens where a key is taken already."""
        if self.words("on", "duplicate", "key", "update"):
            insert.update = self._assignments()
        elif self.words("on", "conflict"):
            if self.is_operator("("):
                self.names()
            elif self.words("on", "constraint"):
                self.name()
            self.expect_word("do")
            if self.word("nothing"):
                insert.ignore = True
            else:
                self.expect_word("update")
                self.expect_word("set")
                insert.update = self._assignments()
                if self.word("where"):
                    self.expression()

    def _assignments(self) -> list[tuple[str, Expression]]:
        """Read ``column = value, ...``; DEFAULT is a value that is None in the place of its expression."""
        pairs: list[tuple[str, Expression]] = []
        while not pairs or self.operator(","):
            name = self._changed_column()
            if not self.operator("=", ":="):
                raise self.wrong()
            pairs.append((name, self.expression()))
        return pairs

    def _update(self) -> Update:
        """Read UPDATE."""
        self.take()
        while self.word("low_priority", "ignore"):
            pass
        table = self.table_name(alias=False)
        if self.word("as") or (self.is_name() and not self.is_word("set")):
            table.alias = self.name()
        self.expect_word("set")
        changes = self._assignments()
        where = self.expression() if self.word("where") else None
        update = Update(table, changes, where, self.order_by())
        update.limit = self.expression() if self.word("limit") else None
        update.returning = self.items() if self.word("returning") else []
        return update

    def _delete(self) -> Delete:
        """Read DELETE."""
        self.take()
        while self.word("low_priority", "quick", "ignore"):
            pass
        self.expect_word("from")
        table = self.table_name()
        where = self.expression() if self.word("where") else None
        delete = Delete(table, where, self.order_by())
        delete.limit = self.expression() if self.word("limit") else None
        delete.returning = self.items() if self.word("returning") else []
        return delete

    def _create(self) -> Statement:
        """Read CREATE."""
        if self.is_view():
            return self._view()
        found = self.create()
        return found if found is not None else self._create_table()

    def _create_table(self) -> Statement:
        """Read CREATE TABLE behind what can stand before its columns."""
        created = self.create_table()
        if self.word("ignore", "replace", "as") or self.is_word("select", "with", "values") or self.is_operator("("):
            self.word("as")
            created.query = self.query()
            if self.word("with"):
                self.word("no")
                self.expect_word("data")
        return created

    def _view(self) -> CreateView:
        """Read CREATE VIEW."""
        self.take()
        replace = self.words("or", "replace")
        while not self.word("view"):
            self.take() if not self.is_end() else self.expect_word("view")
        table = self.table_name(alias=False)
        if self.is_operator("("):
            table.columns = self.names()
        self.expect_word("as")
        return CreateView(table, self.query(), replace)

    def _truncate(self) -> Truncate:
        """Read TRUNCATE."""
        self.take()
        self.word("table")
        tables = [self.table_name(alias=False)]
        while self.operator(","):
            tables.append(self.table_name(alias=False))
        while self.word("restart", "continue", "identity", "cascade", "restrict"):
            pass
        return Truncate(tables)

    def _transaction(self) -> Transaction:
        """Read BEGIN and its kin."""
        what = self.take().text.lower()
        if what == "start":
            self.expect_word("transaction")
        while not self.is_end():
            if self.take().kind not in ("name", "quoted", "operator"):
                raise self.wrong()
        return Transaction({"start": "begin", "end": "commit", "abort": "rollback"}.get(what, what))

    def _explain(self) -> Explain:
        """Read EXPLAIN of a query."""
        self.take()
        options = []
        if self.operator("("):
            while not self.operator(")"):
                options.append(self.take().text.lower() if not self.is_end() else self.name())
        while word := self.word("extended", "analyze", "verbose"):
            options.append(word)
        start = self.peek().start
        statement: Query | Update | Delete
        if self.is_word("update"):
            statement = self._update()
        elif self.is_word("delete"):
            statement = self._delete()
        else:
            statement = self.query()
        return Explain(self.between(start), statement)
