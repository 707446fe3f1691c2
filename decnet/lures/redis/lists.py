# SPDX-License-Identifier: MIT
"""Commands on lists."""

import time

from decnet.lures.redis.call import SYNTAX, Call, Handler, integer
from decnet.lures.redis.generic import NO_KEY
from decnet.lures.redis.keyspace import List
from decnet.lures.redis.resp import NULL_ARRAY, OK, ReplyError
from decnet.lures.redis.strings import span


def _list(call: Call, key: bytes | None = None) -> List:
    """Return the list of a key, an empty one where there is none."""
    return call.database.get(call.key if key is None else key, List) or List()


def push(call: Call) -> int:
    """Put items at an end."""
    value = _list(call)
    if call.name.endswith("x") and not value:
        return 0
    items = call.arguments[2:]
    for item in items:
        call.charge(item)
    if call.name.startswith("l"):
        value[:0] = items[::-1]
    else:
        value.extend(items)
    call.database.change(call.key, value)
    call.changed(len(items))
    return len(value)


def _pop(call: Call, key: bytes, count: int, *, left: bool) -> list[bytes]:
    """Take items from an end."""
    value = _list(call, key)
    items = value[:count] if left else value[: -count - 1 : -1]
    del value[slice(0, count) if left else slice(max(0, len(value) - count), None)]
    call.database.change(key, value)
    call.changed(len(items))
    return list(items)


def pop(call: Call) -> object:
    """Take one item, or several, from an end."""
    left = call.name == "lpop"
    if len(call.arguments) == 2:
        return next(iter(_pop(call, call.key, 1, left=left)), None)
    if len(call.arguments) > 3 or not call.instance.rows["lpop"].takes(3) or call.instance.version < (6, 2):
        raise ReplyError(f"ERR wrong number of arguments for '{call.name}' command")
    count = integer(call.arguments[2], "ERR value is out of range, must be positive")
    if count < 0:
        raise ReplyError("ERR value is out of range, must be positive")
    if not _list(call):
        return NULL_ARRAY
    return _pop(call, call.key, count, left=left)


def blocking_pop(call: Call) -> object:
    """Take one item from the first list that has one, or be silent for a while."""
    seconds = timeout(call.arguments[-1])
    for key in call.arguments[1:-1]:
        if _list(call, key):
            return [key, *_pop(call, key, 1, left=call.name == "blpop")]
    call.client.silent_until = time.time() + seconds if seconds else float("inf")
    return NULL_ARRAY


def timeout(text: bytes) -> float:
    """Return how long a blocking command waits, in seconds."""
    try:
        seconds = float(text)
    except ValueError:
        raise ReplyError("ERR timeout is not a float or out of range") from None
    if seconds < 0:
        raise ReplyError("ERR timeout is negative")
    return seconds


def lrange(call: Call) -> list[bytes]:
    """Return a part of a list."""
    start, end = call.integer(2), call.integer(3)
    value = _list(call)
    low, high = span(len(value), start, end)
    return list(value[low:high])


def llen(call: Call) -> int:
    """Count items."""
    return len(_list(call))


def lindex(call: Call) -> bytes | None:
    """Return an item."""
    value, index = _list(call), call.integer(2)
    return value[index] if -len(value) <= index < len(value) else None


def lset(call: Call) -> str:
    """Replace an item."""
    value, index = _list(call), call.integer(2)
    if not value:
        raise ReplyError(NO_KEY)
    if not -len(value) <= index < len(value):
        raise ReplyError("ERR index out of range")
    call.charge(call.arguments[3])
    value[index] = call.arguments[3]
    call.changed()
    return OK


def lrem(call: Call) -> int:
    """Remove items that are equal to one."""
    count, item = call.integer(2), call.arguments[3]
    value = _list(call)
    places = [index for index, other in enumerate(value) if other == item]
    if count < 0:
        places = places[count:]
    elif count > 0:
        places = places[:count]
    for index in reversed(places):
        del value[index]
    call.database.change(call.key, value)
    call.changed(len(places))
    return len(places)


def ltrim(call: Call) -> str:
    """Keep a part of a list."""
    start, end = call.integer(2), call.integer(3)
    value = _list(call)
    low, high = span(len(value), start, end)
    call.database.change(call.key, List(value[low:high]))
    call.changed()
    return OK


def linsert(call: Call) -> int:
    """Put an item beside another."""
    where = call.word(2)
    if where not in ("before", "after"):
        raise ReplyError(SYNTAX)
    value = _list(call)
    if call.arguments[3] not in value:
        return -1 if value else 0
    call.charge(call.arguments[4])
    value.insert(value.index(call.arguments[3]) + (where == "after"), call.arguments[4])
    call.changed()
    return len(value)


def lmove(call: Call) -> bytes | None:
    """Take an item from one list and put it into another."""
    is_plain = call.name == "rpoplpush"
    sides = ("right", "left") if is_plain else (call.word(3), call.word(4))
    if not set(sides) <= {"left", "right"}:
        raise ReplyError(SYNTAX)
    _list(call, call.arguments[2])
    items = _pop(call, call.key, 1, left=sides[0] == "left")
    if not items:
        return None
    target = _list(call, call.arguments[2])
    target.insert(0 if sides[1] == "left" else len(target), items[0])
    call.database.change(call.arguments[2], target)
    return items[0]


def lpos(call: Call) -> int | None:
    """Return the place of an item."""
    value = _list(call)
    return value.index(call.arguments[2]) if call.arguments[2] in value else None


LISTS: dict[str, Handler] = {
    "lpush": push, "rpush": push, "lpushx": push, "rpushx": push, "lpop": pop, "rpop": pop, "blpop": blocking_pop,
    "brpop": blocking_pop, "lrange": lrange, "llen": llen, "lindex": lindex, "lset": lset, "lrem": lrem, "ltrim": ltrim,
    "linsert": linsert, "lmove": lmove, "rpoplpush": lmove, "lpos": lpos,
}  # fmt: skip
