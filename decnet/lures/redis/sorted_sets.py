# SPDX-License-Identifier: MIT
"""Commands on sorted sets."""

from typing import Any

from decnet.lures.redis.call import SYNTAX, Call, Handler, integer, number
from decnet.lures.redis.generic import cursor, scan_options, scored
from decnet.lures.redis.glob import matches
from decnet.lures.redis.keyspace import SortedSet
from decnet.lures.redis.resp import ReplyError, format_double
from decnet.lures.redis.strings import span

_CONDITIONS = ("nx", "xx", "gt", "lt", "ch", "incr")
Pairs = list[tuple[bytes, float]]


def _sorted_set(call: Call) -> SortedSet:
    """Return the sorted set of a key, an empty one where there is none."""
    return call.database.get(call.key, SortedSet) or SortedSet()


def _reply(call: Call, pairs: Pairs, *, with_scores: bool) -> list[Any]:
    """Return members, with their scores where they were asked for."""
    return scored(pairs, nested=call.client.protocol > 2) if with_scores else [member for member, _ in pairs]


def zadd(call: Call) -> object:
    """Set the scores of members under conditions."""
    index = 2
    flags: set[str] = set()
    while call.word(index) in _CONDITIONS:
        flags.add(call.word(index))
        index += 1
    items = call.arguments[index:]
    if not items or len(items) % 2:
        raise ReplyError(SYNTAX)
    if {"nx", "xx"} <= flags:
        raise ReplyError("ERR XX and NX options at the same time are not compatible")
    if len(flags & {"nx", "gt", "lt"}) > 1:
        raise ReplyError("ERR GT, LT, and/or NX options at the same time are not compatible")
    if "incr" in flags and len(items) > 2:
        raise ReplyError("ERR INCR option supports a single increment-element pair")
    pairs = [(number(score), member) for score, member in zip(items[::2], items[1::2], strict=True)]
    return _set_scores(call, pairs, flags)


def _set_scores(call: Call, pairs: list[tuple[float, bytes]], flags: set[str]) -> object:
    """Set scores; return the count, or with INCR the score."""
    value = _sorted_set(call)
    added = changed = 0
    score: float | None = None
    for amount, member in pairs:
        old = value.get(member)
        score = amount + (old or 0) if "incr" in flags else amount
        if not _may_set(old, score, flags):
            score = None
            continue
        call.charge(member)
        value[member] = score
        added += old is None
        changed += old is not None and old != score
    call.database.change(call.key, value)
    call.changed(added + changed)
    if "incr" in flags:
        return score
    return added + changed if "ch" in flags else added


def _may_set(old: float | None, score: float, flags: set[str]) -> bool:
    """Whether the conditions of ZADD let a score in."""
    if old is None:
        return "xx" not in flags
    return not ("nx" in flags or ("gt" in flags and score <= old) or ("lt" in flags and score >= old))


def zincrby(call: Call) -> float:
    """Add to a score."""
    value = _sorted_set(call)
    score = value.get(call.arguments[3], 0.0) + call.number(2)
    call.charge(call.arguments[3])
    value[call.arguments[3]] = score
    call.database.change(call.key, value)
    call.changed()
    return score


def zrange(call: Call) -> list[Any]:
    """Return members by rank, or with BYSCORE by score."""
    words = [call.word(index) for index in range(4, len(call.arguments))]
    if "byscore" in words:
        return _by_score(call, backwards="rev" in words)
    if set(words) - {"withscores", "rev"} or ("rev" in words and call.instance.version < (6, 2)):
        raise ReplyError(SYNTAX)
    start, end = call.integer(2), call.integer(3)
    pairs = _sorted_set(call).ordered()
    if "rev" in words or call.name == "zrevrange":
        pairs.reverse()
    low, high = span(len(pairs), start, end)
    return _reply(call, pairs[low:high], with_scores="withscores" in words)


def zrange_by_score(call: Call) -> list[Any]:
    """Return members by score."""
    return _by_score(call, backwards=call.name == "zrevrangebyscore")


def _by_score(call: Call, *, backwards: bool) -> list[Any]:
    """Return members between two scores."""
    words = [call.word(index) for index in range(4, len(call.arguments))]
    first, last = (3, 2) if backwards else (2, 3)
    pairs = _between(_sorted_set(call).ordered(), call.arguments[first], call.arguments[last])
    if backwards:
        pairs.reverse()
    if "limit" in words:
        place = 4 + words.index("limit")
        if place + 2 >= len(call.arguments):
            raise ReplyError(SYNTAX)
        offset, count = call.integer(place + 1), call.integer(place + 2)
        pairs = pairs[max(0, offset) :] if count < 0 else pairs[max(0, offset) : max(0, offset) + count]
    return _reply(call, pairs, with_scores="withscores" in words)


def _bound(text: bytes) -> tuple[float, bool]:
    """Return a score and whether it is itself excluded."""
    excluded = text.startswith(b"(")
    return number(text[1:] if excluded else text, "ERR min or max is not a float"), excluded


def _between(pairs: Pairs, low: bytes, high: bytes) -> Pairs:
    """Return the pairs whose scores lie between two bounds."""
    (least, above), (most, below) = _bound(low), _bound(high)
    return [
        (member, score)
        for member, score in pairs
        if (score > least if above else score >= least) and (score < most if below else score <= most)
    ]


def zscore(call: Call) -> float | None:
    """Return a score."""
    return _sorted_set(call).get(call.arguments[2])


def zmscore(call: Call) -> list[float | None]:
    """Return several scores."""
    value = _sorted_set(call)
    return [value.get(member) for member in call.arguments[2:]]


def zcard(call: Call) -> int:
    """Count members."""
    return len(_sorted_set(call))


def zcount(call: Call) -> int:
    """Count the members between two scores."""
    return len(_between(_sorted_set(call).ordered(), call.arguments[2], call.arguments[3]))


def _remove(call: Call, value: SortedSet, members: list[bytes]) -> int:
    """Remove members and count them."""
    gone = [member for member in members if value.pop(member, None) is not None]
    call.database.change(call.key, value)
    call.changed(len(gone))
    return len(gone)


def zrem(call: Call) -> int:
    """Remove members."""
    return _remove(call, _sorted_set(call), call.arguments[2:])


def zremrangebyrank(call: Call) -> int:
    """Remove members by rank."""
    start, end = call.integer(2), call.integer(3)
    value = _sorted_set(call)
    low, high = span(len(value), start, end)
    return _remove(call, value, [member for member, _ in value.ordered()[low:high]])


def zremrangebyscore(call: Call) -> int:
    """Remove members by score."""
    value = _sorted_set(call)
    return _remove(call, value, [member for member, _ in _between(value.ordered(), call.arguments[2], call.arguments[3])])


def zrank(call: Call) -> int | None:
    """Return the place of a member."""
    members = [member for member, _ in _sorted_set(call).ordered()]
    if call.arguments[2] not in members:
        return None
    place = members.index(call.arguments[2])
    return len(members) - 1 - place if call.name == "zrevrank" else place


def zpop(call: Call) -> list[Any]:
    """Take the members at an end."""
    error = "ERR value is out of range, must be positive"
    count = integer(call.arguments[2], error) if len(call.arguments) > 2 else 1
    if count < 0:
        raise ReplyError(error)
    value = _sorted_set(call)
    pairs = value.ordered()
    if call.name == "zpopmax":
        pairs.reverse()
    _remove(call, value, [member for member, _ in pairs[:count]])
    is_nested = call.client.protocol > 2 and len(call.arguments) > 2
    if call.client.protocol > 2 and not is_nested:
        return [item for pair in pairs[:count] for item in pair]
    return scored(pairs[:count], nested=is_nested)


def zscan(call: Call) -> list[Any]:
    """Return members that match."""
    cursor(call.arguments[2])
    pattern, _, _ = scan_options(call, 3)
    pairs = [pair for pair in _sorted_set(call).ordered() if matches(pattern, pair[0])]
    return [b"0", [item for member, score in pairs for item in (member, format_double(score))]]


SORTED_SETS: dict[str, Handler] = {
    "zadd": zadd, "zincrby": zincrby, "zrange": zrange, "zrevrange": zrange, "zrangebyscore": zrange_by_score,
    "zrevrangebyscore": zrange_by_score, "zscore": zscore, "zmscore": zmscore, "zcard": zcard, "zcount": zcount, "zrem": zrem,
    "zremrangebyrank": zremrangebyrank, "zremrangebyscore": zremrangebyscore, "zrank": zrank, "zrevrank": zrank,
    "zpopmin": zpop, "zpopmax": zpop, "zscan": zscan,
}  # fmt: skip
