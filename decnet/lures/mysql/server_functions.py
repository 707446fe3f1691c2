# SPDX-License-Identifier: MIT
"""Functions that tell of the server and the connection, that wait, and those that an attacker brings along."""

import random
import time
import uuid
from collections.abc import Callable
from typing import Any

from decnet.domain.captured import text as captured
from decnet.domain.evidence import Download
from decnet.lures.mysql.files import read_file
from decnet.lures.mysql.instance import Visit, visit_of
from decnet.lures.mysql.values import integer, number, text
from decnet.lures.mysql.wording import MysqlError
from decnet.lures.sql.context import Context
from decnet.lures.sql.value import Value

Called = Callable[..., Value]
_BENCHMARKED = 200
_NANOSECONDS = 60e-9
"""About what one round of BENCHMARK takes on a server."""
_SHELL_FUNCTIONS = ("sys_exec", "sys_eval", "sys_bineval", "do_system", "cmdshell", "shell", "backshell", "exec", "downloader")


def sleep(context: Context, seconds: Value) -> Value:
    """Wait, in words: the answer comes later."""
    if seconds is None or number(seconds) < 0:
        raise MysqlError(1210, "HY000", "Incorrect arguments to sleep")
    context.budget.sleep(float(number(seconds)))
    return 0


def benchmark(context: Context, count: Callable[[], Value], expression: Callable[[], Value]) -> Value:
    """Evaluate an expression some times, and wait as long as the rest would take."""
    wanted = count()
    rounds = 0 if wanted is None else max(integer(wanted), 0)
    started = time.perf_counter()
    done = min(rounds, _BENCHMARKED)
    for _ in range(done):
        context.budget.spend(2)
        expression()
    if rounds > done > 0:
        each = max((time.perf_counter() - started) / done / 20, _NANOSECONDS)
        context.budget.sleep(each * (rounds - done))
    return None if wanted is None else 0


def extractvalue(context: Context, document: Value, path: Value) -> Value:
    """Return nothing, or the error in which attackers let results appear."""
    del context
    if document is None or path is None:
        return None
    _check_path(text(path))
    return ""


def updatexml(context: Context, document: Value, path: Value, new: Value) -> Value:
    """Return the document, or the error in which attackers let results appear."""
    del context
    if document is None or path is None or new is None:
        return None
    _check_path(text(path))
    return text(document)


def _check_path(path: str) -> None:
    """Raise where a path is none; the message shows the rest of it from where it is wrong."""
    for place, char in enumerate(path):
        if not (char.isalnum() or char in "/_-.*@:[]()='\" "):
            raise MysqlError(1105, "HY000", f"XPATH syntax error: '{path[place : place + 31]}'")


def user(context: Context) -> Value:
    """Return who is logged in, and from where."""
    visit = visit_of(context)
    return f"{visit.user}@{visit.host}"


def rand(context: Context, seed: Value = None) -> Value:
    """Return a number between 0 and 1; always the same for a seed."""
    del context
    return random.Random(integer(seed)).random() if seed is not None else random.random()  # noqa: S311 - what RAND() is


def get_lock(context: Context, name: Value, seconds: Value = 0) -> Value:
    """Take a lock that nobody else has."""
    del context, seconds
    return None if name is None else 1


def name_const(context: Context, name: Value, value: Value) -> Value:
    """Return a value."""
    del context, name
    return value


def last_insert_id(context: Context, value: Value = None) -> Value:
    """Return the number that a row was given last."""
    return context.last_insert_id if value is None else integer(value)


def brought_function(visit: Visit, name: str) -> Called | None:
    """Return a function that the attacker brought; what it is told is kept, and nothing happens."""
    if name not in visit.attacker.functions:
        return None

    def call(context: Context, *arguments: Value) -> Value:
        del context
        command = " ".join(text(argument) for argument in arguments if argument is not None)
        visit.record(Download(url=captured(command.encode("utf-8", "surrogateescape")), tool=name), None)
        return _output(visit, command) if name in ("sys_eval", "cmdshell", "shell", "exec") else 0

    return call


def is_shell_function(name: str) -> bool:
    """Whether a function of this name is one of the usual ones that run commands."""
    return name in _SHELL_FUNCTIONS


def _output(visit: Visit, command: str) -> Value:
    """Return what the first commands of an intruder would print."""
    persona = visit.instance.persona
    known = {
        "id": "uid=113(mysql) gid=119(mysql) groups=119(mysql)\n",
        "whoami": "mysql\n",
        "hostname": f"{persona.hostname}\n",
        "uname -a": f"Linux {persona.hostname} {persona.kernel} {persona.kernel_build} {persona.architecture} GNU/Linux\n",
        "pwd": "/var/lib/mysql\n",
    }
    return known.get(command.strip(), "")


def _uuid(context: Context) -> Value:
    """Return an identifier with the time in it, as the server makes them."""
    visit = visit_of(context)
    node = int.from_bytes(visit.instance.persona.derive("mysql node", 6))
    return str(uuid.uuid1(node=node, clock_seq=visit.instance.persona.between("mysql clock", 0, 16_383)))


def _of_visit(function: Callable[[Visit], Any]) -> Called:
    """Return a function of the connection."""
    return lambda context: function(visit_of(context))


SERVER_FUNCTIONS: dict[str, Called] = {
    "version": _of_visit(lambda visit: visit.product.text), "user": user, "session_user": user, "system_user": user,
    "current_user": _of_visit(lambda visit: visit.account.name), "database": lambda context: context.database or None,
    "schema": lambda context: context.database or None, "connection_id": _of_visit(lambda visit: visit.id), "sleep": sleep,
    "benchmark": benchmark, "load_file": read_file, "extractvalue": extractvalue, "updatexml": updatexml, "rand": rand,
    "uuid": _uuid, "get_lock": get_lock, "release_lock": get_lock, "is_free_lock": get_lock, "name_const": name_const,
    "last_insert_id": last_insert_id, "found_rows": lambda context: context.found_rows,
    "row_count": lambda context: context.row_count, "current_role": lambda _: None, "any_value": lambda _, value: value,
    "coercibility": lambda _, __: 4, "collation": lambda _, __: "utf8mb4_general_ci",
}  # fmt: skip
