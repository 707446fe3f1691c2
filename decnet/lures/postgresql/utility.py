# SPDX-License-Identifier: MIT
"""Carries out the statements that PostgreSQL alone knows."""

import re
import time
from collections.abc import Awaitable, Callable
from typing import Any

from decnet.lures.lure import Session
from decnet.lures.postgresql import roles
from decnet.lures.postgresql.copy_statement import Copying
from decnet.lures.postgresql.execution import Execution, Outcome
from decnet.lures.postgresql.extended import prepared
from decnet.lures.postgresql.kind import oid_named
from decnet.lures.postgresql.language import Wish
from decnet.lures.postgresql.report import Report
from decnet.lures.postgresql.state import IDLE, MAX_CHANNELS, MAX_CURSORS, Cursor, Result
from decnet.lures.postgresql.wire import Column
from decnet.lures.sql.compiler import Compiler
from decnet.lures.sql.plan import subplans
from decnet.lures.sql.scope import Frame, Scope

_RAISED = re.compile(r"raise\s+(notice|warning|info|exception)\s+'((?:[^']|'')*)'", re.IGNORECASE)


class Utility:
    """The utility statements of one connection."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._own: dict[str, Callable[[Execution, Wish, list[Any]], Awaitable[Outcome]]] = {
            "copy": self._copy,
            "execute": self._execute,
            "prepare": self._prepare,
            "declare": self._declare,
            "fetch": self._fetch,
            "move": self._fetch,
        }

    async def __call__(self, execution: Execution, wish: Wish, values: list[Any]) -> Outcome:
        """Carry out a wish; raises ``Report``."""
        if wish.verb in self._own:
            return await self._own[wish.verb](execution, wish, values)
        if wish.verb in roles.RUN:
            found: Result = roles.RUN[wish.verb](execution.work, wish)
            return found
        return _SIMPLE[wish.verb](execution, wish)

    async def _copy(self, execution: Execution, wish: Wish, values: list[Any]) -> Outcome:
        """Run COPY."""
        return await Copying(execution, self._session, wish, values).run()

    async def _prepare(self, execution: Execution, wish: Wish, _: list[Any]) -> Outcome:
        """Keep a statement under a name."""
        name = wish.names[0]
        if name in execution.backend.statements:
            raise Report(f'prepared statement "{name}" already exists', "42P05", routine="StorePreparedStatement")
        kept = execution.text
        made = await prepared(execution, wish.detail["text"], [oid_named(one) or 25 for one in wish.detail["types"]])
        execution.text = kept
        made.from_sql, made.prepared_at = True, time.time()
        execution.backend.statements[name] = made
        return Result("PREPARE")

    async def _execute(self, execution: Execution, wish: Wish, values: list[Any]) -> Outcome:
        """Run a statement that was kept."""
        found = execution.backend.statements.get(wish.names[0])
        if found is None:
            raise Report(f'prepared statement "{wish.names[0]}" does not exist', "26000", routine="FetchPreparedStatement")
        context = execution.context(values)
        compiler = Compiler(context, Scope(execution.dialect), subplans(context), clause="execute")
        given = [compiler.evaluate(one)(Frame(())) for one in wish.detail["values"]]
        return await execution.run(found.statement, given) if found.statement is not None else Result("")

    async def _declare(self, execution: Execution, wish: Wish, values: list[Any]) -> Outcome:
        """Open a cursor."""
        if execution.backend.transaction == IDLE and not wish.detail["holds"]:
            raise Report("DECLARE CURSOR can only be used in transaction blocks", "25P01", routine="RequireTransactionBlock")
        if len(execution.backend.cursors) >= MAX_CURSORS:
            raise Report("out of memory", "53200")
        if wish.names[0] in execution.backend.cursors:
            raise Report(f'cursor "{wish.names[0]}" already exists', "42P03", routine="CreatePortal")
        found = await execution.performed(wish.detail["query"], values)
        cursor = Cursor(wish.names[0], found, holds=wish.detail["holds"], query=execution.text[:1_000])
        execution.backend.cursors[cursor.name] = cursor
        return Result("DECLARE CURSOR")

    async def _fetch(self, execution: Execution, wish: Wish, _: list[Any]) -> Outcome:
        """Take rows of a cursor, or pass them."""
        cursor = execution.backend.cursors.get(wish.names[0])
        if cursor is None:
            raise Report(f'cursor "{wish.names[0]}" does not exist', "34000", routine="PerformPortalFetch")
        rows = _fetched(cursor, wish.detail["how"], wish.detail["count"])
        if wish.verb == "move":
            return Result(f"MOVE {len(rows)}")
        return Result("FETCH {rows}", cursor.result.columns, rows)


def _fetched(cursor: Cursor, how: str, count: int | None) -> list[tuple[Any, ...]]:
    """Return rows of a cursor and move it."""
    rows, size = cursor.result.rows, len(cursor.result.rows)
    single = {
        "first": 1,
        "last": size,
        "absolute": count or 0,
        "relative": cursor.position + (count or 0),
        "prior": cursor.position - 1,
    }
    if how in single:
        cursor.position = min(max(single[how], 0), size + 1)
        return rows[cursor.position - 1 : cursor.position] if 0 < cursor.position <= size else []
    number = size if how in ("all", "backward all") else 1 if count is None else count
    number = -abs(number) if how.startswith("backward") else number
    if number < 0:
        start = max(cursor.position - 1 + number, 0)
        taken = rows[start : max(cursor.position - 1, 0)][::-1]
        cursor.position = start + 1 if taken else 0
        return taken
    taken = rows[cursor.position : cursor.position + number]
    cursor.position = min(cursor.position + number, size + (number > len(taken)))
    return taken


# --- settings


def _set(execution: Execution, wish: Wish) -> Result:
    """Change a setting."""
    execution.backend.settings.set(wish.names[0], wish.detail["value"])
    return Result("SET")


def _show(execution: Execution, wish: Wish) -> Result:
    """Show a setting, or all of them."""
    settings, name = execution.backend.settings, wish.names[0]
    if name == "all":
        columns = [Column("name"), Column("setting"), Column("description")]
        return Result("SHOW", columns, [(one.name, settings.shown(one.name), "") for one in settings.all()])
    return Result("SHOW", [Column(settings.canonical(name))], [(settings.shown(name),)])


def _reset(execution: Execution, wish: Wish) -> Result:
    """Undo SET."""
    if wish.names[0] == "all":
        execution.backend.settings.reset_all()
    else:
        execution.backend.settings.set(wish.names[0], None)
    return Result("RESET")


def _set_role(execution: Execution, wish: Wish) -> Result:
    """Take another role."""
    work, name = execution.work, wish.names[0]
    session = work.backend.session_user or work.backend.user
    if name in ("none", "default"):
        name = session
    if name not in work.cluster.roles:
        raise Report(f'role "{name}" does not exist', "22023", routine="check_role")
    if not work.cluster.roles[session].is_superuser and name not in (session, *work.cluster.roles[session].member_of):
        raise Report(f'permission denied to set role "{name}"', "42501", routine="check_role")
    work.backend.session_user = session
    work.backend.user = name
    work.backend.settings.force("is_superuser", "on" if work.is_superuser else "off")
    return Result(wish.detail.get("tag", "SET"))


def _set_authorization(execution: Execution, wish: Wish) -> Result:
    """Become another role for the whole connection."""
    result = _set_role(execution, wish)
    execution.backend.settings.force("session_authorization", execution.backend.user)
    return result


def _set_transaction(execution: Execution, wish: Wish) -> Result:
    """Set the isolation level, which is kept as a setting."""
    match = re.search(
        r"isolation\s+level\s+(read\s+(?:un)?committed|repeatable\s+read|serializable)", wish.detail["rest"], re.IGNORECASE
    )
    if match:
        execution.backend.settings.force("transaction_isolation", " ".join(match[1].lower().split()))
    return Result("SET")


def _discard(execution: Execution, wish: Wish) -> Result:
    """Forget what a connection keeps."""
    what = wish.names[0].replace("temporary", "temp")
    if what == "all":
        execution.backend.settings.reset_all()
        execution.backend.statements.clear()
        execution.backend.cursors.clear()
        execution.backend.channels.clear()
    return Result(f"DISCARD {what.upper()}")


# --- notifications, code and others


def _listen(execution: Execution, wish: Wish) -> Result:
    """Begin or cease to listen."""
    channels, name = execution.backend.channels, wish.names[0]
    if wish.verb == "listen":
        if len(channels) >= MAX_CHANNELS:
            raise Report("out of memory", "53200")
        channels[name] = None
    elif name == "*":
        channels.clear()
    else:
        channels.pop(name, None)
    return Result(wish.verb.upper())


def _notify(execution: Execution, wish: Wish) -> Result:
    """Tell those who listen."""
    execution.work.notify(wish.names[0], wish.detail["payload"])
    return Result("NOTIFY")


def _do(execution: Execution, wish: Wish) -> Result:
    """Run a block of code as far as it only speaks: RAISE is told, the rest is believed."""
    for match in _RAISED.finditer(wish.detail["code"][:16_384]):
        level, words = match[1].upper(), match[2].replace("''", "'")
        if level == "EXCEPTION":
            where = "PL/pgSQL function inline_code_block line 1 at RAISE"
            raise Report(words, "P0001", where=where, routine="exec_stmt_raise")
        code = "01000" if level == "WARNING" else "00000"
        where = "PL/pgSQL function inline_code_block line 1 at RAISE"
        execution.backend.notices.append(Report(words, code, severity=level, where=where, routine="exec_stmt_raise"))
    return Result("DO")


def _load(execution: Execution, wish: Wish) -> Result:
    """Load a library: there is none that could be loaded but the server's own."""
    path = wish.names[0]
    if not execution.work.is_superuser and not path.startswith("$libdir/plugins"):
        raise Report(f'access to library "{path}" is not allowed', "42501", routine="check_restricted_library_name")
    if not path.startswith("$libdir"):
        roles._refuse_library(execution.work, (path,))  # noqa: SLF001 - one rule for both statements
    return Result("LOAD")


def _call(execution: Execution, wish: Wish) -> Result:
    """Run a procedure, which does nothing here."""
    name = wish.names[0].removeprefix("public.")
    if not any(one.name == name and one.is_procedure for one in execution.cluster.routines.values()):
        hint = "No procedure matches the given name and argument types. You might need to add explicit type casts."
        raise Report(f"procedure {name}() does not exist", "42883", hint=hint, routine="ParseFuncOrColumn")
    return Result("CALL")


def _deallocate(execution: Execution, wish: Wish) -> Result:
    """Forget a prepared statement, or all of them."""
    name = wish.names[0]
    if name == "all":
        execution.backend.statements.clear()
        return Result("DEALLOCATE ALL")
    if execution.backend.statements.pop(name, None) is None:
        raise Report(f'prepared statement "{name}" does not exist', "26000", routine="FetchPreparedStatement")
    return Result("DEALLOCATE")


def _close(execution: Execution, wish: Wish) -> Result:
    """Close a cursor, or all of them."""
    if wish.names[0] == "all":
        execution.backend.cursors.clear()
        return Result("CLOSE CURSOR ALL")
    if execution.backend.cursors.pop(wish.names[0], None) is None:
        raise Report(f'cursor "{wish.names[0]}" does not exist', "34000", routine="PerformPortalClose")
    return Result("CLOSE CURSOR")


def _passed(execution: Execution, wish: Wish) -> Result:
    """Believe a statement; what only superusers may do is refused to others."""
    tag = wish.detail["tag"]
    if tag == "LOCK TABLE" and execution.backend.transaction == IDLE:
        raise Report("LOCK TABLE can only be used in transaction blocks", "25P01", routine="RequireTransactionBlock")
    if tag in ("CHECKPOINT", "ALTER SYSTEM", "CREATE TABLESPACE", "CREATE ACCESS METHOD") and not execution.work.is_superuser:
        words = "must be superuser to do CHECKPOINT" if tag == "CHECKPOINT" else f"must be superuser to execute {tag} command"
        raise Report(words, "42501", routine="standard_ProcessUtility")
    return Result(tag)


_SIMPLE: dict[str, Callable[[Execution, Wish], Result]] = {
    "set": _set,
    "show": _show,
    "reset": _reset,
    "set role": _set_role,
    "set authorization": _set_authorization,
    "set transaction": _set_transaction,
    "discard": _discard,
    "listen": _listen,
    "unlisten": _listen,
    "notify": _notify,
    "do": _do,
    "load": _load,
    "call": _call,
    "deallocate": _deallocate,
    "close": _close,
    "passed": _passed,
}
