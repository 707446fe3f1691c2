# SPDX-License-Identifier: MIT
"""
Reads the statements that PostgreSQL alone knows.

What a statement wants is a ``Wish``; who carries it out (``decnet.lures.postgresql.utility``) looks it up by its verb.
Statements that change nothing that anybody could see are read to their end, and only their name is kept.
"""

from collections.abc import Callable, Generator
from dataclasses import dataclass, field
from typing import Any

from decnet.lures.postgresql.rewriting import reads, spread
from decnet.lures.sql.node import Own, Query, Statement
from decnet.lures.sql.parser import Parser
from decnet.lures.sql.problem import Kind, SqlError

MAX_PASSED = 20_000
"""Words of a statement that is only read to its end: nobody else is served meanwhile."""

_PASSED = {
    "analyze": "ANALYZE",
    "vacuum": "VACUUM",
    "checkpoint": "CHECKPOINT",
    "cluster": "CLUSTER",
    "reindex": "REINDEX",
    "lock": "LOCK TABLE",
    "comment": "COMMENT",
    "security": "SECURITY LABEL",
    "reassign": "REASSIGN OWNED",
    "refresh": "REFRESH MATERIALIZED VIEW",
    "import": "IMPORT FOREIGN SCHEMA",
    "grant": "GRANT",
    "revoke": "REVOKE",
}
"""Statements that are believed: first word and tag."""
_CREATED = {
    "aggregate": "CREATE AGGREGATE",
    "cast": "CREATE CAST",
    "collation": "CREATE COLLATION",
    "conversion": "CREATE CONVERSION",
    "domain": "CREATE DOMAIN",
    "event": "CREATE EVENT TRIGGER",
    "foreign": "CREATE FOREIGN TABLE",
    "operator": "CREATE OPERATOR",
    "policy": "CREATE POLICY",
    "publication": "CREATE PUBLICATION",
    "rule": "CREATE RULE",
    "server": "CREATE SERVER",
    "statistics": "CREATE STATISTICS",
    "subscription": "CREATE SUBSCRIPTION",
    "tablespace": "CREATE TABLESPACE",
    "text": "CREATE TEXT SEARCH CONFIGURATION",
    "transform": "CREATE TRANSFORM",
    "trigger": "CREATE TRIGGER",
    "type": "CREATE TYPE",
    "access": "CREATE ACCESS METHOD",
    "constraint": "CREATE TRIGGER",
}
_NAMED = ("function", "procedure", "role", "user", "group", "extension", "language", "sequence", "database")


@dataclass
class Wish:
    """
    What a statement asks for: its ``verb`` in lower case, what it names, and the rest by names of our own.

    ``source`` is its text from the first word on.
    """

    verb: str
    names: tuple[str, ...] = ()
    detail: dict[str, Any] = field(default_factory=dict)


class Reader(Parser):
    """The parser of the core with the statements of this server."""

    def own(self, word: str) -> Statement | None:
        """Read a statement that the core does not know."""
        readers: dict[str, Callable[[], Wish | None]] = {
            "set": self._set,
            "show": self._show,
            "reset": self._reset,
            "discard": self._discard,
            "listen": self._listen,
            "unlisten": self._listen,
            "notify": self._notify,
            "do": self._do,
            "load": self._load,
            "call": self._procedure_call,
            "prepare": self._prepare,
            "execute": self._execute,
            "deallocate": self._deallocate,
            "declare": self._declare,
            "fetch": self._fetch,
            "move": self._fetch,
            "close": self._close,
            "copy": self._copy,
            "commit": self._transaction_mode,
            "rollback": self._transaction_mode,
        }
        if word in readers:
            wish = readers[word]()
        elif word in ("create", "drop", "alter"):
            wish = self._object(word)
        else:
            wish = self._passed(_PASSED[word]) if word in _PASSED else None
        return None if wish is None else Own(wish.verb, _never, {"wish": wish})

    def query(self) -> Query:
        """Read a query; of what WITH RECURSIVE names only the first part is run, as the evaluator knows no more."""
        found = super().query()
        for name, _, common in found.common:
            common.unions = [one for one in common.unions if not reads(one[2], name)]
        spread(found)
        return found

    # --- what is only read to its end

    def rest(self) -> str:
        """Pass everything up to the end of the statement, and return it."""
        start = self.peek().start
        for _ in range(MAX_PASSED):
            if self.is_end():
                break
            self.take()
            self.forget_count()
        else:
            raise SqlError(Kind.TOO_LARGE, "tokens")
        return self.between(start) if self.last_end > start else ""

    def _passed(self, tag: str) -> Wish:
        """Read a statement of which nothing is needed but its tag."""
        self.take()
        return Wish("passed", detail={"tag": tag, "rest": self.rest()})

    def _object(self, word: str) -> Wish | None:
        """Read CREATE, DROP or ALTER of what is no table, view, index or schema."""
        offset = 3 if self.is_word("or", offset=1) else 1
        offset += self.is_word("trusted", "procedural", "materialized", offset=offset)
        what = self.peek(offset).text.lower()
        if what in _NAMED and self.peek(offset).kind == "name":
            for _ in range(offset + 1):
                self.take()
            return self._named(word, what)
        if word == "create" and what in _CREATED:
            return self._passed(_CREATED[what])
        if word == "alter" and what != "table":
            return self._altered()
        if word == "drop" and what in _CREATED:
            self.take()
            name = self.rest()
            return Wish("passed", detail={"tag": _CREATED[what].replace("CREATE", "DROP"), "rest": name})
        return None

    def _altered(self) -> Wish:
        """Read ALTER of what is kept nowhere, and ALTER SYSTEM."""
        self.take()
        what = self.expect_word(
            "system",
            "default",
            "view",
            "index",
            "schema",
            "type",
            "domain",
            "server",
            "materialized",
            "tablespace",
            "policy",
            "publication",
            "subscription",
            "large",
            "event",
            "trigger",
            "aggregate",
            "operator",
            "collation",
            "text",
            "foreign",
            "rule",
        )
        tag = {"default": "ALTER DEFAULT PRIVILEGES", "large": "ALTER LARGE OBJECT", "materialized": "ALTER MATERIALIZED VIEW"}
        return Wish("passed", detail={"tag": tag.get(what, f"ALTER {what.upper()}"), "rest": self.rest(), "what": what})

    def _named(self, word: str, what: str) -> Wish:
        """Read CREATE, DROP or ALTER of something with a name."""
        if word == "drop":
            return self._dropped_names(what)
        exists = self.words("if", "not", "exists") or self.words("if", "exists")
        if what == "user" and self.is_word("mapping"):
            return Wish("passed", detail={"tag": f"{word.upper()} USER MAPPING", "rest": self.rest()})
        name = ".".join(self.dotted())
        kind = "role" if what in ("user", "group") else what
        detail = {"exists": exists, "login": what == "user", **self._clauses(kind)}
        return Wish(f"{word} {kind}", (name,), detail)

    def _dropped_names(self, what: str) -> Wish:
        """Read the names of what is dropped."""
        exists = self.words("if", "exists")
        names = [".".join(self.dotted())]
        while not self.is_end():
            if self.operator(","):
                names.append(".".join(self.dotted()))
            else:
                self.take()
        return Wish(f"drop {'role' if what in ('user', 'group') else what}", tuple(names), {"exists": exists, "what": what})

    def _clauses(self, kind: str) -> dict[str, Any]:
        """Read the rest of a statement as words and texts in their order."""
        words: list[str] = []
        texts: list[str] = []
        start = self.peek().start
        while not self.is_end():
            token = self.take()
            self.forget_count()
            if token.kind == "string":
                texts.append(token.text)
                words.append("'")
            else:
                words.append(token.text.lower() if token.kind == "name" else token.text)
        source = self.between(start) if self.last_end > start else ""
        return {"words": words, "texts": texts, "source": source, "kind": kind}

    # --- settings

    def _set(self) -> Wish:
        """Read SET."""
        self.take()
        scope = self.word("session", "local")
        special = self._set_special()
        if special is not None:
            return special
        if self.words("time", "zone"):
            return Wish("set", ("TimeZone",), {"value": self._setting_value(), "local": scope == "local"})
        name = ".".join(self.dotted())
        if not self.operator("=") and not self.word("to"):
            raise self.wrong()
        values = [self._setting_value()]
        while self.operator(","):
            values.append(self._setting_value())
        value = None if values == ["default"] else ", ".join(values)
        return Wish("set", (name,), {"value": value, "local": scope == "local"})

    def _set_special(self) -> Wish | None:
        """Read SET of what is no setting; None where a setting's name comes next."""
        if self.words("characteristics", "as", "transaction") or self.word("transaction"):
            return Wish("set transaction", detail={"rest": self.rest()})
        if self.word("constraints"):
            return Wish("passed", detail={"tag": "SET CONSTRAINTS", "rest": self.rest()})
        if self.word("role"):
            return Wish("set role", (self._setting_value(),))
        if self.word("authorization"):
            return Wish("set authorization", (self._setting_value(),))
        if self.word("names"):
            value = "" if self.is_end() else self._setting_value()
            return Wish("set", ("client_encoding",), {"value": value or None, "local": False})
        return None

    def _setting_value(self) -> str:
        """Read one value: a word, a number or a text."""
        sign = self.operator("-", "+")
        if self.is_end():
            raise self.wrong()
        token = self.take()
        if token.kind in ("operator", "parameter"):
            raise self.wrong(token)
        return sign + (token.text.lower() if token.kind == "name" else token.text)

    def _show(self) -> Wish:
        """Read SHOW."""
        self.take()
        if self.words("time", "zone"):
            return Wish("show", ("TimeZone",))
        if self.words("transaction", "isolation", "level"):
            return Wish("show", ("transaction_isolation",))
        if self.words("session", "authorization"):
            return Wish("show", ("session_authorization",))
        return Wish("show", (".".join(self.dotted()),))

    def _reset(self) -> Wish:
        """Read RESET."""
        self.take()
        if self.words("time", "zone"):
            return Wish("reset", ("TimeZone",))
        if self.words("session", "authorization"):
            return Wish("set authorization", ("default",), {"tag": "RESET"})
        if self.word("role"):
            return Wish("set role", ("none",), {"tag": "RESET"})
        return Wish("reset", (".".join(self.dotted()),))

    def _discard(self) -> Wish:
        """Read DISCARD."""
        self.take()
        return Wish("discard", (self.expect_word("all", "plans", "sequences", "temp", "temporary"),))

    # --- notifications, code, prepared statements, cursors

    def _listen(self) -> Wish:
        """Read LISTEN and UNLISTEN."""
        verb = self.take().text.lower()
        return Wish(verb, ("*" if self.operator("*") else self.name(),))

    def _notify(self) -> Wish:
        """Read NOTIFY."""
        self.take()
        channel = self.name()
        return Wish("notify", (channel,), {"payload": self.text_or_name() if self.operator(",") else ""})

    def _do(self) -> Wish:
        """Read DO with its block of code."""
        self.take()
        texts = []
        while not self.is_end():
            token = self.take()
            texts += [token.text] if token.kind == "string" else []
        return Wish("do", detail={"code": texts[0] if texts else ""})

    def _load(self) -> Wish:
        """Read LOAD."""
        self.take()
        return Wish("load", (self.text_or_name(),))

    def _procedure_call(self) -> Wish:
        """Read CALL."""
        self.take()
        name = ".".join(self.dotted())
        return Wish("call", (name,), {"rest": self.rest()})

    def _prepare(self) -> Wish:
        """Read PREPARE; a transaction that is prepared has no other phase here."""
        self.take()
        if self.word("transaction"):
            return Wish("passed", detail={"tag": "PREPARE TRANSACTION", "rest": self.rest()})
        name = self.name()
        types = []
        if self.operator("("):
            types.append(self.type_().name)
            while self.operator(","):
                types.append(self.type_().name)
            self.expect(")")
        self.expect_word("as")
        return Wish("prepare", (name,), {"types": types, "text": self.rest()})

    def _execute(self) -> Wish:
        """Read EXECUTE."""
        self.take()
        name = self.name()
        values = []
        if self.operator("("):
            values = self.expressions()
            self.expect(")")
        return Wish("execute", (name,), {"values": values})

    def _deallocate(self) -> Wish:
        """Read DEALLOCATE."""
        self.take()
        self.word("prepare")
        return Wish("deallocate", (self.name(),))

    def _declare(self) -> Wish:
        """Read DECLARE CURSOR."""
        self.take()
        name = self.name()
        holds = False
        while not self.word("for"):
            word = self.expect_word(
                "binary", "insensitive", "asensitive", "scroll", "no", "cursor", "with", "without", "hold"
            )  # fmt: skip
            holds |= word == "with"
        start = self.peek().start
        query = self.query()
        return Wish("declare", (name,), {"query": query, "holds": holds, "source": self.between(start)})

    def _fetch(self) -> Wish:
        """Read FETCH and MOVE."""
        verb = self.take().text.lower()
        how = self.word("next", "prior", "first", "last", "absolute", "relative", "forward", "backward", "all")
        count: int | None = None
        sign = -1 if self.operator("-") else 1
        if self.peek().kind == "number":
            count = sign * self.number()
        elif how in ("forward", "backward") and self.word("all"):
            how = "all" if how == "forward" else "backward all"
        self.word("from", "in")
        return Wish(verb, (self.name(),), {"how": how, "count": count})

    def _close(self) -> Wish:
        """Read CLOSE."""
        self.take()
        return Wish("close", (self.name(),))

    # --- COPY

    def _copy(self) -> Wish:
        """Read COPY of a table or of a query, from or to a file, a program or the client."""
        self.take()
        self.word("binary")
        detail: dict[str, Any] = {"query": None, "columns": (), "options": {}, "place": "", "path": ""}
        names: tuple[str, ...] = ()
        if self.operator("("):
            detail["query"] = self._copied_query()
            self.expect(")")
        else:
            names = self.dotted()
            detail["columns"] = self.names() if self.is_operator("(") else ()
        detail["direction"] = self.expect_word("from", "to")
        if self.word("program"):
            detail["place"], detail["path"] = "program", self._given_text()
        elif self.word("stdin", "stdout"):
            detail["place"] = "client"
        else:
            detail["place"], detail["path"] = "file", self._given_text()
        detail["options"] = self._copy_options()
        if self.word("where"):
            detail["where"] = self.expression()
        return Wish("copy", names, detail)

    def _copied_query(self) -> Query:
        """Read the query that is copied."""
        query = self.query()
        query.source = query.source or "query"
        return query

    def _given_text(self) -> str:
        """Read a text."""
        if self.peek().kind != "string":
            raise self.wrong()
        return self.take().text

    def _copy_options(self) -> dict[str, str]:
        """Read options in brackets, or in the old style without."""
        options: dict[str, str] = {}
        self.word("with")
        if not self.operator("("):
            self._old_copy_options(options)
            return options
        while not options or self.operator(","):
            name = self.name().lower()
            value = ""
            if self.is_operator("("):
                value = ",".join(self.names())
            elif not self.is_operator(",", ")"):
                value = "*" if self.operator("*") else self._setting_value()
            options[name] = value
        self.expect(")")
        return options

    def _old_copy_options(self, options: dict[str, str]) -> None:
        """Read options such as ``CSV HEADER DELIMITER ';'``."""
        while word := self.word(
            "csv", "binary", "header", "delimiter", "delimiters", "null", "quote", "escape", "encoding", "force"
        ):
            if word in ("csv", "binary"):
                options["format"] = word
            elif word == "header":
                options["header"] = "true"
            elif word == "force":
                self.word("quote", "not")
                self.word("null")
                self.operator("*") or self.dotted()
            else:
                self.word("as")
                options[word.removesuffix("s")] = self._given_text()

    def _transaction_mode(self) -> Wish | None:
        """Leave BEGIN and its kin to the core, but PREPARE's second phase."""
        if self.is_word("prepared", offset=1):
            word = self.take().text.upper()
            return Wish("passed", detail={"tag": f"{word} PREPARED", "rest": self.rest()})
        return None


def _never(_: Any) -> Generator[None, None, Any]:
    """Stand where the core would run a statement: this lure looks at the wish instead."""
    yield


def wish_of(statement: Statement) -> Wish | None:
    """Return what a statement of this lure's own asks for; none where it is one of the core's."""
    if not isinstance(statement, Own):
        return None
    wish = statement.detail.get("wish")
    return wish if isinstance(wish, Wish) else None


__all__ = ["Reader", "SqlError", "Wish", "wish_of"]
