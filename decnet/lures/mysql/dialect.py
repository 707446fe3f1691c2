# SPDX-License-Identifier: MIT
"""The rules of MariaDB and MySQL for the evaluator of statements."""

from collections.abc import Mapping
from typing import Any, ClassVar

from decnet.lures.mysql.catalog import SYSTEM_DATABASES, system_table
from decnet.lures.mysql.files import write_result
from decnet.lures.mysql.functions import CHOICES, NUMBER_FUNCTIONS, TEXT_FUNCTIONS, VALUE_FUNCTIONS
from decnet.lures.mysql.instance import visit_of
from decnet.lures.mysql.moments import MOMENT_FUNCTIONS, interval_of
from decnet.lures.mysql.product import Product
from decnet.lures.mysql.server_functions import SERVER_FUNCTIONS, brought_function
from decnet.lures.mysql.types import TYPES, cast, stored
from decnet.lures.mysql.values import calculate, collated, compare, number, text
from decnet.lures.mysql.variables import variable_value
from decnet.lures.mysql.wording import MysqlError, denied_database
from decnet.lures.shell.regex import Expression as Regex
from decnet.lures.shell.regex import PatternError
from decnet.lures.sql.context import Column, Context, Done, Rows
from decnet.lures.sql.dialect import Called, Dialect
from decnet.lures.sql.lexer import MYSQL, Lexicon
from decnet.lures.sql.like import like
from decnet.lures.sql.node import Drop, Explain, Expression, Literal, Transaction
from decnet.lures.sql.problem import Kind, SqlError
from decnet.lures.sql.value import BIGINT, DATE, DATETIME, DOUBLE, TEXT, VARCHAR, Row, Type, Value
from decnet.lures.sql.world import Table

_ZEROS: dict[str, Value] = {"integer": 0, "float": 0.0, "text": "", "bytes": b""}
_INTEGERS = ("length", "char_length", "ascii", "ord", "locate", "instr", "position", "field", "find_in_set", "strcmp", "sign",
             "floor", "ceil",
             "ceiling", "connection_id", "last_insert_id", "row_count", "found_rows", "sleep", "benchmark", "unix_timestamp",
             "year",
             "month", "day", "hour", "minute", "second", "isnull", "datediff", "bit_count", "crc32", "octet_length",
             "mod")  # fmt: skip
_REALS = ("pi", "sqrt", "pow", "power", "exp", "ln", "log", "log2", "log10", "sin", "cos", "tan", "rand")
_MOMENTS = ("now", "sysdate", "current_timestamp", "utc_timestamp", "from_unixtime", "localtime", "localtimestamp")
_FIRST = ("if", "ifnull", "coalesce", "nullif", "abs", "round", "truncate", "greatest", "least")


class MysqlDialect(Dialect):
    """MariaDB or MySQL."""

    name: ClassVar[str] = "mysql"
    lexicon: ClassVar[Lexicon] = MYSQL
    bare_functions: ClassVar[frozenset[str]] = frozenset((
        "current_user", "current_date", "current_time", "current_timestamp", "localtime", "localtimestamp", "utc_date",
        "utc_time",
        "utc_timestamp",
    ))  # fmt: skip
    types: ClassVar[Mapping[str, tuple[str, str, int]]] = TYPES
    planted_types: ClassVar[Mapping[str, str]] = {"serial": "int"}
    functions: ClassVar[Mapping[str, Called]] = {
        **TEXT_FUNCTIONS, **NUMBER_FUNCTIONS, **VALUE_FUNCTIONS, **MOMENT_FUNCTIONS, **SERVER_FUNCTIONS, **CHOICES,
    }  # fmt: skip
    lazy_functions: ClassVar[frozenset[str]] = frozenset((*CHOICES, "benchmark"))
    function_types: ClassVar[Mapping[str, Type]] = {
        **dict.fromkeys(_INTEGERS, BIGINT), **dict.fromkeys(_REALS, DOUBLE), **dict.fromkeys(_MOMENTS, DATETIME),
        "curdate": DATE, "current_date": DATE, "date": DATE, "load_file": Type("longblob", "bytes"),
        "unhex": Type("varbinary", "bytes", 255), "group_concat": TEXT,
    }  # fmt: skip
    updates_see_changes: ClassVar[bool] = True
    longest_list = 1024
    schema_word: ClassVar[str] = "database"

    def __init__(self, product: Product) -> None:
        super().__init__(product.number)
        self.product = product
        if product.is_mariadb:
            self.longest_list = 1 << 20  # group_concat_max_len of MariaDB from 10.2 on

    def values_title(self, place: int) -> str:
        """Return the title of a column of VALUES."""
        return f"column_{place - 1}"

    def column_title(self, expression: Expression) -> str:
        """Return the title of a column: a text shows its content, everything else is shown as it was written."""
        if isinstance(expression, Literal) and (isinstance(expression.value, str) or expression.value is None):
            return (expression.value or ("NULL" if expression.value is None else ""))[:64]
        if expression.source.lower() in ("true", "false"):
            return expression.source.upper()
        return super().column_title(expression)

    def average(self, total: Value, count: int) -> Value:
        """Return an average: exact ones have four more digits."""
        return calculate("/", total, count)

    def truth(self, value: Value) -> bool | None:
        """Return what a value is as a condition."""
        return None if value is None else number(value) != 0

    def boolean(self, value: bool | None) -> Value:  # noqa: FBT001 - a value as others
        """Return a condition as a number."""
        return None if value is None else int(value)

    def compare(self, left: Value, right: Value) -> int:
        """Return how two values are ordered."""
        return compare(left, right)

    def key(self, value: Value) -> Any:
        """Return what is equal for values that are one."""
        if isinstance(value, str):
            return collated(value)
        return value

    def number(self, value: Value) -> Value:
        """Return a value as the number that it counts as."""
        found = number(value)
        return (
            int(found) if isinstance(found, float) and isinstance(value, str) and value.strip().lstrip("-").isdigit() else found
        )

    def arithmetic(self, operator: str, left: Value, right: Value) -> Value:
        """Return what an operator makes of two values."""
        return calculate(operator, left, right)

    def text(self, value: Value) -> str:
        """Return a value as text."""
        return text(value)

    def like(self, operator: str, value: str, pattern: str, escape: str) -> bool:
        """Whether a text is as a pattern says."""
        if operator == "like":
            return like(value, pattern, escape)
        try:
            return Regex(pattern, extended=True, ignore_case=True).search(value) is not None
        except PatternError as error:
            raise MysqlError(1139, "42000", f"Got error '{error}' from regexp") from None

    def cast(self, context: Context, value: Value, type_: Type) -> Value:
        """Return a value in another type."""
        del context
        return cast(value, type_)

    def store(self, context: Context, value: Value, type_: Type, column: str) -> Value:
        """Return a value as a column keeps it."""
        del context
        return stored(value, type_, column)

    def implicit_default(self, context: Context, type_: Type) -> Value:
        """Return what a column holds that was left out; strict mode has nothing for it."""
        return _ZEROS.get(type_.family) if visit_of(context).settings.get("sql_mode") == "" else None

    def function(self, context: Context, name: str, parts: tuple[str, ...]) -> Called | None:
        """Return a function: of the server, or one that the attacker brought."""
        if len(parts) < 2 and name in self.functions:
            return self.functions[name]
        return brought_function(visit_of(context), name)

    def function_type(self, name: str, types: list[Type]) -> Type:
        """Return the type of what a function returns."""
        if name in _FIRST:
            known = [type_ for type_ in types[1 if name == "if" else 0 :] if type_.family != "null"]
            return known[0] if known else VARCHAR
        return self.function_types.get(name, VARCHAR)

    def variable(self, context: Context, scope: str, name: str) -> Value:
        """Return a system variable."""
        return variable_value(visit_of(context), scope, name)

    def catalog(self, context: Context, parts: tuple[str, ...]) -> Table | None:
        """Return a table that the server makes up itself."""
        database = parts[-2] if len(parts) > 1 else context.database
        return system_table(context, database.lower(), parts[-1])

    def interval(self, context: Context, amount: Value, unit: str) -> Value:
        """Return an interval."""
        del context
        return interval_of(amount, unit)

    def into(self, context: Context, into: tuple[str, Any], columns: list[Column], rows: list[Row]) -> None:
        """Write a file, or set variables."""
        write_result(context, into, columns, rows)

    def is_system_database(self, name: str) -> bool:
        """Whether a database belongs to the server and is in no world."""
        return name.lower() in SYSTEM_DATABASES

    def key_title(self, table: str, columns: tuple[str, ...], kind: str) -> str:
        """Return the name of a key that was given none."""
        del table
        return "PRIMARY" if kind == "PRI" else columns[0]

    def missing_database(self, database: str, table: str) -> SqlError:
        """Return the error for a table whose database is not there: MariaDB misses the table."""
        if self.product.is_mariadb:
            return SqlError(Kind.UNKNOWN_TABLE, database, table)
        return super().missing_database(database, table)

    def missing_type(self, name: str, wrong: SqlError) -> SqlError:
        """Return the error for a type that is not there: to MySQL 8 that is a mistake of syntax."""
        return super().missing_type(name, wrong) if self.product.is_mariadb else wrong

    def may(self, context: Context, what: str, parts: tuple[str, ...]) -> None:
        """Refuse what only others may do."""
        visit = visit_of(context)
        database = parts[0].lower()
        if database in SYSTEM_DATABASES and what != "select":
            raise denied_database(visit.user, visit.host, parts[0])
        allowed = visit.account.database
        if not allowed or database in (allowed.lower(), *SYSTEM_DATABASES):
            return
        if len(parts) == 1 or context.world.database(parts[0]) is None:
            raise denied_database(visit.user, visit.host, parts[0])
        table = parts[1]
        shown = f"`{parts[0]}`.`{table}`" if self.product.is_mariadb and self.version >= 100_600 else f"'{table}'"
        verb = {"truncate": "DROP"}.get(what, what.upper())
        raise MysqlError(1142, "42000", f"{verb} command denied to user '{visit.user}'@'{visit.host}' for table {shown}")

    def dropped(self, context: Context, statement: Drop) -> Done:
        """Drop users, functions and indexes."""
        visit = visit_of(context)
        if statement.what == "function":
            name = statement.names[0].parts[-1].lower()
            if visit.attacker.functions.pop(name, None) is None and not statement.if_exists:
                holder = f"{context.database}." if context.database else ""
                raise MysqlError(1305, "42000", f"FUNCTION {holder}{statement.names[0].parts[-1]} does not exist")
        return Done(f"drop {statement.what}")

    def transaction(self, context: Context, statement: Transaction) -> Done:
        """Begin or end a transaction, in words."""
        del context
        return Done(statement.what)

    def explained(self, context: Context, statement: Explain) -> Rows:
        """Say how a statement would be run."""
        del context, statement
        titles = ("id", "select_type", "table", "type", "possible_keys", "key", "key_len", "ref", "rows", "Extra")
        columns = [Column(title, BIGINT if title in ("id", "rows") else VARCHAR) for title in titles]
        return Rows(columns, [(1, "SIMPLE", None, None, None, None, None, None, None, "No tables used")])
