# SPDX-License-Identifier: MIT
"""Reads CREATE, ALTER and DROP."""

from decnet.lures.sql.node import (
    Alteration,
    AlterTable,
    ColumnDefinition,
    CreateDatabase,
    CreateIndex,
    CreateTable,
    Drop,
    KeyDefinition,
    Statement,
    TableName,
)
from decnet.lures.sql.queries import Queries
from decnet.lures.sql.value import Type

_KEY_WORDS = ("primary", "unique", "key", "index", "constraint", "foreign", "fulltext", "spatial", "check")
_DROPPED = ("table", "view", "database", "schema", "index", "user", "role", "function", "procedure", "trigger", "event",
            "sequence",
            "extension", "type")  # fmt: skip


class Definitions(Queries):
    """The part of the parser that reads how tables and databases are made, changed and dropped."""

    def is_view(self) -> bool:
        """Whether CREATE of a view comes next."""
        return any(self.is_word("view", offset=offset) for offset in range(1, 5)) and not self.is_word(
            "table", "database", "schema", "user", "function", offset=1
        )

    def create(self) -> Statement | None:
        """Read CREATE of a database or an index; None where it is to be a table, whose name comes next then."""
        start = self.take()
        if word := self.word("database", "schema"):
            exists = self._if_exists()
            database = CreateDatabase(self.name(), word, exists)
            self._options(database.options)
            return database
        unique = bool(self.word("unique", "fulltext", "spatial"))
        if self.word("index"):
            return self._index(unique=unique)
        while self.word("temporary", "temp", "unlogged", "global", "local"):
            pass
        if not self.is_word("table"):
            raise self.wrong(start if self.is_end() else self.peek())
        return None

    def create_table(self) -> CreateTable:
        """Read CREATE TABLE from the word TABLE on, up to a query that fills it."""
        self.expect_word("table")
        exists = self._if_exists()
        created = CreateTable(self.table_name(alias=False), [], if_not_exists=exists)
        if self.word("like"):
            created.like = self.table_name(alias=False)
        elif self.is_operator("(") and not self.is_word("select", "with", offset=1):
            self._columns(created)
        self._options(created.options)
        return created

    def drop(self) -> Drop:
        """Read DROP."""
        self.take()
        self.word("temporary", "materialized")
        what = self.expect_word(*_DROPPED)
        self.word("concurrently")
        exists = self._if_exists()
        names = [self._dropped(what)]
        while self.operator(","):
            names.append(self._dropped(what))
        if what in ("index", "trigger") and self.word("on"):
            names.append(self.table_name(alias=False))
        while self.word("cascade", "restrict", "force", "with"):
            self.names() if self.is_operator("(") else None
        return Drop({"schema": self.dialect.schema_word}.get(what, what), names, exists)

    def alter(self) -> Statement:
        """Read ALTER TABLE."""
        self.take()
        if not self.word("table"):
            raise self.wrong()
        exists = self._if_exists()
        table = self.table_name(alias=False)
        alterations = [] if self.is_end() else self._alteration()
        while self.operator(","):
            alterations += self._alteration()
        return AlterTable(table, alterations, exists)

    def rename(self) -> AlterTable:
        """Read RENAME TABLE of one table."""
        self.take()
        self.expect_word("table", "tables")
        table = self.table_name(alias=False)
        self.expect_word("to")
        return AlterTable(table, [Alteration("table", ".".join(self.dotted()))])

    def _dropped(self, what: str) -> TableName:
        """Read the name of what is dropped."""
        if what in ("user", "role"):
            name = self.text_or_name()
            if self.peek().kind == "variable":
                name += self.take().text
            return TableName((name,))
        table = self.table_name(alias=False)
        if what == "function" and self.operator("("):
            while not self.operator(")"):
                self.take() if not self.is_end() else self.expect(")")
        return table

    def _if_exists(self) -> bool:
        """Pass IF EXISTS or IF NOT EXISTS."""
        if not self.is_word("if") or not self.is_word("exists", "not", offset=1):
            return False
        self.take()
        self.word("not")
        self.expect_word("exists")
        return True

    def _options(self, options: dict[str, str]) -> None:
        """Read options such as ENGINE=InnoDB, up to a query or the end."""
        while not self.is_end() and not self.is_word("select", "as", "ignore", "replace") and not self.is_operator("("):
            self.operator(",")
            name = self.take().text.lower()
            while (
                self.is_name()
                and not self.is_operator("=", offset=0)
                and name in ("default", "character", "data", "index", "with")
            ):
                name = (name + " " + self.take().text.lower()).removeprefix("default ")
            self.operator("=")
            if self.is_operator("("):
                self.take()
                while not self.operator(")"):
                    self.take() if not self.is_end() else self.expect(")")
            elif not self.is_end():
                options[{"character set": "charset"}.get(name, name)] = self.take().text[:255]

    def _index(self, *, unique: bool) -> CreateIndex:
        """Read CREATE INDEX behind that word."""
        self.word("concurrently")
        exists = self._if_exists()
        name = "" if self.is_word("on") else self.name()
        self.expect_word("on")
        table = self.table_name(alias=False)
        if self.word("using"):
            self.name()
        columns = self.names()
        options: dict[str, str] = {}
        self._options(options)
        return CreateIndex(KeyDefinition(name, columns, "UNI" if unique else "MUL"), table, exists)

    def _columns(self, created: CreateTable) -> None:
        """Read the columns and keys of a new table."""
        self.expect("(")
        while not (created.columns or created.keys) or self.operator(","):
            if self.is_word(*_KEY_WORDS) and not (
                self.is_word("key", "index") and self.is_word("int", "varchar", "text", offset=1)
            ):
                created.keys += self._key()
            elif self.is_word("like") and self.dialect.bars_join:
                self.take()
                created.like = self.table_name(alias=False)
            else:
                created.columns.append(self._column(created.keys))
        self.expect(")")

    def _key(self) -> list[KeyDefinition]:
        """Read a key, or pass a condition of the table."""
        name = ""
        if self.word("constraint") and not self.is_word("primary", "unique", "foreign", "check"):
            name = self.name()
        word = self.expect_word("primary", "unique", "key", "index", "foreign", "fulltext", "spatial", "check")
        if word == "check":
            self.expect("(")
            self.expression()
            self.expect(")")
            return []
        self.word("key", "index")
        if self.is_name() and not self.is_word("using"):
            name = self.name()
        if self.word("using"):
            self.name()
        columns = self.names()
        if self.word("using"):
            self.name()
        if word == "foreign":
            self._references()
            return [KeyDefinition(name, columns, "MUL")] if self.dialect.lexicon.backticks else []
        if word == "primary":
            return [KeyDefinition("PRIMARY" if self.dialect.lexicon.backticks else name, columns, "PRI")]
        return [KeyDefinition(name, columns, "UNI" if word == "unique" else "MUL")]

    def _references(self) -> None:
        """Pass what a foreign key points to."""
        self.expect_word("references")
        self.table_name(alias=False)
        if self.is_operator("("):
            self.names()
        while self.word("on", "match"):
            self.word("delete", "update", "full", "simple")
            self.word("cascade", "restrict", "set", "no")
            self.word("null", "default", "action")

    def _column(self, keys: list[KeyDefinition]) -> ColumnDefinition:
        """Read one column; the keys that it declares go to ``keys``."""
        name = self.name()
        column = ColumnDefinition(name, self.type_())
        if column.type.name in ("serial", "bigserial", "smallserial"):
            plain = {"serial": "integer", "bigserial": "bigint", "smallserial": "smallint"}[column.type.name]
            column.type, column.automatic, column.nullable = Type(plain, "integer", column.type.length), True, False
        while self._attribute(column):
            pass
        if column.key == "PRI":
            column.nullable = False
            keys.append(KeyDefinition("PRIMARY" if self.dialect.lexicon.backticks else "", (name,), "PRI"))
        elif column.key == "UNI":
            keys.append(KeyDefinition(name if self.dialect.lexicon.backticks else "", (name,), "UNI"))
        return column

    def _attribute(self, column: ColumnDefinition) -> bool:
        """Read one attribute of a column; false where none comes next."""
        if self.words("not", "null"):
            column.nullable = False
        elif self.word("null", "visible", "stored", "virtual", "persistent", "invisible"):
            pass
        elif self.word("default"):
            column.default = self.expression(7)
        elif self.word("auto_increment", "autoincrement"):
            column.automatic = True
        elif self.words("primary", "key") or self.word("key"):
            column.key = "PRI"
        elif self.word("unique"):
            self.word("key")
            column.key = column.key or "UNI"
        elif self.word("comment"):
            column.comment = self.text_or_name()[:1024]
        else:
            return self._rare_attribute(column)
        return True

    def _rare_attribute(self, column: ColumnDefinition) -> bool:
        """Read an attribute that is seldom seen; false where none comes next."""
        if self.words("on", "update"):
            self.expression(7)
        elif self.word("collate", "charset") or self.words("character", "set"):
            self.text_or_name()
        elif self.is_word("references"):
            self._references()
        elif self.word("constraint"):
            self.name()
        elif self.word("check"):
            self.expect("(")
            self.expression()
            self.expect(")")
        elif self.word("generated"):
            column.automatic = self._generated()
        else:
            return False
        return True

    def _generated(self) -> bool:
        """Read GENERATED ... AS IDENTITY; true where the column counts up."""
        self.word("always", "by")
        self.word("default")
        self.expect_word("as")
        if not self.word("identity"):
            self.expect("(")
            self.expression()
            self.expect(")")
            return False
        if self.operator("("):
            while not self.operator(")"):
                self.take() if not self.is_end() else self.expect(")")
        return True

    def _alteration(self) -> list[Alteration]:
        """Read one change of a table."""
        word = self.peek().text.lower()
        readers = {"add": self._add, "drop": self._drop_part, "modify": self._modify, "change": self._modify,
                   "rename": self._rename_part}  # fmt: skip
        if word in readers and self.peek().kind == "name":
            self.take()
            return readers[word]()
        depth = 0
        while not (depth == 0 and (self.is_end() or self.is_operator(","))):
            depth += self.is_operator("(") - self.is_operator(")")
            if self.take().kind == "end":
                raise self.wrong()
        return [Alteration("other")]

    def _add(self) -> list[Alteration]:
        """Read ADD."""
        if self.is_word(*_KEY_WORDS):
            return [Alteration("key", key=key) for key in self._key()]
        self.word("column")
        self._if_exists()
        keys: list[KeyDefinition] = []
        in_brackets = bool(self.operator("("))
        found = [Alteration("add", column=self._column(keys))]
        while in_brackets and self.operator(","):
            found.append(Alteration("add", column=self._column(keys)))
        if in_brackets:
            self.expect(")")
        self._place()
        return found + [Alteration("key", key=key) for key in keys]

    def _place(self) -> None:
        """Pass FIRST and AFTER."""
        if not self.word("first") and self.word("after"):
            self.name()

    def _drop_part(self) -> list[Alteration]:
        """Read DROP of a column or a key."""
        if self.words("primary", "key"):
            return [Alteration("drop key", "PRIMARY")]
        if self.word("key", "index", "constraint") or self.words("foreign", "key"):
            self._if_exists()
            return [Alteration("drop key", self.name())]
        self.word("column")
        exists = self._if_exists()
        found = Alteration("drop if exists" if exists else "drop", self.name())
        self.word("cascade", "restrict")
        return [found]

    def _modify(self) -> list[Alteration]:
        """Read MODIFY and CHANGE."""
        changes = self.text[: self.last_end].lower().endswith("change")
        self.word("column")
        self._if_exists()
        keys: list[KeyDefinition] = []
        name = self.name() if changes else ""
        column = self._column(keys)
        self._place()
        return [Alteration("modify", name or column.name, column)]

    def _rename_part(self) -> list[Alteration]:
        """Read RENAME of the table or a column."""
        if self.word("column"):
            old = self.name()
            self.expect_word("to")
            return [Alteration("rename", old, ColumnDefinition(self.name(), Type("", "null")))]
        if self.is_name() and not self.is_word("to", "as") and self.is_word("to", offset=1) and self.dialect.bars_join:
            old = self.name()
            self.take()
            return [Alteration("rename", old, ColumnDefinition(self.name(), Type("", "null")))]
        self.word("to", "as")
        return [Alteration("table", ".".join(self.dotted()))]
