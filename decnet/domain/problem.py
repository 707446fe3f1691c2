# SPDX-License-Identifier: MIT
"""What is wrong with something that an operator wrote: the place, the sentence, the suggestion."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from difflib import get_close_matches

from decnet.errors import PlanError

MOST = 100
"""How many problems are named."""


@dataclass(frozen=True, kw_only=True)
class Problem:
    """One mistake; ``line`` counts from 1, 0 where it belongs to no line; ``section`` is a name in brackets or empty."""

    source: str
    message: str
    section: str = ""
    line: int = 0

    def __str__(self) -> str:
        """Return place and sentence on one line."""
        place = f"{self.source}:{self.line}" if self.line else self.source
        return f"{place}: [{self.section}]: {self.message}" if self.section else f"{place}: {self.message}"


def unknown(what: str, name: str, known: Iterable[str]) -> str:
    """Return the sentence about a name that does not exist, with the nearest one that does, or with all of them."""
    choices = list(known)
    near = get_close_matches(name, choices, n=1)
    if near:
        return f"there is no {what} {name!r}; did you mean {near[0]!r}?"
    return f"there is no {what} {name!r}; there is: {', '.join(choices) or 'nothing'}"


def refuse(subject: str, problems: Sequence[Problem], *, remedy: str) -> PlanError:
    """Return the error that names the problems of ``subject``, each on a line of its own; those beyond ``MOST`` are counted."""
    count = "1 problem" if len(problems) == 1 else f"{len(problems)} problems"
    lines = "".join(f"\n  {problem}" for problem in problems[:MOST])
    if len(problems) > MOST:
        lines += f"\n  and {len(problems) - MOST} more"
    return PlanError(f"{subject} has {count}; nothing was changed:{lines}", remedy=remedy)
