# SPDX-License-Identifier: MIT
"""
``decnet doctor``: looks at what decnet stands on, and says what mends what is wrong.

A wrong configuration ends every command with its own words, so the doctor begins where it is valid. It changes nothing.
"""

import asyncio
import os
import socket
import sqlite3
import stat
from argparse import ArgumentParser, Namespace
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import asdict, dataclass
from pathlib import Path

from decnet.bus.factory import socket_path
from decnet.catalog import Role, services_of
from decnet.cli.command import EXIT_OK, Command
from decnet.cli.output import GREEN, RED, YELLOW, add_format, show_json, styled
from decnet.cli.services import ask
from decnet.config.load import environment
from decnet.config.model import Config
from decnet.domain.captured import visible
from decnet.errors import DecnetError, HostError
from decnet.host.disk import free_bytes
from decnet.install import host, inspection
from decnet.install.failure import HalfAppliedError
from decnet.store import blobs, keys, secrets, spools
from decnet.store.database import connect, explained

OK, WARNING, FAILED = "ok", "warning", "failed"
_COLOURS = {OK: GREEN, WARNING: YELLOW, FAILED: RED}
_CONNECT_SECONDS = 1.0
_MIB = 1024 * 1024
_UNFINISHED = "half-applied"
_REASONS = ("disk",)


@dataclass(frozen=True)
class Finding:
    """What one look showed; ``remedy`` is a command, or empty."""

    check: str
    state: str
    message: str
    remedy: str = ""


Check = Callable[[Config], Iterator[Finding]]


def _arguments(parser: ArgumentParser) -> None:
    """Declare the options."""
    add_format(parser)
    parser.add_argument("--all", action="store_true", help="show what only follows from a configuration that is half done, too")


def _run(options: Namespace, config: Config) -> int:
    """Print each finding as it is made; exit 5 where something failed, 3 where a configuration is half done."""
    code = EXIT_OK
    findings = (finding for check in CHECKS for finding in check(config))
    for finding in findings if options.all or options.format == "json" else summed_up(findings):
        if finding.state == FAILED and code != HalfAppliedError.exit_code:
            code = HalfAppliedError.exit_code if finding.check == _UNFINISHED else HostError.exit_code
        _print(finding, options.format)
    return code


def summed_up(findings: Iterator[Finding]) -> Iterator[Finding]:
    """Yield what is wrong; behind a configuration that is half done, only count what can be no reason for it."""
    rest: Counter[str] | None = None
    for finding in findings:
        if finding.check == _UNFINISHED:
            rest = Counter()
            yield finding
        elif rest is None or (finding.check in _REASONS and finding.state != OK):
            yield finding
        elif finding.state != OK:
            rest[finding.check] += 1
    if rest:
        counts = ", ".join(f"{count} of {check}" for check, count in rest.items())
        message = f"{rest.total()} more, which may all follow from that: {counts}"
        yield Finding("findings", WARNING, message, "mend the one above, then look again: decnet doctor; all of them: --all")


def _print(finding: Finding, format_: str) -> None:
    """Print one finding."""
    if format_ == "json":
        show_json(asdict(finding))
        return
    print(f"[{styled(f'{finding.state:^7}', _COLOURS[finding.state])}] {finding.check}: {visible(finding.message)}")
    if finding.remedy:
        print(f"          to mend it: {finding.remedy}")


def check_installation(_: Config) -> Iterator[Finding]:
    """Compare the host with what ``decnet configure`` made of it, and the package with the host."""
    here = host.of(Path("/"), environment())
    if not inspection.is_installed(here):
        return
    problems = list(inspection.inspect(here))
    for problem in problems:
        name = _UNFINISHED if problem.is_half else "installation"
        yield Finding(name, FAILED if problem.is_grave else WARNING, problem.message, problem.remedy)
    if not problems:
        yield Finding("installation", OK, "this host is what package.conf says")


def check_folders(config: Config) -> Iterator[Finding]:
    """Each folder exists, is no link, and not open to everybody; that of the keys nobody else reads."""
    for name in ("runtime", "data", "logs", "secrets"):
        yield _folder(name, getattr(config.paths, name), private=name == "secrets")


def _folder(name: str, path: Path, *, private: bool) -> Finding:
    """Look at one folder."""
    try:
        state = path.lstat()
    except OSError as error:
        return Finding("folder", WARNING, f"{name} {path}: {error.strerror}", "start the services: they make it")
    if not stat.S_ISDIR(state.st_mode):
        return Finding("folder", FAILED, f"{name} {path} is no folder", f"ls -ld {path}")
    forbidden = 0o077 if private else stat.S_IWOTH
    if state.st_mode & forbidden:
        wanted = stat.S_IMODE(state.st_mode) & ~forbidden
        return Finding("folder", FAILED, f"{name} {path} is open to others", f"chmod {wanted:o} {path}")
    return Finding("folder", OK, f"{name} {path}")


def check_disk(config: Config) -> Iterator[Finding]:
    """There is room for logs, captured files and evidence."""
    for name in ("data", "logs"):
        path = getattr(config.paths, name)
        try:
            yield _room(name, path, config)
        except (FileNotFoundError, NotADirectoryError):
            continue
        except OSError as error:
            yield Finding("disk", FAILED, f"{name} {path}: {error.strerror}", "run this as the user of the services")


def _room(name: str, path: Path, config: Config) -> Finding:
    """Look at one file system."""
    free = free_bytes(path)
    told = f"{name} {path}: {free // _MIB} MiB free"
    if free < config.disk.blob_floor_bytes:
        return Finding("disk", FAILED, f"{told}: captured files are no longer kept, logs no longer written", f"df -h {path}")
    if free < config.disk.log_floor_bytes:
        return Finding("disk", WARNING, f"{told}: logs are no longer written", f"df -h {path}")
    return Finding("disk", OK, told)


def check_keys(config: Config) -> Iterator[Finding]:
    """Say whether the keys are there, whole, and for our eyes only."""
    try:
        keys.load(config.paths.secrets)
    except DecnetError as error:
        yield Finding("keys", FAILED, error.message, error.remedy)
    else:
        yield Finding("keys", OK, f"all keys in {config.paths.secrets} can be read")


def check_store(config: Config) -> Iterator[Finding]:
    """Say whether the database opens with the schema of this version, what it knows damaged, and which files are gone."""
    if config.host.role != Role.MASTER:
        return
    try:
        with closing(connect(config.paths.store, read_only=True)) as connection, explained(config.paths.store):
            yield Finding("store", OK, f"{config.paths.store} has the schema of this version")
            secrets.confirm(connection, keys.Box(keys.load(config.paths.secrets)))
            yield from _losses(connection, config.paths.blobs)
    except DecnetError as error:
        yield Finding("store", FAILED, error.message, error.remedy)


def _losses(connection: sqlite3.Connection, folder: Path) -> Iterator[Finding]:
    """Tell what the ingester found damaged, and which captured files are gone; only a full check reads them."""
    damaged = [row for row in spools.damage(connection) if row.reason != spools.TORN]
    if damaged:
        message = f"the spools were found damaged in {len(damaged)} places"
        yield Finding("store", WARNING, message, "decnet store check; once you have seen it: decnet store check --acknowledge")
    missing = sum(not blobs.path_of(folder, name).is_file() for name, _ in blobs.listed(connection))
    if missing:
        yield Finding("store", FAILED, f"{missing} captured files are missing in {folder}", "decnet store check")


def check_spools(config: Config) -> Iterator[Finding]:
    """Nothing in the spools but folders of writers, with regular files in them."""
    strange = [path for path in _entries(config.paths.spool) if not _belongs(path)]
    for path in strange:
        yield Finding("spool", FAILED, f"{path} is no regular file or folder of ours", f"ls -l {path}")
    if not strange:
        yield Finding("spool", OK, f"{config.paths.spool} holds nothing strange")


def _entries(folder: Path) -> Iterator[Path]:
    """Yield everything below a folder, links not followed."""
    for parent, folders, files in os.walk(folder):
        yield from (Path(parent, name) for name in (*folders, *files))


def _belongs(path: Path) -> bool:
    """Say whether an entry of a spool is what a writer makes."""
    try:
        mode = path.lstat().st_mode
    except FileNotFoundError:
        return True  # deleted meanwhile by the writer, which is its right
    return stat.S_ISREG(mode) or stat.S_ISDIR(mode)


def check_bus(config: Config) -> Iterator[Finding]:
    """Somebody answers on the socket of the bus; a socket file without a server is a leftover."""
    path = socket_path(config)
    if config.bus.transport != "unix":
        yield Finding("bus", WARNING, f"the bus is switched to {config.bus.transport}: services hear nothing of each other")
        return
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
        connection.settimeout(_CONNECT_SECONDS)
        try:
            connection.connect(str(path))
        except OSError as error:
            yield Finding("bus", FAILED, f"{path}: {error.strerror or error}", "decnet bus, or systemctl start decnet-bus")
        else:
            yield Finding("bus", OK, f"a server answers on {path}")


def check_services(config: Config) -> Iterator[Finding]:
    """Every service of the role answers and is well."""
    health = asyncio.run(ask(config))
    for service in services_of(config.host.role):
        report = health.get(service.name)
        if report is None:
            yield Finding("service", FAILED, f"{service.name} does not answer", f"decnet {service.name}")
        elif report.state != OK:
            yield Finding("service", FAILED, f"{service.name}: {report.state}", f"see {config.paths.log(service.name)}")
        elif report.failed or report.dropped:
            message = f"{service.name}: {report.failed} failed, {report.dropped} dropped"
            yield Finding("service", WARNING, message, f"see {config.paths.log(service.name)}")
        else:
            yield Finding("service", OK, f"{service.name} is well")


CHECKS: tuple[Check, ...] = (
    check_installation,
    check_folders,
    check_disk,
    check_keys,
    check_store,
    check_spools,
    check_bus,
    check_services,
)
COMMAND = Command(arguments=_arguments, run=_run, uses_keys=True)
