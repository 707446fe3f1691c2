# SPDX-License-Identifier: MIT
"""
The fleet file: which decoys shall exist, in an operator's words.

::

    [fleet]
    name = office

    [decoy web]
    archetype = web-server
    count = 3

    [decoy web/http]
    port = 8080

``parse`` reads it and says what cannot be read; what it means, ``decnet.domain.resolution`` finds out.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field

from decnet.domain.problem import Problem, unknown
from decnet.domain.sections import Section, read, split

DEFAULT_DOMAIN = "lan"
MOST_DECOYS = 100_000
_FLEET_KEYS = ("name", "domain")
_DECOY_KEYS = ("archetype", "address", "addresses", "count", "hostname", "lures")
_NAME = re.compile(r"[a-z0-9]([a-z0-9-]{0,46}[a-z0-9])?")
_DOMAIN = re.compile(r"([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)*[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")


@dataclass(frozen=True, kw_only=True)
class DecoyRequest:
    """
    One [decoy NAME]: ``count`` decoys of an archetype.

    ``lures`` is empty where those of the archetype are meant; ``settings`` holds the sections [decoy NAME/LURE].
    """

    name: str
    archetype: str
    section: Section
    addresses: tuple[str, ...] = ()
    count: int = 1
    hostname: str = ""
    lures: tuple[str, ...] = ()
    settings: dict[str, Section] = field(default_factory=dict)

    def names(self) -> list[str]:
        """Return the names of the decoys: NAME itself, or NAME-1, NAME-2 and so on where a count was given."""
        if "count" not in self.section.values:
            return [self.name]
        return [f"{self.name}-{number}" for number in range(1, self.count + 1)]


@dataclass(frozen=True, kw_only=True)
class FleetRequest:
    """A whole fleet file; ``source`` is its name in messages."""

    name: str
    domain: str
    source: str
    decoys: tuple[DecoyRequest, ...]


def parse(text: str, source: str, problems: list[Problem]) -> FleetRequest:
    """Return what a fleet file asks for; what is wrong with it goes to ``problems``."""
    sections = read(text, source, problems)
    head = next((section for section in sections if section.name == "fleet"), Section("fleet", 0))
    _refuse_unknown_keys(head, _FLEET_KEYS, source, problems)
    settings = _settings(sections)
    decoys = [
        _decoy(section, settings.get(section.name, {}), source, problems) for section in sections if _kind(section) == "decoy"
    ]
    if not decoys:
        problems.append(Problem(source=source, message="a fleet has at least one section [decoy NAME]"))
    total = sum(decoy.count for decoy in decoys)
    if total > MOST_DECOYS:
        problems.append(Problem(source=source, message=f"a fleet has at most {MOST_DECOYS} decoys, this one {total}"))
        decoys = []
    _refuse_strangers(sections, source, problems)
    return FleetRequest(
        name=_named(head, source, problems), domain=_domain(head, source, problems), source=source, decoys=tuple(decoys)
    )


def request_of(archetype: str, count: int) -> FleetRequest:
    """Return the fleet of ``count`` decoys of one archetype; it is named for the archetype, so asking twice adds none."""
    section = Section(f"--archetype {archetype} --decoys {count}", 0, {"archetype": archetype, "count": str(count)})
    request = DecoyRequest(name=archetype, archetype=archetype, section=section, count=count)
    return FleetRequest(name=archetype, domain=DEFAULT_DOMAIN, source="command line", decoys=(request,))


def _kind(section: Section) -> str:
    """Return what a section is about: ``fleet``, ``decoy``, ``lure`` (of a decoy) or nothing."""
    first, _, name = section.name.partition(" ")
    if section.name == "fleet":
        return "fleet"
    if first != "decoy" or not name:
        return ""
    return "lure" if "/" in name else "decoy"


def _settings(sections: Iterable[Section]) -> dict[str, dict[str, Section]]:
    """Return the sections of lures, by the section of their decoy and their own name."""
    found: dict[str, dict[str, Section]] = {}
    for section in sections:
        decoy, _, lure = section.name.partition("/")
        if _kind(section) == "lure":
            found.setdefault(decoy, {})[lure] = section
    return found


def _decoy(section: Section, settings: dict[str, Section], source: str, problems: list[Problem]) -> DecoyRequest:
    """Return the request of one section [decoy NAME]."""
    name = section.name.removeprefix("decoy ")
    values = section.values
    if not _NAME.fullmatch(name):
        message = f"{name!r} is no name of a decoy: a-z, 0-9 and hyphens inside, at most 48"
        problems.append(Problem(source=source, section=section.name, line=section.line, message=message))
    if not values.get("archetype"):
        message = "the key archetype is missing; decnet archetypes lists them"
        problems.append(Problem(source=source, section=section.name, line=section.line, message=message))
    _refuse_unknown_keys(section, _DECOY_KEYS, source, problems)
    return DecoyRequest(
        name=name,
        archetype=values.get("archetype", ""),
        section=section,
        addresses=(*split(values.get("address", "")), *split(values.get("addresses", ""))),
        count=_count(section, source, problems),
        hostname=values.get("hostname", ""),
        lures=tuple(split(values.get("lures", ""))),
        settings=settings,
    )


def _count(section: Section, source: str, problems: list[Problem]) -> int:
    """Return how many decoys a section asks for."""
    text = section.values.get("count", "1")
    if text.isdecimal() and text.isascii() and 1 <= int(text[:9]) <= MOST_DECOYS:
        return int(text)
    message = f"count: {text[:40]!r} is no number from 1 to {MOST_DECOYS}"
    problems.append(Problem(source=source, section=section.name, line=section.line_of("count"), message=message))
    return 1


def _named(head: Section, source: str, problems: list[Problem]) -> str:
    """Return the name of the fleet."""
    name = head.values.get("name", "")
    if not _NAME.fullmatch(name):
        wrong = f"{name[:60]!r} is no name of a fleet: a-z, 0-9 and hyphens inside" if name else "the key name is missing"
        problems.append(Problem(source=source, section="fleet", line=head.line_of("name"), message=wrong))
    return name


def _domain(head: Section, source: str, problems: list[Problem]) -> str:
    """Return the DNS domain that the decoys of the fleet say they are in."""
    domain = head.values.get("domain", DEFAULT_DOMAIN)
    if not _DOMAIN.fullmatch(domain):
        message = f"domain: {domain[:60]!r} is no DNS domain"
        problems.append(Problem(source=source, section="fleet", line=head.line_of("domain"), message=message))
    return domain


def _refuse_unknown_keys(section: Section, known: Iterable[str], source: str, problems: list[Problem]) -> None:
    """Name the keys that mean nothing."""
    for key in section.values:
        if key not in known:
            message = unknown("key", key, known)
            problems.append(Problem(source=source, section=section.name, line=section.lines[key], message=message))


def _refuse_strangers(sections: Iterable[Section], source: str, problems: list[Problem]) -> None:
    """Name the sections that mean nothing, and settings of a decoy that is not there."""
    decoys = {section.name for section in sections if _kind(section) == "decoy"}
    for section in sections:
        message = ""
        if not _kind(section):
            message = unknown("section", section.name, ("fleet", "decoy NAME", "decoy NAME/LURE"))
        elif _kind(section) == "lure" and section.name.partition("/")[0] not in decoys:
            message = f"there is no section [{section.name.partition('/')[0]}]"
        if message:
            problems.append(Problem(source=source, section=section.name, line=section.line, message=message))
