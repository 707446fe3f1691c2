# SPDX-License-Identifier: MIT
"""The database ``mysql``: accounts and what attackers look for and write into."""

from decnet.lures.mysql.accounts import Account
from decnet.lures.mysql.catalog import own_type
from decnet.lures.mysql.instance import Instance
from decnet.lures.sql.value import Row, Type
from decnet.lures.sql.world import Database, Key, Table, TableColumn

_PRIVILEGES = ("Select", "Insert", "Update", "Delete", "Create", "Drop", "Reload", "Shutdown", "Process", "File", "Grant",
               "References",
               "Index", "Alter", "Show_db", "Super", "Create_tmp_table", "Lock_tables", "Execute", "Repl_slave", "Repl_client",
               "Create_view", "Show_view", "Create_routine", "Alter_routine", "Create_user", "Event", "Trigger",
               "Create_tablespace")  # fmt: skip
_LIMITS = ("max_questions", "max_updates", "max_connections", "max_user_connections")
_FLAG = Type("enum", "text", 0, 0, choices=("N", "Y"))
_NAME = Type("char", "text", 80)


def _column(name: str, type_: Type, default: str | int | None = "") -> TableColumn:
    """Return a column that may not be NULL."""
    return TableColumn(name, type_, nullable=False, default=default, default_text=str(default))


def system_database(instance: Instance) -> Database:
    """Return the database ``mysql`` of a decoy; its tables are shared by all who come."""
    tables = [_users(instance), _databases(instance), *_empty()]
    for table in tables:
        table.is_shared = True
        table.created_at = table.updated_at = instance.machine.installed_at
    return Database("mysql", {table.name: table for table in tables})


def _accounts(instance: Instance) -> list[tuple[Account, str]]:
    """Return every account with its plugin: those that can log in, and those that the packages make."""
    plugin = instance.product.default_plugin
    if instance.product.is_mariadb:
        local = [Account("root", "localhost", None)] + (
            [Account("mariadb.sys", "localhost", None, "-")] if instance.product.number >= 100_400 else []
        )
    else:
        names = ("debian-sys-maint", "mysql.infoschema", "mysql.session", "mysql.sys")
        local = [Account(name, "localhost", None, "" if name == "debian-sys-maint" else "-") for name in names]
        local.append(Account("root", "localhost", None))
    return [(account, plugin) for account in instance.accounts] + [(account, plugin) for account in local]


def _users(instance: Instance) -> Table:
    """Return the table of the accounts; in MariaDB from 10.4 on it is a view."""
    is_mariadb = instance.product.is_mariadb
    name = Type("char", "text", 128 if is_mariadb else 32)
    columns = [_column("Host", Type("char", "text", 255)), _column("User", name)]
    columns += [_column("Password", Type("longtext", "text"))] if is_mariadb else []
    columns += [_column(f"{privilege}_priv", _FLAG, "N") for privilege in _PRIVILEGES]
    columns += [_column("ssl_type", Type("varchar", "text", 9)), _column("ssl_cipher", own_type("blob")),
                _column("x509_issuer", own_type("blob")),
                _column("x509_subject", own_type("blob"))]  # fmt: skip
    columns += [_column(limit, own_type("int"), 0) for limit in _LIMITS]
    columns += [_column("plugin", Type("char", "text", 64)), TableColumn("authentication_string", own_type("text"))]
    columns += [_column("password_expired", _FLAG, "N")]
    columns += [_column("is_role", _FLAG, "N")] if is_mariadb else [_column("account_locked", _FLAG, "N")]
    key = Key("PRIMARY", ("Host", "User"), "PRI")
    for column in columns[:2]:
        column.key = "PRI"
    rows = [_user_row(instance, account, plugin) for account, plugin in _accounts(instance)]
    kind = "view" if is_mariadb and instance.product.number >= 100_400 else "table"
    table = Table("user", columns, keys=[key] if kind == "table" else [], kind=kind)
    table.make = lambda: rows
    return table


def _user_row(instance: Instance, account: Account, plugin: str) -> Row:
    """Return the row of an account."""
    has = "Y" if account.is_super else "N"
    is_locked = account.database == "-"
    if instance.product.is_mariadb:
        shown = account.hashed if account.password is not None else "invalid"
        return (account.host, account.user, shown, *(has,) * len(_PRIVILEGES), "", b"", b"", b"", 0, 0, 0, 0, plugin,
                shown, "N", "N")  # fmt: skip
    digest = instance.persona.derive(f"mysql sha2 {account.user}", 47).hex()
    salt = "".join(chr(33 + byte % 90) for byte in instance.persona.derive(f"mysql salt {account.user}", 20))
    hashed = "$A$005$" + (
        salt + digest[:43] if not is_locked else "THISISACOMBINATIONOFINVALIDSALTANDPASSWORDTHATMUSTNEVERBRBEUSED"
    )
    socket = account.user == "root" and account.host == "localhost"
    return (account.host, account.user, *(has,) * len(_PRIVILEGES), "", b"", b"", b"", 0, 0, 0, 0,
            "auth_socket" if socket else plugin,
            "" if socket else hashed, "N", "Y" if is_locked else "N")  # fmt: skip


def _databases(instance: Instance) -> Table:
    """Return the table of rights on databases."""
    columns = [_column("Host", Type("char", "text", 255)), _column("Db", Type("char", "text", 64)), _column("User", _NAME)]
    columns += [_column(f"{privilege}_priv", _FLAG, "N") for privilege in _PRIVILEGES[:6]]
    rows = [(account.host, account.database, account.user, *("Y",) * 6) for account in instance.accounts if account.database]
    table = Table("db", columns, keys=[Key("PRIMARY", ("Host", "Db", "User"), "PRI")])
    table.make = lambda: list(rows)
    return table


def _empty() -> list[Table]:
    """Return the tables that are empty on most servers."""
    texts = {
        "plugin": ("name", "dl"), "proc": ("db", "name", "type", "body", "definer"), "event": ("db", "name", "body", "definer"),
        "servers": ("Server_name", "Host", "Db", "Username", "Password", "Port"), "tables_priv": ("Host", "Db", "User",
        "Table_name", "Table_priv"),
        "columns_priv": ("Host", "Db", "User", "Table_name", "Column_name"), "procs_priv": ("Host", "Db", "User",
        "Routine_name"),
        "help_topic": ("help_topic_id", "name", "description", "url"), "time_zone_name": ("Name", "Time_zone_id"),
        "general_log": ("event_time", "user_host", "thread_id", "server_id", "command_type", "argument"),
        "slow_log": ("start_time", "user_host", "query_time", "sql_text"), "innodb_table_stats": ("database_name",
        "table_name", "n_rows"),
    }  # fmt: skip
    tables = [Table(name, [_column(title, Type("varchar", "text", 255)) for title in titles]) for name, titles in texts.items()]
    func = Table("func", [_column("name", Type("char", "text", 64)), _column("ret", own_type("tinyint"), 0), _column("dl",
                 Type("char", "text", 128)),
                          _column("type", Type("enum", "text", choices=("function", "aggregate")), "function")])  # fmt: skip
    func.keys = [Key("PRIMARY", ("name",), "PRI")]
    func.columns[0].key = "PRI"
    return [func, *tables]
