# SPDX-License-Identifier: MIT
"""Functions that tell of the server, the connection and the roles, and those that act on other connections."""

from datetime import UTC, datetime
from typing import Any

from decnet.lures.postgresql.casting import interval_of
from decnet.lures.postgresql.functions.declare import Collection
from decnet.lures.postgresql.report import Report
from decnet.lures.postgresql.shown import text_of
from decnet.lures.sql.value import Value

SERVER = Collection()
strict, plain = SERVER.strict, SERVER.plain
ENCODINGS = {0: "SQL_ASCII", 6: "UTF8", 8: "LATIN1", 24: "WIN1252"}
_PORT = 5432


@plain("version", "text")
def version(context: Any) -> Value:
    """Return the version of the server."""
    return context.lure.cluster.release.software  # type: ignore[no-any-return]  # a text


@plain("current_database current_catalog", "name")
def current_database(context: Any) -> Value:
    """Return the database."""
    return context.lure.backend.database  # type: ignore[no-any-return]  # a text


@plain("current_schema", "name")
def current_schema(context: Any) -> Value:
    """Return the first schema of the search path that is there."""
    return next((name for name in context.lure.search_path() if context.world.database(name)), None)


@plain("current_schemas", "name[]")
def current_schemas(context: Any, implicit: Value) -> Value:
    """Return the search path."""
    found = [name for name in context.lure.search_path() if context.world.database(name)]
    return ["pg_catalog", *found] if implicit else found


@plain("current_user user current_role", "name")
def current_user(context: Any) -> Value:
    """Return the role whose rights count."""
    return context.lure.backend.user  # type: ignore[no-any-return]  # a text


@plain("session_user", "name")
def session_user(context: Any) -> Value:
    """Return the role that logged in."""
    return context.lure.backend.session_user or context.lure.backend.user  # type: ignore[no-any-return]  # a text


@plain("pg_backend_pid", "int4")
def pg_backend_pid(context: Any) -> Value:
    """Return the process of the connection."""
    return context.lure.backend.pid  # type: ignore[no-any-return]  # a number


@plain("inet_server_addr", "inet")
def inet_server_addr(context: Any) -> Value:
    """Return the server's address."""
    return context.lure.local_address  # type: ignore[no-any-return]  # a text


@plain("inet_server_port", "int4")
def inet_server_port(_: Any) -> Value:
    """Return the server's port."""
    return _PORT


@plain("inet_client_addr", "inet")
def inet_client_addr(context: Any) -> Value:
    """Return the client's address."""
    return context.lure.backend.peer  # type: ignore[no-any-return]  # a text


@plain("inet_client_port", "int4")
def inet_client_port(context: Any) -> Value:
    """Return the client's port."""
    return context.lure.backend.peer_port  # type: ignore[no-any-return]  # a number


@strict("host abbrev", "text")
def host(_: Any, address: Value) -> Value:
    """Return an address without its mask."""
    return text_of(address).partition("/")[0]


@strict("current_setting", "text")
def current_setting(context: Any, name: Value, missing: Value = False) -> Value:  # noqa: FBT002 - a value of SQL
    """Return a setting."""
    try:
        return context.lure.backend.settings.shown(text_of(name))  # type: ignore[no-any-return]  # a text
    except Report:
        if missing:
            return None
        raise


@plain("set_config", "text")
def set_config(context: Any, name: Value, value: Value, _local: Value) -> Value:
    """Change a setting."""
    if name is None:
        raise Report("SET requires parameter name", "22004", routine="set_config_by_name")
    context.lure.backend.settings.set(text_of(name), None if value is None else text_of(value))
    return context.lure.backend.settings.shown(text_of(name))  # type: ignore[no-any-return]  # a text


@strict("pg_sleep", "void")
def pg_sleep(context: Any, seconds: Value) -> Value:
    """Let the answer wait."""
    context.budget.sleep(float(seconds))  # type: ignore[arg-type]  # a number, or the call fails
    return ""


@strict("pg_sleep_for", "void")
def pg_sleep_for(context: Any, length: Value) -> Value:
    """Let the answer wait."""
    context.budget.sleep(interval_of(length).total_seconds())
    return ""


@plain("pg_is_in_recovery pg_is_wal_replay_paused pg_is_in_backup", "bool")
def pg_is_in_recovery(_: Any) -> Value:
    """Say that this is no standby."""
    return False


@plain("pg_postmaster_start_time pg_conf_load_time", "timestamptz")
def pg_postmaster_start_time(context: Any) -> Value:
    """Return when the server was started."""
    return datetime.fromtimestamp(context.lure.cluster.started_at, UTC)


@plain("txid_current pg_current_xact_id txid_current_if_assigned", "int8")
def txid_current(context: Any) -> Value:
    """Return the number of the transaction."""
    return context.lure.transaction_id()  # type: ignore[no-any-return]  # a number


@plain("txid_current_snapshot pg_current_snapshot pg_export_snapshot", "text")
def snapshot(context: Any) -> Value:
    """Return what a transaction sees."""
    number = context.lure.cluster.transactions
    return f"{number}:{number}:"


@plain("pg_current_wal_lsn pg_current_wal_insert_lsn pg_current_wal_flush_lsn", "pg_lsn")
def pg_current_wal_lsn(context: Any) -> Value:
    """Return where the log stands."""
    return f"0/{0x1600000 + context.lure.cluster.transactions * 312:X}"


@strict("pg_encoding_to_char", "name")
def pg_encoding_to_char(_: Any, number: Value) -> Value:
    """Return the name of an encoding."""
    return ENCODINGS.get(number, "") if isinstance(number, int) else ""


@strict("pg_char_to_encoding", "int4")
def pg_char_to_encoding(_: Any, name: Value) -> Value:
    """Return the number of an encoding."""
    return next((number for number, one in ENCODINGS.items() if one == text_of(name).upper()), -1)


@plain("pg_client_encoding", "name")
def pg_client_encoding(context: Any) -> Value:
    """Return the client's encoding."""
    return context.lure.backend.settings.value("client_encoding")  # type: ignore[no-any-return]  # a text


@plain("getdatabaseencoding", "name")
def getdatabaseencoding(_: Any) -> Value:
    """Return the encoding of the database."""
    return "UTF8"


@strict("pg_get_userbyid", "name")
def pg_get_userbyid(context: Any, oid: Value) -> Value:
    """Return the name of a role."""
    return next((role.name for role in context.lure.cluster.roles.values() if role.oid == oid), f"unknown (OID={text_of(oid)})")


@plain("pg_has_role", "bool")
def pg_has_role(context: Any, *values: Value) -> Value:
    """Whether a role has another one's rights."""
    wanted = next((text_of(value) for value in values[-2:-1]), "")
    return context.lure.is_superuser or wanted in (context.user, str(context.lure.role.oid))


@plain(
    "has_table_privilege has_column_privilege has_any_column_privilege has_sequence_privilege has_schema_privilege "
    "has_database_privilege has_function_privilege has_language_privilege has_tablespace_privilege has_type_privilege "
    "has_server_privilege has_foreign_data_wrapper_privilege row_security_active",
    "bool",
)
def has_privilege(context: Any, *values: Value) -> Value:
    """Whether a role may do something: superusers and owners may."""
    del values
    return True if context.lure.is_superuser else context.lure.owns_database


@strict("pg_size_pretty", "text")
def pg_size_pretty(_: Any, size: Value) -> Value:
    """Write a number of bytes."""
    number = int(size)  # type: ignore[arg-type]  # a number, or the call fails
    if abs(number) < 10_240:
        return f"{number} bytes"
    for unit in ("kB", "MB", "GB", "TB"):
        number = (number + 512) >> 10
        if abs(number) < 10_240 or unit == "TB":
            return f"{number} {unit}"
    return ""


@strict("pg_database_size", "int8")
def pg_database_size(context: Any, name: Value) -> Value:
    """Return the size of a database."""
    return context.lure.database_size(name)  # type: ignore[no-any-return]  # a number


@strict("pg_tablespace_size", "int8")
def pg_tablespace_size(context: Any, _name: Value) -> Value:
    """Return the size of everything."""
    sizes: list[int] = [context.lure.database_size(name) for name in context.lure.cluster.databases]
    return sum(sizes)


@strict("pg_tablespace_location", "text")
def pg_tablespace_location(_: Any, _oid: Value) -> Value:
    """Return where a tablespace lies: the server's own ones have no place of their own."""
    return ""


@strict("pg_terminate_backend pg_cancel_backend", "bool")
def pg_terminate_backend(context: Any, pid: Value, _timeout: Value = 0) -> Value:
    """End another connection."""
    if pid not in context.lure.cluster.backends:
        words = f"PID {text_of(pid)} is not a PostgreSQL server process"
        context.lure.backend.notices.append(Report(words, "01000", severity="WARNING", routine="pg_signal_backend"))
        return False
    context.lure.terminate(pid)
    return True


@plain("pg_reload_conf pg_rotate_logfile pg_promote pg_switch_wal", "bool")
def pg_reload_conf(context: Any) -> Value:
    """Do what only superusers may."""
    context.lure.demand_superuser("pg_reload_conf")
    return True


@strict("pg_notify", "void")
def pg_notify(context: Any, channel: Value, payload: Value) -> Value:
    """Tell those who listen."""
    context.lure.notify(text_of(channel), text_of(payload))
    return ""


@plain("pg_listening_channels", "text")
def pg_listening_channels(context: Any) -> Value:
    """Return the channels that are listened to."""
    return list(context.lure.backend.channels)


@plain("pg_my_temp_schema", "oid")
def pg_my_temp_schema(_: Any) -> Value:
    """Return the schema of temporary tables: none."""
    return 0


@plain("pg_advisory_lock pg_advisory_xact_lock pg_advisory_unlock_all pg_stat_reset pg_stat_clear_snapshot", "void")
def nothing(_: Any, *_values: Value) -> Value:
    """Do nothing that could be seen."""
    return ""


@plain("pg_try_advisory_lock pg_try_advisory_xact_lock pg_advisory_unlock pg_try_advisory_lock_shared", "bool")
def locked(_: Any, *_values: Value) -> Value:
    """Say that it went well."""
    return True


@plain("pg_backend_start pg_stat_get_backend_start", "timestamptz")
def pg_backend_start(context: Any, *_values: Value) -> Value:
    """Return when the connection began."""
    return datetime.fromtimestamp(context.lure.backend.started_at, UTC)
