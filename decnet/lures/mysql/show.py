# SPDX-License-Identifier: MIT
"""SHOW, in all the forms that clients and scanners send."""

from collections.abc import Callable, Generator, Iterable
from dataclasses import dataclass
from typing import Any

from decnet.lures.mysql.catalog import (
    CHARSETS,
    COLLATIONS,
    ENGINES,
    PLUGINS,
    SYSTEM_DATABASES,
    database_names,
    default_shown,
    index_rows,
    process_rows,
    shown_call,
    table_row,
)
from decnet.lures.mysql.instance import visit_of
from decnet.lures.mysql.types import shown
from decnet.lures.mysql.values import text
from decnet.lures.mysql.variables import status_of, variables_of
from decnet.lures.mysql.wording import MysqlError
from decnet.lures.sql.compiler import Compiler
from decnet.lures.sql.context import Column, Context, Outcome, Rows
from decnet.lures.sql.like import like
from decnet.lures.sql.node import Expression
from decnet.lures.sql.plan import subplans
from decnet.lures.sql.problem import Kind, SqlError
from decnet.lures.sql.scope import Frame, Scope, Visible
from decnet.lures.sql.tables import found_table
from decnet.lures.sql.value import BIGINT, VARCHAR, Row
from decnet.lures.sql.world import Table, TableColumn

_MODIFIERS = ("full", "global", "session", "local", "extended", "all")
_COUNTED = ("Id", "Time", "Rows", "Non_unique", "Seq_in_index", "Cardinality", "Maxlen", "Level", "Data_length",
            "Index_length", "Version",
            "Avg_row_length", "Max_data_length", "Data_free", "Auto_increment", "Sortlen")  # fmt: skip


@dataclass
class Request:
    """What is to be shown: the words behind SHOW, and names, a pattern, a condition, an account."""

    words: list[str]
    names: tuple[str, ...] = ()
    like: str | None = None
    where: Expression | None = None
    user: tuple[str, str] | None = None

    @property
    def subject(self) -> str:
        """The words without those that only modify."""
        return " ".join(word for word in self.words if word not in _MODIFIERS)

    @property
    def is_full(self) -> bool:
        """Whether FULL was said."""
        return "full" in self.words


Made = tuple[list[str], Iterable[Any]]
Maker = Callable[[Context, Request], Made]


def is_known(request: Request) -> bool:
    """Whether there is such a SHOW."""
    return request.subject in _MAKERS


def run(context: Context, request: Request) -> Generator[None, None, Outcome]:
    """Show something."""
    yield
    titles, rows = _MAKERS[request.subject](context, request)
    found: list[Row] = [tuple(row) for row in rows]
    if request.like is not None and request.subject != "create table":
        place = {"full tables": 0}.get(request.subject, 0)
        found = [row for row in found if like(text(row[place] or ""), request.like, "\\")]
    columns = [Column(title, BIGINT if title in _COUNTED else VARCHAR) for title in titles]
    if request.where is not None:
        found = _filtered(context, columns, found, request.where)
    return Rows(columns, found)


def _filtered(context: Context, columns: list[Column], rows: list[Row], where: Expression) -> list[Row]:
    """Return the rows for which a condition holds."""
    scope = Scope(context.dialect, [Visible("", column) for column in columns])
    compiler = Compiler(context, scope, subplans(context), clause="where clause")
    holds = compiler.condition(where)
    context.budget.spend(compiler.nodes * len(rows))
    return [row for row in rows if holds(Frame(row))]


def _chosen(context: Context, request: Request) -> str:
    """Return the database that a SHOW is about."""
    name = request.names[-1] if request.names else context.database
    if not name:
        raise SqlError(Kind.NO_DATABASE)
    if name.lower() not in SYSTEM_DATABASES and context.world.database(name) is None:
        raise SqlError(Kind.UNKNOWN_DATABASE, name)
    context.dialect.may(context, "select", (name,))
    return name


def _databases(context: Context, request: Request) -> Made:
    title = f"Database ({request.like})" if request.like is not None else "Database"
    return [title], [(name,) for name in database_names(context)]


def _tables(context: Context, request: Request) -> Made:
    database = _chosen(context, request)
    title = f"Tables_in_{database}" + (f" ({request.like})" if request.like is not None else "")
    holder = context.world.database(database)
    tables = sorted(holder.tables.items()) if holder else []
    if request.is_full:
        return [title, "Table_type"], [(name, "VIEW" if table.kind == "view" else "BASE TABLE") for name, table in tables]
    return [title], [(name,) for name, _ in tables]


def _table(context: Context, request: Request) -> tuple[str, Table]:
    """Return the table that a SHOW is about."""
    parts = request.names[-2:] if len(request.names) > 1 else request.names
    return found_table(context, parts)


def _columns(context: Context, request: Request) -> Made:
    _, table = _table(context, request)
    is_mariadb = visit_of(context).product.is_mariadb
    collation = visit_of(context).product.collation
    rows: list[Row] = []
    for column in table.columns:
        head = (column.name, shown(column.type, is_mariadb=is_mariadb))
        tail = (
            "YES" if column.nullable else "NO",
            column.key,
            _default(column, is_mariadb=is_mariadb),
            "auto_increment" if column.automatic else "",
        )
        if request.is_full:
            own = collation if column.type.family == "text" else None
            rows.append((*head, own, *tail, "select,insert,update,references", column.comment))
        else:
            rows.append((*head, *tail))
    if request.is_full:
        return ["Field", "Type", "Collation", "Null", "Key", "Default", "Extra", "Privileges", "Comment"], rows
    return ["Field", "Type", "Null", "Key", "Default", "Extra"], rows


def _default(column: TableColumn, *, is_mariadb: bool) -> str | None:
    """Return a default as DESCRIBE shows it: without quotes."""
    if callable(column.default):
        return shown_call(column.default_text, is_mariadb=is_mariadb)
    return None if column.default is None else text(column.default)


def _create_table(context: Context, request: Request) -> Made:
    _, table = _table(context, request)
    if table.kind == "view":
        head = "CREATE ALGORITHM=UNDEFINED DEFINER=`root`@`localhost` SQL SECURITY DEFINER VIEW"
        query = f"{head} `{table.name}` AS {table.options.get('query', '')}"
        return ["View", "Create View", "character_set_client", "collation_connection"], [
            (table.name, query, "utf8mb4", "utf8mb4_general_ci")
        ]
    return ["Table", "Create Table"], [(table.name, definition(context, table))]


def definition(context: Context, table: Table) -> str:
    """Return the statement that makes a table."""
    product = visit_of(context).product
    lines = [_line(column, is_mariadb=product.is_mariadb) for column in table.columns]
    for key in table.keys:
        names = ",".join(f"`{name}`" for name in key.columns)
        head = {"PRI": "PRIMARY KEY", "UNI": f"UNIQUE KEY `{key.name}`"}.get(key.kind, f"KEY `{key.name}`")
        lines.append(f"  {head} ({names})")
    number = table.next_automatic()
    automatic = f" AUTO_INCREMENT={number}" if number > 1 else ""
    collate = "" if product.is_mariadb else f" COLLATE={product.collation}"
    comment = f" COMMENT='{table.comment}'" if table.comment else ""
    end = f") ENGINE={table.options.get('engine', 'InnoDB')}{automatic} DEFAULT CHARSET=utf8mb4{collate}{comment}"
    return f"CREATE TABLE `{table.name}` (\n" + ",\n".join(lines) + "\n" + end


def _line(column: TableColumn, *, is_mariadb: bool) -> str:
    """Return the line of a column."""
    line = f"  `{column.name}` {shown(column.type, is_mariadb=is_mariadb)}"
    if not column.nullable:
        line += " NOT NULL"
    elif column.type.name == "timestamp":
        line += " NULL"
    default = default_shown(column, is_mariadb=True)
    if default is not None and not (
        default == "NULL" and (column.type.name in ("text", "blob", "longtext") and not is_mariadb)
    ):
        is_quoted = default.startswith("'") or default == "NULL" or callable(column.default) or is_mariadb
        line += f" DEFAULT {default}" if is_quoted else f" DEFAULT '{default}'"
    line += " AUTO_INCREMENT" if column.automatic else ""
    return line + (f" COMMENT '{column.comment}'" if column.comment else "")


def _create_database(context: Context, request: Request) -> Made:
    name = _chosen(context, request)
    product = visit_of(context).product
    collate = "" if product.is_mariadb else f" COLLATE {product.collation}"
    encryption = "" if product.is_mariadb else " /*!80016 DEFAULT ENCRYPTION='N' */"
    words = f"CREATE DATABASE `{name}` /*!40100 DEFAULT CHARACTER SET utf8mb4{collate} */{encryption}"
    return ["Database", "Create Database"], [(name, words)]


def _variables(context: Context, request: Request) -> Made:
    scope = "global" if "global" in request.words else ""
    return ["Variable_name", "Value"], variables_of(visit_of(context), scope).items()


def _status(context: Context, request: Request) -> Made:
    del request
    return ["Variable_name", "Value"], status_of(visit_of(context)).items()


def _grants(context: Context, request: Request) -> Made:
    visit = visit_of(context)
    user, host = request.user or ("", "")
    account = visit.account
    if user:
        found = next((one for one in visit.instance.accounts if one.user == user), None)
        if found is None:
            raise MysqlError(1141, "42000", f"There is no such grant defined for user '{user}' on host '{host}'")
        account = found
    name = f"`{account.user}`@`{account.host}`"
    by = f" IDENTIFIED BY PASSWORD '{account.hashed}'" if visit.product.is_mariadb and account.hashed else ""
    option = " WITH GRANT OPTION"
    rows = [(f"GRANT ALL PRIVILEGES ON *.* TO {name}{by}{option}",)]
    if not account.is_super:
        rows = [(f"GRANT USAGE ON *.* TO {name}{by}",), (f"GRANT ALL PRIVILEGES ON `{account.database}`.* TO {name}",)]
    return [f"Grants for {account.user}@{account.host}"], rows


def _processlist(context: Context, request: Request) -> Made:
    del request
    visit = visit_of(context)
    titles = ["Id", "User", "Host", "db", "Command", "Time", "State", "Info"]
    if visit.product.is_mariadb:
        return [*titles, "Progress"], [(*row, "0.000") for row in process_rows(visit)]
    return titles, process_rows(visit)


def _table_status(context: Context, request: Request) -> Made:
    database = _chosen(context, request)
    titles = ["Name", "Engine", "Version", "Row_format", "Rows", "Avg_row_length", "Data_length", "Max_data_length",
              "Index_length", "Data_free",
              "Auto_increment", "Create_time", "Update_time", "Check_time", "Collation", "Checksum", "Create_options",
              "Comment"]  # fmt: skip
    more = ["Max_index_length", "Temporary"] if visit_of(context).product.is_mariadb else []
    holder = context.world.database(database)
    rows = []
    for name, table in sorted(holder.tables.items()) if holder else ():
        row = table_row(context, database, name, table)
        rows.append((row[2], *row[4:], *((0, "N") if more else ())))
    return titles + more, rows


def _index(context: Context, request: Request) -> Made:
    _, table = _table(context, request)
    titles = ["Table", "Non_unique", "Key_name", "Seq_in_index", "Column_name", "Collation", "Cardinality", "Sub_part",
              "Packed", "Null",
              "Index_type", "Comment", "Index_comment"]  # fmt: skip
    more = [] if visit_of(context).product.is_mariadb else ["Visible", "Expression"]
    return titles + more, [(*row, *(("YES", None) if more else ())) for row in index_rows(table.name, table)]


def _warnings(context: Context, request: Request) -> Made:
    del request
    return ["Level", "Code", "Message"], visit_of(context).warnings


def _fixed(titles: str, rows: Iterable[Any] = ()) -> Maker:
    """Return what shows the same to everybody."""
    kept = list(rows)
    return lambda _, __: (titles.split("|"), kept)


def _no_binlog(context: Context, request: Request) -> Made:
    del request
    if visit_of(context).product.is_mariadb:
        raise MysqlError(1381, "HY000", "You are not using binary logging")
    return ["Log_name", "File_size", "Encrypted"], [("binlog.000001", 157, "No")]


def _plugins(context: Context, request: Request) -> Made:
    del request, context
    return ["Name", "Status", "Type", "Library", "License"], [(row[0], row[2], row[3], row[4], row[5]) for row in PLUGINS]


def _engine_status(context: Context, request: Request) -> Made:
    del context, request
    return ["Type", "Name", "Status"], [("InnoDB", "", "\n=====================================\nINNODB MONITOR OUTPUT\n")]


def _checked_catalog(context: Context, request: Request) -> Made:
    """Show the triggers of a database, of which there are none."""
    _chosen(context, request)
    del request
    return ["Trigger", "Event", "Table", "Statement", "Timing", "Created", "sql_mode", "Definer", "character_set_client",
            "collation_connection", "Database Collation"], []  # fmt: skip


_CHARSET_TITLES = "character_set_client|collation_connection|Database Collation"
_EVENTS = (
    "Db|Name|Definer|Time zone|Type|Execute at|Interval value|Interval field|Starts|Ends|Status|Originator|" + _CHARSET_TITLES
)
_ROUTINES = (
    "Db|Name|Type|Definer|Modified|Created|Security_type|Comment|character_set_client|collation_connection|Database Collation"
)
_MAKERS: dict[str, Maker] = {
    "databases": _databases, "schemas": _databases, "tables": _tables, "columns": _columns, "fields": _columns,
    "create table": _create_table,
    "create view": _create_table, "create database": _create_database, "create schema": _create_database,
    "variables": _variables,
    "status": _status, "grants": _grants, "processlist": _processlist, "table status": _table_status, "index": _index,
    "indexes": _index,
    "keys": _index, "warnings": _warnings, "errors": _warnings,
    "engines": _fixed("Engine|Support|Comment|Transactions|XA|Savepoints", ENGINES),
    "storage engines": _fixed("Engine|Support|Comment|Transactions|XA|Savepoints", ENGINES),
    "character set": _fixed("Charset|Description|Default collation|Maxlen", CHARSETS),
    "charset": _fixed("Charset|Description|Default collation|Maxlen", CHARSETS),
    "collation": _fixed("Collation|Charset|Id|Default|Compiled|Sortlen", ((*row, "Yes", 1) for row in COLLATIONS)),
    "triggers": _checked_catalog, "events": _fixed(_EVENTS), "procedure status": _fixed(_ROUTINES),
    "function status": _fixed(_ROUTINES),
    "package status": _fixed(_ROUTINES), "package body status": _fixed(_ROUTINES),
    "plugins": _plugins, "binary logs": _no_binlog, "master logs": _no_binlog,
    "master status": _fixed("File|Position|Binlog_Do_DB|Binlog_Ignore_DB"),
    "slave status": _fixed("Slave_IO_State|Master_Host|Master_User|Master_Port"),
    "replica status": _fixed("Replica_IO_State|Source_Host"),
    "slave hosts": _fixed("Server_id|Host|Port|Master_id"), "open tables": _fixed("Database|Table|In_use|Name_locked"),
    "profiles": _fixed("Query_ID|Duration|Query"), "privileges": _fixed("Privilege|Context|Comment"),
    "engine innodb status": _engine_status,
    "all slaves status": _fixed("Connection_name|Slave_SQL_State"), "slaves status": _fixed("Connection_name|Slave_SQL_State"),
    "count": _fixed("@@session.warning_count", [(0,)]), "create function": _fixed("Function|sql_mode|Create Function"),
    "create procedure": _fixed("Procedure|sql_mode|Create Procedure"),
}  # fmt: skip
