# SPDX-License-Identifier: MIT
"""Errors in the words of MariaDB and MySQL (their messages of the server, errmsg.txt): a number, a state, a sentence."""

from collections.abc import Callable
from dataclasses import dataclass

from decnet.lures.mysql.product import Product
from decnet.lures.sql.problem import Kind, SqlError

_SHOWN_SYNTAX = 80
_MANUAL = (
    "You have an error in your SQL syntax; check the manual that corresponds to your {} server version for the right syntax "
    "to use near "
)
_STACK = (
    "Thread stack overrun:  {0} bytes used of a {1} byte stack, and 16000 bytes needed. Consider increasing the "
    "thread_stack system variable."
)


@dataclass(frozen=True, slots=True)
class Wording:
    """One error as the client gets it."""

    code: int
    state: str
    message: str


class MysqlError(SqlError):
    """An error that only this dialect has, in its own words."""

    def __init__(self, code: int, state: str, message: str) -> None:
        super().__init__(Kind.DENIED, message)
        self.wording = Wording(code, state, message)


def denied_database(user: str, host: str, database: str) -> MysqlError:
    """Return the error for a database that is not for this user."""
    return MysqlError(1044, "42000", f"Access denied for user '{user}'@'{host}' to database '{database}'")


_WORDS: dict[Kind, tuple[int, str, str]] = {
    Kind.EMPTY: (1065, "42000", "Query was empty"),
    Kind.TOO_DEEP: (1436, "HY000", _STACK),
    Kind.TOO_LARGE: (1038, "HY001", "Out of sort memory, consider increasing server sort buffer size"),
    Kind.NO_MEMORY: (1114, "HY000", "The table '(temporary)' is full"),
    Kind.NO_DATABASE: (1046, "3D000", "No database selected"),
    Kind.UNKNOWN_DATABASE: (1049, "42000", "Unknown database '{0}'"),
    Kind.UNKNOWN_TABLE: (1146, "42S02", "Table '{0}.{1}' doesn't exist"),
    Kind.UNKNOWN_COLUMN: (1054, "42S22", "Unknown column '{0}' in '{1}'"),
    Kind.UNKNOWN_ALIAS: (1051, "42S02", "Unknown table '{0}'"),
    Kind.NO_SYSTEM_TABLE: (1109, "42S02", "Unknown table '{0}' in information_schema"),
    Kind.AMBIGUOUS_COLUMN: (1052, "23000", "Column '{0}' in {1} is ambiguous"),
    Kind.ARGUMENT_COUNT: (1582, "42000", "Incorrect parameter count in the call to native function '{0}'"),
    Kind.UNKNOWN_VARIABLE: (1193, "HY000", "Unknown system variable '{0}'"),
    Kind.UNKNOWN_TYPE: (4161, "HY000", "Unknown data type: '{0}'"),
    Kind.NO_ALIAS: (1248, "42000", "Every derived table must have its own alias"),
    Kind.DATABASE_EXISTS: (1007, "HY000", "Can't create database '{0}'; database exists"),
    Kind.NO_SUCH_DATABASE: (1008, "HY000", "Can't drop database '{0}'; database doesn't exist"),
    Kind.TABLE_EXISTS: (1050, "42S01", "Table '{0}' already exists"),
    Kind.NO_SUCH_TABLE: (1051, "42S02", "Unknown table '{0}.{1}'"),
    Kind.COLUMN_EXISTS: (1060, "42S21", "Duplicate column name '{0}'"),
    Kind.NO_SUCH_COLUMN: (1091, "42000", "Can't DROP COLUMN `{0}`; check that it exists"),
    Kind.DUPLICATE_KEY: (1062, "23000", "Duplicate entry '{0}' for key '{2}'"),
    Kind.NOT_NULL: (1048, "23000", "Column '{1}' cannot be null"),
    Kind.NO_DEFAULT: (1364, "HY000", "Field '{0}' doesn't have a default value"),
    Kind.NO_COLUMNS: (1113, "42000", "A table must have at least 1 column"),
    Kind.VALUE_COUNT: (1136, "21S01", "Column count doesn't match value count at row {0}"),
    Kind.COLUMN_COUNT: (1241, "21000", "Operand should contain {0} column(s)"),
    Kind.UNION_COLUMNS: (1222, "21000", "The used SELECT statements have a different number of columns"),
    Kind.NO_TABLES: (1096, "HY000", "No tables used"),
    Kind.SUBQUERY_ROWS: (1242, "21000", "Subquery returns more than 1 row"),
    Kind.OUT_OF_RANGE: (1690, "22003", "{0} value is out of range in '{1}'"),
    Kind.BAD_VALUE: (1366, "22007", "Incorrect {0} value: '{1}'"),
    Kind.TOO_LONG: (1406, "22001", "Data too long for column '{0}' at row 1"),
    Kind.COLUMN_RANGE: (1264, "22003", "Out of range value for column '{0}' at row 1"),
    Kind.TRUNCATED: (1265, "01000", "Data truncated for column '{0}' at row 1"),
    Kind.BAD_OPERATION: (1064, "42000", "Invalid operation {0}"),
    Kind.DIVISION: (1365, "22012", "Division by 0"),
    Kind.GROUPING: (1056, "42000", "Can't group on '{1}'"),
    Kind.AGGREGATE: (1111, "HY000", "Invalid use of group function"),
    Kind.READ_ONLY: (1142, "42000", "{0} command denied to user {1} for table '{2}'"),
}  # fmt: skip


def worded(error: SqlError, product: Product, database: str, parameter_database: str = "") -> Wording:
    """Return an error as a product words it; ``database`` is the one that was chosen."""
    if isinstance(error, MysqlError):
        return error.wording
    special = _SPECIAL.get(error.kind)
    if special is not None:
        return special(error, product, database or parameter_database)
    code, state, words = _WORDS[error.kind]
    return Wording(code, state, words.format(*error.arguments, "", "", "")[:480])


def _syntax(error: SqlError, product: Product, database: str) -> Wording:
    """Say near what the syntax is wrong."""
    del database
    rest, line = str(error.arguments[0]), error.arguments[1]
    words = _MANUAL.format(product.name) + f"'{rest[:_SHOWN_SYNTAX]}' at line {line}"
    return Wording(1064, "42000", words)


def _timeout(error: SqlError, product: Product, database: str) -> Wording:
    """Say that the statement took too long."""
    del error, database
    if product.is_mariadb:
        return Wording(1969, "70100", "Query execution was interrupted (max_statement_time exceeded)")
    return Wording(3024, "HY000", "Query execution was interrupted, maximum statement execution time exceeded")


def _function(error: SqlError, product: Product, database: str) -> Wording:
    """Say that there is no such function: in the chosen database, or at all."""
    schema, name = str(error.arguments[0]), error.arguments[1]
    del product
    holder = schema or database
    return Wording(1305, "42000", f"FUNCTION {holder + '.' if holder else ''}{name} does not exist")


def _duplicate(error: SqlError, product: Product, database: str) -> Wording:
    """Say that a key is taken; MySQL 8 names the table, too."""
    del database
    value, table, key = error.arguments
    name = key if product.is_mariadb else f"{table}.{key}"
    return Wording(1062, "23000", f"Duplicate entry '{str(value)[:64]}' for key '{name}'")


def _column(error: SqlError, product: Product, database: str) -> Wording:
    """Say that there is no such column; in keys it is another number."""
    del product, database
    name, clause = error.arguments
    if clause == "key":
        return Wording(1072, "42000", f"Key column '{name}' doesn't exist in table")
    return Wording(1054, "42S22", f"Unknown column '{name}' in '{clause}'")


def _value(error: SqlError, product: Product, database: str) -> Wording:
    """Say that a column does not take a value."""
    kind, value, *column = error.arguments
    if kind in ("date", "datetime"):
        where = (
            f"column `{database}`.`{column[0]}`" if product.is_mariadb and column else f"column '{column[0] if column else ''}'"
        )
        return Wording(1292, "22007", f"Incorrect {kind} value: '{value}' for {where} at row 1")
    if not column:
        return Wording(1327, "42000", f"Undeclared variable: {value}")
    return Wording(
        1366, "22007" if product.is_mariadb else "HY000", f"Incorrect {kind} value: '{value}' for column '{column[0]}' at row 1"
    )


_SPECIAL: dict[Kind, Callable[[SqlError, Product, str], Wording]] = {
    Kind.SYNTAX: _syntax, Kind.TIMEOUT: _timeout, Kind.UNKNOWN_FUNCTION: _function,

    Kind.DUPLICATE_KEY: _duplicate, Kind.UNKNOWN_COLUMN: _column, Kind.BAD_VALUE: _value,
}  # fmt: skip
