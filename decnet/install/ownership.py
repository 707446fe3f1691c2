# SPDX-License-Identifier: MIT
"""
Files handed from one identity to another: only those that carry an id that we recorded, and never through a path.

The services own the folders below and may have been taken over: every entry is opened without following a link, looked at
through its descriptor and changed through it. What lies deeper than our data ever does stays, and what lies on another file
system, unless that is one of the folders themselves: the store may have a disk of its own.
"""

import ctypes
import os
import stat
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field

from decnet.domain.captured import visible
from decnet.errors import HostError
from decnet.install.failure import InvalidError
from decnet.install.host import Host
from decnet.install.layout import DATA, HANDOVER, LOGS, RUNTIME, TMPFILES
from decnet.install.tree import Tree, listing

_LOOK = os.O_PATH | os.O_NOFOLLOW | os.O_CLOEXEC
_EMPTY_PATH = 0x1000  # AT_EMPTY_PATH of fchownat(2): the descriptor itself
_DEEPEST = 32

_OWNED = (DATA, LOGS, RUNTIME, HANDOVER)

Say = Callable[[str], None]
Numbers = Mapping[str, int]
"""Numbers by their place in an identity."""


@dataclass(frozen=True, kw_only=True)
class Moves:
    """Which ids become which, and which accounts are ours: everything else is left alone."""

    uids: Mapping[int, int] = field(default_factory=dict)
    gids: Mapping[int, int] = field(default_factory=dict)
    ours: frozenset[int] = frozenset()

    def __bool__(self) -> bool:
        return bool(self.uids or self.gids)

    def of(self, found: os.stat_result) -> tuple[int, int] | None:
        """Return the new owner and group of a file; None where it stays."""
        uid, gid = self.uids.get(found.st_uid, found.st_uid), self.gids.get(found.st_gid, found.st_gid)
        if (uid, gid) == (found.st_uid, found.st_gid) or not self._may(found):
            return None
        return uid, gid

    def _may(self, found: os.stat_result) -> bool:
        """
        Say whether a file is really one of ours.

        A regular file with a second name may belong to somebody outside, who let our old group write it, and a service may
        have linked it into its folder: unless its owner is ours it stays.
        """
        return not stat.S_ISREG(found.st_mode) or found.st_nlink == 1 or found.st_uid in self.ours


def forth(uids: Iterable[Numbers], gids: Iterable[Numbers], now: tuple[Numbers, Numbers]) -> Moves:
    """
    Return the moves from the numbers of earlier times, by their place in the identity, to those of now.

    Raises ``InvalidError`` where a number would have to become two.
    """
    known = list(uids)
    ours = frozenset(number for numbers in (*known, now[0]) for number in numbers.values())
    return Moves(uids=_pairs(known, now[0]), gids=_pairs(gids, now[1]), ours=ours)


def back(now: tuple[Numbers, Numbers], before: tuple[Numbers, Numbers]) -> Moves:
    """Return the way back from the numbers of now."""
    ours = frozenset({*now[0].values(), *before[0].values()})
    return Moves(uids=_turned(now[0], before[0]), gids=_turned(now[1], before[1]), ours=ours)


def _pairs(earlier: Iterable[Numbers], now: Numbers) -> dict[int, int]:
    """Return which numbers become which, place by place."""
    found = [row for numbers in earlier for row in numbers.items()]
    pairs = {number: now[place] for place, number in found if place in now and number != now[place]}
    if set(pairs) & set(pairs.values()):
        raise InvalidError(
            "an account or a group would take the place of another one of ours",
            remedy="choose names that were not used here before",
        )
    return pairs


def _turned(now: Numbers, old: Numbers) -> dict[int, int]:
    """Return which numbers of now become which of the old ones."""
    return {number: old[place] for place, number in now.items() if place in old and number != old[place]}


def hand_over_all(tree: Tree, moves: Moves, say: Say) -> None:
    """Walk over every folder of ours."""
    if moves:
        for folder in (*_OWNED, *_on_disks_of_their_own(tree)):
            hand_over(tree, folder, moves, say)


def _on_disks_of_their_own(tree: Tree) -> Iterator[str]:
    """Yield the folders of our data on which the operator has mounted something; a walk from above passes them over."""
    data = tree.look(DATA)
    for name in tree.names(DATA):
        found = tree.look(f"{DATA}/{name}")
        if data is not None and found is not None and stat.S_ISDIR(found.st_mode) and found.st_dev != data.st_dev:
            yield f"{DATA}/{name}"


def hand_over(tree: Tree, folder: str, moves: Moves, say: Say) -> int:
    """Change the owners of everything below a folder, itself included; return how many files were changed."""
    try:
        with tree.folder(folder) as descriptor:
            walk = _Walk(moves, os.fstat(descriptor).st_dev, say)
            walk.entry(descriptor, ".", folder)
            walk.below(descriptor, folder, 0)
            return walk.changed
    except FileNotFoundError:
        return 0


def make_folders(host: Host) -> None:
    """Make the folders, and their owners what they have to be."""
    text = host.tree.text(TMPFILES)
    if text is not None:
        host.program("systemd-tmpfiles", "--create", "-", given=text)


class _Walk:
    """One walk over a folder."""

    def __init__(self, moves: Moves, device: int, say: Say) -> None:
        self._moves = moves
        self._device = device
        self._say = say
        self.changed = 0

    def below(self, folder: int, path: str, depth: int) -> None:
        """Change all entries of a folder."""
        if depth > _DEEPEST:
            self._say(f"{visible(path)} lies deeper than decnet makes folders: what is in it keeps its owners")
            return
        for name in listing(folder):
            found = self.entry(folder, name, f"{path}/{name}")
            if found is not None and stat.S_ISDIR(found.st_mode) and found.st_dev == self._device:
                with _opened(folder, name, found) as descriptor:
                    if descriptor is not None:
                        self.below(descriptor, f"{path}/{name}", depth + 1)

    def entry(self, folder: int, name: str, path: str) -> os.stat_result | None:
        """Change one entry; return what it is, None where it is gone."""
        try:
            descriptor = os.open(name, _LOOK, dir_fd=folder)
        except FileNotFoundError:
            return None
        try:
            found = os.fstat(descriptor)
            owners = self._moves.of(found) if found.st_dev == self._device else None
            if owners is not None:
                _chown(descriptor, *owners, path)
                self.changed += 1
        finally:
            os.close(descriptor)
        return found


@contextmanager
def _opened(folder: int, name: str, expected: os.stat_result) -> Iterator[int | None]:
    """Give a descriptor to list a folder that was just looked at; None where something else took its place."""
    descriptor = None
    with suppress(OSError):
        descriptor = os.open(name, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC, dir_fd=folder)
    try:
        same = descriptor is not None and os.path.samestat(os.fstat(descriptor), expected)
        yield descriptor if same else None
    finally:
        if descriptor is not None:
            os.close(descriptor)


def _chown(descriptor: int, uid: int, gid: int, path: str) -> None:
    """Change owner and group of what a descriptor stands for, be it a link or a socket; Python's own call cannot."""
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.fchownat(descriptor, b"", uid, gid, _EMPTY_PATH):
        reason = os.strerror(ctypes.get_errno())
        raise HostError(f"the owner of {visible(path)} cannot be changed: {reason}", remedy="decnet configure apply, as root")
