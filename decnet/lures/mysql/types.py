# SPDX-License-Identifier: MIT
"""Types of MySQL: their names, how a value gets into a column, how a type is shown."""

from datetime import date, timedelta
from decimal import Decimal, InvalidOperation
from typing import Any

from decnet.lures.mysql.values import integer, moment, number, rounded, text
from decnet.lures.sql.problem import Kind, SqlError
from decnet.lures.sql.value import Type, Value

TYPES: dict[str, tuple[str, str, int]] = {
    "tinyint": ("tinyint", "integer", 4), "smallint": ("smallint", "integer", 6), "mediumint": ("mediumint", "integer", 9),
    "int": ("int", "integer", 11), "integer": ("int", "integer", 11), "bigint": ("bigint", "integer", 20),
    "bool": ("tinyint", "integer", 1), "boolean": ("tinyint", "integer", 1), "bit": ("bit", "integer", 1),
    "decimal": ("decimal", "decimal", 10), "numeric": ("decimal", "decimal", 10), "dec": ("decimal", "decimal", 10),
    "float": ("float", "float", 0), "double": ("double", "float", 0), "real": ("double", "float", 0),
    "double precision": ("double", "float", 0), "char": ("char", "text", 1), "character": ("char", "text", 1),
    "nchar": ("char", "text", 1), "varchar": ("varchar", "text", 0), "nvarchar": ("varchar", "text", 0),
    "character varying": ("varchar", "text", 0), "tinytext": ("tinytext", "text", 0), "text": ("text", "text", 0),
    "mediumtext": ("mediumtext", "text", 0), "longtext": ("longtext", "text", 0), "long": ("mediumtext", "text", 0),
    "json": ("longtext", "text", 0), "enum": ("enum", "text", 0), "set": ("set", "text", 0), "binary": ("binary", "bytes", 1),
    "varbinary": ("varbinary", "bytes", 0), "tinyblob": ("tinyblob", "bytes", 0), "blob": ("blob", "bytes", 0),
    "mediumblob": ("mediumblob", "bytes", 0), "longblob": ("longblob", "bytes", 0), "date": ("date", "date", 0),
    "datetime": ("datetime", "datetime", 0), "timestamp": ("timestamp", "datetime", 0), "time": ("time", "time", 0),
    "year": ("year", "integer", 4), "signed": ("bigint", "integer", 20), "unsigned": ("bigint unsigned", "integer", 20),
    "serial": ("bigint", "integer", 20), "geometry": ("geometry", "bytes", 0), "inet6": ("inet6", "text", 39),
    "uuid": ("uuid", "text", 36),
}  # fmt: skip
_RANGES = {"tinyint": 8, "smallint": 16, "mediumint": 24, "int": 32, "bigint": 64}
_LENGTHS = {"tinytext": 255, "text": 65_535, "tinyblob": 255, "blob": 65_535}


def shown(type_: Type, *, is_mariadb: bool) -> str:
    """Return a type as DESCRIBE shows it; MySQL 8 shows no widths of whole numbers but ``tinyint(1)``."""
    name = type_.name
    if type_.choices:
        return f"{name}({','.join(repr(choice) for choice in type_.choices)})"
    unsigned = " unsigned" if type_.unsigned else ""
    if type_.family == "integer" and name in _RANGES:
        return f"{name}({_width(type_)}){unsigned}" if is_mariadb or type_.length == 1 else name + unsigned
    if name == "decimal":
        return f"decimal({type_.length},{type_.scale}){unsigned}"
    if name in ("varchar", "char", "varbinary", "binary", "bit"):
        return f"{name}({type_.length})"
    return name + unsigned


def _width(type_: Type) -> int:
    """Return the width of a whole number: one less where it has no sign."""
    default = next(length for name, (_, _, length) in TYPES.items() if name == type_.name)
    return type_.length - (type_.unsigned and type_.length == default and type_.name != "bigint")


def cast(value: Any, type_: Type) -> Value:
    """Return a value, not None, in another type, as CAST does: what does not fit becomes what is next to it."""
    if type_.family == "integer":
        whole = integer(value) if not isinstance(value, str) else int(number(value))
        return (
            whole & ((1 << 64) - 1)
            if type_.name.endswith("unsigned") or type_.unsigned
            else max(min(whole, (1 << 63) - 1), -(1 << 63))
        )
    if type_.family == "decimal":
        return _decimal(value, type_)
    if type_.family == "float":
        return float(number(value))
    if type_.family in ("date", "datetime", "time"):
        return _moment(value, type_)
    if type_.family == "bytes":
        octets = value if isinstance(value, bytes) else text(value).encode("utf-8", "surrogateescape")
        return octets[: type_.length] if type_.length > 1 else octets
    whole_text = text(value)
    return whole_text[: type_.length] if type_.length > 1 or (type_.length == 1 and type_.name != "char") else whole_text


def _decimal(value: Any, type_: Type) -> Value:
    """Return a value as an exact number."""
    found = number(value)
    try:
        exact = found if isinstance(found, Decimal) else Decimal(repr(found) if isinstance(found, float) else found)
    except InvalidOperation:
        return Decimal(0)
    return rounded(exact, type_.scale)


def _moment(value: Any, type_: Type) -> Value:
    """Return a value as a date, a moment or a time."""
    if type_.family == "time":
        return _time(value)
    found = moment(value)
    if found is None:
        return None
    return found.date() if type_.family == "date" else found


def _time(value: Any) -> Value:
    """Return a value as a time."""
    if isinstance(value, timedelta):
        return value
    written = text(value)
    parts = written.rpartition(" ")[2].split(":")
    if len(parts) < 2 or not all(part.isascii() and part.isdigit() and len(part) < 4 for part in parts[:3]):
        return None
    hours, minutes, seconds = (*map(int, parts[:3]), 0)[:3]
    return timedelta(hours=hours, minutes=minutes, seconds=seconds)


def stored(value: Any, type_: Type, column: str) -> Value:
    """Return a value, not None, as a column keeps it; raises where strict mode does."""
    if type_.family == "integer" and type_.name in _RANGES:
        return _stored_integer(value, type_, column)
    if (
        type_.family in ("decimal", "float")
        and isinstance(value, str)
        and not value.strip()[:1].isdigit()
        and value.strip()[:1] not in "+-."
    ):
        raise SqlError(Kind.BAD_VALUE, type_.name, value[:128], column)
    if type_.family in ("date", "datetime"):
        found = cast(value, type_)
        if found is None and not text(value).startswith("0000"):
            raise SqlError(Kind.BAD_VALUE, type_.family, text(value)[:128], column)
        return date(1, 1, 1) if found is None else found
    if type_.choices:
        return _choice(value, type_, column)
    if type_.family in ("text", "bytes"):
        limit = type_.length or _LENGTHS.get(type_.name, 1 << 24)
        made = value if isinstance(value, bytes) and type_.family == "bytes" else cast(value, Type(type_.name, type_.family))
        if isinstance(made, (str, bytes)) and len(made) > limit:
            raise SqlError(Kind.TOO_LONG, column)
        return made
    return cast(value, type_)


def _stored_integer(value: Any, type_: Type, column: str) -> int:
    """Return a whole number that fits its column."""
    if isinstance(value, str) and not value.strip().lstrip("+-").replace(".", "", 1).isdigit():
        raise SqlError(Kind.BAD_VALUE, "integer", value[:128], column)
    whole = integer(value)
    bits = _RANGES[type_.name]
    low, high = (0, (1 << bits) - 1) if type_.unsigned else (-(1 << bits - 1), (1 << bits - 1) - 1)
    if not low <= whole <= high:
        raise SqlError(Kind.COLUMN_RANGE, column)
    return whole


def _choice(value: Any, type_: Type, column: str) -> str:
    """Return one of the values of an enum, or several of a set."""
    written = text(value)
    wanted = written.split(",") if type_.name == "set" else [written]
    known = {choice.lower(): choice for choice in type_.choices}
    if isinstance(value, int) and 0 < value <= len(type_.choices):
        return type_.choices[value - 1]
    if any(one.lower() not in known for one in wanted):
        raise SqlError(Kind.TRUNCATED, column)
    return ",".join(known[one.lower()] for one in wanted)
