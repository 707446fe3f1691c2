# SPDX-License-Identifier: MIT
"""How a benchmark prints what it measured beside its target."""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Measured:
    """One number; ``at_most`` is its target where it has one."""

    what: str
    value: float
    unit: str
    at_most: float | None = None

    @property
    def verdict(self) -> str:
        """What became of the target."""
        if self.at_most is None:
            return ""
        return "reached" if self.value <= self.at_most else f"missed by {self.value / self.at_most - 1:.0%}"

    @property
    def target(self) -> str:
        """The target as text."""
        return "" if self.at_most is None else f"<= {self.at_most:g} {self.unit}"


def report(title: str, rows: Sequence[Measured]) -> int:
    """Print a table and return 1 where a target is missed, else 0."""
    width = max(len(row.what) for row in rows)
    print(f"{title}\n")
    print(f"{'':{width}}  {'measured':>12}  {'target':>12}")
    for row in rows:
        print(f"{row.what:{width}}  {f'{row.value:.3g} {row.unit}':>12}  {row.target:>12}  {row.verdict}".rstrip())
    return int(any(row.verdict.startswith("missed") for row in rows))
