# SPDX-License-Identifier: MIT
"""What ``decnet init`` did, point by point: done, right already, or failed."""

from collections.abc import Callable
from dataclasses import dataclass

from decnet.install.layout import DATA, HANDOVER, LOGS, RUNTIME, STATE
from decnet.install.placement import Kind
from decnet.install.plan import Plan
from decnet.install.tree import Tree

DONE, RIGHT, FAILED, PLANNED = " OK ", "SKIP", "FAIL", "PLAN"
_FOLDERS = (DATA, LOGS, RUNTIME, HANDOVER, STATE)
_KINDS = {
    "/etc/systemd/system/": "units in /etc/systemd/system",
    "/etc/sysusers.d/": "accounts for systemd-sysusers",
    "/etc/tmpfiles.d/": "folders for systemd-tmpfiles",
    "/etc/polkit-1/": "polkit rule",
    "/etc/logrotate.d/": "rotation of the logs",
    "/etc/decnet/": "configuration in /etc/decnet",
}


@dataclass(frozen=True, kw_only=True)
class Point:
    """One line: the step that settles it, what it says, and whether something has to be done for it."""

    step: str
    text: str
    is_due: bool


def points(tree: Tree, plan: Plan, *, is_live: bool, starts: bool) -> list[Point]:
    """Return every point of an installation."""
    identity = plan.identity
    has_units = any(change.path.startswith("/etc/systemd/") for change in plan.changes)
    found = [
        Point(step="package-conf", text="identity in /etc/decnet/package.conf", is_due=plan.changes_conf),
        Point(
            step="accounts",
            text=f"accounts {', '.join((identity.user, *identity.isolated_accounts.values()))}, group {identity.group}",
            is_due=bool(plan.missing),
        ),
        *(Point(step="files", text=text, is_due=_differs(plan, prefix)) for prefix, text in _KINDS.items()),
        Point(step="folders", text=f"folders {', '.join(_FOLDERS)}", is_due=not all(map(tree.is_folder, _FOLDERS))),
        Point(step="enable", text="decnet.target is started at boot", is_due=bool(plan.enable)),
    ]
    if is_live:
        found.append(Point(step="reload", text="systemd knows the units", is_due=has_units))
        found.append(Point(step="services", text="decnet.target runs", is_due=plan.is_first and starts))
    return found


def _differs(plan: Plan, prefix: str) -> bool:
    """Say whether a file below ``prefix`` is going to be written or taken away."""
    return any(change.path.startswith(prefix) and change.kind != Kind.LEAVE for change in plan.changes)


class Checklist:
    """Prints the points as their steps are done."""

    def __init__(self, points: list[Point], say: Callable[[str], None]) -> None:
        self._open = points
        self._say = say

    def done(self, step: str) -> None:
        """Print the points of a step that worked."""
        for point in self._of(step):
            self._print(DONE if point.is_due else RIGHT, point)

    def failed(self) -> None:
        """Print the first point that is open as the one that failed; those behind it were not reached."""
        for point in self._open[:1]:
            self._print(FAILED, point)

    def rest(self, *, planned: bool = False) -> None:
        """Print every point that is open: as right already, or as planned where something is due."""
        for point in self._open:
            self._print(PLANNED if planned and point.is_due else RIGHT, point)

    def _of(self, step: str) -> list[Point]:
        """Take the points of a step from those that are open."""
        found = [point for point in self._open if point.step == step]
        self._open = [point for point in self._open if point.step != step]
        return found

    def _print(self, state: str, point: Point) -> None:
        """Print one point."""
        self._say(f"[{state}] {point.text}")
