# SPDX-License-Identifier: MIT
"""Reads SELECT, WITH, VALUES and what stands in their FROM."""

from typing import Any

from decnet.lures.sql.expressions import Expressions
from decnet.lures.sql.node import (
    Derived,
    Expression,
    Function,
    Item,
    Join,
    Query,
    Select,
    Source,
    Star,
    TableFunction,
    TableName,
    Values,
)
from decnet.lures.sql.problem import Kind, SqlError

_OPTIONS = ("all", "distinct", "distinctrow", "high_priority", "straight_join", "sql_small_result", "sql_big_result",
            "sql_buffer_result", "sql_no_cache", "sql_cache", "sql_calc_found_rows")  # fmt: skip
MAX_SOURCES = 12
MAX_UNIONS = 64


class Queries(Expressions):
    """The part of the parser that reads queries."""

    _sources = 0

    def query(self) -> Query:
        """Read a query with everything that may stand around it."""
        start = self.peek().start
        common = self._common()
        query = Query(self._operand(), common=common)
        while word := self.word("union", "intersect", "except"):
            if len(query.unions) >= MAX_UNIONS:
                raise self.wrong()
            keeps_all = self.word("all", "distinct") == "all"
            query.unions.append((word, keeps_all, self._operand()))
        query.order = self.order_by()
        self._limits(query)
        self._into(query)
        if isinstance(query.first, Select) and (into := query.first.options.pop("into", None)):
            query.into = into
        self._locks()
        self._into(query)
        query.source = self.between(start)
        return query

    def items(self) -> list[Item]:
        """Read a select list."""
        found = [self._item()]
        while self.operator(","):
            found.append(self._item())
        return found

    def table_name(self, *, alias: bool = True) -> TableName:
        """Read the name of a table, and its alias."""
        self.word("only") if self.dialect.bars_join and self.peek(1).kind in ("name", "quoted") else ""
        table = TableName(self.dotted())
        if alias:
            table.alias = self.alias()
        return table

    def alias(self) -> str:
        """Read an alias; empty where there is none."""
        if self.word("as"):
            return self.take().text if self.peek().kind == "string" else self.name()
        return self.name() if self.is_name() else ""

    def _common(self) -> list[tuple[str, tuple[str, ...], Query]]:
        """Read what stands behind WITH."""
        found: list[tuple[str, tuple[str, ...], Query]] = []
        if not self.word("with"):
            return found
        self.word("recursive")
        while not found or self.operator(","):
            name = self.name()
            columns = self.names() if self.is_operator("(") else ()
            self.expect_word("as")
            self.word("not")
            self.word("materialized")
            self.expect("(")
            with self.deeper(3):
                found.append((name, columns, self.query()))
            self.expect(")")
        return found

    def _operand(self) -> Select | Values | Query:
        """Read one part of a union."""
        if self.operator("("):
            with self.deeper(3):
                query = self.query()
            self.expect(")")
            return query
        if self.word("values"):
            return Values(self._values())
        if self.word("table"):
            return Select([Item(Star())], self.table_name())
        self.expect_word("select")
        return self._select()

    def _values(self) -> list[list[Expression]]:
        """Read rows in brackets."""
        rows: list[list[Expression]] = []
        while not rows or self.operator(","):
            self.word("row")
            self.expect("(")
            rows.append(self.expressions())
            self.expect(")")
        return rows

    def _select(self) -> Select:
        """Read a SELECT behind that word."""
        options: dict[str, Any] = {}
        while word := self.word(*_OPTIONS):
            options[word] = True
            if word == "distinct" and self.word("on"):
                self.expect("(")
                options["on"] = self.expressions()
                self.expect(")")
        select = Select([] if self._is_bare() else self.items(), options=options)
        select.distinct = bool(options.keys() & {"distinct", "distinctrow"})
        self._into_of_select(select)
        if self.word("from"):
            select.source = self._source_list()
        select.where = self.expression() if self.word("where") else None
        if self.words("group", "by"):
            select.group = self.expressions()
            options["rollup"] = self.words("with", "rollup")
        select.having = self.expression() if self.word("having") else None
        self._procedure()
        return select

    def _is_bare(self) -> bool:
        """Whether there is no select list, as PostgreSQL allows."""
        return self.dialect.bars_join and (self.is_word("from", "where") or self.is_end() or self.is_operator(")"))

    def _procedure(self) -> None:
        """Pass PROCEDURE ANALYSE(...), which probes send."""
        if self.is_word("procedure") and self.is_word("analyse", offset=1) and self.dialect.lexicon.backticks:
            self.take()
            self.expression()

    def _item(self) -> Item:
        """Read one column of a select list."""
        value = self.expression()
        if isinstance(value, Star):
            return Item(value)
        if self.word("as"):
            return Item(value, self.take().text if self.peek().kind == "string" else self.name())
        token = self.peek()
        if token.kind == "string" and self.dialect.lexicon.double_quoted_strings:
            return Item(value, self.take().text)
        return Item(value, self.name() if self.is_name() else "")

    def _source_list(self) -> Source:
        """Read what stands behind FROM; a comma joins everything with everything."""
        source = self._joined()
        while self.operator(","):
            self.word("lateral")
            source = Join(source, self._joined(), "inner")
        return source

    def _joined(self) -> Source:
        """Read tables joined by words."""
        source = self._one_source()
        while True:
            natural = bool(self.word("natural"))
            kind = self._join_word()
            if not kind:
                return source
            self.word("lateral")
            join = Join(source, self._one_source(), kind, natural=natural)
            if self.word("on"):
                join.condition = self.expression()
            elif self.word("using"):
                join.using = self.names()
            source = join

    def _join_word(self) -> str:
        """Pass the words of a join and return its kind; empty where there is none."""
        if self.word("straight_join") or self.words("inner", "join") or self.words("cross", "join") or self.word("join"):
            return "inner"
        if self.is_word("left", "right", "full") and self.is_word("join", "outer", offset=1):
            kind = self.take().text.lower()
            self.word("outer")
            self.expect_word("join")
            return kind
        return ""

    def _one_source(self) -> Source:
        """Read one table, function, query, or tables in brackets."""
        self._sources += 1
        if self._sources > MAX_SOURCES * 4:
            raise self.wrong()
        if self.is_operator("("):
            return self._bracketed_source()
        if self.word("dual") if self.dialect.lexicon.backticks else "":
            return Derived(Query(Select([])), self.alias() or "dual")
        table = TableName(self.dotted())
        if self.is_operator("("):
            return self._table_function(table.parts)
        if self.word("partition"):
            self.names()
        table.alias = self.alias()
        table.columns = self._column_names() if table.alias else ()
        self._hints()
        return table

    def _table_function(self, parts: tuple[str, ...]) -> TableFunction:
        """Read a function in the place of a table."""
        call = self._call(parts)
        if not isinstance(call, Function):
            raise self.wrong()
        if self.word("with"):
            self.expect_word("ordinality")
            call.options["ordinality"] = True
        alias = self.alias()
        return TableFunction(call, alias or call.name, self._column_names())

    def _bracketed_source(self) -> Source:
        """Read a query or tables in brackets."""
        offset = 0
        while self.is_operator("(", offset=offset) and offset < 8:
            offset += 1
        self.take()
        if self.is_word("select", "with", "values", offset=offset - 1):
            with self.deeper(3):
                query = self.query()
            self.expect(")")
            alias = self.alias()
            if not alias and self.dialect.lexicon.backticks:
                raise SqlError(Kind.NO_ALIAS)
            return Derived(query, alias, self._column_names() if alias else ())
        with self.deeper(3):
            source = self._source_list()
        self.expect(")")
        return source

    def _column_names(self) -> tuple[str, ...]:
        """Read names for the columns of a source; types beside them are passed."""
        if not self.is_operator("("):
            return ()
        self.take()
        names = [self.name()]
        self.type_() if self.is_name() else None
        while self.operator(","):
            names.append(self.name())
            self.type_() if self.is_name() else None
        self.expect(")")
        return tuple(names)

    def _hints(self) -> None:
        """Pass hints for indexes."""
        while self.is_word("use", "force", "ignore") and self.is_word("index", "key", offset=1):
            self.take()
            self.take()
            if self.word("for"):
                self.word("join", "order", "group")
                self.word("by")
            self.names()

    def _limits(self, query: Query) -> None:
        """Read LIMIT, OFFSET and FETCH in any order."""
        while word := self.word("limit", "offset", "fetch"):
            if word == "fetch":
                self.expect_word("first", "next")
                query.limit = self._number() if self.peek().kind == "number" else None
                self.word("rows", "row")
                self.expect_word("only")
            elif word == "offset":
                query.offset = self.expression()
                self.word("rows", "row")
            elif not self.word("all"):
                query.limit = self.expression()
                if self.operator(","):
                    query.offset, query.limit = query.limit, self.expression()

    def _into_of_select(self, select: Select) -> None:
        """Read INTO where it stands before FROM."""
        if found := self._read_into():
            select.options["into"] = found

    def _into(self, query: Query) -> None:
        """Read INTO where it stands at the end."""
        if found := self._read_into():
            query.into = found

    def _read_into(self) -> tuple[str, Any] | None:
        """Read INTO OUTFILE, DUMPFILE, variables or a table."""
        if not self.word("into"):
            return None
        if not self.dialect.lexicon.backticks:
            self.word("temporary", "temp", "unlogged")
            self.word("table")
            return ("table", self.dotted())
        if what := self.word("outfile", "dumpfile"):
            if self.peek().kind != "string":
                raise self.wrong()
            return (what, (self.take().text, self._outfile_options()))
        variables = [self.take().text]
        while self.operator(","):
            variables.append(self.take().text)
        return ("variables", variables)

    def _outfile_options(self) -> dict[str, str]:
        """Read how the columns and lines of a file are to be written."""
        options: dict[str, str] = {}
        if self.words("character", "set"):
            self.text_or_name()
        part = ""
        while word := self.word("fields", "columns", "lines", "optionally", "terminated", "enclosed", "escaped", "starting"):
            if word in ("fields", "columns", "lines"):
                part = "lines" if word == "lines" else "fields"
            elif word != "optionally":
                self.expect_word("by")
                options[f"{part} {word}"] = self._written()
        return options

    def _written(self) -> str:
        """Read a string, or bytes in hexadecimal, as text."""
        token = self.take()
        if token.kind == "hex":
            return bytes.fromhex(token.text[2:].removesuffix("'").rjust(2, "0")).decode("latin-1")
        if token.kind != "string":
            raise self.wrong(token)
        return token.text

    def _locks(self) -> None:
        """Pass FOR UPDATE and LOCK IN SHARE MODE."""
        if self.words("lock", "in", "share", "mode"):
            return
        while self.is_word("for") and self.is_word("update", "share", "no", "key", offset=1):
            self.take()
            while self.word("update", "share", "no", "key"):
                pass
            if self.word("of"):
                self.dotted()
            self.word("nowait")
            self.words("skip", "locked")
