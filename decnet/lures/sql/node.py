# SPDX-License-Identifier: MIT
"""The parts that statements are made of, as they were written; nothing here is checked against any table."""

from collections.abc import Callable, Generator
from dataclasses import dataclass, field
from typing import Any

from decnet.lures.sql.value import Type, Value


@dataclass(slots=True, kw_only=True)
class Expression:
    """Base of all expressions; ``source`` is the text in the statement, ``depth`` how deep the tree below is."""

    source: str = ""
    depth: int = 1


@dataclass(slots=True)
class Literal(Expression):
    """A value; ``type`` where it was given one."""

    value: Value
    type: Type | None = None


@dataclass(slots=True)
class Name(Expression):
    """A column, perhaps with its table and database (or schema) before it; the parts in their order."""

    parts: tuple[str, ...]

    @property
    def column(self) -> str:
        """The last part."""
        return self.parts[-1]


@dataclass(slots=True)
class Star(Expression):
    """``*`` or ``name.*``."""

    parts: tuple[str, ...] = ()


@dataclass(slots=True)
class Place(Expression):
    """A column by its place in the row; ``*`` is replaced by these."""

    place: int


@dataclass(slots=True)
class Parameter(Expression):
    """A value that comes with the execution of a prepared statement; counted from 0."""

    index: int


@dataclass(slots=True)
class Variable(Expression):
    """``@name`` (scope ``user``) or ``@@scope.name`` (scope empty, ``global`` or ``session``)."""

    name: str
    scope: str


@dataclass(slots=True)
class Assignment(Expression):
    """``@name := value``."""

    name: str
    value: Expression


@dataclass(slots=True)
class Operation(Expression):
    """An operator, in lower case, with one or two operands."""

    operator: str
    operands: tuple[Expression, ...]


@dataclass(slots=True)
class Chain(Expression):
    """Several conditions joined by ``and``, ``or``, or texts by ``||``."""

    operator: str
    operands: list[Expression]


@dataclass(slots=True)
class Like(Expression):
    """LIKE, ILIKE, REGEXP and what a dialect has more (``operator``, lower case)."""

    operator: str
    value: Expression
    pattern: Expression
    negated: bool = False
    escape: Expression | None = None


@dataclass(slots=True)
class Among(Expression):
    """``value IN (a, b)`` or ``value IN (SELECT ...)``."""

    value: Expression
    choices: list[Expression] | None
    query: "Query | None"
    negated: bool = False


@dataclass(slots=True)
class Quantified(Expression):
    """``value = ANY (...)`` or ALL; ``source_`` is a query or an array."""

    operator: str
    value: Expression
    every: bool
    query: "Query | None"
    array: Expression | None = None


@dataclass(slots=True)
class Between(Expression):
    """``value BETWEEN low AND high``."""

    value: Expression
    low: Expression
    high: Expression
    negated: bool = False


@dataclass(slots=True)
class Is(Expression):
    """``value IS NULL``, TRUE, FALSE, UNKNOWN (``what`` in lower case)."""

    value: Expression
    what: str
    negated: bool = False


@dataclass(slots=True)
class Case(Expression):
    """``CASE [subject] WHEN ... THEN ... ELSE ... END``."""

    subject: Expression | None
    branches: list[tuple[Expression, Expression]]
    otherwise: Expression | None


@dataclass(slots=True)
class Cast(Expression):
    """``CAST(value AS type)`` and ``value::type``."""

    value: Expression
    type: Type


@dataclass(slots=True)
class Function(Expression):
    """A call; ``name`` in lower case, ``parts`` as written, ``options`` for what stands inside besides arguments."""

    name: str
    arguments: list[Expression]
    parts: tuple[str, ...] = ()
    distinct: bool = False
    star: bool = False
    order: list["Order"] = field(default_factory=list)
    options: dict[str, Any] = field(default_factory=dict)


@dataclass(slots=True)
class Interval(Expression):
    """``INTERVAL amount unit``."""

    amount: Expression
    unit: str


@dataclass(slots=True)
class Tuple(Expression):
    """``(a, b)``."""

    items: list[Expression]


@dataclass(slots=True)
class Array(Expression):
    """``ARRAY[a, b]`` or ``ARRAY(SELECT ...)``."""

    items: list[Expression]
    query: "Query | None" = None


@dataclass(slots=True)
class Subscript(Expression):
    """``value[index]``; counted from 1."""

    value: Expression
    index: Expression


@dataclass(slots=True)
class Scalar(Expression):
    """``(SELECT ...)`` where one value is wanted."""

    query: "Query"


@dataclass(slots=True)
class Exists(Expression):
    """``EXISTS (SELECT ...)``."""

    query: "Query"


@dataclass(slots=True)
class Order:
    """One key of an ORDER BY; ``nulls_first`` is None where nothing is said."""

    value: Expression
    descending: bool = False
    nulls_first: bool | None = None


@dataclass(slots=True)
class Item:
    """One column of a select list."""

    value: Expression
    alias: str = ""


@dataclass(slots=True)
class TableName:
    """A table, perhaps with its database (or schema) before it, the parts in their order, and its alias."""

    parts: tuple[str, ...]
    alias: str = ""
    columns: tuple[str, ...] = ()


@dataclass(slots=True)
class Derived:
    """A query in the place of a table; ``lateral`` ones are not told apart."""

    query: "Query"
    alias: str
    columns: tuple[str, ...] = ()


@dataclass(slots=True)
class TableFunction:
    """A function in the place of a table."""

    call: Function
    alias: str
    columns: tuple[str, ...] = ()


@dataclass(slots=True)
class Join:
    """Two sources; ``kind`` is ``inner``, ``left`` or ``right``; a condition, or the names of common columns."""

    left: "Source"
    right: "Source"
    kind: str
    condition: Expression | None = None
    using: tuple[str, ...] = ()
    natural: bool = False


Source = TableName | Derived | TableFunction | Join


@dataclass(slots=True)
class Select:
    """One SELECT without what stands behind a union."""

    items: list[Item]
    source: Source | None = None
    where: Expression | None = None
    group: list[Expression] = field(default_factory=list)
    having: Expression | None = None
    distinct: bool = False
    options: dict[str, Any] = field(default_factory=dict)


@dataclass(slots=True)
class Values:
    """``VALUES (...), (...)``."""

    rows: list[list[Expression]]


@dataclass(slots=True)
class Query:
    """
    Selects joined by unions, their order and their limit.

    ``unions`` holds (word, everything kept, part); the word is union, intersect or except. ``into`` is what the dialect found
    behind INTO (``("outfile", path)``, ``("dumpfile", path)``, ``("variables", names)``, ``("table", parts)``).
    """

    first: "Select | Values | Query"
    unions: list[tuple[str, bool, "Select | Values | Query"]] = field(default_factory=list)
    order: list[Order] = field(default_factory=list)
    limit: Expression | None = None
    offset: Expression | None = None
    common: list[tuple[str, tuple[str, ...], "Query"]] = field(default_factory=list)
    into: tuple[str, Any] | None = None
    source: str = ""


@dataclass(slots=True)
class Insert:
    """INSERT and REPLACE; ``ignore`` lets wrong rows pass, ``update`` is what a duplicate does instead (None: it fails)."""

    table: TableName
    columns: tuple[str, ...]
    rows: list[list[Expression | None]]
    query: Query | None = None
    replace: bool = False
    ignore: bool = False
    update: list[tuple[str, Expression]] | None = None
    returning: list[Item] = field(default_factory=list)


@dataclass(slots=True)
class Update:
    """UPDATE of one table."""

    table: TableName
    changes: list[tuple[str, Expression]]
    where: Expression | None
    order: list[Order] = field(default_factory=list)
    limit: Expression | None = None
    returning: list[Item] = field(default_factory=list)


@dataclass(slots=True)
class Delete:
    """DELETE from one table."""

    table: TableName
    where: Expression | None
    order: list[Order] = field(default_factory=list)
    limit: Expression | None = None
    returning: list[Item] = field(default_factory=list)


@dataclass(slots=True)
class ColumnDefinition:
    """A column of CREATE or ALTER TABLE; ``key`` is empty, ``PRI`` or ``UNI``."""

    name: str
    type: Type
    nullable: bool = True
    default: Expression | None = None
    automatic: bool = False
    key: str = ""
    comment: str = ""


@dataclass(slots=True)
class KeyDefinition:
    """A key of several columns; ``kind`` is ``PRI``, ``UNI`` or ``MUL``."""

    name: str
    columns: tuple[str, ...]
    kind: str


@dataclass(slots=True)
class CreateTable:
    """CREATE TABLE; ``like`` and ``query`` are the other ways of saying what is in it."""

    table: TableName
    columns: list[ColumnDefinition]
    keys: list[KeyDefinition] = field(default_factory=list)
    if_not_exists: bool = False
    temporary: bool = False
    like: TableName | None = None
    query: Query | None = None
    options: dict[str, str] = field(default_factory=dict)


@dataclass(slots=True)
class CreateDatabase:
    """CREATE DATABASE or SCHEMA (``what``)."""

    name: str
    what: str
    if_not_exists: bool = False
    options: dict[str, str] = field(default_factory=dict)


@dataclass(slots=True)
class CreateView:
    """CREATE VIEW; it is kept as the table that its query gives."""

    table: TableName
    query: Query
    replace: bool = False


@dataclass(slots=True)
class CreateIndex:
    """CREATE INDEX."""

    key: KeyDefinition
    table: TableName
    if_not_exists: bool = False


@dataclass(slots=True)
class Drop:
    """DROP of tables, views, databases, indexes and others; ``what`` in lower case."""

    what: str
    names: list[TableName]
    if_exists: bool = False


@dataclass(slots=True)
class Truncate:
    """TRUNCATE."""

    tables: list[TableName]


@dataclass(slots=True)
class Alteration:
    """
    One change of a table.

    ``what`` is add, drop, modify (``name`` is what the column was called), rename (a column), table (to ``name``), key, other.
    """

    what: str
    name: str = ""
    column: ColumnDefinition | None = None
    key: KeyDefinition | None = None


@dataclass(slots=True)
class AlterTable:
    """ALTER TABLE and RENAME TABLE."""

    table: TableName
    alterations: list[Alteration]
    if_exists: bool = False


@dataclass(slots=True)
class Transaction:
    """BEGIN, COMMIT, ROLLBACK, SAVEPOINT and RELEASE; nothing is ever rolled back."""

    what: str


@dataclass(slots=True)
class Explain:
    """EXPLAIN of a statement; ``text`` is what was written."""

    text: str
    statement: Any


@dataclass(slots=True)
class Own:
    """
    A statement that only one dialect knows.

    ``run`` takes the context and returns a generator that yields now and then and returns the outcome.
    """

    verb: str
    run: Callable[[Any], Generator[None, None, Any]]
    detail: dict[str, Any] = field(default_factory=dict)


Statement = (
    Query | Insert | Update | Delete | CreateTable | CreateDatabase | CreateView | CreateIndex | Drop | Truncate | AlterTable
    | Transaction | Explain | Own
)  # fmt: skip
