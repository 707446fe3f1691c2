# SPDX-License-Identifier: MIT
"""Commands on hashes."""

from typing import Any

from decnet.lures.redis.call import SYNTAX, Call, Handler, integer, number
from decnet.lures.redis.generic import cursor, scan_options
from decnet.lures.redis.glob import matches
from decnet.lures.redis.keyspace import Hash
from decnet.lures.redis.resp import OK, ReplyError, format_double

MAX_PICKED = 10_000


def _hash(call: Call) -> Hash:
    """Return the hash of a key, an empty one where there is none."""
    return call.database.get(call.key, Hash) or Hash()


def hset(call: Call) -> object:
    """Set fields."""
    items = call.arguments[2:]
    if len(items) % 2:
        raise ReplyError(f"ERR wrong number of arguments for '{call.name}' command")
    value = _hash(call)
    before = len(value)
    for field, content in zip(items[::2], items[1::2], strict=True):
        call.charge(field, content)
        value[field] = content
    call.database.change(call.key, value)
    call.changed(len(items) // 2)
    return OK if call.name == "hmset" else len(value) - before


def hsetnx(call: Call) -> int:
    """Set a field that is not there."""
    value = _hash(call)
    if call.arguments[2] in value:
        return 0
    call.charge(*call.arguments)
    value[call.arguments[2]] = call.arguments[3]
    call.database.change(call.key, value)
    call.changed()
    return 1


def hget(call: Call) -> bytes | None:
    """Return a field."""
    return _hash(call).get(call.arguments[2])


def hmget(call: Call) -> list[bytes | None]:
    """Return several fields."""
    value = _hash(call)
    return [value.get(field) for field in call.arguments[2:]]


def hgetall(call: Call) -> dict[bytes, bytes]:
    """Return all fields."""
    return dict(_hash(call))


def hdel(call: Call) -> int:
    """Remove fields."""
    value = _hash(call)
    gone = [field for field in call.arguments[2:] if value.pop(field, None) is not None]
    call.database.change(call.key, value)
    call.changed(len(gone))
    return len(gone)


def hexists(call: Call) -> int:
    """Whether a field is there."""
    return int(call.arguments[2] in _hash(call))


def hlen(call: Call) -> int:
    """Count fields."""
    return len(_hash(call))


def hkeys(call: Call) -> list[bytes]:
    """Return the names of all fields."""
    return list(_hash(call))


def hvals(call: Call) -> list[bytes]:
    """Return the values of all fields."""
    return list(_hash(call).values())


def hstrlen(call: Call) -> int:
    """Return the length of a field's value."""
    return len(_hash(call).get(call.arguments[2], b""))


def hincrby(call: Call) -> int:
    """Add to a field."""
    amount = call.integer(3)
    value = _hash(call)
    total = integer(value.get(call.arguments[2], b"0"), "ERR hash value is not an integer") + amount
    call.charge(call.arguments[2])
    value[call.arguments[2]] = b"%d" % total
    call.database.change(call.key, value)
    call.changed()
    return total


def hincrbyfloat(call: Call) -> bytes:
    """Add a floating point number to a field."""
    amount = call.number(3)
    value = _hash(call)
    text = format_double(number(value.get(call.arguments[2], b"0"), "ERR hash value is not a float") + amount)
    call.charge(call.arguments[2])
    value[call.arguments[2]] = text
    call.database.change(call.key, value)
    call.changed()
    return text


def hscan(call: Call) -> list[Any]:
    """Return fields that match."""
    cursor(call.arguments[2])
    pattern, _, _ = scan_options(call, 3)
    found = [item for field, content in _hash(call).items() if matches(pattern, field) for item in (field, content)]
    return [b"0", found]


def picked(names: list[bytes], count: int) -> list[bytes]:
    """Return some of ``names``; a negative count may repeat them."""
    if count >= 0:
        return names[:count]
    return [names[index % len(names)] for index in range(min(-count, MAX_PICKED))] if names else []


def hrandfield(call: Call) -> object:
    """Return any fields."""
    value = _hash(call)
    if len(call.arguments) == 2:
        return next(iter(value), None)
    names = picked(list(value), call.integer(2))
    if call.word(3) not in ("", "withvalues"):
        raise ReplyError(SYNTAX)
    if not call.word(3):
        return names
    pairs = [[name, value[name]] for name in names]
    return pairs if call.client.protocol > 2 else [item for pair in pairs for item in pair]


HASHES: dict[str, Handler] = {
    "hset": hset, "hmset": hset, "hsetnx": hsetnx, "hget": hget, "hmget": hmget, "hgetall": hgetall, "hdel": hdel,
    "hexists": hexists, "hlen": hlen, "hkeys": hkeys, "hvals": hvals, "hstrlen": hstrlen, "hincrby": hincrby,
    "hincrbyfloat": hincrbyfloat, "hscan": hscan, "hrandfield": hrandfield,
}  # fmt: skip
