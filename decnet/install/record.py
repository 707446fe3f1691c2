# SPDX-License-Identifier: MIT
"""
What was applied last: the identity, the numbers its names had then, what we made, which units were enabled once.

Numbers are kept because names are not enough: a file is handed over only where it carries the number that was ours.
Lines of a kind and its facts, as in the journal.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from decnet.install.identity import KEYS, Identity, from_values, values_of
from decnet.install.layout import APPLIED
from decnet.install.tree import Tree

_MODE = 0o600


@dataclass(frozen=True, kw_only=True)
class Record:
    """
    What an earlier run left.

    ``uids`` and ``gids`` are by the place in the identity (``user``, ``group``, the suffixes of the isolated accounts), not by
    name. ``has_units`` says that the units are ours, too, as no package brought them. ``created`` are accounts, ``joined``
    memberships (``user group``) and ``enabled`` units that this program made.
    """

    identity: Identity
    version: str
    has_units: bool = False
    uids: Mapping[str, int] = field(default_factory=dict)
    gids: Mapping[str, int] = field(default_factory=dict)
    created: frozenset[str] = frozenset()
    joined: frozenset[str] = frozenset()
    enabled: frozenset[str] = frozenset()


def read(tree: Tree, path: str = APPLIED) -> Record | None:
    """Return what was applied last; None before the first time."""
    text = tree.text(path)
    if text is None:
        return None
    facts: dict[str, list[str]] = {}
    for line in text.splitlines():
        kind, _, fact = line.partition(" ")
        facts.setdefault(kind, []).append(fact)
    values = dict(fact.split("=", maxsplit=1) for fact in facts.get("identity", ()))
    known = {key: value for key, value in values.items() if key in KEYS}  # a newer version may have written more
    return Record(
        identity=from_values(known),
        version=facts.get("version", [""])[0],
        has_units="has-units" in facts,
        uids=_numbers(facts.get("uid", [])),
        gids=_numbers(facts.get("gid", [])),
        created=frozenset(facts.get("created", ())),
        joined=frozenset(facts.get("joined", ())),
        enabled=frozenset(facts.get("enabled", ())),
    )


def _numbers(facts: list[str]) -> dict[str, int]:
    """Return pairs of a word and a number."""
    return {place: int(number) for place, number in (fact.split(" ", maxsplit=1) for fact in facts)}


def text_of(record: Record) -> str:
    """Return a record as it is written."""
    lines = [f"version {record.version}", *(["has-units yes"] if record.has_units else [])]
    lines += [f"identity {key}={value}" for key, value in values_of(record.identity).items()]
    lines += [f"uid {place} {number}" for place, number in sorted(record.uids.items())]
    lines += [f"gid {place} {number}" for place, number in sorted(record.gids.items())]
    for kind in ("created", "joined", "enabled"):
        lines += [f"{kind} {fact}" for fact in sorted(getattr(record, kind))]
    return "\n".join(lines) + "\n"


def write(tree: Tree, record: Record) -> None:
    """Keep a record; a file that says the same is left as it is."""
    text = text_of(record)
    if tree.text(APPLIED) != text:
        tree.write(APPLIED, text.encode(), _MODE)
