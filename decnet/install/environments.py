# SPDX-License-Identifier: MIT
"""Where the programs of an installation without a package are: its folder, and the virtual environment in it."""

import stat
from collections.abc import Iterator, Mapping
from pathlib import Path, PurePosixPath

from decnet.install import accounts
from decnet.install.failure import InvalidError
from decnet.install.tree import Tree

_VARIABLE = "VIRTUAL_ENV"
_NAMES = ("venv", ".venv", ".311", ".312", ".313")
_PROGRAM = "bin/decnet"


def absolute(what: str, folder: str) -> PurePosixPath:
    """Return a folder; raise ``InvalidError`` where it would mean another one for a unit than for who names it."""
    path = PurePosixPath(folder)
    if not path.is_absolute():
        raise InvalidError(f"the {what} {folder!r} is no absolute path", remedy=f"name it from the root: --{what} /opt/decnet")
    return path


def resolve(tree: Tree, install: PurePosixPath, given: str | None, variables: Mapping[str, str]) -> PurePosixPath:
    """
    Return the virtual environment of an installation.

    The one that is named; else the one that is active if it belongs to the installation; else the first of the usual ones in
    its folder. Raises ``InvalidError`` where none holds decnet.
    """
    if given is not None:
        named = absolute("venv-dir", given)
        if not _holds_decnet(tree, named):
            raise InvalidError(f"{named} is no virtual environment with decnet in it", remedy=_recipe(named))
        return named
    for folder in _candidates(install, variables):
        if _holds_decnet(tree, folder):
            return folder
    names = ", ".join(_NAMES)
    raise InvalidError(
        f"no virtual environment with decnet was found in {install} (looked for {names}); nothing was written",
        remedy=_recipe(install / "venv"),
    )


def check_reachable(tree: Tree, folder: PurePosixPath, user: str) -> None:
    """Raise ``InvalidError`` where the account of the services could not run what is in a folder."""
    program = tree.outside(f"{folder}/bin/python")
    known = accounts.user(tree, user)
    ways = {*tree.outside(str(folder)).parents, *(program.resolve().parents if tree.is_host else ())}
    for way in sorted(ways):
        if tree.root in (way, *way.parents) and not _lets_in(way, known):
            raise InvalidError(f"the account {user} cannot enter {way}, where {folder} is", remedy=f"chmod o+x {way}")


def _lets_in(folder: Path, known: accounts.User | None) -> bool:
    """Say whether a folder can be passed by an account; groups are left aside, they change."""
    found = folder.stat()
    is_own = known is not None and known.uid == found.st_uid
    return bool(found.st_mode & (stat.S_IXUSR if is_own else stat.S_IXOTH))


def _candidates(install: PurePosixPath, variables: Mapping[str, str]) -> Iterator[PurePosixPath]:
    """Yield where a virtual environment may be."""
    active = PurePosixPath(variables.get(_VARIABLE, ""))
    if active.is_absolute() and active.is_relative_to(install) and ".." not in active.parts:
        yield active
    yield from (install / name for name in _NAMES)


def _holds_decnet(tree: Tree, folder: PurePosixPath) -> bool:
    """Say whether decnet can be run from a folder; the operator chose it, so links in it are his."""
    return tree.outside(f"{folder}/{_PROGRAM}").is_file()


def _recipe(folder: PurePosixPath) -> str:
    """Return the commands that make an environment."""
    return f"python3 -m venv {folder} && {folder}/bin/pip install THE_CHECKOUT, or name another one with --venv-dir"
