# SPDX-License-Identifier: MIT
"""
``decnet doctor``: looks at what decnet stands on, and says what mends what is wrong.

A wrong configuration ends every command with its own words, so the doctor begins where it is valid. It changes nothing.

What it looks at may be an attacker's, who runs as an account of ours: no check can end it, nothing that he can name stands in a
command to paste as it is.
"""

import asyncio
import os
import socket
import sqlite3
import ssl
import stat
from argparse import ArgumentParser, Namespace
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime, timedelta
from itertools import islice
from pathlib import Path

from decnet.bus.factory import socket_path
from decnet.catalog import Role, services_of
from decnet.cli.command import EXIT_OK, Command
from decnet.cli.output import GREEN, RED, YELLOW, add_format, show_json, styled
from decnet.cli.services import ask
from decnet.config.listening import parse
from decnet.config.load import environment
from decnet.config.model import Config
from decnet.domain.captured import harmless, visible
from decnet.errors import DecnetError, DiskFullError, HostError
from decnet.events import HealthReported
from decnet.failure import named
from decnet.host.account import Bounds, as_account, owner_of
from decnet.host.disk import free_bytes
from decnet.install import host, inspection
from decnet.install.failure import HalfAppliedError
from decnet.remedy import AS_ROOT, make_folders, make_keys, move_dashboard, quoted, read_log, restart, start
from decnet.spool.strangers import strangers
from decnet.store import blobs, keys, secrets, spools
from decnet.store.database import connect, explained
from decnet.web import certificate
from decnet.web.caller import Shown, call

OK, WARNING, FAILED = "ok", "warning", "failed"
_COLOURS = {OK: GREEN, WARNING: YELLOW, FAILED: RED}
_CONNECT_SECONDS = 1.0
_MIB = 1024 * 1024
_UNFINISHED = "half-applied"
_REASONS = ("disk",)
_SHOWN = 10
_WRITTEN_DEPTH = 4
_BOUNDS = Bounds(seconds=30, file_bytes=64 * _MIB, memory_bytes=512 * _MIB)
_ENDS_SOON = timedelta(days=7)  # our own certificate is made anew long before
_THIS = "decnet doctor"
_BROKEN = (OSError, ValueError, LookupError, RecursionError, sqlite3.Error)  # what hostile files and names can raise


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
    findings = (finding for check in CHECKS for finding in looked_at(check, config))
    for finding in findings if options.all or options.format == "json" else summed_up(findings):
        if finding.state == FAILED and code != HalfAppliedError.exit_code:
            code = HalfAppliedError.exit_code if finding.check == _UNFINISHED else HostError.exit_code
        _print(finding, options.format)
    return code


def looked_at(check: Check, config: Config) -> Iterator[Finding]:
    """Yield what a check finds; one that breaks is a finding itself, and the others still have their turn."""
    name = check.__name__.removeprefix("check_")
    try:
        yield from check(config)
    except DecnetError as error:
        yield Finding(name, FAILED, error.message, _useful(error.remedy))
    except _BROKEN as error:
        yield Finding(name, FAILED, f"this could not be looked at: {named(error)}", _useful())


def _useful(command: str = "") -> str:
    """Return a remedy that is not what was just done: to see more it takes root."""
    is_this = command in {"", _THIS}
    return (AS_ROOT if os.geteuid() else "") if is_this else command


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
        print(f"          to mend it: {harmless(finding.remedy)}")


def check_installation(_: Config) -> Iterator[Finding]:
    """Compare the host with what ``decnet configure`` made of it, and the package with the host."""
    said: list[str] = []
    here = replace(host.of(Path("/"), environment()), say=said.append)
    if not inspection.is_installed(here):
        return
    is_right = True
    for problem in inspection.inspect(here):
        is_right = False
        name = _UNFINISHED if problem.is_half else "installation"
        yield Finding(name, FAILED if problem.is_grave else WARNING, problem.message, problem.remedy)
    for warning in said:
        yield Finding("installation", WARNING, warning.removeprefix("warning: "))
    if is_right and not said:
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
        made = make_keys() if private else make_folders()
        mended = made if isinstance(error, FileNotFoundError) else _useful()
        return Finding("folder", WARNING, f"{name} {path}: {error.strerror}", mended)
    if not stat.S_ISDIR(state.st_mode):
        return Finding("folder", FAILED, f"{name} {path} is no folder", f"ls -ldb {quoted(path)}")
    forbidden = 0o077 if private else stat.S_IWOTH
    if state.st_mode & forbidden:
        wanted = stat.S_IMODE(state.st_mode) & ~forbidden
        return Finding("folder", FAILED, f"{name} {path} is open to others", f"chmod {wanted:o} {quoted(path)}")
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
            yield Finding("disk", FAILED, f"{name} {path}: {error.strerror}", _useful())


def _room(name: str, path: Path, config: Config) -> Finding:
    """Look at one file system."""
    free = free_bytes(path)
    told = f"{name} {path}: {free // _MIB} MiB free"
    if free < config.disk.blob_floor_bytes:
        return Finding(
            "disk", FAILED, f"{told}: captured files are no longer kept, logs no longer written", f"df -h {quoted(path)}"
        )
    if free < config.disk.log_floor_bytes:
        return Finding("disk", WARNING, f"{told}: logs are no longer written", f"df -h {quoted(path)}")
    return Finding("disk", OK, told)


def check_keys(config: Config) -> Iterator[Finding]:
    """Say whether the keys are there, whole, and for our eyes only."""
    keys.load(config.paths.secrets)
    yield Finding("keys", OK, f"all keys in {config.paths.secrets} can be read")


def check_store(config: Config) -> Iterator[Finding]:
    """Say whether the database opens with the schema of this version, what it knows damaged, and which files are gone."""
    if config.host.role != Role.MASTER:
        return
    strange = list(_strange_files(config.paths.store))
    yield from strange
    if strange:
        return
    account = owner_of(config.paths.store.parent)
    loaded = keys.load(config.paths.secrets)
    try:
        content = as_account(account, lambda: [asdict(finding) for finding in _content(config, loaded)], _BOUNDS)
    except DiskFullError:
        message = f"{config.paths.store} could not be looked at: the disk is full, or the store is not what decnet made of it"
        yield Finding("store", FAILED, message, "decnet store check")
        return
    for found in content:
        yield Finding(**found)


def _content(config: Config, loaded: keys.Keys) -> Iterator[Finding]:
    """Look into the store, as the account that owns it: whoever is that account can make its content without an end."""
    with closing(connect(config.paths.store, read_only=True)) as connection, explained(config.paths.store):
        yield Finding("store", OK, f"{config.paths.store} has the schema of this version")
        secrets.confirm(connection, keys.Box(loaded))
        yield from _losses(connection, config.paths.blobs)


def _strange_files(database: Path) -> Iterator[Finding]:
    """Find what is no ordinary file where the database is, before anybody opens it: a pipe would never let go."""
    for end in ("", "-wal", "-shm", "-journal"):
        path = database.with_name(database.name + end)
        try:
            state = path.lstat()
        except (FileNotFoundError, NotADirectoryError):
            continue
        if not stat.S_ISREG(state.st_mode):
            yield Finding("store", FAILED, f"{path} is no regular file", f"ls -lb {quoted(path)}")


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
    mended = f"{'sudo ' if os.geteuid() else ''}find {quoted(config.paths.spool)} -maxdepth {_WRITTEN_DEPTH} ! -type f -ls"
    found = strangers(config.paths.spool)
    shown = [Finding("spool", FAILED, f"{one.path} {one.reason}", mended) for one in islice(found, _SHOWN)]
    yield from shown
    rest = sum(1 for _ in found)
    if rest:
        yield Finding("spool", FAILED, f"{rest} more entries of {config.paths.spool} are strange", mended)
    if not shown:
        yield Finding("spool", OK, f"{config.paths.spool} holds nothing strange")


def check_bus(config: Config) -> Iterator[Finding]:
    """Somebody answers on the socket of the bus; a socket file without a server is a leftover."""
    path = socket_path(config)
    if config.bus.transport != "unix":
        yield Finding("bus", WARNING, f"the bus is switched to {config.bus.transport}: services hear nothing of each other")
        return
    yield _server("bus", path)


def check_api(config: Config) -> Iterator[Finding]:
    """Somebody answers on the socket of the API."""
    if config.host.role == Role.MASTER:
        yield _server("api", config.api_socket)


def _server(name: str, path: Path) -> Finding:
    """Look at the socket of a service."""
    error = _refused_by(path)
    if error is None:
        return Finding(name, OK, f"a server answers on {path}")
    if isinstance(error, PermissionError):
        return Finding(name, FAILED, f"{path}: {error.strerror}: only root and the group of decnet may use it", AS_ROOT)
    return Finding(name, FAILED, f"{path}: {error.strerror or error}", start(name))


def _refused_by(path: Path) -> OSError | None:
    """Connect to a socket and let go; return why that was refused."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
        connection.settimeout(_CONNECT_SECONDS)
        try:
            connection.connect(str(path))
        except OSError as error:
            return error
    return None


def check_web(config: Config) -> Iterator[Finding]:
    """Whoever opens the dashboard finds it and no other program, with a certificate that counts for some time."""
    if config.host.role != Role.MASTER:
        return
    listening = parse(config.web.listen)
    where, taken = listening.url, f"ss -ltnp 'sport = :{listening.port}'; {move_dashboard()}"
    try:
        shown = call(listening)
    except (ssl.SSLError, ConnectionResetError, ValueError):
        yield Finding("web", FAILED, f"at {where} answers another program than the dashboard", taken)
    except OSError as error:
        yield Finding("web", FAILED, f"nobody answers at {where}: {error.strerror or error}", start("web"))
    else:
        file = Path(config.web.certificate or config.paths.certificate)
        known = certificate.read(file)
        if known and known.fingerprint != shown.fingerprint:
            message = f"at {where} is shown another certificate than {file}: another program, or the one of before"
            yield Finding("web", WARNING, message, f"{restart('web')}; {taken}")
        yield _validity(shown, where, file)


def _validity(shown: Shown, where: str, file: Path) -> Finding:
    """Say how long a certificate counts."""
    left = shown.until - datetime.now(UTC)
    if left > _ENDS_SOON:
        return Finding("web", OK, f"the dashboard answers at {where}, its certificate is valid until {shown.until.date()}")
    remedy = f"put another one into {quoted(file)}, then: {restart('web')}"
    if left > timedelta():
        return Finding("web", WARNING, f"the certificate of {where} ends on {shown.until.date()}", remedy)
    return Finding("web", FAILED, f"the certificate of {where} ended on {shown.until.date()}", remedy)


def check_services(config: Config) -> Iterator[Finding]:
    """Every service of the role answers and is well."""
    refused = _refused_by(socket_path(config)) if config.bus.transport == "unix" else None
    if isinstance(refused, PermissionError):
        yield Finding("service", FAILED, "the services cannot be asked: the bus is not for this account", AS_ROOT)
        return
    health = {} if refused else asyncio.run(ask(config))
    for service in services_of(config.host.role):
        yield _service(service.name, health.get(service.name), config)


def _service(name: str, report: HealthReported | None, config: Config) -> Finding:
    """Judge what one service says of itself."""
    log = read_log(name, config.paths.log(name))
    if report is None:
        return Finding("service", FAILED, f"{name} does not answer", start(name))
    if report.state != OK:
        return Finding("service", FAILED, f"{name}: {report.state}", log)
    if report.failed or report.dropped:
        return Finding("service", WARNING, f"{name}: {report.failed} failed, {report.dropped} dropped", log)
    return Finding("service", OK, f"{name} is well")


CHECKS: tuple[Check, ...] = (
    check_installation,
    check_folders,
    check_disk,
    check_keys,
    check_store,
    check_spools,
    check_bus,
    check_api,
    check_web,
    check_services,
)
COMMAND = Command(arguments=_arguments, run=_run, uses_keys=True)
