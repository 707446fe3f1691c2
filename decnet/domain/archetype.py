# SPDX-License-Identifier: MIT
"""
Kinds of decoys: a pool of identities whose parts existed together, and the lures that such a machine would have.

An archetype names releases (operating system, kernel and software of one day, in a catalogue of their own), hardware, and
the styles of host names. ``invent`` draws one persona from it. The draw depends on nothing but the decoy's seed, so that two
decoys of one archetype differ and one decoy is the same at every deployment.
"""

import hashlib
import re
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace

from decnet.domain.persona import Persona
from decnet.domain.problem import Problem, unknown
from decnet.domain.sections import Section, read, split

GIB = 1024**3
DAY_SECONDS = 86400
LONGEST_UPTIME_DAYS = 210
_TRIES = 64
_HOSTNAME = re.compile(r"[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?")
_RELEASE_KEYS = ("os", "os_id", "os_version", "codename", "kernel", "kernel_build", "architecture")
_ARCHETYPE_KEYS = ("summary", "releases", "hostnames", "words")
_HARDWARE_KEYS = ("vendor", "model", "cpus", "memory_gib")

CheckOptions = Callable[[str, Mapping[str, str]], list[tuple[str, str]]]
"""Returns (key, sentence) for everything that is wrong with the options of a lure."""


@dataclass(frozen=True, kw_only=True)
class Release:
    """One operating system on one day; ``software`` maps a product ("ssh", "nginx") to the version it had then."""

    name: str
    os: str
    os_id: str
    os_version: str
    codename: str
    kernel: str
    kernel_build: str
    architecture: str
    software: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Hardware:
    """One model of a machine, with the sizes it is sold in; ``memory`` is in GiB."""

    vendor: str
    model: str
    cpus: tuple[int, ...]
    memory: tuple[int, ...]


@dataclass(frozen=True, kw_only=True)
class Archetype:
    """
    One kind of decoy.

    ``hostnames`` are styles in which ``{word}``, ``{n}`` and ``{nn}`` stand for a word and a number; ``products`` maps a lure
    to the products that may stand behind it; ``lures`` maps each lure to its options (``port`` is one of them).
    """

    name: str
    summary: str
    releases: tuple[Release, ...]
    hardware: tuple[Hardware, ...]
    hostnames: tuple[str, ...]
    words: tuple[str, ...]
    products: dict[str, tuple[str, ...]]
    lures: dict[str, dict[str, str]]


def parse_releases(text: str, source: str, problems: list[Problem]) -> dict[str, Release]:
    """Return the releases of a catalogue by name; what is wrong with it goes to ``problems``."""
    releases = {}
    for section in read(text, source, problems):
        if _is_complete(section, _RELEASE_KEYS, source, problems):
            software = {key: value for key, value in section.values.items() if key not in _RELEASE_KEYS}
            known = {key: section.values[key] for key in _RELEASE_KEYS}
            releases[section.name] = Release(name=section.name, **known, software=software)
    return releases


def parse(
    text: str, name: str, source: str, *, releases: Mapping[str, Release], check: CheckOptions, problems: list[Problem]
) -> Archetype | None:
    """
    Return the archetype called ``name``; nothing where something is wrong, which goes to ``problems``.

    ``check`` knows the lures and their options; it answers an unknown lure with a sentence under the key "".
    """
    before = len(problems)
    sections = read(text, source, problems)
    heads = [section for section in sections if section.name == "archetype"]
    if not heads:
        problems.append(Problem(source=source, message="there is no section [archetype]"))
        return None
    lures = _lures(sections, source, check, problems)
    chosen = _releases(heads[0], source, releases, problems)
    products = _products(sections, lures, chosen, source, problems)
    hardware = _hardware(sections, source, problems)
    complete = _is_complete(heads[0], _ARCHETYPE_KEYS, source, problems, only=True)
    _refuse_unknown_sections(sections, source, problems)
    if not complete or len(problems) > before:
        return None
    values = heads[0].values
    return Archetype(
        name=name,
        summary=values["summary"],
        releases=chosen,
        hardware=hardware,
        hostnames=tuple(split(values["hostnames"])),
        words=tuple(split(values["words"])),
        products=products,
        lures=lures,
    )


def invent(archetype: Archetype, *, seed: str, domain: str, now: int, taken: Collection[str], hostname: str = "") -> Persona:
    """
    Draw the persona of one decoy.

    ``seed`` is the decoy's own secret, ``now`` is in seconds since the epoch and bounds the time of the last boot,
    ``taken`` are host names that it must not have, ``hostname`` is one that was asked for.
    """
    release = archetype.releases[_draw(seed, "release", len(archetype.releases))]
    hardware = archetype.hardware[_draw(seed, "hardware", len(archetype.hardware))]
    uptime = DAY_SECONDS + _draw(seed, "uptime", LONGEST_UPTIME_DAYS * DAY_SECONDS)
    return Persona(
        hostname=hostname or draw_hostname(archetype, seed, taken),
        domain=domain,
        os=release.os,
        os_id=release.os_id,
        os_version=release.os_version,
        codename=release.codename,
        kernel=release.kernel,
        kernel_build=release.kernel_build,
        architecture=release.architecture,
        vendor=hardware.vendor,
        model=hardware.model,
        seed=seed,
        booted_at=now - uptime,
        cpus=hardware.cpus[_draw(seed, "cpus", len(hardware.cpus))],
        memory_bytes=hardware.memory[_draw(seed, "memory", len(hardware.memory))] * GIB,
        software=_draw_software(archetype.products, release, seed),
    )


def draw_hostname(archetype: Archetype, seed: str, taken: Collection[str]) -> str:
    """Return a host name in one of the archetype's styles that is not ``taken``."""
    style = archetype.hostnames[_draw(seed, "style", len(archetype.hostnames))]
    word = archetype.words[_draw(seed, "word", len(archetype.words))]
    for attempt in range(_TRIES):
        name = _hostname(style, word, 1 + _draw(seed, f"number {attempt}", 12 * (attempt + 1)))
        if name not in taken:
            return name
    return f"{_hostname(style, word, 1)}-{_draw(seed, 'rest', 10**9)}"


def complete(archetype: Archetype, persona: Persona, lures: Iterable[str]) -> Persona:
    """Return ``persona`` with software behind further ``lures``, as far as its release has any."""
    release = next((release for release in archetype.releases if release.kernel_build == persona.kernel_build), None)
    missing = {lure: archetype.products.get(lure, (lure,)) for lure in lures if lure not in persona.software}
    if release is None or not missing:
        return persona
    return replace(persona, software={**persona.software, **_draw_software(missing, release, persona.seed)})


def is_hostname(text: str) -> bool:
    """Say whether ``text`` is one label of a host name (RFC 1123, section 2.1)."""
    return bool(_HOSTNAME.fullmatch(text))


def _hostname(style: str, word: str, number: int) -> str:
    """Fill a style in."""
    return style.replace("{word}", word).replace("{nn}", f"{number:02}").replace("{n}", str(number))


def _draw(seed: str, purpose: str, count: int) -> int:
    """Return a number below ``count``, always the same for this seed and purpose."""
    return int.from_bytes(hashlib.shake_256(f"{seed}\0archetype\0{purpose}".encode()).digest(16)) % count


def _draw_software(products: Mapping[str, Iterable[str]], release: Release, seed: str) -> dict[str, str]:
    """Return for each lure one of its products that the release has; a lure that it has none for is left out."""
    software = {}
    for lure, names in products.items():
        offered = [release.software[name] for name in names if name in release.software]
        if offered:
            software[lure] = offered[_draw(seed, f"product {lure}", len(offered))]
    return software


def _is_complete(section: Section, keys: Iterable[str], source: str, problems: list[Problem], *, only: bool = False) -> bool:
    """Say whether a section has all ``keys`` (and, if so asked, no other); what is wrong goes to ``problems``."""
    wanted = tuple(keys)
    wrong = [(section.line, f"the key {key} is missing") for key in wanted if not section.values.get(key)]
    if only:
        wrong.extend((section.lines[key], unknown("key", key, wanted)) for key in section.values if key not in wanted)
    problems.extend(Problem(source=source, section=section.name, line=line, message=message) for line, message in wrong)
    return not wrong


def _releases(head: Section, source: str, releases: Mapping[str, Release], problems: list[Problem]) -> tuple[Release, ...]:
    """Return the releases that an archetype names."""
    names = split(head.values.get("releases", ""))
    for name in names:
        if name not in releases:
            line = head.line_of("releases")
            message = unknown("release", name, releases)
            problems.append(Problem(source=source, section=head.name, line=line, message=message))
    return tuple(releases[name] for name in names if name in releases)


def _lures(sections: Iterable[Section], source: str, check: CheckOptions, problems: list[Problem]) -> dict[str, dict[str, str]]:
    """Return the lures and their options: the sections [lure NAME]."""
    lures = {}
    for section in sections:
        if not section.name.startswith("lure "):
            continue
        name = section.name.removeprefix("lure ")
        lures[name] = dict(section.values)
        for key, sentence in check(name, section.values):
            problems.append(Problem(source=source, section=section.name, line=section.line_of(key), message=sentence))
    if not lures:
        problems.append(Problem(source=source, message="an archetype has at least one section [lure NAME]"))
    return lures


def _products(
    sections: Iterable[Section], lures: Iterable[str], releases: Iterable[Release], source: str, problems: list[Problem]
) -> dict[str, tuple[str, ...]]:
    """Return what may stand behind each lure; without a word in [products] it is the product of the lure's name."""
    said = next((section for section in sections if section.name == "products"), Section("products", 0))
    products = {lure: tuple(split(said.values.get(lure, lure))) for lure in lures}
    for lure, names in products.items():
        for release in releases:
            if not any(name in release.software for name in names):
                message = f"the release {release.name} has no {' or '.join(names)} for the lure {lure}"
                problems.append(Problem(source=source, section=said.name, line=said.line_of(lure), message=message))
    return products


def _hardware(sections: Iterable[Section], source: str, problems: list[Problem]) -> tuple[Hardware, ...]:
    """Return the machines: the sections [hardware NAME]."""
    machines = []
    for section in sections:
        if section.name.startswith("hardware ") and _is_complete(section, _HARDWARE_KEYS, source, problems, only=True):
            cpus = _numbers(section, "cpus", source, problems)
            memory = _numbers(section, "memory_gib", source, problems)
            vendor, model = section.values["vendor"], section.values["model"]
            machines.append(Hardware(vendor=vendor, model=model, cpus=cpus, memory=memory))
    if not machines:
        problems.append(Problem(source=source, message="an archetype has at least one section [hardware NAME]"))
    return tuple(machines)


def _numbers(section: Section, key: str, source: str, problems: list[Problem]) -> tuple[int, ...]:
    """Return a list of numbers above zero."""
    items = split(section.values[key])
    wrong = [item for item in items if not item.isdecimal() or not int(item)]
    for item in wrong:
        message = f"{key}: {item!r} is no number above zero"
        problems.append(Problem(source=source, section=section.name, line=section.line_of(key), message=message))
    return tuple(int(item) for item in items if item not in wrong)


def _refuse_unknown_sections(sections: Iterable[Section], source: str, problems: list[Problem]) -> None:
    """Name the sections that mean nothing."""
    for section in sections:
        kind, _, name = section.name.partition(" ")
        if section.name in ("archetype", "products") or (name and kind in ("lure", "hardware")):
            continue
        message = unknown("section", section.name, ("archetype", "products", "lure NAME", "hardware NAME"))
        problems.append(Problem(source=source, section=section.name, line=section.line, message=message))
