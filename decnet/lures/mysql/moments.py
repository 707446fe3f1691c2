# SPDX-License-Identifier: MIT
"""Functions of dates and times."""

import re
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

from decnet.lures.mysql.values import calculate, integer, moment, number, shifted, text
from decnet.lures.sql.context import Context
from decnet.lures.sql.value import Interval, Value

Called = Callable[..., Value]
_FORMATS = {"a": "%a", "b": "%b", "c": "%-m", "d": "%d", "e": "%-d", "f": "%f", "H": "%H", "h": "%I", "I": "%I", "i": "%M",
            "j": "%j",
            "k": "%-H", "l": "%-I", "M": "%B", "m": "%m", "p": "%p", "r": "%I:%M:%S %p", "S": "%S", "s": "%S", "T": "%H:%M:%S",
            "U": "%U", "u": "%W", "V": "%U", "v": "%V", "W": "%A", "w": "%w", "X": "%Y", "x": "%G", "Y": "%Y", "y": "%y",
            "%": "%%"}  # fmt: skip
_PARTS = {"microsecond": ("microsecond",), "second": ("second",), "minute": ("minute",), "hour": ("hour",), "day": ("day",),
          "month": ("month",), "year": ("year",), "hour_minute": ("hour", "minute"), "year_month": ("year", "month"),
          "day_hour": ("day", "hour"), "minute_second": ("minute", "second")}  # fmt: skip
_CLOCK = re.compile(r"(\d{1,3}):(\d{1,2})(?::(\d{1,2})(?:\.\d+)?)?", re.ASCII)
_SECONDS = {"microsecond": 1e-6, "second": 1, "minute": 60, "hour": 3600, "day": 86_400, "week": 604_800}
_MONTHS = {"month": 1, "quarter": 3, "year": 12}


def now(context: Context, digits: Value = 0) -> datetime:
    """Return the moment of the statement."""
    found = datetime.fromtimestamp(context.statement_at, UTC).replace(tzinfo=None)
    return found if digits else found.replace(microsecond=0)


def interval_of(amount: Any, unit: str) -> Value:
    """Return INTERVAL amount unit; units of two parts take their last number alone."""
    count = float(number(amount)) if unit == "second" else float(integer(amount))
    last = unit.rpartition("_")[2]
    if last in _MONTHS:
        return Interval(int(count) * _MONTHS[last], timedelta(0)) if abs(count) < 120_000 else None
    try:
        return Interval(0, timedelta(seconds=count * _SECONDS[last]))
    except (OverflowError, KeyError):
        return None


def _of_moment(function: Callable[[datetime], Value]) -> Called:
    """Return a function of a moment; NULL where that is none."""

    def call(context: Context, value: Value = None) -> Value:
        del context
        found = moment(value)
        return None if found is None else function(found)

    return call


def _shift(sign: str) -> Called:
    """Return DATE_ADD or DATE_SUB."""

    def call(context: Context, value: Value, amount: Value) -> Value:
        del context
        if value is None or amount is None:
            return None
        step = amount if isinstance(amount, Interval) else interval_of(amount, "day")
        return shifted(value, step, sign) if isinstance(step, Interval) else None

    return call


def date_format(context: Context, value: Value, pattern: Value) -> Value:
    """Return a moment in a form."""
    del context
    found = moment(value)
    if found is None or pattern is None:
        return None
    shown, rest = "", iter(text(pattern)[:500])
    for char in rest:
        letter = next(rest, "") if char == "%" else ""
        shown += found.strftime(_FORMATS[letter]) if letter in _FORMATS else letter or char
    return shown


def extract(context: Context, value: Value, unit: str = "day") -> Value:
    """Return a part of a moment."""
    del context
    found = moment(value)
    if found is None:
        return None
    if unit in ("week", "quarter"):
        return found.isocalendar().week if unit == "week" else (found.month + 2) // 3
    parts = [getattr(found, part) for part in _PARTS.get(unit, ("day",))]
    return int("".join(f"{part:02}" for part in parts))


def timestampdiff(context: Context, one: Value, other: Value, unit: str = "second") -> Value:
    """Return how many whole units lie between two moments."""
    del context
    first, second = moment(one), moment(other)
    if first is None or second is None:
        return None
    if unit in _MONTHS:
        months = (second.year - first.year) * 12 + second.month - first.month
        months -= months > 0 and (second.day, second.time()) < (first.day, first.time())
        return int(months / _MONTHS[unit])
    return int((second - first).total_seconds() / _SECONDS.get(unit, 1))


def timestampadd(context: Context, amount: Value, value: Value, unit: str = "second") -> Value:
    """Return a moment some units later."""
    if amount is None or value is None:
        return None
    step = interval_of(amount, unit)
    del context
    return calculate("+", value, step) if isinstance(step, Interval) else None


def unix_timestamp(context: Context, value: Value = None) -> Value:
    """Return seconds since 1970, of now or of a moment."""
    if value is None:
        return int(context.statement_at)
    found = moment(value)
    return 0 if found is None else int(found.replace(tzinfo=UTC).timestamp())


def from_unixtime(context: Context, value: Value, pattern: Value = None) -> Value:
    """Return the moment so many seconds after 1970."""
    if value is None:
        return None
    seconds = integer(value)
    if not 0 <= seconds < 1 << 35:
        return None
    found = datetime.fromtimestamp(seconds, UTC).replace(tzinfo=None)
    return found if pattern is None else date_format(context, found, pattern)


def _day_or_moment(value: Value) -> Value:
    """Return a text as a day, or as a moment where it has a time."""
    found = moment(value)
    return found.date() if found is not None and len(text(value)) <= 10 else found


def datediff(context: Context, one: Value, other: Value) -> Value:
    """Return how many days lie between two moments."""
    del context
    first, second = moment(one), moment(other)
    return None if first is None or second is None else (first.date() - second.date()).days


def timediff(context: Context, one: Value, other: Value) -> Value:
    """Return the time between two moments."""
    del context
    first, second = moment(one), moment(other)
    return None if first is None or second is None else first - second


def sec_to_time(context: Context, value: Value) -> Value:
    """Return seconds as a time."""
    del context
    return None if value is None else timedelta(seconds=max(min(integer(value), 3_020_399), -3_020_399))


def clock(value: Value) -> int | None:
    """Return the time of a value in seconds: of a moment, or of a text such as 10:11:12; None where it has none."""
    if isinstance(value, timedelta):
        return int(value.total_seconds())
    match = _CLOCK.fullmatch(text(value)) if isinstance(value, str) else None
    if match is not None:
        hours, minutes, seconds = (int(part or 0) for part in match.groups())
        return hours * 3600 + minutes * 60 + seconds if minutes < 60 and seconds < 60 else None
    found = moment(value)
    return None if found is None else found.hour * 3600 + found.minute * 60 + found.second


def time_to_sec(context: Context, value: Value) -> Value:
    """Return a time in seconds."""
    del context
    return clock(value)


def _part_of_clock(function: Callable[[int], int]) -> Called:
    """Return a function of a time in seconds."""

    def call(context: Context, value: Value) -> Value:
        del context
        found = clock(value)
        return None if found is None else function(found)

    return call


def time_of(context: Context, value: Value) -> Value:
    """Return the time of a moment."""
    del context
    seconds = clock(value)
    return timedelta(seconds=seconds) if isinstance(seconds, int) else None


MOMENT_FUNCTIONS: dict[str, Called] = {
    "now": now, "sysdate": now, "current_timestamp": now, "localtime": now, "localtimestamp": now, "utc_timestamp": now,
    "curdate": lambda c: now(c).date(), "current_date": lambda c: now(c).date(), "utc_date": lambda c: now(c).date(),
    "curtime": lambda c, _=0: time_of(c, now(c)), "current_time": lambda c, _=0: time_of(c, now(c)),
    "utc_time": lambda c, _=0: time_of(c, now(c)), "date": _of_moment(lambda found: found.date()), "time": time_of,
    "year": _of_moment(lambda found: found.year), "month": _of_moment(lambda found: found.month),
    "day": _of_moment(lambda found: found.day), "dayofmonth": _of_moment(lambda found: found.day),
    "hour": _part_of_clock(lambda found: found // 3600), "minute": _part_of_clock(lambda found: found // 60 % 60),
    "second": _part_of_clock(lambda found: found % 60), "microsecond": _of_moment(lambda found: found.microsecond),
    "quarter": _of_moment(lambda found: (found.month + 2) // 3), "week": lambda context, value, *_: extract(context, value,
    "week"),
    "weekday": _of_moment(lambda found: found.weekday()), "dayofweek": _of_moment(lambda found: found.isoweekday() % 7 + 1),
    "dayofyear": _of_moment(lambda found: found.timetuple().tm_yday), "dayname": _of_moment(lambda found: found.strftime("%A")),
    "monthname": _of_moment(lambda found: found.strftime("%B")), "last_day": _of_moment(lambda found: _last_day(found.date())),
    "to_days": _of_moment(lambda found: found.toordinal() + 365), "timestamp": _of_moment(lambda found: found),
    "date_add": _shift("+"), "adddate": _shift("+"), "date_sub": _shift("-"), "subdate": _shift("-"),
    "date_format": date_format,
    "time_format": date_format, "extract": extract, "timestampdiff": timestampdiff, "timestampadd": timestampadd,
    "unix_timestamp": unix_timestamp, "from_unixtime": from_unixtime, "datediff": datediff, "timediff": timediff,
    "sec_to_time": sec_to_time, "time_to_sec": time_to_sec, "convert_tz": lambda _, value, *__: moment(value),
    "str_to_date": lambda _, value, __: _day_or_moment(value),
}  # fmt: skip


def _last_day(found: date) -> date:
    """Return the last day of a month."""
    return (found.replace(day=28) + timedelta(days=4)).replace(day=1) - timedelta(days=1)
