# SPDX-License-Identifier: MIT
"""
Real machines on this machine: Debian systems that boot in seconds, with systemd, a network of their own and no way out.

A machine stays until it is stopped, then nothing is left of it. What a killed run of this program left is removed by the next.
"""

import json
import os
import signal
import sys
from argparse import REMAINDER, ArgumentParser, Namespace, RawDescriptionHelpFormatter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from decnet.errors import DecnetError, InUseError, PlanError
from scripts.lib.lab.base import DOCKER, Base, names
from scripts.lib.lab.folder import HOME, Folder
from scripts.lib.lab.lab import SUITE, Lab
from scripts.lib.lab.program import pass_through

COLUMNS = ("name", "suite", "state", "address", "docker", "owner")
EXAMPLES = """\
examples:
  scripts/lab boot alpha                      a Debian 13
  scripts/lab run alpha systemctl status      a command in it
  scripts/lab install alpha dist/*+deb13*.deb packages of this checkout, without a network
  scripts/lab outside curl http://10.87.0.2/  a program of this host on the machines' network, as an attacker
  scripts/lab stop --all                      nothing is left
"""


def main() -> int:
    """Run and return the exit code."""
    options = parse(sys.argv[1:])
    for number in (signal.SIGTERM, signal.SIGHUP):
        # whoever asks us to end gets what Ctrl-C gets: what was begun is taken back
        signal.signal(number, signal.default_int_handler)
    try:
        lab = Lab(Folder(options.folder), say=say)
        code: int = options.act(lab, options)
    except DecnetError as error:
        print(f"scripts/lab: {error.message}", file=sys.stderr)
        if error.remedy:
            print(f"  to mend it: {error.remedy}", file=sys.stderr)
        return error.exit_code
    except KeyboardInterrupt:
        return 128 + signal.SIGINT
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 128 + signal.SIGPIPE
    return code


def parse(arguments: list[str]) -> Namespace:
    """Return the options, with the function that acts on them."""
    parser = ArgumentParser(
        prog="scripts/lab", description=__doc__, epilog=EXAMPLES, formatter_class=RawDescriptionHelpFormatter
    )
    parser.add_argument("--folder", type=Path, default=HOME, metavar="FOLDER", help="keep everything here (%(default)s)")
    add = parser.add_subparsers(required=True, metavar="COMMAND").add_parser
    add_making(add)
    add_using(add)
    return parser.parse_args(arguments)


def add_making(add: Callable[..., ArgumentParser]) -> None:
    """Add the commands that make and remove."""
    command = add("build", help="build root file systems, where they are not there yet")
    command.add_argument("suite", nargs="*", metavar="SUITE", help=f"{' or '.join(DOCKER)}; all of them where none is named")
    command.add_argument("--plain", action="store_true", help="those without Docker: the default")
    command.add_argument("--docker", action="store_true", help="those with Docker")
    command.set_defaults(act=build)

    command = add("boot", help="make a machine and boot it")
    command.add_argument("name", metavar="NAME")
    command.add_argument("--suite", choices=list(DOCKER), default=SUITE, help="which Debian (%(default)s)")
    command.add_argument("--docker", action="store_true", help="with Docker in it")
    command.add_argument("--bind", action="append", default=[], metavar="FOLDER:PATH", help="show a folder in it, read-only")
    command.set_defaults(act=boot)

    command = add("stop", help="end machines and remove all that was made for them")
    command.add_argument("name", nargs="*", metavar="NAME")
    command.add_argument("--all", action="store_true", help="all but those of tests that run")
    command.set_defaults(act=stop)


def add_using(add: Callable[..., ArgumentParser]) -> None:
    """Add the commands that use machines."""
    command = add("run", help="run a command in a machine; its streams and exit code are passed through")
    command.add_argument("name", metavar="NAME")
    command.add_argument("command", nargs=REMAINDER, metavar="CMD...")
    command.set_defaults(act=run)

    command = add("outside", help="run a program of this host on the network of the machines")
    command.add_argument("command", nargs=REMAINDER, metavar="CMD...")
    command.set_defaults(act=outside)

    command = add("install", help="install packages in a machine, without a network")
    command.add_argument("name", metavar="NAME")
    command.add_argument("package", nargs="+", metavar="PKG", help="a .deb file, or the name of one that apt knows there")
    command.set_defaults(act=install)

    command = add("list", help="list the machines")
    command.add_argument("--format", choices=("text", "json"), default="text", help="json: one object a line")
    command.set_defaults(act=listing)


def build(lab: Lab, options: Namespace) -> int:
    """Build bases, several at the same time."""
    kinds = [kind for kind, wanted in ((False, options.plain or not options.docker), (True, options.docker)) if wanted]
    bases = [Base(lab.folder, suite, docker=docker) for docker in kinds for suite in names(options.suite)]
    with ThreadPoolExecutor() as pool:
        for path in pool.map(lambda base: base.ensure(lab.say), bases):
            print(path)
    return 0


def boot(lab: Lab, options: Namespace) -> int:
    """Boot a machine and say how to reach it."""
    machine = lab.boot(options.name, suite=options.suite, docker=options.docker, binds=dict(map(bind, options.bind)))
    say(f"{machine.name}: {machine.state()} at {machine.address}; scripts/lab run {machine.name} CMD...")
    return 0


def bind(text: str) -> tuple[Path, str]:
    """Return a folder of the host and where it is seen inside."""
    source, _, target = text.partition(":")
    if not Path(source).is_dir() or not target.startswith("/"):
        raise PlanError(f"{text!r} is no folder of this host with a path in the machine", remedy="--bind dist:/srv/dist")
    return Path(source), target


def run(lab: Lab, options: Namespace) -> int:
    """Run a command in a machine."""
    return lab.machine(options.name).pass_through(given(options.command))


def outside(lab: Lab, options: Namespace) -> int:
    """Run a program of the host beside the machines."""
    return pass_through(lab.outside_command(given(options.command)))


def given(command: list[str]) -> list[str]:
    """Return a command, a leading ``--`` left out; raise ``PlanError`` where there is none."""
    argv = command[1:] if command[:1] == ["--"] else command
    if not argv:
        raise PlanError("no command was given", remedy="scripts/lab run NAME CMD...")
    return argv


def install(lab: Lab, options: Namespace) -> int:
    """Install packages, and show what apt said."""
    finished = lab.machine(options.name).install(*options.package, check=False)
    sys.stdout.write(finished.stdout)
    sys.stderr.write(finished.stderr)
    return finished.returncode


def stop(lab: Lab, options: Namespace) -> int:
    """Stop the machines that were named, or all."""
    if bool(options.name) == options.all:
        raise PlanError("name the machines to stop, or say --all", remedy="scripts/lab list")
    for name in options.name:
        lab.stop(name)
    kept = lab.stop_all() if options.all else []
    if kept:
        raise InUseError(
            f"tests that run use {', '.join(kept)}", remedy=f"wait for them, or: scripts/lab stop {' '.join(kept)}"
        )
    return 0


def listing(lab: Lab, options: Namespace) -> int:
    """List the machines."""
    rows = [
        {
            "name": machine.name,
            "suite": machine.suite,
            "state": "layer" if machine.record.phase == "layer" else machine.state(),
            "address": machine.address,
            "docker": machine.record.docker,
            "owner": machine.record.owner.pid if machine.record.owner else None,
        }
        for machine in lab.machines()
    ]
    if options.format == "json":
        for row in rows:
            print(json.dumps(row))
    else:
        table([COLUMNS, *([word(row[column]) for column in COLUMNS] for row in rows)])
    return 0


def word(value: object) -> str:
    """Return a value as it stands in a table."""
    return {None: "-", True: "yes", False: "no"}.get(value, str(value)) if isinstance(value, bool | None) else str(value)


def table(rows: list[tuple[str, ...] | list[str]]) -> None:
    """Print rows in columns."""
    widths = [max(len(row[number]) for row in rows) for number in range(len(COLUMNS))]
    for row in rows:
        print("  ".join(text.ljust(width) for text, width in zip(row, widths, strict=True)).rstrip())


def say(text: str) -> None:
    """Print one line of progress."""
    print(text, file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
