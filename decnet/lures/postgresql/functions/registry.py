# SPDX-License-Identifier: MIT
"""All functions of the server: the only list of them."""

from decnet.lures.postgresql.functions.arrays import ARRAYS
from decnet.lures.postgresql.functions.declare import Function
from decnet.lures.postgresql.functions.definitions import DEFINITIONS
from decnet.lures.postgresql.functions.moments import MOMENTS
from decnet.lures.postgresql.functions.numbers import NUMBERS
from decnet.lures.postgresql.functions.objects import OBJECTS
from decnet.lures.postgresql.functions.server import SERVER
from decnet.lures.postgresql.functions.text import TEXT
from decnet.lures.sql.value import Type

COLLECTIONS = (TEXT, ARRAYS, NUMBERS, MOMENTS, SERVER, DEFINITIONS, OBJECTS)
FUNCTIONS: dict[str, Function] = {name: one for collection in COLLECTIONS for name, one in collection.functions.items()}
TYPES: dict[str, Type | int] = {name: one for collection in COLLECTIONS for name, one in collection.types.items()}
BARE = frozenset((
    "current_user", "session_user", "user", "current_role", "current_catalog", "current_schema", "current_date", "current_time",
    "current_timestamp", "localtime", "localtimestamp",
))  # fmt: skip
"""Functions that are called without brackets."""
LAZY = frozenset(("coalesce",))
"""Functions of which not every argument is evaluated."""
