# SPDX-License-Identifier: MIT
"""
What differs between the servers that speak SQL; a lure has a subclass of ``Dialect``.

A method that a lure overrides gets everything that it may need in its arguments. It may raise ``SqlError`` and nothing else.
"""

import json
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from functools import cmp_to_key
from typing import Any, ClassVar

from decnet.lures.sql.budget import Budget
from decnet.lures.sql.lexer import Lexicon
from decnet.lures.sql.node import Drop, Explain, Expression, Name, Transaction
from decnet.lures.sql.outcome import Column, Done, Rows
from decnet.lures.sql.problem import Kind, SqlError
from decnet.lures.sql.value import BIGINT, DECIMAL, DOUBLE, NULL, TEXT, VARCHAR, Row, Type, Value
from decnet.lures.sql.world import Table, World

Called = Callable[..., Value]
"""A function of SQL: the context, then the values of its arguments; it may raise ``TypeError`` for a wrong number of them."""


class Dialect(ABC):
    """The rules of one server; what stands here is what both have in common."""

    name: ClassVar[str] = ""
    lexicon: ClassVar[Lexicon]
    bars_join: ClassVar[bool] = False
    """``||`` joins texts, and the operators and brackets of PostgreSQL are known."""
    has_exponents: ClassVar[bool] = False
    """``^`` is a power, not an exclusive or."""
    bare_functions: ClassVar[frozenset[str]] = frozenset()
    """Functions that are called without brackets."""
    schema_word: ClassVar[str] = "schema"
    """What DROP SCHEMA drops."""
    updates_see_changes: ClassVar[bool] = False
    """Whether an UPDATE sees the columns that it set further left."""
    nulls_first: ClassVar[bool] = True
    """Whether NULL comes first in an ascending order."""
    true_text: ClassVar[str] = "1"
    false_text: ClassVar[str] = "0"
    planted_types: ClassVar[Mapping[str, str]] = {}
    """What the types of planted columns are called: serial, datetime, boolean; a type that is missing has its own name."""
    longest_list: int = 65_536
    """Characters of what GROUP_CONCAT and its kin return."""
    system_columns: ClassVar[frozenset[str]] = frozenset()
    """Names of columns that every table has without declaring them."""
    true: ClassVar[Value] = 1
    false: ClassVar[Value] = 0
    types: ClassVar[Mapping[str, tuple[str, str, int]]] = {}
    """Names of types in lower case: the name that the server shows, the family, the length where none is given."""
    functions: ClassVar[Mapping[str, Called]] = {}
    lazy_functions: ClassVar[frozenset[str]] = frozenset()
    """Functions that get, for each argument, a function that gives its value: IF and its kin evaluate only one of them."""
    function_types: ClassVar[Mapping[str, Type]] = {}
    """Types of what functions return; where there is none, the values decide."""

    def __init__(self, version: int) -> None:
        self.version = version
        """As comments compare it: 100523 is 10.5.23."""

    def fold(self, name: str) -> str:
        """Return an unquoted name as the server keeps it."""
        return name

    def same_name(self, one: str, other: str) -> bool:
        """Whether two names of columns, aliases or functions are the same."""
        return one.lower() == other.lower()

    def values_title(self, place: int) -> str:
        """Return the title of a column of VALUES; the first one is 1."""
        return f"column{place}"

    def column_title(self, expression: Expression) -> str:
        """Return the title of a column that has no alias."""
        return expression.column if isinstance(expression, Name) else expression.source

    def binary(self, digits: str, base: int) -> Value:
        """Return a literal of hexadecimal or binary digits."""
        width = len(digits) // 2 if base == 16 else -(-len(digits) // 8)
        return int(digits or "0", base).to_bytes(max(width, (len(digits) + 1) // 2 if base == 16 else width))

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
        """Return a type by its name; None where the server has none of that name."""
        found = self.types.get(name)
        if found is None:
            return None
        shown, family, default = found
        if is_array:
            return Type(shown + "[]", "array")
        return Type(shown, family, length or default, scale, unsigned, choices)

    def truth(self, value: Value) -> bool | None:
        """Return what a value is as a condition; None is unknown."""
        return None if value is None else bool(value)

    def boolean(self, value: bool | None) -> Value:  # noqa: FBT001 - a value as others
        """Return a condition as a value."""
        return None if value is None else int(value)

    @abstractmethod
    def compare(self, left: Value, right: Value) -> int:
        """Return less than, equal to or more than 0 as ``left`` is before, equal to or behind ``right``; neither is None."""

    def key(self, value: Value) -> Any:
        """Return what is equal for values that are one to GROUP BY, DISTINCT, UNION and unique keys."""
        return value

    @abstractmethod
    def arithmetic(self, operator: str, left: Value, right: Value) -> Value:
        """Return what an operator makes of two values that are not None; of one where ``operator`` is ``negative`` or ``~``."""

    def text(self, value: Value) -> str:
        """Return a value, not None, as text."""
        return str(value)

    def number(self, value: Value) -> Value:
        """Return a value, not None, as the number that it counts as."""
        return value

    def json(self, value: Value) -> str:
        """Return a value as JSON."""
        return "null" if value is None else json.dumps(value if isinstance(value, (bool, int, float)) else self.text(value))

    @abstractmethod
    def like(self, operator: str, value: str, pattern: str, escape: str) -> bool:
        """Whether a text is as a pattern says; ``operator`` is like, ilike, regexp or iregexp."""

    @abstractmethod
    def cast(self, context: "Context", value: Value, type_: Type) -> Value:
        """Return a value as another type, as CAST does."""

    def store(self, context: "Context", value: Value, type_: Type, column: str) -> Value:
        """Return a value, not None, as a column keeps it."""
        del column
        return self.cast(context, value, type_)

    def implicit_default(self, context: "Context", type_: Type) -> Value:
        """Return what stands in a column that may not be NULL, has no default and was left out; None: that is an error."""
        del context, type_
        return None

    def function(self, context: "Context", name: str, parts: tuple[str, ...]) -> Called | None:
        """Return a function; None where there is none of that name."""
        del context, parts
        return self.functions.get(name)

    def function_type(self, name: str, types: list[Type]) -> Type:
        """Return the type of what a function returns."""
        del types
        return self.function_types.get(name, VARCHAR)

    def operation_type(self, operator: str, left: Type, right: Type) -> Type:
        """Return the type of what an operator between two values makes."""
        families = {left.family, right.family}
        if operator in ("->", "->>", "#>", "#>>"):
            return TEXT
        if "float" in families or families & {"text", "bytes"}:
            return DOUBLE
        return DECIMAL if "decimal" in families or operator == "/" else BIGINT

    def items(self, value: Value) -> list[Value] | None:
        """Return the items of an array, which may be written as a text."""
        return value if isinstance(value, list) else None

    def variable(self, context: "Context", scope: str, name: str) -> Value:
        """Return a system variable."""
        del context, scope
        raise SqlError(Kind.UNKNOWN_VARIABLE, name)

    def system_column(self, context: "Context", name: str, database: str, table: str) -> Value:
        """Return the value of a column of ``system_columns``, the same for all rows of a table."""
        del context, database, table
        raise SqlError(Kind.UNKNOWN_COLUMN, name, "field list")

    def default_database(self, context: "Context", table: str) -> str:
        """Return where a table without a database (or schema) before its name is looked for; empty: nowhere."""
        del table
        return context.database

    def database_named(self, context: "Context", parts: tuple[str, ...]) -> str:
        """Return the database (or schema) that the names before a table's name mean."""
        del context
        return parts[-1]

    def table_named(self, name: str) -> str:
        """Return the name of a table as it is kept."""
        return name

    def catalog(self, context: "Context", parts: tuple[str, ...]) -> Table | None:
        """Return a table that the server makes up itself (information_schema and others); None where there is none."""
        del context, parts
        return None

    def table_function(self, context: "Context", name: str, arguments: list[Value]) -> Table | None:
        """Return what a function gives in the place of a table; None where it is no such function."""
        del context, name, arguments
        return None

    @abstractmethod
    def interval(self, context: "Context", amount: Value, unit: str) -> Value:
        """Return an interval as a value that ``arithmetic`` knows."""

    def creation_database(self, context: "Context") -> str:
        """Return the database (or schema) in which a new table without one before its name is made; empty: nowhere."""
        return context.database

    def is_system_database(self, name: str) -> bool:
        """Whether a database (or schema) belongs to the server and is in no world."""
        del name
        return False

    def key_title(self, table: str, columns: tuple[str, ...], kind: str) -> str:
        """Return the name of a key that was given none."""
        del table, kind
        return columns[0]

    @abstractmethod
    def dropped(self, context: "Context", statement: Drop) -> Done:
        """Drop what is no table and no database: users, functions, indexes."""

    @abstractmethod
    def transaction(self, context: "Context", statement: Transaction) -> Done:
        """Begin or end a transaction, in words."""

    @abstractmethod
    def explained(self, context: "Context", statement: Explain) -> Rows:
        """Say how a statement would be run."""

    def sort_key(self, value: Value) -> Any:
        """Return what puts values in order, NULL among them."""
        ordered = cmp_to_key(self.compare)
        return (value is not None, ordered(value) if value is not None else 0)

    @abstractmethod
    def into(self, context: "Context", into: tuple[str, Any], columns: list[Column], rows: list[Row]) -> None:
        """Put the result of a query where its INTO says."""

    def missing_database(self, database: str, table: str) -> SqlError:
        """Return the error for a table whose database (or schema) is not there."""
        del table
        return SqlError(Kind.UNKNOWN_DATABASE, database)

    def missing_type(self, name: str, wrong: SqlError) -> SqlError:
        """Return the error for a type that is not there; ``wrong`` is that of the syntax where it stands."""
        del wrong
        return SqlError(Kind.UNKNOWN_TYPE, name)

    def may(self, context: "Context", what: str, parts: tuple[str, ...]) -> None:
        """
        Raise ``SqlError`` where the user may not do something.

        ``what`` is select, insert, update, delete, create, drop, alter, truncate, create database, drop database; ``parts``
        name the table, its database (or schema) first, or the database alone.
        """
        del context, what, parts

    def sum_type(self, type_: Type) -> Type:
        """Return the type of a sum or an average of values of a type."""
        return type_ if type_.family == "float" else Type("decimal", "decimal", 32)

    def average_type(self, type_: Type) -> Type:
        """Return the type of an average of values of a type."""
        return self.sum_type(type_)

    def average(self, total: Value, count: int) -> Value:
        """Return an average."""
        return total / count if isinstance(total, (float, Decimal)) else Decimal(str(total)) / count

    def type_of_null(self) -> Type:
        """Return the type of a column that holds nothing but NULL."""
        return NULL


@dataclass
class Context:
    """
    One connection of an attacker.

    ``database`` is the one that was chosen, empty where none was; ``schemas`` are searched for tables without one (only where
    the dialect has schemas). ``variables`` are those of the user (``@name``). ``lure`` belongs to the lure.
    """

    world: World
    dialect: Dialect
    user: str
    lure: Any = None
    database: str = ""
    variables: dict[str, Value] = field(default_factory=dict)
    parameters: list[Value] = field(default_factory=list)
    budget: Budget = field(default_factory=Budget)
    now: Callable[[], float] = time.time
    statement_at: float = 0.0
    last_insert_id: int = 0
    found_rows: int = 0
    row_count: int = 0

    def begin(self) -> None:
        """Begin a statement: a new budget, one moment for all of it."""
        self.budget = Budget()
        self.statement_at = self.now()
