# SPDX-License-Identifier: MIT
"""Commands on keys of any type."""

import time
from typing import Any

from decnet.lures.redis.call import NOT_INTEGER, SYNTAX, Call, Handler, integer
from decnet.lures.redis.glob import matches
from decnet.lures.redis.keyspace import TYPE_NAMES, Entry, Hash, List, Set, SortedSet
from decnet.lures.redis.resp import OK, ReplyError, Simple, format_double

NO_KEY = "ERR no such key"
_SMALL = 128
_EMBEDDED = 44


def delete(call: Call) -> int:
    """Remove keys."""
    gone = [key for key in call.arguments[1:] if call.database.entry(key) and call.database.entries.pop(key, None)]
    call.changed(len(gone))
    return len(gone)


def exists(call: Call) -> int:
    """Count the keys that are there."""
    return sum(call.database.entry(key) is not None for key in call.arguments[1:])


def expire(call: Call) -> int:
    """Set when a key ends."""
    value = call.integer(2)
    seconds = value / 1000 if call.name.startswith("p") else float(value)
    moment = seconds if call.name.endswith("at") else time.time() + seconds
    conditions = {call.word(index) for index in range(3, len(call.arguments))}
    for index in range(3, len(call.arguments)):
        if call.word(index) not in ("nx", "xx", "gt", "lt"):
            raise ReplyError(f"ERR Unsupported option {call.arguments[index].decode('latin-1')[:128]}")
    entry = call.database.entry(call.key)
    if entry is None or not all(_holds(condition, entry, moment) for condition in conditions):
        return 0
    call.changed()
    if moment <= time.time():
        del call.database.entries[call.key]
    else:
        entry.expires_at = moment
    return 1


def _holds(condition: str, entry: Entry, moment: float) -> bool:
    """Whether a condition of EXPIRE holds."""
    now = entry.expires_at if entry.expires_at is not None else float("inf")
    has_end = entry.expires_at is not None
    return {"nx": not has_end, "xx": has_end, "gt": moment > now, "lt": moment < now}[condition]


def ttl(call: Call) -> int:
    """Return how long a key lives, or when it ends."""
    entry = call.database.entry(call.key)
    if entry is None or entry.expires_at is None:
        return -2 if entry is None else -1
    value = entry.expires_at if call.name.endswith("expiretime") else entry.expires_at - time.time()
    return int(value * 1000) if call.name.startswith("p") else int(value + 0.5)


def persist(call: Call) -> int:
    """Let a key live for ever."""
    entry = call.database.entry(call.key)
    if entry is None or entry.expires_at is None:
        return 0
    entry.expires_at = None
    call.changed()
    return 1


def type_(call: Call) -> Simple:
    """Return the type of a key."""
    entry = call.database.entry(call.key)
    return Simple(TYPE_NAMES[type(entry.value)] if entry else "none")


def keys(call: Call) -> list[bytes]:
    """Return the keys that match a pattern."""
    return [key for key in call.database.names() if matches(call.key, key)]


def scan_options(call: Call, index: int) -> tuple[bytes, int, str]:
    """Return pattern, count and type of a SCAN."""
    pattern, count, kind = b"*", 10, ""
    while index < len(call.arguments):
        word = call.word(index)
        if index + 1 >= len(call.arguments) or word not in ("match", "count", "type"):
            raise ReplyError(SYNTAX)
        value = call.arguments[index + 1]
        if word == "match":
            pattern = value
        elif word == "type":
            kind = value.decode("latin-1").lower()
        else:
            count = integer(value)
            if count < 1:
                raise ReplyError(SYNTAX)
        index += 2
    return pattern, count, kind


def cursor(text: bytes) -> int:
    """Return the cursor of a SCAN."""
    if not text.isdigit() or len(text) > 20:
        raise ReplyError("ERR invalid cursor")
    return int(text)


def scan(call: Call) -> list[Any]:
    """Return some keys, and where to go on."""
    start = cursor(call.key)
    pattern, count, kind = scan_options(call, 2)
    names = sorted(call.database.names())
    found = [key for key in names[start : start + count] if matches(pattern, key)]
    if kind:
        found = [key for key in found if TYPE_NAMES[type(call.database.entries[key].value)] == kind]
    following = start + count
    return [b"%d" % following if following < len(names) else b"0", found]


def dbsize(call: Call) -> int:
    """Count all keys."""
    return len(call.database.names())


def randomkey(call: Call) -> bytes | None:
    """Return any key."""
    names = call.database.names()
    return names[time.time_ns() // 1000 % len(names)] if names else None


def rename(call: Call) -> object:
    """Give a key another name."""
    entry = call.database.entry(call.key)
    if entry is None:
        raise ReplyError(NO_KEY)
    is_careful = call.name == "renamenx"
    if is_careful and call.database.entry(call.arguments[2]):
        return 0
    del call.database.entries[call.key]
    call.database.entries[call.arguments[2]] = entry
    call.changed()
    return 1 if is_careful else OK


def flush(call: Call) -> str:
    """Remove all keys of a database, or of all."""
    if len(call.arguments) > 2 or call.word(1) not in ("", "async", "sync"):
        raise ReplyError(SYNTAX)
    databases = [call.database] if call.name == "flushdb" else list(call.world.keyspace.databases.values())
    for database in databases:
        call.changed(len(database.entries))
        database.entries.clear()
    call.world.keyspace.freed()
    return OK


def database_number(text: bytes, error: str) -> int:
    """Return the number of a database."""
    value = integer(text, error)
    if not 0 <= value < 16:
        raise ReplyError("ERR DB index is out of range")
    return value


def select(call: Call) -> str:
    """Choose a database."""
    error = NOT_INTEGER if call.instance.is_late else "ERR invalid DB index"
    call.client.database = database_number(call.key, error)
    return OK


def move(call: Call) -> int:
    """Move a key to another database."""
    number = database_number(call.arguments[2], NOT_INTEGER)
    if number == call.client.database:
        raise ReplyError("ERR source and destination objects are the same")
    target = call.world.keyspace.database(number)
    entry = call.database.entry(call.key)
    if entry is None or target.entry(call.key):
        return 0
    target.entries[call.key] = call.database.entries.pop(call.key)
    call.changed()
    return 1


def copy(call: Call) -> int:
    """Copy a key."""
    words = [call.word(index) for index in range(3, len(call.arguments))]
    if words not in ([], ["replace"]):
        raise ReplyError(SYNTAX)
    entry = call.database.entry(call.key)
    if entry is None or (not words and call.database.entry(call.arguments[2])):
        return 0
    value = entry.value if isinstance(entry.value, bytes) else type(entry.value)(entry.value)  # type: ignore[arg-type]  # its own type copies it
    call.charge(value if isinstance(value, bytes) else bytes(len(value) * 64))
    call.database.put(call.arguments[2], value, expires_at=entry.expires_at)
    call.changed()
    return 1


def encoding(entry: Entry, *, is_late: bool) -> str:
    """Return how Redis would hold a value."""
    value = entry.value
    small = "listpack" if is_late else "ziplist"
    match value:
        case bytes():
            return _string_encoding(value)
        case List():
            return "quicklist"
        case Set():
            is_numeric = all(item.removeprefix(b"-").isdigit() for item in value)
            return "intset" if is_numeric and len(value) <= 512 else "hashtable"
        case SortedSet():
            return small if len(value) <= _SMALL else "skiplist"
        case Hash():
            return small if len(value) <= _SMALL else "hashtable"


def _string_encoding(value: bytes) -> str:
    """Return how Redis would hold a string."""
    try:
        integer(value)
    except ReplyError:
        return "embstr" if len(value) <= _EMBEDDED else "raw"
    return "int"


def object_(call: Call) -> object:
    """Tell how a value is held."""
    word = call.word(1)
    if word == "freq":
        raise ReplyError(
            "ERR An LFU maxmemory policy is not selected, access frequency not tracked. Please note that when switching "
            "between policies at runtime LRU and LFU data will take some time to adjust."
        )
    entry = call.database.entry(call.arguments[2])
    if entry is None:
        return None
    return {"encoding": encoding(entry, is_late=call.instance.is_late).encode(), "refcount": 1, "idletime": 0}.get(word)


def sort(call: Call) -> list[bytes]:
    """Return a collection in order; patterns are not followed."""
    entry = call.database.entry(call.key)
    if entry is None:
        return []
    if isinstance(entry.value, bytes | Hash):
        raise ReplyError("WRONGTYPE Operation against a key holding the wrong kind of value")
    words = [call.word(index) for index in range(2, len(call.arguments))]
    items: list[bytes] = list(entry.value)
    if "alpha" not in words:
        items.sort(key=_as_number)
    else:
        items.sort()
    return items[::-1] if "desc" in words else items


def _as_number(item: bytes) -> float:
    """Return what SORT compares."""
    try:
        return float(item)
    except ValueError:
        raise ReplyError("ERR One or more scores can't be converted into double") from None


def dump(call: Call) -> None:
    """Answer as for an absent key; a payload that nothing restores would say more."""
    if call.database.entry(call.key):
        raise ReplyError("NOPERM this user has no permissions to run the 'dump' command")


def restore(call: Call) -> None:
    """Refuse a payload: its checksum is never right."""
    if call.integer(2) < 0:
        raise ReplyError("ERR Invalid TTL value, must be >= 0")
    if call.database.entry(call.key) and "replace" not in [call.word(index) for index in range(4, len(call.arguments))]:
        raise ReplyError("BUSYKEY Target key name already exists.")
    raise ReplyError("ERR DUMP payload version or checksum are wrong")


def swapdb(call: Call) -> str:
    """Exchange two databases."""
    first = database_number(call.arguments[1], "ERR invalid first DB index")
    second = database_number(call.arguments[2], "ERR invalid second DB index")
    keyspace = call.world.keyspace
    one, other = keyspace.database(first), keyspace.database(second)
    keyspace.databases[first], keyspace.databases[second] = other, one
    call.changed()
    return OK


def scored(pairs: list[tuple[bytes, float]], *, nested: bool) -> list[Any]:
    """Return members with their scores: pairs in RESP3, a flat list in RESP2."""
    if nested:
        return [[member, score] for member, score in pairs]
    return [item for member, score in pairs for item in (member, format_double(score))]


GENERIC: dict[str, Handler] = {
    "del": delete, "unlink": delete, "exists": exists, "touch": exists, "expire": expire, "pexpire": expire, "expireat": expire,
    "pexpireat": expire, "ttl": ttl, "pttl": ttl, "expiretime": ttl, "pexpiretime": ttl, "persist": persist, "type": type_,
    "keys": keys, "scan": scan, "dbsize": dbsize, "randomkey": randomkey, "rename": rename, "renamenx": rename,
    "flushdb": flush, "flushall": flush, "select": select, "move": move, "copy": copy, "object|encoding": object_,
    "object|freq": object_,
    "object|idletime": object_, "object|refcount": object_, "sort": sort,
    "sort_ro": sort, "dump": dump, "restore": restore, "restore-asking": restore, "swapdb": swapdb,
}  # fmt: skip
