# SPDX-License-Identifier: MIT
"""
From rendered files to files in their places: compared first, staged whole, then renamed one after the other.

A file that somebody edited is kept; what we would have written stands beside it. A kill between two renames leaves files of
which each is whole, and a manifest that knows both versions.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import PurePosixPath

from decnet.install import manifest
from decnet.install.layout import BACK, ETC, MANIFEST, MANIFEST_NEXT, PREVIOUS, STAGED
from decnet.install.manifest import Entry
from decnet.install.tree import Tree

_SUFFIX = ".decnet-new"
_READ_WHOLE = ("/etc/logrotate.d",)  # folders whose readers take every name, a proposal as well
_NEXT = f"{PREVIOUS}.next"


class Kind(StrEnum):
    """What has to happen to a file."""

    WRITE = "write"
    REPLACE = "replace"
    KEEP = "keep"
    REMOVE = "remove"
    LEAVE = "leave"


@dataclass(frozen=True, kw_only=True)
class Change:
    """One file that is not as it has to be; ``entry`` is what belongs there, None for what is no longer ours."""

    kind: Kind
    path: str
    entry: Entry | None = None

    @property
    def line(self) -> str:
        """The change in words."""
        return f"{self.kind:8}{self.path}" + (
            f" (edited; ours goes to {proposal(self.path)})" if self.kind == Kind.KEEP else ""
        )


def proposal(path: str) -> str:
    """Return where our version of an edited file goes."""
    folder = PurePosixPath(path).parent
    return f"{ETC}/{folder.stem}{_SUFFIX}" if str(folder) in _READ_WHOLE else f"{path}{_SUFFIX}"


def compare(tree: Tree, wanted: Sequence[Entry], *, force: bool = False) -> list[Change]:
    """Return what differs from ``wanted``, in the order in which it has to be done; ``force`` gives up what was edited."""
    ours = manifest.known(tree)
    changes = [change for entry in wanted if (change := _change(tree, entry, ours, force=force))]
    rest = set(ours) - {entry.path for entry in wanted} - {proposal(c.path) for c in changes if c.kind == Kind.KEEP}
    return changes + [_goodbye(tree, path, ours[path]) for path in sorted(rest)]


def _change(tree: Tree, entry: Entry, ours: dict[str, set[str]], *, force: bool) -> Change | None:
    """Return what has to happen for one file; None where it is right."""
    there = manifest.found(tree, entry.path)
    if there is None:
        return Change(kind=Kind.WRITE, path=entry.path, entry=entry)
    is_link = tree.target(entry.path) is not None
    if there == entry.sum and is_link == entry.is_link and (is_link or _mode(tree, entry.path) == entry.mode):
        return None if entry.path in ours else Change(kind=Kind.REPLACE, path=entry.path, entry=entry)
    if force or there == entry.sum or there in ours.get(entry.path, ()):
        return Change(kind=Kind.REPLACE, path=entry.path, entry=entry)
    return Change(kind=Kind.KEEP, path=entry.path, entry=entry)


def _goodbye(tree: Tree, path: str, sums: set[str]) -> Change:
    """Return what has to happen to a file that was ours and is not wanted any more."""
    there = manifest.found(tree, path)
    return Change(kind=Kind.REMOVE if there is None or there in sums else Kind.LEAVE, path=path)


def _mode(tree: Tree, path: str) -> int:
    """Return the mode of a file."""
    state = tree.look(path)
    return state.st_mode & 0o7777 if state else 0


def effective(tree: Tree, changes: Sequence[Change]) -> list[Change]:
    """Return the changes that write or remove something; a proposal that is there already is none."""
    return [change for change in changes if not _is_settled(tree, change)]


def _is_settled(tree: Tree, change: Change) -> bool:
    """Say whether nothing is left to do for a file that was edited."""
    if change.kind != Kind.KEEP or change.entry is None:
        return False
    return manifest.found(tree, proposal(change.path)) == change.entry.sum


def put(tree: Tree, wanted: Sequence[Entry], changes: Sequence[Change]) -> None:
    """Bring every file to its place."""
    written = [_proposed(change) for change in changes if change.kind in {Kind.WRITE, Kind.REPLACE, Kind.KEEP}]
    proposals = [entry for entry in written if entry.path.endswith(_SUFFIX)]
    manifest.announce(tree, [*wanted, *proposals])
    _stage(tree, written)
    for number, entry in enumerate(written):
        tree.move(f"{STAGED}/{number}", entry.path)
    for change in changes:
        if change.kind == Kind.REMOVE:
            _take_away(tree, change.path)
    manifest.settle(tree)
    tree.remove_all(STAGED)


def _proposed(change: Change) -> Entry:
    """Return what is written for a change: beside the file where somebody edited it."""
    if change.entry is None:
        raise ValueError(f"nothing is wanted at {change.path}")
    return replace(change.entry, path=proposal(change.path)) if change.kind == Kind.KEEP else change.entry


def _stage(tree: Tree, entries: Sequence[Entry]) -> None:
    """Write every file whole into a folder of ours, before the first one is renamed."""
    tree.remove_all(STAGED)
    tree.make_folder(ETC, 0o755)
    tree.make_folder(STAGED, 0o700)
    for number, entry in enumerate(entries):
        if entry.is_link:
            tree.stage_link(STAGED, str(number), entry.content.decode())
        else:
            tree.stage(STAGED, str(number), entry.content, entry.mode)


def _take_away(tree: Tree, path: str) -> None:
    """Remove a file of ours, and its drop-in folder if nothing else is in it."""
    tree.remove(path)
    folder = str(PurePosixPath(path).parent)
    if folder.endswith((".service.d", ".target.wants")):
        tree.remove_empty(folder)


def take_all_away(tree: Tree, *, edited: bool) -> list[str]:
    """Remove every file of the manifest and return those that stay because somebody edited them."""
    left = []
    for path, sums in sorted(manifest.known(tree).items()):
        there = manifest.found(tree, path)
        if there is None or there in sums or edited:
            _take_away(tree, path)
            if edited:
                # one that was written for an earlier edit is in no manifest any more
                tree.remove(proposal(path))
        else:
            left.append(path)
    tree.remove_all(STAGED)
    tree.remove(MANIFEST)
    tree.remove(MANIFEST_NEXT)
    return left


def keep_previous(tree: Tree, others: Sequence[str]) -> None:
    """
    Keep the set that is in place, and these other files, for ``rollback``.

    The set that was kept before stays in ``BACK`` until the run ends: it may be the one that comes back now, and a run that was
    killed is done a second time.
    """
    tree.remove_all(_NEXT)
    tree.make_folder(_NEXT, 0o700)
    for path, sums in manifest.known(tree).items():
        if manifest.found(tree, path) in sums:
            _copy(tree, path, f"{_NEXT}/files{path}")
    for path in others:
        if tree.read(path) is not None:
            _copy(tree, path, f"{_NEXT}/{PurePosixPath(path).name}")
    if tree.is_folder(PREVIOUS) and not tree.is_folder(BACK):
        tree.move(PREVIOUS, BACK)
    tree.remove_all(PREVIOUS)
    tree.move(_NEXT, PREVIOUS)


def keep_none(tree: Tree) -> None:
    """Let the set that was kept before ``keep_previous`` be the one that is kept; killed anywhere, it is whole in one place."""
    tree.remove_all(_NEXT)
    if tree.is_folder(PREVIOUS):
        tree.move(PREVIOUS, _NEXT)
    if tree.is_folder(BACK):
        tree.move(BACK, PREVIOUS)
    tree.remove_all(_NEXT)


def _copy(tree: Tree, source: str, target: str) -> None:
    """Copy a file or a link."""
    folder, name = str(PurePosixPath(target).parent), PurePosixPath(target).name
    _make_private(tree, folder)
    link = tree.target(source)
    if link is not None:
        tree.stage_link(folder, name, link)
    else:
        tree.write(target, tree.read(source) or b"", _mode(tree, source))


def _make_private(tree: Tree, folder: str) -> None:
    """Make a folder and those above it, for root alone."""
    with tree.folder(folder, make=0o700):
        pass


def previous(tree: Tree, kept: str = PREVIOUS) -> list[Entry]:
    """Return the set that was in place before."""
    return list(_below(tree, f"{kept}/files", ""))


def _below(tree: Tree, base: str, path: str) -> Iterator[Entry]:
    """Yield the files that were kept."""
    for name in tree.names(base + path):
        here = f"{path}/{name}"
        link = tree.target(base + here)
        if link is not None:
            yield Entry(path=here, mode=0o777, content=link.encode(), is_link=True)
        elif tree.is_folder(base + here):
            yield from _below(tree, base, here)
        else:
            yield Entry(path=here, mode=_mode(tree, base + here), content=tree.read(base + here) or b"")
