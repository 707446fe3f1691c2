# SPDX-License-Identifier: MIT
"""Commands on sets."""

from typing import Any

from decnet.lures.redis.call import SYNTAX, Call, Handler, integer
from decnet.lures.redis.generic import cursor, scan_options
from decnet.lures.redis.glob import matches
from decnet.lures.redis.hashes import picked
from decnet.lures.redis.keyspace import Set
from decnet.lures.redis.resp import ReplyError


def _set(call: Call, key: bytes | None = None) -> Set:
    """Return the set of a key, an empty one where there is none."""
    return call.database.get(call.key if key is None else key, Set) or Set()


def sadd(call: Call) -> int:
    """Add members."""
    value = _set(call)
    before = len(value)
    for member in call.arguments[2:]:
        call.charge(member)
        value[member] = None
    call.database.change(call.key, value)
    call.changed(len(value) - before)
    return len(value) - before


def srem(call: Call) -> int:
    """Remove members."""
    value = _set(call)
    before = len(value)
    for member in call.arguments[2:]:
        value.pop(member, None)
    call.database.change(call.key, value)
    call.changed(before - len(value))
    return before - len(value)


def smembers(call: Call) -> object:
    """Return all members."""
    return _members(_ordered(_set(call)), call)


def _ordered(value: Set) -> list[bytes]:
    """Return members as Redis would: numbers in order, the rest as they came."""
    if all(member.removeprefix(b"-").isdigit() for member in value):
        return sorted(value, key=int)
    return list(value)


def _members(members: list[bytes], call: Call) -> object:
    """Return members as a set where the protocol knows one."""
    return frozenset(members) if call.client.protocol > 2 else members


def sismember(call: Call) -> int:
    """Whether something is a member."""
    return int(call.arguments[2] in _set(call))


def smismember(call: Call) -> list[int]:
    """Whether several things are members."""
    value = _set(call)
    return [int(member in value) for member in call.arguments[2:]]


def scard(call: Call) -> int:
    """Count members."""
    return len(_set(call))


def spop(call: Call) -> object:
    """Take any member, or several."""
    value = _set(call)
    count = 1
    if len(call.arguments) > 2:
        count = integer(call.arguments[2], "ERR value is out of range, must be positive")
        if count < 0:
            raise ReplyError("ERR value is out of range, must be positive")
    members = list(value)[:count]
    for member in members:
        del value[member]
    call.database.change(call.key, value)
    call.changed(len(members))
    return _members(members, call) if len(call.arguments) > 2 else next(iter(members), None)


def srandmember(call: Call) -> object:
    """Return any member, or several."""
    value = list(_set(call))
    if len(call.arguments) == 2:
        return next(iter(value), None)
    if len(call.arguments) > 3:
        raise ReplyError(SYNTAX)
    return picked(value, call.integer(2))


def _combine(call: Call, names: list[bytes], kind: str) -> Set:
    """Return the union, the intersection or the difference of sets."""
    sets = [_set(call, name) for name in names]
    if kind == "sunion":
        return Set({member: None for value in sets for member in value})
    first, *others = sets
    if kind == "sinter":
        return Set({member: None for member in first if all(member in value for value in others)})
    return Set({member: None for member in first if not any(member in value for value in others)})


def combine(call: Call) -> object:
    """Return a combination of sets."""
    return _members(_ordered(_combine(call, call.arguments[1:], call.name)), call)


def combine_store(call: Call) -> int:
    """Keep a combination of sets."""
    value = _combine(call, call.arguments[2:], call.name.removesuffix("store"))
    call.charge(*value)
    call.database.put(call.key, value)
    call.changed()
    return len(value)


def smove(call: Call) -> int:
    """Move a member to another set."""
    source, target, member = _set(call), _set(call, call.arguments[2]), call.arguments[3]
    if member not in source:
        return 0
    del source[member]
    target[member] = None
    call.database.change(call.key, source)
    call.database.change(call.arguments[2], target)
    call.changed()
    return 1


def sscan(call: Call) -> list[Any]:
    """Return members that match."""
    cursor(call.arguments[2])
    pattern, _, _ = scan_options(call, 3)
    return [b"0", [member for member in _set(call) if matches(pattern, member)]]


SETS: dict[str, Handler] = {
    "sadd": sadd, "srem": srem, "smembers": smembers, "sismember": sismember, "smismember": smismember, "scard": scard,
    "spop": spop, "srandmember": srandmember, "sinter": combine, "sunion": combine, "sdiff": combine,
    "sinterstore": combine_store, "sunionstore": combine_store, "sdiffstore": combine_store, "smove": smove, "sscan": sscan,
}  # fmt: skip
