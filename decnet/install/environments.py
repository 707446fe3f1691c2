# SPDX-License-Identifier: MIT
"""Where the programs of an installation without a package are: its folder, and the virtual environment in it."""

import os
import stat
from collections.abc import Iterator, Mapping
from pathlib import Path, PurePosixPath

from decnet.host.process import CommandFailed, Identity, check
from decnet.install.failure import InvalidError
from decnet.install.render import HIDDEN, is_below
from decnet.install.tree import Tree

_VARIABLE = "VIRTUAL_ENV"
_NAMES = ("venv", ".venv", ".311", ".312", ".313")
_PROGRAM = "bin/decnet"
_PYTHON = "bin/python"
_SYSTEM = PurePosixPath("/usr")
_LINKS = 16
_NOBODY = 65534
_ASSETS = "web/static/vendor"
_LOAD = """
import importlib, decnet.catalog
for row in decnet.catalog.SERVICES:
    importlib.import_module(row.worker.partition(":")[0])
print(decnet.__file__)
"""


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


def check_reachable(tree: Tree, install: PurePosixPath, venv: PurePosixPath) -> None:
    """
    Raise ``InvalidError`` where a service could not run what is in the virtual environment.

    Three accounts run the services and share no group, so what they need has to be open to everybody; and a unit sees no home
    folder but that of the installation.
    """
    interpreter = _interpreter(tree, venv)
    if not any(interpreter.is_relative_to(place) for place in (_SYSTEM, venv)):
        raise InvalidError(
            f"{venv} runs {interpreter}, which the services may not: it is neither in {_SYSTEM} nor in the environment",
            remedy=f"make it anew with that of the system: /usr/bin/python3 -m venv --clear {venv}, and install decnet",
        )
    for folder in (install, venv, interpreter.parent):
        _check_ways(tree, folder)
    if tree.is_host and os.geteuid() == 0:
        _try_out(install, venv)


def _check_ways(tree: Tree, folder: PurePosixPath) -> None:
    """Raise ``InvalidError`` for the first folder on a way that is not open to everybody."""
    place = tree.outside(str(folder))
    for way in (*reversed(place.parents), place):
        if tree.root in (way, *way.parents) and way.exists() and not way.stat().st_mode & stat.S_IXOTH:
            raise InvalidError(f"the accounts of the services cannot enter {way}", remedy=f"chmod o+x {way}")


def _interpreter(tree: Tree, venv: PurePosixPath) -> PurePosixPath:
    """Return the file that the environment's interpreter is; of an image links are followed as the image itself would."""
    path = PurePosixPath(venv / _PYTHON)
    if tree.is_host:
        return PurePosixPath(Path(path).resolve())
    for _ in range(_LINKS):
        target = tree.target(str(path))
        if target is None:
            break
        path = PurePosixPath(os.path.normpath(path.parent / target))
    return path


def _try_out(install: PurePosixPath, venv: PurePosixPath) -> None:
    """Raise ``InvalidError`` where an account without any right of its own cannot load the programs of the services."""
    command = (f"{venv}/{_PYTHON}", "-I", "-B", "-c", _LOAD)
    try:
        done = check(command, identity=Identity(uid=_NOBODY, gid=_NOBODY), environment={"PATH": "/usr/bin:/bin"})
    except CommandFailed as error:
        said = (error.stderr.strip().splitlines() or [error.message])[-1]
        raise InvalidError(
            f"the accounts of the services cannot run the programs in {venv}: {said}",
            remedy=f"chmod -R o+rX {install if venv.is_relative_to(install) else f'{install} {venv}'}",
        ) from error
    package = PurePosixPath(done.stdout.strip()).parent
    _check_shown(install, venv, package)
    check_assets(venv, package)


def _check_shown(install: PurePosixPath, venv: PurePosixPath, package: PurePosixPath) -> None:
    """Raise ``InvalidError`` where the programs are a checkout that the units do not see."""
    if is_below(package, HIDDEN) and not any(package.is_relative_to(folder) for folder in (install, venv)):
        raise InvalidError(
            f"the programs in {venv} are those of {package.parent}, which the services do not see",
            remedy=f"decnet init --install-dir {package.parent}, with the other options as they are",
        )


def check_assets(venv: PurePosixPath, package: PurePosixPath) -> None:
    """Raise ``InvalidError`` where the dashboard lacks what it has of others: a checkout is without until it is fetched."""
    if (Path(package) / _ASSETS).is_dir():
        return
    again = f" && {venv}/bin/pip install --no-deps --force-reinstall ." if package.is_relative_to(venv) else ""
    raise InvalidError(f"the dashboard lacks {package / _ASSETS}", remedy=f"in the checkout: scripts/assets{again}")


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
