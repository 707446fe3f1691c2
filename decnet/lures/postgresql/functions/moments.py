# SPDX-License-Identifier: MIT
"""Functions of moments, days and lengths of time."""

import re
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

from decnet.lures.postgresql.casting import cast_value, interval_of
from decnet.lures.postgresql.functions.declare import Collection
from decnet.lures.postgresql.report import Report
from decnet.lures.postgresql.shown import text_of
from decnet.lures.sql.problem import Kind, SqlError
from decnet.lures.sql.value import Type, Value

MOMENTS = Collection()
strict, plain = MOMENTS.strict, MOMENTS.plain
_STAMP = Type("timestamptz", "datetime")
_DAY_SECONDS = 86_400
_LONGEST_FORM = 4096
_FORMS = {
    "YYYY": "%Y",
    "YY": "%y",
    "MM": "%m",
    "DD": "%d",
    "HH24": "%H",
    "HH12": "%I",
    "HH": "%I",
    "MI": "%M",
    "SS": "%S",
    "MS": "{ms}",
    "US": "%f",
    "Month": "%B",
    "Mon": "%b",
    "MONTH": "{MONTH}",
    "MON": "{MON}",
    "Day": "%A",
    "Dy": "%a",
    "DY": "{DY}",
    "AM": "%p",
    "PM": "%p",
    "TZ": "UTC",
    "DDD": "%j",
    "IW": "%V",
    "WW": "%W",
    "Q": "{q}",
    "D": "{d}",
}
_FORM = re.compile("|".join(sorted(_FORMS, key=len, reverse=True)))


def at(context: Any) -> datetime:
    """Return the moment of the transaction."""
    begun = context.lure.backend.transaction_at or context.statement_at
    return datetime.fromtimestamp(begun, UTC)


@plain("now transaction_timestamp current_timestamp", "timestamptz")
def now(context: Any, _digits: Value = None) -> Value:
    """Return when the transaction began."""
    return at(context)


@plain("statement_timestamp", "timestamptz")
def statement_timestamp(context: Any) -> Value:
    """Return when the statement began."""
    return datetime.fromtimestamp(context.statement_at, UTC)


@plain("clock_timestamp", "timestamptz")
def clock_timestamp(context: Any) -> Value:
    """Return what time it is."""
    return datetime.fromtimestamp(context.now(), UTC)


@plain("localtimestamp", "timestamp")
def localtimestamp(context: Any, _digits: Value = None) -> Value:
    """Return when the transaction began, without a zone."""
    return at(context).replace(tzinfo=None)


@plain("current_date", "date")
def current_date(context: Any) -> Value:
    """Return the day of the transaction."""
    return at(context).date()


@plain("current_time localtime", "timetz")
def current_time(context: Any, _digits: Value = None) -> Value:
    """Return the time of the day of the transaction."""
    return at(context).time()


@plain("timeofday", "text")
def timeofday(context: Any) -> Value:
    """Return what time it is as a text."""
    return f"{datetime.fromtimestamp(context.now(), UTC):%a %b %d %H:%M:%S.%f %Y} UTC"


@strict("date_trunc", 1)
def date_trunc(_: Any, unit: Value, value: Value, _zone: Value = "") -> Value:
    """Cut a moment off."""
    moment: Any = value if isinstance(value, datetime) else cast_value(value, _STAMP)
    word = text_of(unit).lower().removesuffix("s")
    fields = ["year", "month", "day", "hour", "minute", "second"]
    if word == "week":
        moment -= timedelta(days=moment.weekday())
        word = "day"
    if word not in fields:
        raise Report(
            f'timestamp with time zone units "{text_of(unit)}" not recognized', "22023", routine="timestamptz_trunc_internal"
        )
    least = {"month": 1, "day": 1}
    found: datetime = moment.replace(microsecond=0, **{name: least.get(name, 0) for name in fields[fields.index(word) + 1 :]})
    return found


@plain("date_part", "float8")
def date_part(_: Any, unit: Value, value: Value) -> Value:
    """Return one field of a moment or of a length of time."""
    return None if unit is None or value is None else _part(text_of(unit).lower(), value)


@plain("extract", "float8")
def extract(_: Any, value: Value, unit: str = "epoch") -> Value:
    """Return one field, as the grammar writes it."""
    return None if value is None else _part(unit, value)


def _part(unit: str, value: Any) -> Value:
    """Return one field."""
    if isinstance(value, timedelta):
        seconds = value.total_seconds()
        parts = {"epoch": seconds, "day": value.days, "hour": seconds % _DAY_SECONDS // 3600, "minute": seconds % 3600 // 60,
                 "second": seconds % 60}  # fmt: skip
    else:
        moment: Any = value if isinstance(value, datetime) else cast_value(value, _STAMP)
        aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
        parts = {"epoch": aware.timestamp(), "year": moment.year, "month": moment.month, "day": moment.day, "hour": moment.hour,
                 "minute": moment.minute, "second": moment.second + moment.microsecond / 1e6, "dow": (moment.weekday() + 1) % 7,
                 "isodow": moment.isoweekday(), "doy": moment.timetuple().tm_yday, "week": moment.isocalendar()[1],
                 "quarter": (moment.month + 2) // 3, "timezone": 0, "century": (moment.year + 99) // 100,
                 "microseconds": moment.second * 1e6 + moment.microsecond, "milliseconds": moment.second * 1e3}  # fmt: skip
    if unit not in parts and unit.removesuffix("s") not in parts:
        raise Report(f'timestamp units "{unit}" not recognized', "22023", routine="timestamp_part")
    return float(parts.get(unit, parts.get(unit.removesuffix("s"), 0)))


@strict("age", "interval")
def age(context: Any, value: Value, other: Value = None) -> Value:
    """Return how long ago something was."""
    moment = cast_value(value, _STAMP)
    start = cast_value(other, _STAMP) if other is not None else None
    today = at(context).replace(hour=0, minute=0, second=0, microsecond=0)
    return moment - start if start is not None else today - moment  # type: ignore[operator]  # moments


@strict("to_char", "text")
def to_char(_: Any, value: Value, form: Value) -> Value:
    """Write a moment or a number in a form."""
    if isinstance(value, (int, float, Decimal)):
        digits = text_of(form)
        places = len(digits.partition(".")[2].partition("D")[0]) if "." in digits else 0
        shown = f"{value:,.{min(places, 20)}f}" if "," in digits or "G" in digits else f"{value:.{min(places, 20)}f}"
        return shown if digits.startswith("FM") else " " + shown.rjust(len(digits))
    moment: Any = value if isinstance(value, datetime) else cast_value(value, _STAMP)
    return _FORM.sub(lambda match: _written(moment, match[0]), text_of(form)[:_LONGEST_FORM].removeprefix("FM"))


def _written(moment: datetime, name: str) -> str:
    """Write one field of a moment."""
    own = {
        "{ms}": f"{moment.microsecond // 1000:03d}",
        "{q}": str((moment.month + 2) // 3),
        "{d}": str(moment.isoweekday() % 7 + 1),
        "{MONTH}": f"{moment:%B}".upper(),
        "{MON}": f"{moment:%b}".upper(),
        "{DY}": f"{moment:%a}".upper(),
    }
    form = _FORMS[name]
    return own.get(form) or moment.strftime(form)


@strict("to_timestamp", "timestamptz")
def to_timestamp(_: Any, value: Value, _form: Value = "") -> Value:
    """Return a moment by its seconds since 1970, or by a text."""
    if isinstance(value, (int, float, Decimal)):
        try:
            return datetime.fromtimestamp(float(value), UTC)
        except (OverflowError, ValueError, OSError):
            raise SqlError(Kind.OUT_OF_RANGE, "timestamp", "") from None
    return cast_value(value, _STAMP)


@strict("to_date", "date")
def to_date(_: Any, value: Value, _form: Value = "") -> Value:
    """Return a day that is written as a text."""
    found = cast_value(value, Type("date", "date"))
    return found if isinstance(found, date) else None


@strict("make_interval justify_interval justify_days justify_hours", "interval")
def make_interval(_: Any, value: Value = 0) -> Value:
    """Return a length of time."""
    return interval_of(value) if not isinstance(value, int) else timedelta(days=365 * value)


@strict("timezone", "timestamp")
def timezone(_: Any, _zone: Value, value: Value) -> Value:
    """Return a moment in a zone; every zone is the server's own here."""
    return value
