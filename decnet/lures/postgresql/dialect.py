# SPDX-License-Identifier: MIT
"""The rules of PostgreSQL for the evaluator: names, types, comparisons, and where tables and functions are found."""

import json
from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any, ClassVar

from decnet.lures.postgresql.casting import cast_value, number_of, truth_of
from decnet.lures.postgresql.catalog.registry import system_table, table_of_function
from decnet.lures.postgresql.functions.registry import BARE, FUNCTIONS, LAZY, TYPES
from decnet.lures.postgresql.kind import BY_OID, REGISTERED, SERIALS, kind_named, oid_named
from decnet.lures.postgresql.operator import (
    NUMBERS,
    alike,
    calculate,
    collation_key,
    contains,
    json_part,
    rounded,
    time_arithmetic,
    time_type,
    title_of_value,
    type_name,
)
from decnet.lures.postgresql.pattern import compiled_regex, like_of, similar
from decnet.lures.postgresql.report import Report
from decnet.lures.postgresql.shown import text_of
from decnet.lures.postgresql.title import title_of_expression
from decnet.lures.sql import node
from decnet.lures.sql.context import Column, Context, Done, Rows
from decnet.lures.sql.dialect import Called, Dialect
from decnet.lures.sql.lexer import POSTGRES, Lexicon
from decnet.lures.sql.problem import Kind, SqlError
from decnet.lures.sql.value import Row, Type, Value
from decnet.lures.sql.world import Table

if TYPE_CHECKING:
    from decnet.lures.postgresql.work import Work

SYSTEM_SCHEMAS = ("pg_catalog", "information_schema", "pg_toast")
_NAME_BYTES = 63
_TEXT = Type("text", "text")
_INT = Type("int4", "integer")
_BIG = Type("int8", "integer")
_LONGEST = {"varchar": 10_485_760, "bpchar": 10_485_760, "bit": 83_886_080, "varbit": 83_886_080}
_MOST_DIGITS = 1000


class Postgres(Dialect):
    """PostgreSQL 12 and 13."""

    name: ClassVar[str] = "postgresql"
    lexicon: ClassVar[Lexicon] = POSTGRES
    bars_join: ClassVar[bool] = True
    has_exponents: ClassVar[bool] = True
    bare_functions: ClassVar[frozenset[str]] = BARE
    nulls_first: ClassVar[bool] = False
    true: ClassVar[Value] = True
    false: ClassVar[Value] = False
    true_text: ClassVar[str] = "true"
    false_text: ClassVar[str] = "false"
    planted_types: ClassVar[Mapping[str, str]] = {
        "serial": "int4",
        "int": "int4",
        "bigint": "int8",
        "datetime": "timestamp",
        "decimal": "numeric",
    }
    system_columns: ClassVar[frozenset[str]] = frozenset(("tableoid", "ctid", "xmin", "xmax", "cmin", "cmax"))
    lazy_functions: ClassVar[frozenset[str]] = LAZY

    # --- names

    def fold(self, name: str) -> str:
        """Return an unquoted name in lower case, cut where it is too long."""
        return name.lower().encode("utf-8", "surrogateescape")[:_NAME_BYTES].decode("utf-8", "surrogateescape")

    def column_title(self, expression: node.Expression) -> str:
        """Return the title of a column without an alias (FigureColname)."""
        return title_of_expression(expression) or "?column?"

    def key_title(self, table: str, columns: tuple[str, ...], kind: str) -> str:
        """Return the name of a key that was given none."""
        if kind == "PRI":
            return f"{table}_pkey"
        return f"{table}_{'_'.join(columns)}_{'key' if kind == 'UNI' else 'idx'}"

    def default_database(self, context: Context, table: str) -> str:
        """Return the schema of the search path that has a table; public where none has."""
        work: Work = context.lure
        return next((name for name in work.search_path() if context.world.table(name, table)), "public")

    def database_named(self, context: Context, parts: tuple[str, ...]) -> str:
        """Return the schema; what stands before it has to be the database of the connection."""
        work: Work = context.lure
        if len(parts) > 1 and parts[0] != work.backend.database:
            shown = ".".join(parts)
            raise Report(
                f'cross-database references are not implemented: "{shown}"', "0A000", routine="RangeVarGetRelidExtended"
            )
        return parts[-1]

    def creation_database(self, context: Context) -> str:
        """Return the first schema of the search path that is there."""
        work: Work = context.lure
        return next((name for name in work.search_path() if context.world.database(name)), "")

    def is_system_database(self, name: str) -> bool:
        """Whether a schema belongs to the server."""
        return name in SYSTEM_SCHEMAS

    def catalog(self, context: Context, parts: tuple[str, ...]) -> Table | None:
        """Return a table of pg_catalog, which is always searched first, or of information_schema."""
        return system_table(context.lure, parts[-2] if len(parts) > 1 else "", parts[-1])

    def system_column(self, context: Context, name: str, database: str, table: str) -> Value:
        """Return the number of a table; the other columns are those of a row that one transaction wrote."""
        if name == "tableoid":
            work: Work = context.lure
            return work.relation_oid(f"{database}.{table}" if database == "information_schema" else table) if table else 0
        return "(0,1)" if name == "ctid" else 552 if name == "xmin" else 0

    def table_function(self, context: Context, name: str, arguments: list[Value]) -> Table | None:
        """Return what a function gives as a table."""
        return table_of_function(context.lure, name, arguments)

    def function(self, context: Context, name: str, parts: tuple[str, ...]) -> Called | None:
        """Return a function of the server, or one that somebody made."""
        if len(parts) < 2 or parts[-2].lower() in ("pg_catalog", "public", "information_schema"):
            found = FUNCTIONS.get(name)
            if found is not None and (len(parts) < 2 or parts[-2].lower() != "public"):
                return found
        work: Work = context.lure
        return work.routine(name)

    def function_type(self, name: str, types: list[Type]) -> Type:
        """Return the type of what a function returns; for some it is that of an argument."""
        found = TYPES.get(name, _TEXT)
        if isinstance(found, Type):
            return found
        return next((type_ for type_ in types[found:] if type_.family != "null"), _TEXT)

    # --- types

    def type_named(
        self,
        name: str,
        length: int,
        scale: int,
        *,
        unsigned: bool = False,
        choices: tuple[str, ...] = (),
        is_array: bool = False,
    ) -> Type | None:
        """Return a type by its name."""
        del unsigned, choices
        if name in SERIALS:
            plain = {"2": "smallserial", "4": "serial", "8": "bigserial"}.get(name[-1], name)
            return Type(plain, "integer")
        if name == "char":
            name = "bpchar" if length else '"char"'
        if name.startswith("_") and oid_named(name[1:]):
            name, is_array = name[1:], True
        kind = kind_named(name)
        if kind is None:
            raise SqlError(Kind.UNKNOWN_TYPE, name)
        _refuse_long(kind.name, length, scale)
        shown = kind.title if kind.name in ("varchar", "char") else kind.name
        if is_array:
            return Type(kind.name + "[]", "array")
        if kind.name in ("bpchar", "bit"):
            length = length or 1
        return Type(shown, kind.family, length, scale)

    def cast(self, context: Context, value: Value, type_: Type) -> Value:
        """Return a value as another type."""
        if type_.name in REGISTERED:
            work: Work = context.lure
            return work.registered(value, type_.name)
        return cast_value(value, type_)

    def store(self, context: Context, value: Value, type_: Type, column: str) -> Value:
        """Return a value as a column keeps it."""
        if isinstance(value, str) and type_.family == "text" and type_.length:
            if len(value.rstrip(" ")) > type_.length:
                title = "character varying" if "var" in type_.name else "character"
                raise Report(f"value too long for type {title}({type_.length})", "22001", routine="varchar")
            value = value[: type_.length]
        if type_.family == "decimal" and type_.length and not isinstance(value, bool):
            return rounded(cast_value(value, type_), type_)
        return super().store(context, value, type_, column)

    def truth(self, value: Value) -> bool | None:
        """Return what a value is as a condition."""
        if value is None or isinstance(value, bool):
            return value
        if isinstance(value, str):
            return truth_of(value)
        raise Report(
            f"argument of WHERE must be type boolean, not type {title_of_value(value)}", "42804", routine="coerce_to_boolean"
        )

    def boolean(self, value: bool | None) -> Value:  # noqa: FBT001 - a value as others
        """Return a condition as a value."""
        return value

    def compare(self, left: Value, right: Value) -> int:
        """Return how two values are ordered; one that is written as a text is read as the other's type."""
        if isinstance(left, str) and isinstance(right, str):
            if left == right:
                return 0
            return -1 if collation_key(left) < collation_key(right) else 1
        one, other = alike(left, right)
        if one == other:
            return 0
        try:
            return -1 if one < other else 1
        except TypeError:
            raise SqlError(Kind.BAD_OPERATION, "=", type_name(left), type_name(right)) from None

    def key(self, value: Value) -> Any:
        """Return what is equal for values that are one."""
        if isinstance(value, list):
            return tuple(map(self.key, value))
        return (value, bool) if isinstance(value, bool) else value

    def arithmetic(self, operator: str, left: Value, right: Value) -> Value:
        """Return what an operator makes of values."""
        if operator in ("negative", "positive", "~"):
            number: Any = self.number(left) if not isinstance(left, timedelta) else left
            return ~int(number) if operator == "~" else -number if operator == "negative" else number
        if operator in ("->", "->>", "#>", "#>>"):
            return json_part(operator, left, right)
        if operator in ("@>", "<@", "&&"):
            return contains(operator, left, right)
        times = (datetime, date, time, timedelta)
        if isinstance(left, times) or isinstance(right, times):
            return time_arithmetic(operator, left, right)
        return calculate(operator, self.number(left), self.number(right))

    def text(self, value: Value) -> str:
        """Return a value as text."""
        return text_of(value)

    def number(self, value: Value) -> Value:
        """Return a value as a number; raises where it is none."""
        if isinstance(value, bool):
            raise SqlError(Kind.BAD_OPERATION, "+", "boolean", "integer")
        return value if isinstance(value, NUMBERS) else number_of(text_of(value))

    def like(self, operator: str, value: str, pattern: str, escape: str) -> bool:
        """Whether a text is as a pattern says."""
        if operator in ("like", "ilike"):
            return like_of(value, pattern, escape, ignores_case=operator == "ilike")
        if operator.startswith("similar"):
            return similar(pattern)(value)
        return compiled_regex(pattern, ignores_case=operator == "iregexp")(value)

    def items(self, value: Value) -> list[Value] | None:
        """Return the items of an array, which may be written as a text."""
        if value is None or isinstance(value, list):
            return value
        if isinstance(value, str) and not value.startswith("{"):
            return list(value)  # a name is an array of characters, too
        return cast_value(value, Type("text[]", "array"))  # type: ignore[return-value]  # a list by its type

    def operation_type(self, operator: str, left: Type, right: Type) -> Type:  # noqa: PLR0911 - a line for each kind
        """Return the type of what an operator makes."""
        families = {left.family, right.family}
        if operator in ("->", "#>"):
            return Type("jsonb" if "jsonb" in left.name else "json", "text")
        if operator in ("@>", "<@", "&&"):
            return Type("bool", "boolean")
        if operator in ("->>", "#>>"):
            return _TEXT
        if families & {"date", "datetime", "time"}:
            return time_type(operator, left, right)
        if "float" in families or operator == "^":
            return Type("float8", "float")
        if "decimal" in families:
            return Type("numeric", "decimal")
        return _BIG if {left.name, right.name} & {"int8", "bigint"} else _INT

    def interval(self, context: Context, amount: Value, unit: str) -> Value:
        """Return an interval."""
        del context
        written = text_of(amount) + (f" {unit}" if unit else "")
        return cast_value(written, Type("interval", "time"))

    def sum_type(self, type_: Type) -> Type:
        """Return the type of a sum: bigint of integers, numeric of bigint."""
        if type_.family == "integer":
            return Type("numeric", "decimal") if type_.name in ("int8", "bigint") else _BIG
        return type_ if type_.family in ("float", "time") else Type("numeric", "decimal")

    def average(self, total: Value, count: int) -> Value:
        """Return an average."""
        if isinstance(total, (float, timedelta)):
            return total / count
        return (Decimal(str(total)) / count).quantize(Decimal("1.0000000000000000"))

    def average_type(self, type_: Type) -> Type:
        """Return the type of an average."""
        return type_ if type_.family in ("float", "time") else Type("numeric", "decimal")

    def type_of_null(self) -> Type:
        """Return the type of a column of nothing but NULL."""
        return _TEXT

    def json(self, value: Value) -> str:
        """Return a value as JSON."""
        if isinstance(value, list):
            return "[" + ",".join(map(self.json, value)) + "]"
        if isinstance(value, (bool, int, float)) or value is None:
            return json.dumps(value)
        return json.dumps(text_of(value), ensure_ascii=False)

    # --- what statements of the core leave to the server

    def variable(self, context: Context, scope: str, name: str) -> Value:
        """Refuse variables, which there are none of."""
        del context, scope
        raise SqlError(Kind.UNKNOWN_COLUMN, name, "")

    def dropped(self, context: Context, statement: node.Drop) -> Done:
        """Drop what is no table: indexes, types, functions."""
        work: Work = context.lure
        return work.drop(statement)

    def transaction(self, context: Context, statement: node.Transaction) -> Done:
        """Begin or end a transaction."""
        work: Work = context.lure
        return work.change_transaction(statement.what)

    def explained(self, context: Context, statement: node.Explain) -> Rows:
        """Say how a statement would be run."""
        work: Work = context.lure
        lines = work.explain(statement)
        return Rows([Column("QUERY PLAN", _TEXT)], [(line,) for line in lines], "explain")

    def into(self, context: Context, into: tuple[str, Any], columns: list[Column], rows: list[Row]) -> None:
        """Make a table of a result (SELECT INTO)."""
        work: Work = context.lure
        work.select_into(into, columns, rows)

    def may(self, context: Context, what: str, parts: tuple[str, ...]) -> None:
        """Refuse what a role that is no superuser may not do."""
        work: Work = context.lure
        work.may(what, parts)


def oid_of_type(type_: Type) -> int:
    """Return the number of the evaluator's type; what it makes up itself is a text."""
    if type_.name in ("varchar", "null"):
        return 25
    if type_.name == "varchar[]":
        return 1009
    if type_.name in ("varbinary", "blob"):
        return 17
    if type_.name == "datetime":
        return 1184
    found = oid_named(type_.name)
    return found if found in BY_OID or found else 25


def _refuse_long(name: str, length: int, scale: int) -> None:
    """Raise ``Report`` for a type that is longer than the server has it; a column of such a one could not be told."""
    if name == "numeric" and length > _MOST_DIGITS:
        words = f"NUMERIC precision {length} must be between 1 and {_MOST_DIGITS}"
        raise Report(words, "22023", routine="numerictypmodin")
    if name == "numeric" and scale > length:
        words = f"NUMERIC scale {scale} must be between 0 and precision {length}"
        raise Report(words, "22023", routine="numerictypmodin")
    if length > _LONGEST.get(name, length):
        shown, routine = ("char" if name == "bpchar" else name), ("anybit" if "bit" in name else "anychar")
        raise Report(f"length for type {shown} cannot exceed {_LONGEST[name]}", "22023", routine=f"{routine}_typmodin")
