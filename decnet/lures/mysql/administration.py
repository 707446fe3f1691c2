# SPDX-License-Identifier: MIT
"""Statements that change the server or the connection: settings, users, functions of the attacker's, prepared ones."""

import re
from collections.abc import Callable

from decnet.domain.captured import text as captured
from decnet.domain.evidence import Download
from decnet.lures.mysql.accounts import Account
from decnet.lures.mysql.catalog import SYSTEM_DATABASES
from decnet.lures.mysql.files import PLUGINS
from decnet.lures.mysql.instance import Visit, visit_of
from decnet.lures.mysql.server_functions import is_shell_function
from decnet.lures.mysql.values import text
from decnet.lures.mysql.variables import READ_ONLY, is_known
from decnet.lures.mysql.wording import MysqlError, denied_database
from decnet.lures.sql.context import Column, Context, Done, Outcome, Rows
from decnet.lures.sql.node import Expression, Literal, Name
from decnet.lures.sql.problem import Kind, SqlError
from decnet.lures.sql.value import VARCHAR, Value

_MAX_SETTINGS = 100
_MAX_PREPARED = 16
_LONGEST = 65_536
_MAX_ACCOUNTS = 32
_MAX_LOGGED = 32
_ACCOUNT = re.compile(
    r"(?:\buser\s+(?:if\s+(?:not\s+)?exists\s+)?|\bto\s+|\bfor\s+)(?P<q>['\"`]?)(?P<user>[^'\"`@\s,;]{1,80})(?P=q)(?:\s*@\s*['\"`]?[\w.%:-]{0,80}['\"`]?)?"
    r"\s*(?:identified\s+(?:with\s+\S{1,60}\s+)?by\s+|=\s*(?:password\s*\(\s*)?)(?P<m>['\"])(?P<password>[^'\"]{0,200})(?P=m)",
    re.IGNORECASE,
)
_RIGHTS = ("grant", "revoke", "create", "alter")


class Reexecute(Exception):  # noqa: N818 - it is no error
    """A prepared statement that the conversation has to run in the place of EXECUTE."""

    def __init__(self, text: str, values: list[Value]) -> None:
        super().__init__()
        self.text = text
        self.values = values


def use(context: Context, name: str) -> Done:
    """Choose a database."""
    choose_database(context, name)
    return Done("use")


def choose_database(context: Context, name: str) -> None:
    """Choose a database; raises where there is none or it is for others."""
    visit = visit_of(context)
    if name.lower() in SYSTEM_DATABASES:
        context.database = name.lower()
        return
    allowed = visit.account.database
    if allowed and name != allowed:
        raise denied_database(visit.user, visit.host, name)
    if context.world.database(name) is None:
        raise SqlError(Kind.UNKNOWN_DATABASE, name)
    context.database = name


def set_names(context: Context, charset: str) -> Done:
    """Choose the character set of the connection."""
    visit = visit_of(context)
    name = charset.lower()
    if name not in (
        "utf8",
        "utf8mb4",
        "utf8mb3",
        "latin1",
        "ascii",
        "binary",
        "default",
        "cp1251",
        "gbk",
        "latin2",
        "koi8r",
        "big5",
        "cp1250",
    ):
        raise MysqlError(1115, "42000", f"Unknown character set: '{charset}'")
    known = {"default": "utf8mb4", "utf8mb3": "utf8"}.get(name, name)
    for title in ("character_set_client", "character_set_connection", "character_set_results"):
        visit.settings[title] = known
    return Done("set")


def word_of(expression: Expression) -> str | None:
    """Return a value that is written as a bare word, such as ON; None for anything else."""
    if isinstance(expression, Name) and len(expression.parts) == 1:
        return expression.parts[0]
    if isinstance(expression, Literal) and expression.source.lower() in ("true", "false"):
        return "ON" if expression.source.lower() == "true" else "OFF"
    return None


def check_setting(context: Context, scope: str, name: str) -> None:
    """Raise where a variable cannot be set."""
    visit = visit_of(context)
    if not is_known(visit, name):
        raise SqlError(Kind.UNKNOWN_VARIABLE, name)
    if name in READ_ONLY:
        raise MysqlError(1238, "HY000", f"Variable '{name}' is a read only variable")
    if scope in ("global", "persist") and not visit.account.is_super:
        raise MysqlError(1227, "42000", "Access denied; you need (at least one of) the SUPER privilege(s) for this operation")


def set_variable(context: Context, scope: str, name: str, value: Value) -> None:
    """Set a system variable."""
    visit = visit_of(context)
    shown = "" if value is None else text(value)[:1024]
    if shown.lower() == "default":
        return
    if name == "autocommit":
        visit.autocommit = shown.lower() in ("1", "on", "true")
        return
    target = visit.attacker.settings if scope in ("global", "persist") else visit.settings
    if len(target) < _MAX_SETTINGS:
        target[name] = {"1": "ON", "0": "OFF"}.get(shown, shown) if _is_switch(visit, name) else shown


def _is_switch(visit: Visit, name: str) -> bool:
    """Whether a variable is on or off."""
    return name in ("general_log", "slow_query_log", "local_infile", "foreign_key_checks", "unique_checks", "sql_log_bin",
                    "event_scheduler",
                    "sql_safe_updates", "sql_notes", "read_only",
                    "log_bin_trust_function_creators") and bool(visit)  # fmt: skip


def changed_user(context: Context, user: tuple[str, str], words: str) -> Done:
    """Change a password, in words."""
    visit = visit_of(context)
    known = {account.user for account in visit.instance.accounts} | {"", *visit.attacker.accounts}
    if user[0] not in known:
        raise MysqlError(1133, "28000", "Can't find any matching row in the user table")
    note_account(visit, words)
    return Done("set password")


def create_function(context: Context, name: str, library: str) -> Done:
    """Bring a function in: only one whose library the attacker wrote is there."""
    visit = visit_of(context)
    visit.record(Download(url=captured(library.encode("utf-8", "surrogateescape")), tool="create function"), None)
    if not visit.account.is_super:
        raise MysqlError(1044, "42000", f"Access denied for user '{visit.user}'@'{visit.host}' to database 'mysql'")
    if "/" in library or "\\" in library:
        raise MysqlError(1124, "HY000", "No paths allowed for shared library")
    if name.lower() in visit.attacker.functions:
        raise MysqlError(1125, "HY000", f"Function '{name}' already exists")
    if not any(visit.filesystem.exists(folder + library) for folder in PLUGINS):
        where = "/usr/lib/mysql/plugin/" + library
        reason = f"{where}: cannot open shared object file: No such file or directory"
        raise MysqlError(1126, "HY000", f"Can't open shared library '{library}' (errno: 2, {reason})"[:480])
    if len(visit.attacker.functions) < 32:
        visit.attacker.functions[name.lower()] = library
    _keep_function(context, name, library)
    return Done("create function")


def _keep_function(context: Context, name: str, library: str) -> None:
    """Note a function in mysql.func."""
    table = context.world.writable("mysql", "func")
    if table is not None and is_shell_function(name.lower()):
        context.world.charge(256, 1)
        table.rows = [*table.rows, (name, 0, library, "function")]


def run(context: Context, word: str, words: str) -> Outcome:
    """Run a statement whose form is taken as it is."""
    visit = visit_of(context)
    special: dict[str, Callable[[Visit, str], Outcome]] = {
        "kill": _kill, "call": _call, "analyze": _checked, "check": _checked, "optimize": _checked, "repair": _checked,
        "load": _load,
        "shutdown": _shutdown,
    }  # fmt: skip
    if word in special:
        return special[word](visit, words)
    note_account(visit, words)
    if (word in _RIGHTS or word in ("flush", "reset", "purge", "install", "change", "stop")) and not visit.account.is_super:
        needed = {"grant": "GRANT OPTION", "flush": "RELOAD", "create": "CREATE USER", "alter": "CREATE USER"}.get(
            word, "SUPER"
        )
        message = f"Access denied; you need (at least one of) the {needed} privilege(s) for this operation"
        raise MysqlError(1227, "42000", message)
    return Done(word)


def note_account(visit: Visit, words: str) -> None:
    """Keep an account that a statement makes, or the password that it changes, for this attacker's next login."""
    match = _ACCOUNT.search(words[:4096])
    if match is not None and visit.account.is_super and len(visit.attacker.accounts) < _MAX_ACCOUNTS:
        visit.attacker.accounts[match["user"]] = Account(match["user"], "%", match["password"])


def log_statement(visit: Visit, statement: str) -> None:
    """Write a statement to the log of all statements, where an attacker moved that to a place of his own."""
    settings = visit.attacker.settings
    path = settings.get("general_log_file", "")
    if settings.get("general_log") == "ON" and path.startswith("/") and visit.logged < _MAX_LOGGED:
        visit.logged += 1
        visit.capture(statement.encode("utf-8", "surrogateescape"), path)


def _kill(visit: Visit, words: str) -> Outcome:
    """End a connection of the same attacker."""
    match = re.search(r"(\d{1,18})\s*$", words)
    number = int(match[1]) if match else 0
    return kill(visit, number)


def kill(visit: Visit, number: int) -> Done:
    """End a connection of the same attacker; others are not there."""
    found = visit.attacker.connections.get(number)
    if found is None:
        raise MysqlError(1094, "HY000", f"Unknown thread id: {number}")
    found.is_killed = True
    if found is visit:
        raise MysqlError(1317, "70100", "Query execution was interrupted")
    return Done("kill")


def _call(visit: Visit, words: str) -> Outcome:
    """Find no procedure."""
    database = visit.context.database if visit.context else ""
    name = re.sub(r"\(.*", "", words[4:].strip(), flags=re.DOTALL).strip(" `;")[:128]
    if not database and "." not in name:
        raise SqlError(Kind.NO_DATABASE)
    full = name.replace("`", "") if "." in name else f"{database}.{name}"
    raise MysqlError(1305, "42000", f"PROCEDURE {full} does not exist")


def _checked(visit: Visit, words: str) -> Outcome:
    """Say that tables are well."""
    names = re.sub(r"^\w+\s+(?:no_write_to_binlog\s+|local\s+)?tables?\s+", "", words, flags=re.IGNORECASE)
    database = visit.context.database if visit.context else ""
    columns = [Column(title, VARCHAR) for title in ("Table", "Op", "Msg_type", "Msg_text")]
    tables = [name.strip(" `;").replace("`", "") for name in names.split(",")[:50]]
    shown = [name if "." in name else f"{database}.{name}" for name in tables]
    return Rows(columns, [(name, words.split(maxsplit=1)[0].lower(), "status", "OK") for name in shown])


def _load(visit: Visit, words: str) -> Outcome:
    """Refuse LOAD DATA: no file is ever asked of a client."""
    if re.search(r"\blocal\b", words[:80], re.IGNORECASE):
        late = "Loading local data is disabled; this must be enabled on both the client and server sides"
        message = "The used command is not allowed with this MariaDB version" if visit.product.is_mariadb else late
        raise MysqlError(4166 if visit.product.is_mariadb else 3948, "HY000" if visit.product.is_mariadb else "42000", message)
    match = re.search(r"infile\s+(['\"])(.{1,512}?)\1", words, re.IGNORECASE)
    path = match[2] if match else ""
    raise MysqlError(13, "HY000", f"Can't get stat of '{path}' (Errcode: 2 \"No such file or directory\")")


def _shutdown(visit: Visit, words: str) -> Outcome:
    """Go away: the connection closes, the decoy stays."""
    del words
    visit.is_killed = True
    return Done("shutdown")


def _prepared(context: Context) -> dict[str, Value]:
    """Return the statements that were prepared by name; they stand beside the user's variables."""
    return context.variables


def keep_prepared(context: Context, name: str, statement: str) -> None:
    """Keep a statement under a name."""
    kept = [key for key in context.variables if key.startswith("\0")]
    if len(kept) >= _MAX_PREPARED or len(statement) > _LONGEST:
        raise MysqlError(1461, "42000", "Can't create more than max_prepared_stmt_count statements (current value: 16382)")
    _prepared(context)["\0" + name] = statement


def execute_prepared(context: Context, name: str, values: list[Value]) -> Outcome:
    """Run a statement that was prepared by name."""
    found = _prepared(context).get("\0" + name)
    if not isinstance(found, str):
        raise MysqlError(1243, "HY000", f"Unknown prepared statement handler ({name}) given to EXECUTE")
    raise Reexecute(found, values)


def execute(context: Context, statement: str) -> Outcome:
    """Run a statement that is the value of an expression."""
    del context
    raise Reexecute(statement, [])


def deallocate(context: Context, name: str) -> Done:
    """Forget a statement."""
    if _prepared(context).pop("\0" + name, None) is None:
        raise MysqlError(1243, "HY000", f"Unknown prepared statement handler ({name}) given to DEALLOCATE PREPARE")
    return Done("deallocate")


def help_(context: Context) -> Outcome:
    """Find no help."""
    del context
    return Rows([Column(title, VARCHAR) for title in ("name", "is_it_category")], [])
