# SPDX-License-Identifier: MIT
"""System variables and counters of the server."""

from decimal import Decimal

from decnet.lures.mysql.instance import Instance, Visit
from decnet.lures.mysql.product import Product
from decnet.lures.sql.problem import Kind, SqlError
from decnet.lures.sql.value import Value

READ_ONLY = frozenset((
    "version", "version_comment", "version_compile_os", "version_compile_machine", "basedir", "datadir", "hostname", "port",
    "socket",
    "pid_file", "secure_file_priv", "plugin_dir", "tmpdir", "lower_case_table_names", "have_ssl", "have_openssl", "license",
    "log_error",
    "protocol_version", "server_uuid", "skip_networking", "system_time_zone", "innodb_version", "large_files_support",
))  # fmt: skip
_MARIADB_MODE = "STRICT_TRANS_TABLES,ERROR_FOR_DIVISION_BY_ZERO,NO_AUTO_CREATE_USER,NO_ENGINE_SUBSTITUTION"
_MYSQL_MODE = (
    "ONLY_FULL_GROUP_BY,STRICT_TRANS_TABLES,NO_ZERO_IN_DATE,NO_ZERO_DATE,ERROR_FOR_DIVISION_BY_ZERO,NO_ENGINE_SUBSTITUTION"
)
_TEMPORARY = "/tmp"  # noqa: S108 - a folder of the pretended machine
_EVERYWHERE = "0.0.0.0"  # noqa: S104 - what the variable says
_COMMON = {
    "auto_increment_increment": "1", "auto_increment_offset": "1", "autocommit": "ON", "back_log": "80", "basedir": "/usr/",
    "big_tables": "OFF", "bind_address": _EVERYWHERE, "character_set_filesystem": "binary", "character_set_system": "utf8",
    "character_sets_dir": "/usr/share/mysql/charsets/", "completion_type": "NO_CHAIN", "concurrent_insert": "AUTO",
    "connect_timeout": "10", "datadir": "/var/lib/mysql/", "default_storage_engine": "InnoDB", "default_week_format": "0",
    "div_precision_increment": "4", "event_scheduler": "OFF", "expire_logs_days": "10", "flush": "OFF",
    "foreign_key_checks": "ON",
    "ft_max_word_len": "84", "ft_min_word_len": "4", "general_log": "OFF", "have_compress": "YES",
    "have_dynamic_loading": "YES",
    "have_geometry": "YES", "have_profiling": "YES", "have_rtree_keys": "YES", "have_symlink": "YES", "init_connect": "",
    "init_file": "",
    "innodb_buffer_pool_size": "134217728", "innodb_file_per_table": "ON", "innodb_flush_log_at_trx_commit": "1",
    "innodb_page_size": "16384", "interactive_timeout": "28800", "join_buffer_size": "262144", "key_buffer_size": "134217728",
    "large_files_support": "ON", "lc_messages": "en_US", "lc_time_names": "en_US", "license": "GPL", "local_infile": "ON",
    "lock_wait_timeout": "86400", "log_bin": "OFF", "long_query_time": "10.000000", "low_priority_updates": "OFF",
    "lower_case_file_system": "OFF", "lower_case_table_names": "0", "max_allowed_packet": "16777216",
    "max_connect_errors": "100",
    "max_connections": "151", "max_error_count": "64", "max_heap_table_size": "16777216",
    "max_join_size": "18446744073709551615",
    "max_prepared_stmt_count": "16382", "max_sort_length": "1024", "max_user_connections": "0",
    "myisam_recover_options": "BACKUP,QUICK",
    "net_buffer_length": "16384", "net_read_timeout": "30", "net_retry_count": "10", "net_write_timeout": "60",
    "old_passwords": "OFF",
    "open_files_limit": "32190", "performance_schema": "OFF", "plugin_dir": "/usr/lib/mysql/plugin/", "port": "3306",
    "profiling": "OFF", "protocol_version": "10", "query_cache_size": "0", "query_cache_type": "OFF",
    "read_buffer_size": "131072",
    "read_only": "OFF", "secure_auth": "ON", "secure_file_priv": "", "server_id": "1", "session_track_schema": "ON",
    "skip_external_locking": "ON", "skip_name_resolve": "OFF", "skip_networking": "OFF", "skip_show_database": "OFF",
    "slow_query_log": "OFF", "socket": "/run/mysqld/mysqld.sock", "sort_buffer_size": "2097152", "sql_auto_is_null": "OFF",
    "sql_big_selects": "ON", "sql_log_bin": "ON", "sql_notes": "ON", "sql_quote_show_create": "ON", "sql_safe_updates": "OFF",
    "sql_select_limit": "18446744073709551615", "sql_warnings": "OFF", "ssl_ca": "", "ssl_cert": "", "ssl_cipher": "",
    "ssl_key": "",
    "sync_binlog": "0", "system_time_zone": "UTC", "table_open_cache": "2000", "thread_cache_size": "8",
    "thread_handling": "one-thread-per-connection", "thread_stack": "299008", "time_zone": "SYSTEM",
    "tmp_table_size": "16777216",
    "tmpdir": _TEMPORARY, "unique_checks": "ON", "updatable_views_with_limit": "YES", "wait_timeout": "28800",
}  # fmt: skip
_MARIADB = {
    "aria_block_size": "8192", "character_set_client": "utf8mb4", "in_transaction": "0", "have_openssl": "YES",
    "have_query_cache": "YES",
    "have_ssl": "DISABLED", "innodb_version": "", "max_statement_time": "0.000000", "pid_file": "/run/mysqld/mysqld.pid",
    "plugin_maturity": "gamma", "sql_mode": _MARIADB_MODE, "tx_isolation": "REPEATABLE-READ", "tx_read_only": "OFF",
    "use_stat_tables": "PREFERABLY_FOR_QUERIES", "version_compile_os": "debian-linux-gnu", "version_malloc_library": "system",
    "version_ssl_library": "YaSSL 2.4.4", "wsrep_on": "OFF",
}  # fmt: skip
_MYSQL = {
    "gtid_mode": "OFF",
    "activate_all_roles_on_login": "OFF", "default_authentication_plugin": "caching_sha2_password", "have_openssl": "YES",
    "have_ssl": "YES", "log_error": "/var/log/mysql/error.log", "max_execution_time": "0", "mysqlx_port": "33060",
    "pid_file": "/var/run/mysqld/mysqld.pid", "socket": "/var/run/mysqld/mysqld.sock", "sql_mode": _MYSQL_MODE,
    "ssl_ca": "ca.pem", "ssl_cert": "server-cert.pem", "ssl_key": "server-key.pem", "transaction_isolation": "REPEATABLE-READ",
    "transaction_read_only": "OFF", "version_compile_os": "Linux", "version_compile_zlib": "1.2.13", "secure_file_priv": "",
    "max_allowed_packet": "67108864", "character_set_system": "utf8mb3", "performance_schema": "ON", "log_bin": "ON",
    "max_connect_errors": "100", "query_cache_size": None, "query_cache_type": None, "secure_auth": None, "old_passwords": None,
    "bind_address": _EVERYWHERE, "event_scheduler": "ON", "expire_logs_days": None, "thread_stack": "1048576",
    "tls_version": "TLSv1.2,TLSv1.3", "net_buffer_length": "16384", "table_open_cache": "4000", "interactive_timeout": "28800",
}  # fmt: skip
_CHARSETS = (
    "character_set_client",
    "character_set_connection",
    "character_set_results",
    "character_set_database",
    "character_set_server",
)
_COLLATIONS = ("collation_connection", "collation_database", "collation_server")
_BOOLEANS = ("ON", "OFF", "YES", "NO")


def all_variables(instance: Instance) -> dict[str, str]:
    """Return every variable as the server begins with it."""
    product = instance.product
    own: dict[str, str | None] = {**_COMMON, **(_MARIADB if product.is_mariadb else _MYSQL)}
    own |= dict.fromkeys(_CHARSETS, product.charset) | dict.fromkeys(_COLLATIONS, product.collation)
    own |= {
        "version": product.text,
        "version_comment": product.comment,
        "version_compile_machine": instance.persona.architecture,
        "hostname": instance.persona.hostname,
        "innodb_version": _innodb(product),
        "system_time_zone": "UTC",
        "general_log_file": f"{instance.persona.hostname}.log",
        "slow_query_log_file": f"{instance.persona.hostname}-slow.log",
    }
    if product.is_mariadb:
        own["log_error"] = "" if instance.persona.os_id == "debian" else "/var/log/mysql/error.log"
        own["version_ssl_library"] = "OpenSSL 1.1.1w  11 Sep 2023" if instance.persona.os_id == "debian" else "YaSSL 2.4.4"
    else:
        own["server_uuid"] = instance.machine.identifier("mysql server")
    if not instance.options.files:
        own["secure_file_priv"] = "/var/lib/mysql-files/"
    return dict(sorted((name, value) for name, value in own.items() if value is not None))


def _innodb(product: Product) -> str:
    """Return the version of InnoDB."""
    return product.text.partition("-")[0]


def variables_of(visit: Visit, scope: str) -> dict[str, str]:
    """Return the variables as a connection sees them."""
    found = all_variables(visit.instance) | visit.attacker.settings
    if scope != "global":
        found |= visit.settings
        found["autocommit"] = "ON" if visit.autocommit else "OFF"
    return found


def variable_value(visit: Visit, scope: str, name: str) -> Value:
    """Return a variable as an expression sees it: switches are numbers then."""
    special: dict[str, Value] = {
        "pseudo_thread_id": visit.id,
        "identity": visit.context.last_insert_id if visit.context else 0,
        "last_insert_id": visit.context.last_insert_id if visit.context else 0,
        "error_count": sum(level == "Error" for level, _, _ in visit.warnings),
        "warning_count": len(visit.warnings),
        "timestamp": Decimal(f"{visit.context.statement_at:.6f}") if visit.context else 0,
        "external_user": None,
        "proxy_user": None,
        "rand_seed1": 0,
    }
    if name in special:
        return special[name]
    found = variables_of(visit, scope).get(name)
    if found is None:
        raise SqlError(Kind.UNKNOWN_VARIABLE, name)
    if found in _BOOLEANS:
        return int(found == "ON") if found in ("ON", "OFF") else found
    if found.isascii() and found.isdigit():
        return int(found)
    return Decimal(found) if name in ("long_query_time", "max_statement_time") else found


def is_known(visit: Visit, name: str) -> bool:
    """Whether there is a variable of this name."""
    return name in all_variables(visit.instance) or name in (
        "timestamp",
        "insert_id",
        "last_insert_id",
        "rand_seed1",
        "rand_seed2",
    )


def status_of(visit: Visit) -> dict[str, str]:
    """Return the counters of the server."""
    instance = visit.instance
    connected = len(visit.attacker.connections)
    queries = instance.counter("queries", 900)
    counters = {
        "Aborted_clients": instance.counter("aborted", 1), "Aborted_connects": instance.counter("aborted connects", 4),
        "Bytes_received": instance.counter("received", 300_000), "Bytes_sent": instance.counter("sent", 2_500_000),
        "Com_delete": instance.counter("delete", 6), "Com_insert": instance.counter("insert", 40),
        "Com_select": instance.counter("select", 700), "Com_update": instance.counter("update", 50),
        "Connections": instance.next_connection, "Created_tmp_disk_tables": instance.counter("disk tables", 9),
        "Created_tmp_tables": instance.counter("tmp tables", 60), "Handler_read_rnd_next": instance.counter("rnd next", 40_000),
        "Innodb_buffer_pool_pages_total": 8192, "Innodb_rows_read": instance.counter("rows", 90_000),
        "Max_used_connections": 4 + instance.persona.between("mysql most", 1, 20), "Open_files": 24, "Open_tables": 60,
        "Opened_tables": 90, "Queries": queries, "Questions": queries - queries // 50,
        "Slow_queries": instance.counter("slow", 1),
        "Threads_cached": 3, "Threads_connected": connected, "Threads_created": 8, "Threads_running": 1,
        "Uptime": instance.uptime(), "Uptime_since_flush_status": instance.uptime(),
    }  # fmt: skip
    shown = {name: str(value) for name, value in counters.items()}
    shown |= {
        "Ssl_cipher": "",
        "Ssl_version": "",
        "Compression": "OFF",
        "Rpl_semi_sync_slave_status": "OFF",
        "Last_query_cost": "0.000000",
    }
    return dict(sorted(shown.items()))
