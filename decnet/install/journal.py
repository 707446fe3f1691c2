# SPDX-License-Identifier: MIT
"""
What the configurator is doing, written before it does it: a kill at any moment is seen, and mended by the next run.

Lines of words: ``begin VERSION REASON``, ``step NAME``, and the facts that the next run could not find out any more, such as
``was-active UNIT``, ``recorded UNIT``, ``left-gid PLACE NUMBER``, ``restore BACKUP``. The file is there as long as something is
unfinished.
"""

from decnet.install.layout import ETC, JOURNAL, STATE
from decnet.install.tree import Tree

_MODE = 0o600


class Journal:
    """The journal of one run; lines of an earlier one that did not end are kept until this one ends."""

    def __init__(self, tree: Tree) -> None:
        self._tree = tree
        self._lines = (tree.text(JOURNAL) or "").splitlines()

    @property
    def is_open(self) -> bool:
        """Whether a run began and did not end."""
        return bool(self._lines)

    @property
    def step(self) -> str:
        """The step that was begun last; empty where there is none."""
        return next(reversed(self.facts("step")), "")

    @property
    def reason(self) -> str:
        """Why the run began that did not end; empty where there is none."""
        return next(reversed(self.facts("begin")), "").partition(" ")[2]

    def facts(self, kind: str) -> list[str]:
        """Return what was noted of a kind, the oldest first."""
        words = (line.split(" ", maxsplit=1) for line in self._lines)
        return [word[1] for word in words if word[0] == kind and len(word) > 1]

    def numbers(self, kind: str) -> list[dict[str, int]]:
        """Return the facts of a kind that are a place in the identity and its number."""
        return [{place: int(number)} for place, number in (fact.split(" ") for fact in self.facts(kind))]

    def begin(self, version: str, reason: str) -> None:
        """Note that a run begins."""
        self._tree.make_folder(STATE, 0o700)
        for folder in (STATE, ETC):
            self._tree.sweep(folder)
        self.note("begin", f"{version} {reason}")

    def note(self, kind: str, *facts: str) -> None:
        """Add facts; they are on the disk when this returns."""
        if not facts:
            return
        self._lines += [f"{kind} {fact}" for fact in facts]
        self._tree.write(JOURNAL, ("\n".join(self._lines) + "\n").encode(), _MODE)

    def forget(self, kind: str) -> None:
        """Take all facts of a kind back."""
        if self.facts(kind):
            self._lines = [line for line in self._lines if line.split(" ", maxsplit=1)[0] != kind]
            self._tree.write(JOURNAL, ("\n".join(self._lines) + "\n").encode(), _MODE)

    def end(self) -> None:
        """Note that everything was done."""
        self._lines = []
        self._tree.remove(JOURNAL)
