# SPDX-License-Identifier: MIT
"""The command line of the configurator: for people as ``decnet configure``, for scripts as ``python -m decnet.install``."""

import os
import sys
from argparse import ArgumentParser, Namespace
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import NoReturn

from decnet.errors import DecnetError
from decnet.install import ask, host, record, verbs
from decnet.install.failure import EXIT_OK, InvalidError, translated
from decnet.install.host import Host
from decnet.install.identity import LINE
from decnet.install.journal import Journal
from decnet.install.render import VENDOR_UNITS
from decnet.install.services import TARGET

VERBS = {
    "apply": "make this host what package.conf says",
    "set": "change package.conf and apply it",
    "check": "say whether package.conf can be applied",
    "diff": "show what apply would change",
    "rollback": "bring back what was in place before the last change",
    "unrender": "take the rendered files away",
    "gate": "note what runs, before a package is unpacked",
}
_CHANGES = {"apply", "set", "rollback", "unrender", "gate"}
_TAKES_VALUES = {None, "apply", "set", "check", "diff"}
_OPTIONS = {
    "role": ("DECNET_ROLE", "ROLE", "what this host is: master or agent"),
    "user": ("DECNET_USER", "NAME", "the account that runs the services"),
    "group": ("DECNET_GROUP", "NAME", "the group that may use and control them"),
    "docker": ("DECNET_DOCKER", "yes|no", "whether services may use Docker, which is as good as root"),
    "web_listen": ("DECNET_WEB_LISTEN", "ADDRESS:PORT", "where the dashboard listens"),
}


class Parser(ArgumentParser):
    """A parser whose mistakes end with the code of an invalid input: 2 means a failed migration here."""

    def parse_args(  # type: ignore[override]  # nobody brings a namespace of another type
        self, args: Sequence[str] | None = None, namespace: None = None
    ) -> Namespace:
        """Return the arguments; options may stand between the values."""
        return self.parse_intermixed_args(args, namespace)

    def error(self, message: str) -> NoReturn:
        """Say what is wrong with the arguments."""
        self.print_usage(sys.stderr)
        self.exit(InvalidError.exit_code, f"{self.prog}: {message}\n")


def declare(parser: ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument(
        "verb", nargs="?", choices=list(VERBS), help="; ".join(f"{verb}: {does}" for verb, does in VERBS.items())
    )
    parser.add_argument(
        "values", nargs="*", metavar="KEY=VALUE", help="values for package.conf, with apply, set, check and diff"
    )
    for name, (_, metavar, does) in _OPTIONS.items():
        parser.add_argument(f"--{name.replace('_', '-')}", metavar=metavar, help=does)
    parser.add_argument("--yes", action="store_true", help="do not ask; with --purge-evidence: agreed")
    parser.add_argument("--dry-run", action="store_true", help="show what would change, and change nothing")
    parser.add_argument("--purge", action="store_true", help="with unrender: edited files, configuration, logs and state, too")
    parser.add_argument(
        "--purge-evidence", action="store_true", help="with --purge: what attackers left, too; it cannot come back"
    )
    parser.add_argument("--root", type=Path, default=Path("/"), metavar="DIR", help="work on the image in this folder")
    parser.add_argument("--reason", choices=["manual", "postinst", "rpm"], default="manual", help="who asks")
    parser.add_argument("--old", default="", metavar="VERSION", help="what a package's script says was configured last")


def carry_out(options: Namespace, variables: Mapping[str, str]) -> int:
    """Do what the arguments ask for and return the exit code."""
    with translated():
        here = host.of(options.root, variables, by_package=options.reason != "manual")
    with mended_there(here), translated():
        asked = asked_for(options)
        _refuse_unheeded(options, asked)
        if options.verb is None:
            return _converse(here, options, asked)
        if options.verb in _CHANGES and not options.dry_run:
            require_root(here)
        if asked or options.verb in {None, "apply", "set"}:
            _require_units(here)
        return _do(here, options, asked)


def _refuse_unheeded(options: Namespace, asked: Mapping[str, str]) -> None:
    """Raise ``InvalidError`` for what the verb would not heed: who wrote it expects something else to happen."""
    verb, shows = options.verb, options.verb in _TAKES_VALUES
    refused = {
        "--dry-run": options.dry_run and not shows,
        "a value for package.conf": bool(asked) and not shows,
        "--purge": options.purge and verb != "unrender",
        "--purge-evidence": options.purge_evidence and not options.purge,
    }
    for what in (what for what, is_refused in refused.items() if is_refused):
        where = "--purge goes before it" if what == "--purge-evidence" else f"{verb or 'a change'} does not take it"
        raise InvalidError(f"{what}: {where}; nothing was done", remedy="decnet configure --help")
    if options.purge_evidence and not options.yes:
        raise InvalidError(
            "what attackers left would go, too, and cannot come back; nothing was done",
            remedy="decnet configure unrender --purge --purge-evidence --yes",
        )


def _do(here: Host, options: Namespace, asked: dict[str, str]) -> int:
    """Carry out one verb."""
    verb = options.verb
    if verb == "set" and not asked:
        raise InvalidError("nothing to set was named", remedy="decnet configure set DECNET_GROUP=NAME")
    if verb == "diff" or (options.dry_run and verb in {"apply", "set"}):
        return show(verbs.diff(here, asked))
    if verb in {"apply", "set"}:
        return verbs.apply(here, asked, reason=f"{options.reason} {options.old}".rstrip())
    if verb == "check":
        return verbs.check(here, asked)
    if verb == "unrender":
        return verbs.unrender(here, purge=options.purge, evidence=options.purge_evidence)
    return verbs.rollback(here) if verb == "rollback" else verbs.gate(here)


def _converse(here: Host, options: Namespace, asked: dict[str, str]) -> int:
    """Without a verb: ask, show, ask again, do."""
    if not asked and not options.yes:
        asked = ask.values(here)
    lines = verbs.diff(here, asked)
    code = show(lines)
    if options.dry_run or not lines:
        return code
    require_root(here)
    if not options.yes and not ask.agreed():
        here.say("nothing was changed")
        return EXIT_OK
    return verbs.apply(here, asked)


def show(lines: list[str]) -> int:
    """Print what would change, a line each, and return the exit code that says whether that is something."""
    for line in lines:
        print(line)  # noqa: T201 - what programs and people read
    sys.stdout.flush()
    return verbs.diff_code(lines)


def asked_for(options: Namespace) -> dict[str, str]:
    """Return the values that the arguments give."""
    values = {}
    for word in options.values:
        found = LINE.match(word)
        if not found:
            raise InvalidError(f"{word!r} is not KEY=VALUE", remedy="decnet configure set DECNET_GROUP=NAME")
        values[found["key"]] = found["value"]
    for name, (key, _, _) in _OPTIONS.items():
        given = getattr(options, name)
        if given is not None:
            values[key] = given
    return values


@contextmanager
def mended_there(here: Host) -> Iterator[None]:
    """Let what mends an error be said for the root that it is about: on an image, never as a command for this host."""
    try:
        yield
    except DecnetError as error:
        error.remedy = here.remedy(error.remedy)
        raise


def _require_units(here: Host) -> None:
    """Raise ``InvalidError`` for an image that nothing of decnet was installed into: nothing there could be enabled."""
    was = record.read(here.tree)
    is_ours = (was is not None and was.has_units) or bool(Journal(here.tree).facts("has-units"))
    if not here.tree.is_host and not is_ours and not here.tree.look(f"{VENDOR_UNITS}/{TARGET}"):
        raise InvalidError(
            "no decnet is installed in this image, so nothing can be configured there",
            remedy=f"{here.command('apt-get', 'install', 'decnet')}; without a package: decnet init",
        )


def require_root(here: Host) -> None:
    """Raise ``InvalidError`` for anybody but root on the running system."""
    if here.tree.is_host and os.geteuid() != 0:
        raise InvalidError("only root can configure this host", remedy="run it with sudo")
