# SPDX-License-Identifier: MIT
"""What has to be done so that what is becomes what shall be: pure, in the order in which it is done."""

from collections.abc import Iterator
from dataclasses import dataclass, fields
from typing import Literal

from decnet.domain.desired import DesiredDecoy, DesiredLure, DesiredState

Action = Literal["create", "change", "remove"]


@dataclass(frozen=True, kw_only=True)
class Step:
    """
    One step of a plan: about a decoy, or about one ``lure`` of it (empty: the decoy itself).

    ``detail`` is for people; ``wanted`` is the decoy as it shall be (as it was, where it is removed).
    """

    action: Action
    decoy: str
    lure: str
    detail: str
    wanted: DesiredDecoy

    @property
    def lure_wanted(self) -> DesiredLure | None:
        """The lure that the step is about."""
        return next((lure for lure in self.wanted.lures if lure.name == self.lure), None)


def plan(desired: DesiredState, actual: DesiredState) -> tuple[Step, ...]:
    """Return the steps from ``actual`` to ``desired``: what goes, goes first, so that addresses and ports are free."""
    wanted = {entry.name: entry for entry in desired.decoys}
    present = {entry.name: entry for entry in actual.decoys}
    removed = [step for name, entry in present.items() for step in _removals(entry, wanted.get(name))]
    changed = [step for name, entry in wanted.items() if name in present for step in _changes(entry, present[name])]
    created = [step for name, entry in wanted.items() if name not in present for step in _creations(entry)]
    return (*removed, *changed, *created)


def _removals(present: DesiredDecoy, wanted: DesiredDecoy | None) -> Iterator[Step]:
    """Yield what of a decoy has to go, its lures before itself."""
    kept = {lure.name for lure in wanted.lures} if wanted else set()
    for lure in present.lures:
        if lure.name not in kept:
            yield _step("remove", present, lure.name, f"port {lure.port}")
    if wanted is None:
        yield _step("remove", present, "", ", ".join(present.decoy.addresses))


def _changes(wanted: DesiredDecoy, present: DesiredDecoy) -> Iterator[Step]:
    """Yield what of a decoy is different or new; a new identity changes all its lures."""
    identity = _difference(wanted, present)
    if identity:
        yield _step("change", wanted, "", identity)
    before = {lure.name: lure for lure in present.lures}
    for lure in wanted.lures:
        if lure.name not in before:
            yield _step("create", wanted, lure.name, f"port {lure.port}")
        elif lure != before[lure.name] or identity:
            yield _step("change", wanted, lure.name, _lure_difference(lure, before[lure.name]) or identity)


def _creations(wanted: DesiredDecoy) -> Iterator[Step]:
    """Yield a whole decoy."""
    decoy = wanted.decoy
    detail = f"{decoy.archetype} {decoy.persona.hostname} at {', '.join(decoy.addresses)}"
    yield _step("create", wanted, "", detail)
    for lure in wanted.lures:
        yield _step("create", wanted, lure.name, f"port {lure.port}")


def _step(action: Action, wanted: DesiredDecoy, lure: str, detail: str) -> Step:
    """Return one step."""
    return Step(action=action, decoy=wanted.name, lure=lure, detail=detail, wanted=wanted)


def _difference(wanted: DesiredDecoy, present: DesiredDecoy) -> str:
    """Return what is different about a decoy apart from its lures; the seed is a secret and only named."""
    new, old = wanted.decoy, present.decoy
    parts = [_arrow("archetype", old.archetype, new.archetype), _arrow("mac", old.mac, new.mac)]
    parts.append(_arrow("addresses", ", ".join(old.addresses), ", ".join(new.addresses)))
    for item in fields(new.persona):
        before, after = getattr(old.persona, item.name), getattr(new.persona, item.name)
        parts.append((item.name if before != after else "") if item.name == "seed" else _arrow(item.name, before, after))
    return "; ".join(part for part in parts if part)


def _lure_difference(new: DesiredLure, old: DesiredLure) -> str:
    """Return what is different about a lure; values of options may be passwords and are only named."""
    keys = sorted(key for key in {*new.options, *old.options} if new.options.get(key) != old.options.get(key))
    return "; ".join(part for part in (_arrow("port", old.port, new.port), ", ".join(keys)) if part)


def _arrow(name: str, old: object, new: object) -> str:
    """Return ``name old -> new`` where they differ."""
    return f"{name} {old} -> {new}" if old != new else ""
