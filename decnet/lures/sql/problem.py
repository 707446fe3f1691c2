# SPDX-License-Identifier: MIT
"""What can be wrong with a statement; each dialect has its own words and numbers for it."""

from enum import Enum, auto


class Kind(Enum):
    """One kind of mistake; what the ``arguments`` of the ``SqlError`` are stands beside it."""

    SYNTAX = auto()
    """The rest of the statement from where it is wrong, its line (int), its offset in characters (int)."""
    EMPTY = auto()
    TOO_DEEP = auto()
    """Bytes used (int), bytes there are (int)."""
    TOO_LARGE = auto()
    """What is too large."""
    TIMEOUT = auto()
    NO_MEMORY = auto()
    """Bytes wanted (int)."""
    NO_DATABASE = auto()
    """No arguments (none was chosen)."""
    UNKNOWN_DATABASE = auto()
    """Name."""
    UNKNOWN_TABLE = auto()
    """Database, name."""
    NO_SYSTEM_TABLE = auto()
    """Name of a table that information_schema lacks."""
    UNKNOWN_COLUMN = auto()
    """Name, clause."""
    UNKNOWN_ALIAS = auto()
    """Name before the point of 'name.*'."""
    AMBIGUOUS_COLUMN = auto()
    """Name, clause."""
    UNKNOWN_FUNCTION = auto()
    """Database or schema, name, arguments as text."""
    ARGUMENT_COUNT = auto()
    """Name of a function."""
    UNKNOWN_VARIABLE = auto()
    """Name."""
    UNKNOWN_TYPE = auto()
    """Name."""
    NO_ALIAS = auto()
    """No arguments (a query in the place of a table has no name, and needs one)."""
    DATABASE_EXISTS = auto()
    """Name."""
    NO_SUCH_DATABASE = auto()
    """Name, of one that cannot be dropped."""
    TABLE_EXISTS = auto()
    """Name."""
    NO_SUCH_TABLE = auto()
    """Database, name, of one that cannot be dropped."""
    COLUMN_EXISTS = auto()
    """Name."""
    NO_SUCH_COLUMN = auto()
    """Name, table, of one that cannot be dropped."""
    DUPLICATE_KEY = auto()
    """Value, table, key."""
    NOT_NULL = auto()
    """Table, column."""
    NO_DEFAULT = auto()
    """Column, table, number of the row (int)."""
    NO_COLUMNS = auto()
    """No arguments (a table without columns)."""
    VALUE_COUNT = auto()
    """Number of the row (int)."""
    COLUMN_COUNT = auto()
    """How many columns of a subquery were wanted (int)."""
    UNION_COLUMNS = auto()
    """How many were wanted (int)."""
    NO_TABLES = auto()
    """No arguments (a star without FROM)."""
    SUBQUERY_ROWS = auto()
    OUT_OF_RANGE = auto()
    """Type, expression."""
    BAD_VALUE = auto()
    """Type, value, and the column where one was to keep it."""
    TOO_LONG = auto()
    """Column."""
    COLUMN_RANGE = auto()
    """Column whose range a number is out of."""
    TRUNCATED = auto()
    """Column that does not take a value."""
    BAD_OPERATION = auto()
    """Operator, left type, right type."""
    DIVISION = auto()
    GROUPING = auto()
    """Number of the expression (int), its text."""
    AGGREGATE = auto()
    """Name of a function where there can be none."""
    READ_ONLY = auto()
    """Command, user, table: what may not be changed."""
    DENIED = auto()
    """What, the words of the dialect's lure."""


class SqlError(Exception):
    """A statement that fails as it would in a real server; ``arguments`` are as beside ``kind``."""

    def __init__(self, kind: Kind, *arguments: str | int) -> None:
        super().__init__(kind.name, *arguments)
        self.kind = kind
        self.arguments = arguments
