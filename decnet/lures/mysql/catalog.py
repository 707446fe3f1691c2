# SPDX-License-Identifier: MIT
"""The tables that the server makes up itself: information_schema, and an empty performance_schema and sys."""

from collections.abc import Callable, Iterable
from typing import Any

from decnet.lures.mysql.instance import Visit, visit_of
from decnet.lures.mysql.product import Product
from decnet.lures.mysql.types import TYPES, shown
from decnet.lures.mysql.variables import status_of, variables_of
from decnet.lures.sql.context import Context
from decnet.lures.sql.planted import moment
from decnet.lures.sql.problem import Kind, SqlError
from decnet.lures.sql.value import Row, Type
from decnet.lures.sql.world import Database, Table, TableColumn

SYSTEM_DATABASES = ("information_schema", "performance_schema", "sys")
_PAGE = 16_384
_NUMBERS = ("ORDINAL_POSITION", "TABLE_ROWS", "AVG_ROW_LENGTH", "DATA_LENGTH", "INDEX_LENGTH", "AUTO_INCREMENT", "VERSION",
            "ID", "TIME",
            "NON_UNIQUE", "SEQ_IN_INDEX", "CARDINALITY", "MAXLEN", "SORTLEN", "CHARACTER_MAXIMUM_LENGTH", "NUMERIC_PRECISION",
            "NUMERIC_SCALE", "DATA_FREE", "MAX_DATA_LENGTH", "CHARACTER_OCTET_LENGTH")  # fmt: skip
_PRIVILEGES = ("SELECT", "INSERT", "UPDATE", "DELETE", "CREATE", "DROP", "RELOAD", "SHUTDOWN", "PROCESS", "FILE",
               "REFERENCES", "INDEX",
               "ALTER", "SHOW DATABASES", "SUPER", "CREATE TEMPORARY TABLES", "LOCK TABLES", "EXECUTE", "REPLICATION SLAVE",
               "REPLICATION CLIENT", "CREATE VIEW", "SHOW VIEW", "CREATE ROUTINE", "ALTER ROUTINE", "CREATE USER", "EVENT",
               "TRIGGER")  # fmt: skip
ENGINES: tuple[tuple[str, str, str, str, str, str], ...] = (
    ("MRG_MyISAM", "YES", "Collection of identical MyISAM tables", "NO", "NO", "NO"),
    ("CSV", "YES", "Stores tables as CSV files", "NO", "NO", "NO"),
    ("MyISAM", "YES", "Non-transactional engine with good performance and small data footprint", "NO", "NO", "NO"),
    ("SEQUENCE", "YES", "Generated tables filled with sequential values", "YES", "NO", "YES"),
    (
        "InnoDB",
        "DEFAULT",
        "Supports transactions, row-level locking, foreign keys and encryption for tables",
        "YES",
        "YES",
        "YES",
    ),
    ("MEMORY", "YES", "Hash based, stored in memory, useful for temporary tables", "NO", "NO", "NO"),
    ("PERFORMANCE_SCHEMA", "YES", "Performance Schema", "NO", "NO", "NO"),
    (
        "Aria",
        "YES",
        "Crash-safe tables with MyISAM heritage. Used for internal temporary tables and privilege tables",
        "NO",
        "NO",
        "NO",
    ),
)
CHARSETS = (("latin1", "cp1252 West European", "latin1_swedish_ci", 1), ("utf8", "UTF-8 Unicode", "utf8_general_ci", 3),
            ("utf8mb4", "UTF-8 Unicode", "utf8mb4_general_ci", 4), ("ascii", "US ASCII", "ascii_general_ci", 1),
            ("binary", "Binary pseudo charset", "binary", 1))  # fmt: skip
COLLATIONS = (("latin1_swedish_ci", "latin1", 8, "Yes"), ("utf8_general_ci", "utf8", 33, "Yes"), ("utf8_bin", "utf8", 83, ""),
              ("utf8mb4_general_ci", "utf8mb4", 45, "Yes"), ("utf8mb4_bin", "utf8mb4", 46, ""),
              ("utf8mb4_unicode_ci", "utf8mb4", 224, ""), ("ascii_general_ci", "ascii", 11, "Yes"), ("binary", "binary", 63,
              "Yes"))  # fmt: skip

PLUGINS = tuple(
    (name, "1.0", "ACTIVE", kind, None, "GPL")
    for name, kind in (("binlog", "STORAGE ENGINE"), ("mysql_native_password", "AUTHENTICATION"), ("CSV", "STORAGE ENGINE"),
                       ("MEMORY", "STORAGE ENGINE"), ("MyISAM", "STORAGE ENGINE"), ("InnoDB", "STORAGE ENGINE"),
                       ("PERFORMANCE_SCHEMA", "STORAGE ENGINE"))
)  # fmt: skip


def visible_databases(context: Context) -> list[Database]:
    """Return the databases that the user may see, those of the server left out."""
    allowed = visit_of(context).account.database
    return [database for name, database in sorted(context.world.databases.items()) if not allowed or name == allowed]


def database_names(context: Context) -> list[str]:
    """Return the names of all databases that the user sees, in the order in which the server lists them."""
    names = [database.name for database in visible_databases(context)] + ["information_schema"]
    if visit_of(context).account.is_super:
        names += ["performance_schema"] + (
            [] if visit_of(context).product.is_mariadb and visit_of(context).product.number < 100_600 else ["sys"]
        )
    return sorted(names)


def system_table(context: Context, database: str, name: str) -> Table | None:
    """Return a table of a database that belongs to the server; None for every other database; raises where it has none such."""
    if database not in SYSTEM_DATABASES:
        return None
    found = _MAKERS.get(name.lower()) if database == "information_schema" else None
    if found is None:
        if database == "information_schema" and visit_of(context).product.is_mariadb:
            raise SqlError(Kind.NO_SYSTEM_TABLE, name)
        raise SqlError(Kind.UNKNOWN_TABLE, database, name)
    return _table(name, database, _TITLES[name.lower()], lambda: [tuple(row) for row in found(context)])


def _table(name: str, database: str, titles: str, make: Callable[[], list[Row]]) -> Table:
    """Return a table of the server; its columns are texts and numbers."""
    columns = [
        TableColumn(
            title, Type("bigint", "integer", 21, 0, unsigned=True) if title in _NUMBERS else Type("varchar", "text", 512)
        )
        for title in titles.split()
    ]
    return Table(name, columns, make, kind="system", options={"database": database})


def _schemata(context: Context) -> Iterable[Row]:
    product = visit_of(context).product
    for name in database_names(context):
        is_own = name in ("information_schema", "performance_schema")
        charset = ("utf8", "utf8_general_ci") if is_own else (product.charset, product.collation)
        yield ("def", name, *charset, None)


def table_size(table: Table) -> tuple[int, int]:
    """Return how many rows a table has and how many bytes they take on the disk."""
    rows = len(table.rows)
    return rows, max(_PAGE, -(-rows * 180 // _PAGE) * _PAGE)


def _tables(context: Context) -> Iterable[Row]:
    for database in visible_databases(context):
        for name, table in sorted(database.tables.items()):
            yield table_row(context, database.name, name, table)
    for name in sorted(_TITLES):
        yield ("def", "information_schema", name.upper(), "SYSTEM VIEW", "MEMORY", 11, "Fixed", None, 0, 0, 0, 0, 0, None,
               None, None,
               None, "utf8_general_ci", None, "max_rows=0", "")  # fmt: skip


def table_row(context: Context, database: str, name: str, table: Table) -> Row:
    """Return what is told of a table: the columns of information_schema.TABLES."""
    if table.kind == "view":
        return ("def", database, name, "VIEW", *(None,) * 16, "VIEW")
    rows, size = table_size(table)
    engine = {"mysql": "Aria" if visit_of(context).product.is_mariadb else "InnoDB"}.get(
        database, table.options.get("engine", "InnoDB")
    )
    collation = visit_of(context).product.collation
    changed = moment(table.updated_at) if table.updated_at else None
    return ("def", database, name, "BASE TABLE", engine, 10, "Dynamic", rows, size // max(rows, 1), size, 0, 0, 0,
            table.next_automatic() or None, moment(table.created_at) if table.created_at else None, changed, None, collation,
            None, "",
            table.comment)  # fmt: skip


def _columns(context: Context) -> Iterable[Row]:
    product = visit_of(context).product
    for database in visible_databases(context):
        for name, table in sorted(database.tables.items()):
            for place, column in enumerate(table.columns, 1):
                yield _column(product, database.name, name, place, column)
    for name, titles in sorted(_TITLES.items()):
        for place, title in enumerate(titles.split(), 1):
            kind = "bigint(21) unsigned" if title in _NUMBERS else "varchar(512)"
            yield ("def", "information_schema", name.upper(), title, place, "", "NO", kind.partition("(")[0], 512, 1536, None,
                   None, None,
                   "utf8", "utf8_general_ci", kind, "", "", "select", "", "NEVER", None)  # fmt: skip


def shown_call(source: str, *, is_mariadb: bool) -> str:
    """Return a default that is a function as the server shows it."""
    if source.lower().partition("(")[0].strip() in ("current_timestamp", "now", "localtime", "localtimestamp"):
        return "current_timestamp()" if is_mariadb else "CURRENT_TIMESTAMP"
    return source


def default_shown(column: TableColumn, *, is_mariadb: bool) -> str | None:
    """Return the default of a column as the catalogue shows it; MariaDB quotes texts and writes NULL."""
    if column.default is None and not column.default_text:
        return "NULL" if is_mariadb and column.nullable else None
    if callable(column.default):
        return shown_call(column.default_text, is_mariadb=is_mariadb)
    if isinstance(column.default, str):
        return f"'{column.default}'" if is_mariadb else column.default
    return str(column.default)


def _column(product: Product, database: str, table: str, place: int, column: TableColumn) -> Row:
    """Return a row of information_schema.COLUMNS."""
    type_ = column.type
    is_text = type_.family == "text"
    length = (type_.length or {"text": 65_535, "longtext": 4_294_967_295}.get(type_.name, 65_535)) if is_text else None
    octets = min(length * 4, 4_294_967_295) if length and type_.length else length
    precision = {"int": 10, "bigint": 19, "tinyint": 3, "smallint": 5, "mediumint": 7}.get(type_.name) or (
        type_.length if type_.family == "decimal" else None
    )
    scale = type_.scale if type_.family == "decimal" else 0 if type_.family == "integer" else None
    charset = ("utf8mb4", product.collation) if is_text else (None, None)
    return ("def", database, table, column.name, place, default_shown(column, is_mariadb=product.is_mariadb),
            "YES" if column.nullable else "NO",
            type_.name, length, octets, precision, scale, 0 if type_.family == "datetime" else None, *charset,
            shown(type_, is_mariadb=product.is_mariadb), column.key, "auto_increment" if column.automatic else "",
            "select,insert,update,references", column.comment, "NEVER", None)  # fmt: skip


def _statistics(context: Context) -> Iterable[Row]:
    for database in visible_databases(context):
        for name, table in sorted(database.tables.items()):
            for row in index_rows(name, table):
                table_name, non_unique, key, place, column, *rest = row
                yield ("def", database.name, table_name, non_unique, database.name, key, place, column, *rest)


def index_rows(name: str, table: Table) -> Iterable[Row]:
    """Yield what SHOW INDEX says of a table."""
    for key in table.keys:
        for place, title in enumerate(key.columns, 1):
            found = table.index_of(title)
            is_nullable = found is not None and table.columns[found].nullable
            yield (name, int(key.kind == "MUL"), key.name, place, title, "A", len(table.rows), None, None,
                   "YES" if is_nullable else "",
                   "BTREE", "", "")  # fmt: skip


def _constraints(context: Context) -> Iterable[Row]:
    for database in visible_databases(context):
        for name, table in sorted(database.tables.items()):
            for key in table.keys:
                if key.kind != "MUL":
                    yield (
                        "def",
                        database.name,
                        key.name,
                        database.name,
                        name,
                        "PRIMARY KEY" if key.kind == "PRI" else "UNIQUE",
                    )


def _usage(context: Context) -> Iterable[Row]:
    for database in visible_databases(context):
        for name, table in sorted(database.tables.items()):
            for key in table.keys:
                for place, column in enumerate(key.columns if key.kind != "MUL" else (), 1):
                    yield ("def", database.name, key.name, "def", database.name, name, column, place, *(None,) * 4)


def _views(context: Context) -> Iterable[Row]:
    for database in visible_databases(context):
        for name, table in sorted(database.tables.items()):
            if table.kind == "view":
                owner = table.options.get("owner", "root") + "@localhost"
                yield ("def", database.name, name, table.options.get("query", ""), "NONE", "YES", owner, "DEFINER", "utf8mb4",
                       "utf8mb4_general_ci")  # fmt: skip


def process_rows(visit: Visit) -> list[Row]:
    """Return the connections: those of the attacker, and what the server does by itself."""
    rows: list[Row] = []
    for number, other in sorted(visit.attacker.connections.items()):
        context = other.context
        database = context.database or None if context else None
        is_self = other is visit
        state, info = ("starting" if visit.product.is_mariadb else "init", other.statement) if is_self else ("", None)
        seconds = 0 if is_self or context is None else max(int(context.now() - (context.statement_at or other.connected_at)), 0)
        rows.append((number, other.user, other.host, database, "Query" if is_self else "Sleep", seconds, state, info))
    return rows


def _privileges(context: Context) -> Iterable[Row]:
    account = visit_of(context).account
    grantee = f"'{account.user}'@'{account.host}'"
    for privilege in _PRIVILEGES if account.is_super else ("USAGE",):
        yield (grantee, "def", privilege, "YES" if account.is_super else "NO")


def _none(context: Context) -> Iterable[Row]:
    del context
    return ()


_Maker = Callable[[Context], Iterable[Any]]
_TITLES = {
    "schemata": "CATALOG_NAME SCHEMA_NAME DEFAULT_CHARACTER_SET_NAME DEFAULT_COLLATION_NAME SQL_PATH",
    "tables": """
        TABLE_CATALOG TABLE_SCHEMA TABLE_NAME TABLE_TYPE ENGINE VERSION ROW_FORMAT TABLE_ROWS AVG_ROW_LENGTH
        DATA_LENGTH MAX_DATA_LENGTH INDEX_LENGTH DATA_FREE AUTO_INCREMENT CREATE_TIME UPDATE_TIME CHECK_TIME
        TABLE_COLLATION CHECKSUM CREATE_OPTIONS TABLE_COMMENT
    """,
    "columns": """
        TABLE_CATALOG TABLE_SCHEMA TABLE_NAME COLUMN_NAME ORDINAL_POSITION COLUMN_DEFAULT IS_NULLABLE DATA_TYPE
        CHARACTER_MAXIMUM_LENGTH CHARACTER_OCTET_LENGTH NUMERIC_PRECISION NUMERIC_SCALE DATETIME_PRECISION
        CHARACTER_SET_NAME COLLATION_NAME COLUMN_TYPE COLUMN_KEY EXTRA PRIVILEGES COLUMN_COMMENT IS_GENERATED
        GENERATION_EXPRESSION
    """,
    "statistics": """
        TABLE_CATALOG TABLE_SCHEMA TABLE_NAME NON_UNIQUE INDEX_SCHEMA INDEX_NAME SEQ_IN_INDEX COLUMN_NAME COLLATION
        CARDINALITY SUB_PART PACKED NULLABLE INDEX_TYPE COMMENT INDEX_COMMENT
    """,
    "table_constraints": "CONSTRAINT_CATALOG CONSTRAINT_SCHEMA CONSTRAINT_NAME TABLE_SCHEMA TABLE_NAME CONSTRAINT_TYPE",
    "key_column_usage": """
        CONSTRAINT_CATALOG CONSTRAINT_SCHEMA CONSTRAINT_NAME TABLE_CATALOG TABLE_SCHEMA TABLE_NAME COLUMN_NAME
        ORDINAL_POSITION POSITION_IN_UNIQUE_CONSTRAINT REFERENCED_TABLE_SCHEMA REFERENCED_TABLE_NAME
        REFERENCED_COLUMN_NAME
    """,
    "views": """
        TABLE_CATALOG TABLE_SCHEMA TABLE_NAME VIEW_DEFINITION CHECK_OPTION IS_UPDATABLE DEFINER SECURITY_TYPE
        CHARACTER_SET_CLIENT COLLATION_CONNECTION
    """,
    "user_privileges": "GRANTEE TABLE_CATALOG PRIVILEGE_TYPE IS_GRANTABLE",
    "schema_privileges": "GRANTEE TABLE_CATALOG TABLE_SCHEMA PRIVILEGE_TYPE IS_GRANTABLE",
    "table_privileges": "GRANTEE TABLE_CATALOG TABLE_SCHEMA TABLE_NAME PRIVILEGE_TYPE IS_GRANTABLE",
    "column_privileges": "GRANTEE TABLE_CATALOG TABLE_SCHEMA TABLE_NAME COLUMN_NAME PRIVILEGE_TYPE IS_GRANTABLE",
    "processlist": "ID USER HOST DB COMMAND TIME STATE INFO",
    "engines": "ENGINE SUPPORT COMMENT TRANSACTIONS XA SAVEPOINTS",
    "plugins": "PLUGIN_NAME PLUGIN_VERSION PLUGIN_STATUS PLUGIN_TYPE PLUGIN_LIBRARY PLUGIN_LICENSE",
    "character_sets": "CHARACTER_SET_NAME DEFAULT_COLLATE_NAME DESCRIPTION MAXLEN",
    "collations": "COLLATION_NAME CHARACTER_SET_NAME ID IS_DEFAULT IS_COMPILED SORTLEN",
    "collation_character_set_applicability": "COLLATION_NAME CHARACTER_SET_NAME",
    "global_variables": "VARIABLE_NAME VARIABLE_VALUE",
    "session_variables": "VARIABLE_NAME VARIABLE_VALUE",
    "global_status": "VARIABLE_NAME VARIABLE_VALUE",
    "session_status": "VARIABLE_NAME VARIABLE_VALUE",
    "routines": """
        SPECIFIC_NAME ROUTINE_CATALOG ROUTINE_SCHEMA ROUTINE_NAME ROUTINE_TYPE DATA_TYPE ROUTINE_BODY
        ROUTINE_DEFINITION SQL_MODE DEFINER CREATED
    """,
    "parameters": "SPECIFIC_CATALOG SPECIFIC_SCHEMA SPECIFIC_NAME ORDINAL_POSITION PARAMETER_MODE PARAMETER_NAME DATA_TYPE",
    "triggers": """
        TRIGGER_CATALOG TRIGGER_SCHEMA TRIGGER_NAME EVENT_MANIPULATION EVENT_OBJECT_SCHEMA EVENT_OBJECT_TABLE
        ACTION_STATEMENT ACTION_TIMING DEFINER
    """,
    "events": "EVENT_CATALOG EVENT_SCHEMA EVENT_NAME DEFINER EVENT_TYPE STATUS",
    "partitions": "TABLE_CATALOG TABLE_SCHEMA TABLE_NAME PARTITION_NAME TABLE_ROWS",
    "referential_constraints": """
        CONSTRAINT_CATALOG CONSTRAINT_SCHEMA CONSTRAINT_NAME UNIQUE_CONSTRAINT_NAME MATCH_OPTION UPDATE_RULE
        DELETE_RULE TABLE_NAME REFERENCED_TABLE_NAME
    """,
    "files": """
        FILE_ID FILE_NAME FILE_TYPE TABLESPACE_NAME LOGFILE_GROUP_NAME ENGINE TOTAL_EXTENTS EXTENT_SIZE INITIAL_SIZE
        EXTRA
    """,
    "column_statistics": "SCHEMA_NAME TABLE_NAME COLUMN_NAME HISTOGRAM",
    "innodb_trx": "trx_id trx_state trx_started",
}
"""The columns of each table of information_schema."""

_MAKERS: dict[str, _Maker] = {
    "schemata": _schemata,
    "tables": _tables,
    "columns": _columns,
    "statistics": _statistics,
    "table_constraints": _constraints,
    "key_column_usage": _usage,
    "views": _views,
    "user_privileges": _privileges,
    "schema_privileges": _none,
    "table_privileges": _none,
    "column_privileges": _none,
    "processlist": lambda context: process_rows(visit_of(context)),
    "engines": lambda _: ENGINES,
    "plugins": lambda _: PLUGINS,
    "character_sets": lambda _: ((name, collation, text, size) for name, text, collation, size in CHARSETS),
    "collations": lambda _: ((*row, "Yes", 1) for row in COLLATIONS),
    "collation_character_set_applicability": lambda _: (row[:2] for row in COLLATIONS),
    "global_variables": lambda context: variables_of(visit_of(context), "global").items(),
    "session_variables": lambda context: variables_of(visit_of(context), "").items(),
    "global_status": lambda context: status_of(visit_of(context)).items(),
    "session_status": lambda context: status_of(visit_of(context)).items(),
    "routines": _none,
    "parameters": _none,
    "triggers": _none,
    "events": _none,
    "partitions": _none,
    "referential_constraints": _none,
    "files": _none,
    "column_statistics": _none,
    "innodb_trx": _none,
}


def own_type(name: str, length: int = 0) -> Type:
    """Return a type of the server's own tables."""
    shown_name, family, default = TYPES[name]
    return Type(shown_name, family, length or default)
