# SPDX-License-Identifier: MIT
"""
Reads the sections of an INI text with the line of every key.

The standard library's parser stops at the first mistake and forgets line numbers; a person who wrote a fleet file wants all
mistakes at once, each with its line. The dialect is the smallest one: ``[section]``, ``key = value``, indented lines that go
on with a value, comments that begin a line with ``#`` or ``;``. There is no interpolation and no default section.
"""

import re
from dataclasses import dataclass, field

from decnet.domain.problem import Problem

_HEADER = re.compile(r"\[([^\[\]]+)\]\s*")
_KEY = re.compile(r"([A-Za-z][A-Za-z0-9_-]*)\s*=\s*(.*)")


@dataclass
class Section:
    """One section: its name, the line of its header, its keys (lower case) with values and lines."""

    name: str
    line: int
    values: dict[str, str] = field(default_factory=dict)
    lines: dict[str, int] = field(default_factory=dict)

    def line_of(self, key: str) -> int:
        """Return the line of a key; that of the header where the key is not there."""
        return self.lines.get(key, self.line)


def read(text: str, source: str, problems: list[Problem]) -> list[Section]:
    """Return the sections in their order; what cannot be read goes to ``problems``."""
    sections: dict[str, Section] = {}
    section: Section | None = None
    key = ""
    for number, line in enumerate(text.removeprefix("\ufeff").splitlines(), 1):
        bare = line.strip()
        if not bare or bare[0] in "#;":
            continue
        if header := _HEADER.fullmatch(bare):
            section, key = _begin(header[1], number, sections, source, problems), ""
        elif line[0] in " \t" and section is not None and key:
            section.values[key] += "\n" + bare
        elif section is None:
            problems.append(Problem(source=source, line=number, message="a line stands before the first [section]"))
        else:
            key = _take(bare, number, section, source, problems)
    return list(sections.values())


def split(value: str) -> list[str]:
    """Return the items of a list: separated by commas or lines, empty ones left out."""
    return [item.strip() for item in re.split(r"[,\n]", value) if item.strip()]


def _begin(name: str, line: int, sections: dict[str, Section], source: str, problems: list[Problem]) -> Section:
    """Return the section that a header opens; a second one of the same name is a problem, and read on its own."""
    name = " ".join(name.split())
    if name in sections:
        message = f"this section is there twice, first on line {sections[name].line}"
        problems.append(Problem(source=source, section=name, line=line, message=message))
        return Section(name, line)
    sections[name] = Section(name, line)
    return sections[name]


def _take(bare: str, line: int, section: Section, source: str, problems: list[Problem]) -> str:
    """Put one ``key = value`` into the section and return the key; empty where the line is none."""
    match = _KEY.fullmatch(bare)
    if not match:
        problems.append(Problem(source=source, section=section.name, line=line, message=f"{bare[:80]!r} is not: key = value"))
        return ""
    key = match[1].lower()
    if key in section.values:
        message = f"{key} is there twice, first on line {section.lines[key]}"
        problems.append(Problem(source=source, section=section.name, line=line, message=message))
    section.values[key] = match[2]
    section.lines[key] = line
    return key
