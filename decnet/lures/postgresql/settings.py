# SPDX-License-Identifier: MIT
"""The settings of one connection: SET, RESET and SHOW as the manual's chapter "Server Configuration" has them."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources

from decnet.lures.postgresql.report import Report

REPORTED = (
    "application_name", "client_encoding", "DateStyle", "integer_datetimes", "IntervalStyle", "is_superuser", "server_encoding",
    "server_version", "session_authorization", "standard_conforming_strings", "TimeZone",
)  # fmt: skip
"""What clients are told, in the order of PostgreSQL 12 and 13."""
MAX_CUSTOM = 64
MAX_VALUE = 4_096
_BOOLEANS = {"on": "on", "true": "on", "yes": "on", "1": "on", "t": "on", "y": "on",
             "off": "off", "false": "off", "no": "off", "0": "off", "f": "off", "n": "off"}  # fmt: skip
_MEMORY = {"B": 1, "kB": 1024, "8kB": 8192, "MB": 1024**2, "GB": 1024**3, "TB": 1024**4}
_TIME = {"us": 1, "ms": 1_000, "s": 1_000_000, "min": 60_000_000, "h": 3_600_000_000, "d": 86_400_000_000}
_NUMBER = re.compile(r"\s*([+-]?\d{1,12}(?:\.\d{0,6})?)\s*([A-Za-z]{0,3})\s*")
_ENCODINGS = {
    "utf8": "UTF8", "unicode": "UTF8", "latin1": "LATIN1", "iso88591": "LATIN1", "sqlascii": "SQL_ASCII", "win1252": "WIN1252",
    "win1251": "WIN1251", "latin9": "LATIN9", "iso885915": "LATIN9", "koi8r": "KOI8R", "eucjp": "EUC_JP", "sjis": "SJIS",
    "gbk": "GBK", "big5": "BIG5", "latin2": "LATIN2", "win1250": "WIN1250", "euccn": "EUC_CN", "gb18030": "GB18030",
}  # fmt: skip
_STYLES = {"iso": "ISO", "postgres": "Postgres", "sql": "SQL", "german": "German"}
_ORDERS = {"mdy": "MDY", "us": "MDY", "noneuropean": "MDY", "dmy": "DMY", "euro": "DMY", "european": "DMY", "ymd": "YMD"}


@dataclass(frozen=True, slots=True)
class Setting:
    """One setting; ``context`` says who may change it, ``unit`` what its number counts."""

    name: str
    value: str
    unit: str
    type: str
    context: str
    choices: tuple[str, ...]


@cache
def known() -> dict[str, Setting]:
    """Return the settings of the server by their names in lower case."""
    text = resources.files("decnet.lures.postgresql.text").joinpath("settings.txt").read_text(encoding="utf-8")
    found = {}
    for line in text.splitlines():
        if line.startswith("#"):
            continue
        name, value, unit, type_, context, choices = line.split("|")
        found[name.lower()] = Setting(name, value, unit, type_, context, tuple(filter(None, choices.split(","))))
    return found


class Settings:
    """The values that one connection sees; ``server`` are those that the machine decides."""

    def __init__(self, server: Mapping[str, str], *, is_superuser: bool) -> None:
        self._server = {name.lower(): value for name, value in server.items()}
        self._own: dict[str, str] = {}
        self._started: dict[str, str] = {}
        self.is_superuser = is_superuser
        self.changed: list[str] = []

    @property
    def server_names(self) -> set[str]:
        """The settings that the machine decides."""
        return {self.canonical(name) for name in self._server}

    def begin(self) -> None:
        """Take what was set until now for what RESET leads back to."""
        self._started = dict(self._own)
        self.changed.clear()

    def value(self, name: str) -> str:
        """Return a value as it is kept; raises ``Report`` where there is none of that name."""
        key = name.lower()
        for values in (self._own, self._server):
            if key in values:
                return values[key]
        if key in known():
            return known()[key].value
        raise _unknown(name, "GetConfigOptionByName")

    def shown(self, name: str) -> str:
        """Return a value as SHOW writes it; raises ``Report`` where there is none of that name."""
        value = self.value(name)
        setting = known().get(name.lower())
        return _with_unit(value, setting.unit) if setting and setting.unit else value

    def canonical(self, name: str) -> str:
        """Return a name as the server writes it."""
        setting = known().get(name.lower())
        return setting.name if setting else name

    def all(self) -> Iterable[Setting]:
        """Return every setting with the value that it has."""
        for key, setting in sorted(known().items()):
            yield Setting(setting.name, self.value(key), setting.unit, setting.type, setting.context, setting.choices)

    def set(self, name: str, value: str | None) -> None:
        """Change a value, or reset it (None); raises ``Report``."""
        key = name.lower()
        setting = known().get(key)
        if setting is None:
            self._set_custom(key, name, value)
            return
        self._refuse_context(setting)
        if value is None:
            before = self._started.get(key)
            self._own.pop(key, None)
            self._own |= {} if before is None else {key: before}
        else:
            self._own[key] = self._checked(setting, value[:MAX_VALUE])
        if setting.name in REPORTED:
            self.changed.append(setting.name)

    def force(self, name: str, value: str) -> None:
        """Change what no client may."""
        self._own[name.lower()] = value
        if name in REPORTED:
            self.changed.append(name)

    def reset_all(self) -> None:
        """Undo every SET of this connection."""
        for key in [key for key in self._own if self._own[key] != self._started.get(key)]:
            if key in known() and known()[key].context not in ("user", "superuser"):
                continue
            self.set(key, None)

    def snapshot(self) -> dict[str, str]:
        """Return what a transaction that fails leads back to."""
        return dict(self._own)

    def restore(self, snapshot: Mapping[str, str]) -> None:
        """Lead back to what was."""
        differing = {key for key in {*self._own, *snapshot} if self._own.get(key) != snapshot.get(key)}
        self._own = dict(snapshot)
        self.changed.extend(known()[key].name for key in differing if key in known() and known()[key].name in REPORTED)

    def _set_custom(self, key: str, name: str, value: str | None) -> None:
        """Change a setting of somebody's own, whose name has a point."""
        if "." not in key:
            raise _unknown(name, "set_config_option")
        if len([each for each in self._own if "." in each]) >= MAX_CUSTOM:
            raise Report("out of memory", "53200")
        self._own.pop(key, None) if value is None else self._own.__setitem__(key, value[:MAX_VALUE])

    def _refuse_context(self, setting: Setting) -> None:
        """Refuse a change that cannot be made in a connection."""
        words = {
            "internal": (f'parameter "{setting.name}" cannot be changed', "55P02"),
            "postmaster": (f'parameter "{setting.name}" cannot be changed without restarting the server', "55P02"),
            "sighup": (f'parameter "{setting.name}" cannot be changed now', "55P02"),
            "backend": (f'parameter "{setting.name}" cannot be set after connection start', "55P02"),
            "superuser-backend": (f'parameter "{setting.name}" cannot be set after connection start', "55P02"),
        }.get(setting.context)
        if words is None and setting.context == "superuser" and not self.is_superuser:
            words = (f'permission denied to set parameter "{setting.name}"', "42501")
        if words is not None:
            raise Report(*words, routine="set_config_option")

    def _checked(self, setting: Setting, value: str) -> str:
        """Return a value as it is kept; raises ``Report`` where it does not fit."""
        found: str | None = value
        lowered = value.lower()
        if setting.name == "client_encoding":
            found = _ENCODINGS.get(re.sub(r"[^a-z0-9]", "", lowered))
        elif setting.name == "DateStyle":
            found = _date_style(self.value("DateStyle"), lowered)
        elif setting.type == "bool":
            found = _BOOLEANS.get(lowered)
            if found is None:
                raise Report(
                    f'parameter "{setting.name}" requires a Boolean value', "22023", routine="parse_and_validate_value"
                )
        elif setting.type == "enum":
            found = lowered if lowered in setting.choices or _BOOLEANS.get(lowered) in setting.choices else None
        elif setting.type in ("integer", "real"):
            found = _number(value, setting)
        if found is None:
            raise _invalid(setting, value)
        return found


def _unknown(name: str, routine: str) -> Report:
    """Return the refusal of a setting that there is not."""
    return Report(f'unrecognized configuration parameter "{name}"', "42704", routine=routine)


def _invalid(setting: Setting, value: str) -> Report:
    """Return the refusal of a value."""
    hint = f"Available values: {', '.join(setting.choices)}." if setting.choices else ""
    words = f'invalid value for parameter "{setting.name}": "{value}"'
    return Report(words, "22023", hint=hint, routine="parse_and_validate_value")


def _date_style(before: str, wanted: str) -> str | None:
    """Return the date style after a change of its style, its order or both."""
    style, _, order = before.partition(", ")
    for word in filter(None, (part.strip() for part in wanted.split(","))):
        if word in _STYLES:
            style = _STYLES[word]
            order = "DMY" if word == "german" else order
        elif word in _ORDERS:
            order = _ORDERS[word]
        elif word != "default":
            return None
    return f"{style}, {order}"


def _number(value: str, setting: Setting) -> str | None:
    """Return a number in the setting's own unit."""
    match = _NUMBER.fullmatch(value)
    if match is None:
        return None
    number = float(match[1])
    scale = _MEMORY if setting.unit in _MEMORY else _TIME
    if match[2]:
        if match[2] not in scale or setting.unit not in scale:
            return None
        number = number * scale[match[2]] / scale[setting.unit]
    return f"{number:g}" if setting.type == "real" else str(round(number))


def _with_unit(value: str, unit: str) -> str:
    """Return a number with the largest unit in which it is whole."""
    scale = _MEMORY if unit in _MEMORY else _TIME
    number = re.fullmatch(r"\d+", value)
    if number is None or not int(value) or unit not in scale:
        return value
    total = int(value) * scale[unit]
    names = [name for name in scale if name != "8kB" and total % scale[name] == 0]
    return f"{total // scale[names[-1]]}{names[-1]}"
