# SPDX-License-Identifier: MIT
"""What a fleet can be made of here: the archetypes of the package, the lures and their options."""

from collections.abc import Mapping
from functools import cache
from importlib.resources import files

from decnet.domain.archetype import Archetype, Release, parse, parse_releases
from decnet.domain.problem import Problem, refuse, unknown
from decnet.domain.resolution import Shelf
from decnet.errors import DamagedError
from decnet.lures import options
from decnet.lures.loading import load
from decnet.lures.registry import LURES, lure_type

ARCHETYPES = ("linux-server", "web-server", "database-server", "file-server", "iot-device")
RELEASES = "releases"
HIGHEST_PORT = 65535


@cache
def shelf() -> Shelf:
    """Return everything that there is to choose from; raise ``DamagedError`` where a file of the package is not right."""
    problems: list[Problem] = []
    releases = parse_releases(_text(RELEASES), f"{RELEASES}.ini", problems)
    archetypes = {name: found for name in ARCHETYPES if (found := _archetype(name, releases, problems)) is not None}
    if problems:
        message = refuse("the package's archetypes", problems, remedy="").message
        raise DamagedError(message, remedy="install the package again")
    return Shelf(archetypes=archetypes, ports={lure.name: lure.port for lure in LURES}, check=check_lure)


def check_lure(name: str, values: Mapping[str, str]) -> list[tuple[str, str]]:
    """Return (key, sentence) for what is wrong with the options of a lure; ``port`` is an option of all of them."""
    names = [lure.name for lure in LURES]
    if name not in names:
        return [("", unknown("lure", name, names))]
    own = {key: text for key, text in values.items() if key != "port"}
    return [*_check_port(values.get("port", "1")), *options.check(load(lure_type(name).options), own)]


def _check_port(text: str) -> list[tuple[str, str]]:
    """Return what is wrong with a port."""
    if text.isascii() and text.isdecimal() and 1 <= int(text[:6]) <= HIGHEST_PORT:
        return []
    return [("port", f"{text[:20]!r} is no port from 1 to {HIGHEST_PORT}")]


def _archetype(name: str, releases: Mapping[str, Release], problems: list[Problem]) -> Archetype | None:
    """Return one archetype of the package."""
    return parse(_text(name), name, f"{name}.ini", releases=releases, check=check_lure, problems=problems)


def _text(name: str) -> str:
    """Return a file of the package."""
    return (files("decnet") / "archetypes" / f"{name}.ini").read_text(encoding="utf-8")
