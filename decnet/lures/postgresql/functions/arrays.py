# SPDX-License-Identifier: MIT
"""Functions of arrays."""

from typing import Any

from decnet.lures.postgresql.casting import array_items
from decnet.lures.postgresql.functions.declare import Collection
from decnet.lures.postgresql.functions.text import LONGEST
from decnet.lures.postgresql.shown import text_of
from decnet.lures.sql.value import Value

ARRAYS = Collection()
strict, plain = ARRAYS.strict, ARRAYS.plain


@strict("array_to_string", "text")
def array_to_string(_: Any, value: Value, separator: Value, missing: Value = "") -> Value:
    """Join the items of an array."""
    items = value if isinstance(value, list) else array_items(text_of(value))
    texts = [text_of(item) if item is not None else text_of(missing) for item in items if item is not None or missing]
    return text_of(separator).join(texts)[:LONGEST]


@strict("string_to_array regexp_split_to_array", "text[]")
def string_to_array(_: Any, value: Value, separator: Value) -> Value:
    """Cut a text into an array."""
    text = text_of(value)
    if not text:
        return []
    return list(text.split(text_of(separator))[:10_000]) if separator else [text]


@strict("array_length array_upper cardinality", "int4")
def array_length(_: Any, value: Value, _dimension: Value = 1) -> Value:
    """Count the items of an array."""
    items = value if isinstance(value, list) else array_items(text_of(value))
    return len(items) or None


@strict("array_lower", "int4")
def array_lower(_: Any, value: Value, _dimension: Value = 1) -> Value:
    """Return the place of the first item."""
    return 1 if value else None


@strict("array_position", "int4")
def array_position(_: Any, value: Value, wanted: Value) -> Value:
    """Return the place of an item."""
    items = value if isinstance(value, list) else array_items(text_of(value))
    return next((place for place, item in enumerate(items, 1) if item == wanted), None)


@plain("unnest generate_subscripts", "text")
def unnest(_: Any, value: Value, _dimension: Value = 1) -> Value:
    """Return the first item, where rows cannot be made of an array."""
    items = value if isinstance(value, list) else array_items(text_of(value)) if value else []
    return items[0] if items else None


@plain("array_append array_cat", 0)
def array_append(_: Any, value: Value, more: Value) -> Value:
    """Add to an array."""
    items = value if isinstance(value, list) else []
    return [*items, *(more if isinstance(more, list) else [more])]


@plain("array_remove", 0)
def array_remove(_: Any, value: Value, unwanted: Value) -> Value:
    """Leave items of an array out."""
    return [item for item in value if item != unwanted] if isinstance(value, list) else None
