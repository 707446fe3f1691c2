# SPDX-License-Identifier: MIT
"""Reads the statements that only MariaDB and MySQL know."""

from collections.abc import Callable, Generator
from typing import Any

from decnet.lures.mysql import administration, show
from decnet.lures.mysql.values import text
from decnet.lures.sql.compiler import Compiler
from decnet.lures.sql.context import Context, Done, Outcome
from decnet.lures.sql.node import Expression, Name, Own, Statement
from decnet.lures.sql.parser import Parser
from decnet.lures.sql.plan import subplans
from decnet.lures.sql.scope import Frame, Scope
from decnet.lures.sql.value import Value

Running = Generator[None, None, Outcome]
_IGNORED = ("lock", "unlock", "flush", "analyze", "optimize", "check", "repair", "reset", "purge", "install", "uninstall",
            "handler", "cache",
            "change", "stop", "binlog", "xa", "shutdown", "revoke", "grant", "restart", "load", "call", "do", "kill",
            "backup")  # fmt: skip


class MysqlParser(Parser):
    """Reads statements of MariaDB and MySQL."""

    def own(self, word: str) -> Statement | None:
        """Read SHOW, SET, USE and what else only they have."""
        readers: dict[str, Callable[[], Own | None]] = {
            "show": self._show, "set": self._set, "use": self._use, "desc": self._describe, "describe": self._describe,
            "explain": self._explain_table, "create": self._create_other, "prepare": self._prepare, "execute": self._execute,
            "deallocate": self._deallocate, "help": self._help, "alter": self._alter_other,
        }  # fmt: skip
        if word in readers:
            return readers[word]()
        if word in _IGNORED and not (word == "start" and self.is_word("transaction", offset=1)):
            return self._administer(word)
        return self._administer(word) if word == "start" and self.is_word("slave", "replica", offset=1) else None

    def _own(self, verb: str, run: Callable[[Context], Outcome], **detail: Any) -> Own:
        """Return a statement that runs at once."""

        def running(context: Context) -> Running:
            yield
            return run(context)

        return Own(verb, running, detail)

    def _show(self) -> Own:
        """Read SHOW."""
        start = self.take()
        words: list[str] = []
        while self.peek().kind == "name" and not self.is_word("like", "where", "from", "in", "for") and len(words) < 5:
            words.append(self.take().text.lower())
            if words in (["create", "table"], ["create", "database"], ["create", "schema"], ["create", "view"]):
                break
        request = show.Request(words)
        self._show_what(request)
        if not show.is_known(request):
            raise self.wrong(self.peek() if not self.is_end() else start)
        return Own("show", lambda context: show.run(context, request))

    def _show_what(self, request: show.Request) -> None:
        """Read what stands behind the words of SHOW."""
        if request.words[:1] == ["create"]:
            self._if_exists()
            request.names = self.dotted()
        while self.word("from", "in"):
            request.names = (*self.dotted(), *request.names)
        if self.word("for"):
            request.user = self._user()
        if self.word("like"):
            request.like = self.text_or_name()
        elif self.word("where"):
            request.where = self.expression()
        if self.word("limit"):
            self.expressions()

    def _user(self) -> tuple[str, str]:
        """Read an account."""
        if self.word("current_user"):
            if self.operator("("):
                self.expect(")")
            return "", ""
        name = self.text_or_name()
        host = self.take().text[1:] if self.peek().kind == "variable" else "%"
        if not host and self.peek().kind in ("string", "quoted"):
            host = self.take().text
        return name, host.strip("'\"`")

    def _describe(self) -> Own | None:
        """Read DESCRIBE of a table; a query behind it is explained."""
        if self.is_word("select", "with", "update", "delete", "extended", offset=1):
            return None
        self.take()
        request = show.Request(["columns"], names=self.dotted())
        if self.is_name() or self.peek().kind == "string":
            request.like = self.text_or_name()
        return Own("describe", lambda context: show.run(context, request))

    def _explain_table(self) -> Own | None:
        """Read EXPLAIN of a table."""
        known = ("select", "with", "update", "delete", "insert", "extended", "analyze", "format", "partitions")
        is_query = self.is_word(*known, offset=1) or self.is_operator("(", offset=1)
        return None if is_query else self._describe()

    def _use(self) -> Own:
        """Read USE."""
        self.take()
        name = self.name()
        return self._own("use", lambda context: administration.use(context, name))

    def _set(self) -> Own:
        """Read SET."""
        start = self.take()
        if self.is_word("password"):
            return self._set_password()
        if self.word("names") or self.words("character", "set") or self.word("charset"):
            charset = self.text_or_name()
            if self.word("collate"):
                self.text_or_name()
            return self._own("set", lambda context: administration.set_names(context, charset))
        if self.is_word("transaction") or self.is_word("transaction", offset=1) or self.is_word("role", "default"):
            return self._rest("set")
        settings = [self._setting()]
        while self.operator(","):
            settings.append(self._setting())
        del start
        return Own("set", lambda context: _setting(context, settings))

    def _setting(self) -> tuple[str, str, Expression]:
        """Read one assignment: a scope, a name, a value."""
        token = self.peek()
        scope = "session"
        if token.kind in ("variable", "system"):
            self.take()
            name = token.text.lstrip("@").replace("`", "").lower()
            scope = "user" if token.kind == "variable" else scope
            head, _, rest = name.partition(".")
            if token.kind == "system" and rest:
                scope, name = head, rest
        else:
            scope = self.word("global", "session", "local", "persist") or "session"
            name = self.dotted()[-1].lower()
        if not self.operator("=", ":="):
            raise self.wrong()
        return scope, name, self._setting_value()

    def _setting_value(self) -> Expression:
        """Read the value of a setting: a word stands for itself."""
        if self.is_word("on") and not self.is_operator("(", offset=1):
            self.take()
            return Name(("ON",))
        return self.expression(1)

    def _set_password(self) -> Own:
        """Read SET PASSWORD."""
        start = self.take().start
        user = self._user() if self.word("for") else ("", "")
        if not self.operator("=", ":="):
            raise self.wrong()
        self.expression()
        words = self.between(start)
        return self._own("set password", lambda context: administration.changed_user(context, user, words))

    def _create_other(self) -> Own | None:
        """Read CREATE of users, functions and what else is no table; None for those."""
        offset = 1
        while self.is_word("or", "replace", "definer", "aggregate", "algorithm", "sql", "security", offset=offset) or (
            (offset > 1 and self.peek(offset).kind in ("quoted", "variable"))
            or (self.is_operator("=", offset=offset) and offset < 9)
        ):
            offset += 1
        if self.is_word("function", offset=offset):
            return self._function(offset)
        if self.is_word("user", "role", "trigger", "procedure", "event", "server", offset=offset):
            return self._administer("create")
        return None

    def _function(self, offset: int) -> Own:
        """Read CREATE FUNCTION ... SONAME."""
        for _ in range(offset + 1):
            self.take()
        self._if_exists()
        name = self.dotted()[-1]
        if not self.word("returns"):
            return self._rest("create function")
        self.expect_word("string", "integer", "int", "real", "decimal")
        self.expect_word("soname")
        library = self.take().text
        return self._own("create function", lambda context: administration.create_function(context, name, library))

    def _alter_other(self) -> Own | None:
        """Read ALTER of what is no table."""
        return self._administer("alter") if self.is_word("user", "database", "schema", "instance", "event", offset=1) else None

    def _administer(self, word: str) -> Own:
        """Read a statement whose form is taken as it is."""
        start = self.peek().start
        while not self.is_end():
            self.take()
        words = self.between(start)
        return self._own(word, lambda context: administration.run(context, word, words))

    def _rest(self, verb: str) -> Own:
        """Pass the rest of a statement that changes nothing."""
        while not self.is_end():
            self.take()
        return self._own(verb, lambda _: Done(verb))

    def _prepare(self) -> Own:
        """Read PREPARE."""
        self.take()
        name = self.name().lower()
        self.expect_word("from")
        source = self._primary()

        def run(context: Context) -> Outcome:
            value = _evaluated(context, source)
            administration.keep_prepared(context, name, text(value) if value is not None else "NULL")
            return Done("prepare")

        return self._own("prepare", run)

    def _execute(self) -> Own | None:
        """Read EXECUTE; what was prepared is run by the conversation."""
        self.take()
        if self.word("immediate"):
            source = self._primary()
            return self._own("execute", lambda context: administration.execute(context, text(_evaluated(context, source))))
        name = self.name().lower()
        arguments = self.expressions() if self.word("using") else []

        def run(context: Context) -> Outcome:
            values = [_evaluated(context, argument) for argument in arguments]
            return administration.execute_prepared(context, name, values)

        return self._own("execute", run)

    def _deallocate(self) -> Own:
        """Read DEALLOCATE PREPARE."""
        self.take()
        self.expect_word("prepare")
        name = self.name().lower()
        return self._own("deallocate", lambda context: administration.deallocate(context, name))

    def _help(self) -> Own:
        """Read HELP, which knows nothing."""
        self.take()
        while not self.is_end():
            self.take()
        return self._own("help", administration.help_)


def _evaluated(context: Context, expression: Expression) -> Value:
    """Return the value of an expression without any row."""
    value: Value = Compiler(context, Scope(context.dialect), subplans(context), clause="field list").evaluate(expression)(
        Frame(())
    )
    return value


def _setting(context: Context, settings: list[tuple[str, str, Expression]]) -> Running:
    """Run SET."""
    yield
    for scope, name, expression in settings:
        word = administration.word_of(expression)
        if scope == "user":
            value = _evaluated(context, expression)
            if len(context.variables) < 200 or name in context.variables:
                context.variables[name] = value
        else:
            administration.check_setting(context, scope, name)
            found = word if word is not None else _evaluated(context, expression)
            administration.set_variable(context, scope, name, found)
    return Done("set")
