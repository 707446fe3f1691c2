# SPDX-License-Identifier: MIT
"""Commands on strings."""

import time

from decnet.lures.redis.call import SYNTAX, Call, Handler, integer
from decnet.lures.redis.keyspace import MAX_BYTES, OUT_OF_MEMORY
from decnet.lures.redis.resp import OK, ReplyError, format_double

_UNITS = {"ex": 1.0, "px": 0.001, "exat": 1.0, "pxat": 0.001}
_LONGEST = 512 * 1024 * 1024
_TOO_LONG = "ERR string exceeds maximum allowed size (proto-max-bulk-len)"


def get(call: Call) -> bytes | None:
    """Return a string."""
    value: bytes | None = call.database.get(call.key, bytes)
    return value


def expiry(call: Call, unit: str, text: bytes) -> float:
    """Return the moment that an option names, in seconds since the epoch."""
    value = integer(text)
    if value <= 0:
        name = call.name
        shown = f"'{name}'" if call.instance.is_late else name
        suffix = " command" if call.instance.is_late else ""
        raise ReplyError(f"ERR invalid expire time in {shown}{suffix}")
    return value * _UNITS[unit] + (0 if unit.endswith("at") else time.time())


def _options(call: Call) -> tuple[set[str], float | None]:
    """Return the flags of SET and the moment when the key ends."""
    flags: set[str] = set()
    expires_at = None
    index = 3
    while index < len(call.arguments):
        word = call.word(index)
        if word in _UNITS and index + 1 < len(call.arguments) and not flags & {"keepttl", "expiry"}:
            expires_at = expiry(call, word, call.arguments[index + 1])
            flags.add("expiry")
            index += 1
        elif word in ("nx", "xx", "get", "keepttl") and word not in flags:
            flags.add(word)
        else:
            raise ReplyError(SYNTAX)
        index += 1
    if {"nx", "xx"} <= flags or {"keepttl", "expiry"} <= flags or (flags >= {"nx", "get"} and not call.instance.is_late):
        raise ReplyError(SYNTAX)
    return flags, expires_at


def set_(call: Call) -> object:
    """Set a string under conditions."""
    flags, expires_at = _options(call)
    entry = call.database.entry(call.key)
    old = get(call) if "get" in flags else None
    if ("nx" in flags and entry) or ("xx" in flags and not entry):
        return old
    call.charge(*call.arguments)
    if "keepttl" in flags and entry:
        expires_at = entry.expires_at
    call.database.put(call.key, call.arguments[2], expires_at=expires_at)
    call.changed()
    return old if "get" in flags else OK


def setnx(call: Call) -> int:
    """Set a string that is not there."""
    if call.database.entry(call.key):
        return 0
    call.charge(*call.arguments)
    call.database.put(call.key, call.arguments[2])
    call.changed()
    return 1


def setex(call: Call) -> str:
    """Set a string that ends."""
    expires_at = expiry(call, "px" if call.name == "psetex" else "ex", call.arguments[2])
    call.charge(*call.arguments)
    call.database.put(call.key, call.arguments[3], expires_at=expires_at)
    call.changed()
    return OK


def getset(call: Call) -> bytes | None:
    """Set a string and return the one before."""
    old = get(call)
    call.charge(*call.arguments)
    call.database.put(call.key, call.arguments[2])
    call.changed()
    return old


def getdel(call: Call) -> bytes | None:
    """Return a string and remove it."""
    old = get(call)
    call.database.entries.pop(call.key, None)
    return old


def getex(call: Call) -> bytes | None:
    """Return a string and set when it ends."""
    old = get(call)
    entry = call.database.entry(call.key)
    word = call.word(2)
    if word in _UNITS and len(call.arguments) == 4:
        expires_at: float | None = expiry(call, word, call.arguments[3])
    elif word == "persist" or not word:
        expires_at = None
    else:
        raise ReplyError(SYNTAX)
    if entry and word:
        entry.expires_at = expires_at
    return old


def _pairs(call: Call) -> list[tuple[bytes, bytes]]:
    """Return keys and values; raise ``ReplyError`` where one is missing."""
    items = call.arguments[1:]
    if len(items) % 2:
        shown = f"'{call.name}' command" if call.instance.is_late else call.name.upper()
        raise ReplyError(f"ERR wrong number of arguments for {shown}")
    return list(zip(items[::2], items[1::2], strict=True))


def mset(call: Call) -> str:
    """Set several strings."""
    pairs = _pairs(call)
    call.charge(*call.arguments)
    for key, value in pairs:
        call.database.put(key, value)
    call.changed(len(pairs))
    return OK


def msetnx(call: Call) -> int:
    """Set several strings where none of them is there."""
    pairs = _pairs(call)
    if any(call.database.entry(key) for key, _ in pairs):
        return 0
    mset(call)
    return 1


def mget(call: Call) -> list[bytes | None]:
    """Return several strings; other types count as absent."""
    entries = [call.database.entry(key) for key in call.arguments[1:]]
    return [entry.value if entry and isinstance(entry.value, bytes) else None for entry in entries]


def append(call: Call) -> int:
    """Append to a string."""
    value = (get(call) or b"") + call.arguments[2]
    call.charge(call.arguments[2])
    call.database.change(call.key, value)
    call.changed()
    return len(value)


def strlen(call: Call) -> int:
    """Return the length of a string."""
    return len(get(call) or b"")


def _add(call: Call, amount: int) -> int:
    """Add to a number."""
    value = integer(get(call) or b"0") + amount
    if not -(1 << 63) <= value < 1 << 63:
        raise ReplyError("ERR increment or decrement would overflow")
    call.charge(call.key)
    call.database.change(call.key, b"%d" % value)
    call.changed()
    return value


def incr(call: Call) -> int:
    """Add one, or take one away."""
    return _add(call, -1 if call.name == "decr" else 1)


def incrby(call: Call) -> int:
    """Add a number."""
    amount = call.integer(2)
    return _add(call, -amount if call.name == "decrby" else amount)


def incrbyfloat(call: Call) -> bytes:
    """Add a floating point number."""
    old = get(call)
    amount = call.number(2)
    try:
        value = float(old) + amount if old is not None else amount
    except ValueError:
        raise ReplyError("ERR value is not a valid float") from None
    if value in (float("inf"), float("-inf")) or value != value:  # noqa: PLR0124 - only NaN differs from itself
        raise ReplyError("ERR increment would produce NaN or Infinity")
    text = format_double(value)
    call.charge(call.key)
    call.database.change(call.key, text)
    call.changed()
    return text


def span(length: int, start: int, end: int) -> tuple[int, int]:
    """Return Python's bounds of a range whose negative ends count from the back."""
    low = max(0, start + length if start < 0 else start)
    high = end + length if end < 0 else end
    return (low, min(high + 1, length)) if low <= high else (0, 0)


def getrange(call: Call) -> bytes:
    """Return a part of a string."""
    start, end = call.integer(2), call.integer(3)
    value = get(call) or b""
    low, high = span(len(value), start, end)
    return value[low:high]


def _grown(call: Call, size: int) -> bytearray:
    """Return a string as bytes of at least ``size``, or say that there is no room."""
    if size > MAX_BYTES:
        raise ReplyError(OUT_OF_MEMORY)
    value = bytearray(get(call) or b"")
    call.charge(bytes(max(0, size - len(value))))
    value.extend(bytes(max(0, size - len(value))))
    return value


def setrange(call: Call) -> int:
    """Overwrite a part of a string."""
    offset, patch = call.integer(2), call.arguments[3]
    if offset < 0:
        raise ReplyError("ERR offset is out of range")
    if not patch:
        return strlen(call)
    if offset + len(patch) > _LONGEST:
        raise ReplyError(_TOO_LONG if call.instance.is_late else "ERR string exceeds maximum allowed size (512MB)")
    value = _grown(call, offset + len(patch))
    value[offset : offset + len(patch)] = patch
    call.database.change(call.key, bytes(value))
    call.changed()
    return len(value)


def _bit_offset(call: Call) -> int:
    """Return the place of a bit."""
    error = "ERR bit offset is not an integer or out of range"
    offset = integer(call.arguments[2], error)
    if not 0 <= offset < _LONGEST * 8:
        raise ReplyError(error)
    return offset


def setbit(call: Call) -> int:
    """Set a bit and return the one before."""
    offset = _bit_offset(call)
    if call.arguments[3] not in (b"0", b"1"):
        raise ReplyError("ERR bit is not an integer or out of range")
    value = _grown(call, offset // 8 + 1)
    mask = 128 >> offset % 8
    old = int(bool(value[offset // 8] & mask))
    value[offset // 8] = value[offset // 8] | mask if call.arguments[3] == b"1" else value[offset // 8] & ~mask
    call.database.change(call.key, bytes(value))
    call.changed()
    return old


def getbit(call: Call) -> int:
    """Return a bit."""
    offset = _bit_offset(call)
    value = get(call) or b""
    return value[offset // 8] >> (7 - offset % 8) & 1 if offset // 8 < len(value) else 0


def bitcount(call: Call) -> int:
    """Count the bits that are set."""
    value = get(call) or b""
    if len(call.arguments) == 2:
        return int.from_bytes(value).bit_count()
    if len(call.arguments) != 4:
        raise ReplyError(SYNTAX)
    low, high = span(len(value), call.integer(2), call.integer(3))
    return int.from_bytes(value[low:high]).bit_count()


STRINGS: dict[str, Handler] = {
    "get": get, "set": set_, "setnx": setnx, "setex": setex, "psetex": setex, "getset": getset, "getdel": getdel,
    "getex": getex,
    "mset": mset, "msetnx": msetnx, "mget": mget, "append": append, "strlen": strlen, "incr": incr, "decr": incr,
    "incrby": incrby, "decrby": incrby, "incrbyfloat": incrbyfloat, "getrange": getrange, "substr": getrange,
    "setrange": setrange, "setbit": setbit, "getbit": getbit, "bitcount": bitcount,
}  # fmt: skip
