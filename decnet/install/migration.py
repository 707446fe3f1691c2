# SPDX-License-Identifier: MIT
"""
The store, from one version's schema to the next: copied while it is in use, migrated, put back where that failed.

Root never touches the store itself. Children do, as the account of the services. A copy ends where only root can reach it, and
stays root's own while it is put back: the account gets it to read, as an open file.
"""

import io
import json
import os
import re
import shutil
import stat
import sys
import tarfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from decnet import paths
from decnet.errors import DamagedError, StoreOutdatedError
from decnet.host.disk import free_bytes
from decnet.host.process import CommandFailed, Finished, Identity, check, run
from decnet.install.failure import InvalidError, MigrationFailedError
from decnet.install.host import Host
from decnet.install.journal import Journal
from decnet.install.layout import BACKUPS, DATA, ETC, STAMP, STORE
from decnet.version import VERSION

_PROGRAM = "import sys; from decnet.cli.main import main; sys.exit(main())"
_SCHEMA = "from decnet.store.database import SCHEMA; print(SCHEMA)"
_DATABASE = "decnet.db"
_HANDED = f"{DATA}/.backup"
_KEPT = 3
_SECONDS = 3600.0
_SPARE_BYTES = 32 * 1024 * 1024
_MODE = 0o600
_MIB = 1024 * 1024


@dataclass(frozen=True, kw_only=True)
class Runner:
    """Runs decnet's own commands as the account of the services."""

    account: Identity | None

    def decnet(self, *arguments: str, descriptors: Sequence[int] = ()) -> Finished:
        """Run ``decnet ARGUMENTS``; raise ``CommandFailed`` where it fails."""
        return self._run((*_python(_PROGRAM), *arguments), descriptors, _SECONDS)

    def ask(self, *arguments: str, seconds: float) -> Finished:
        """Run ``decnet ARGUMENTS``, whatever it ends with."""
        command = (*_python(_PROGRAM), *arguments)
        return run(command, identity=self.account, timeout_seconds=seconds, environment=environment())

    def python(self, program: str) -> str:
        """Run a line of Python and return what it prints."""
        return self._run(_python(program), (), _SECONDS).stdout.strip()

    def program(self, *arguments: str, descriptors: Sequence[int] = ()) -> None:
        """Run a program."""
        self._run(arguments, descriptors, _SECONDS)

    def _run(self, arguments: Sequence[str], descriptors: Sequence[int], seconds: float) -> Finished:
        """Run something with the folders of the system, as the units have them."""
        return check(
            arguments, identity=self.account, descriptors=descriptors, timeout_seconds=seconds, environment=environment()
        )


AS_OPERATOR = Runner(account=None)
"""Root itself: the bus answers its questions, and those of no account of a service."""


def environment() -> dict[str, str]:
    """Return what a child finds around it: nothing of who started us, and from a checkout the folders of the system."""
    found = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LANG": "C.UTF-8", "DECNET_CONFIG": str(paths.SYSTEM_CONFIG)}
    if paths.IS_CHECKOUT:
        names = ("runtime", "data", "logs", "secrets")
        found |= {f"DECNET_PATHS_{name.upper()}": str(getattr(paths.SYSTEM, name)) for name in names}
    return found


def _python(program: str) -> tuple[str, ...]:
    """Return how a line of Python is run, with nothing of ours or of anybody else in its way."""
    return (sys.executable, "-I", "-B", "-c", program)


def is_due(host: Host, runner: Runner) -> bool:
    """Say whether the store is missing, or not known to have the schema of this version."""
    return store_bytes(host) is None or stamped(host) != int(runner.python(_SCHEMA))


def is_newer(host: Host, runner: Runner) -> bool:
    """Say whether the store is known to have a schema that this version cannot read."""
    return (stamped(host) or 0) > int(runner.python(_SCHEMA))


def stamped(host: Host) -> int | None:
    """Return the schema that the store was brought to last; None where that is not known."""
    try:
        found = json.loads(host.tree.text(STAMP) or "{}").get("schema")
    except (ValueError, AttributeError):
        return None
    return found if isinstance(found, int) else None


def stamp(host: Host, schema: int) -> None:
    """Write down which schema the store has: a version reads its own, and preinst of an older one refuses."""
    text = json.dumps({"schema": schema}) + "\n"
    if host.tree.text(STAMP) != text:
        host.tree.write(STAMP, text.encode(), 0o644)


def migrate(host: Host, runner: Runner, journal: Journal, *, skip_backup: bool) -> None:
    """
    Bring the store to this version's schema; its writers have to be stopped.

    Raises ``InvalidError`` where no copy could be made, nothing touched yet, and ``MigrationFailedError`` where it failed and
    the store is what it was.
    """
    backup = "" if skip_backup or store_bytes(host) is None else _back_up(host, runner)
    try:
        # a second copy would only take room: ours is whole, and can be put back
        done = runner.decnet("store", "migrate", "--no-backup")
    except CommandFailed as error:
        _put_back(host, runner, journal, backup)
        kept = (
            f"The store from before is in place again, and a copy of it is {backup}/{_DATABASE}."
            if backup
            else "No copy was made, as DECNET_SKIP_BACKUP=yes says."
        )
        mended = "install a version that mends this" + (": apt-get update && apt-get -f install" if host.by_package else "")
        again = "dpkg --configure -a" if host.by_package else "decnet configure apply"
        raise MigrationFailedError(
            f"{_reason(error)}. {kept}",
            remedy=f"{mended}; to try again as it is: {again}",
        ) from error
    host.say(done.stdout.strip())
    found = re.search(r"schema (?:\d+ to )?(\d+)", done.stdout)
    if found:
        stamp(host, int(found[1]))


def _reason(error: CommandFailed) -> str:
    """Return what the migration said of itself; what mends it is ours to say here."""
    lines = [line.removeprefix("decnet: ") for line in error.stderr.splitlines() if not line.startswith("  to mend it:")]
    return "\n".join(lines).strip() or f"the store could not be migrated: {error.message}"


def _put_back(host: Host, runner: Runner, journal: Journal, backup: str) -> None:
    """Put the copy back; the journal says so first, and over what, for a run that is killed while it does that."""
    if backup:
        journal.note("replaces", look_of_store(host))
        journal.note("restore", backup)
        replaced = restore(backup)
        journal.forget("restore")
        if replaced:  # the copy was made when nobody could write any more, and every try would leave another one
            runner.program("rm", "--force", "--", replaced)


def has_copy(host: Host, backup: str) -> bool:
    """Say whether a folder has a copy of the store."""
    found = host.tree.look(f"{backup}/{_DATABASE}")
    return found is not None and stat.S_ISREG(found.st_mode)


def finish_restore(host: Host, journal: Journal, backup: str) -> None:
    """
    Put a copy back as a run that was killed was about to: over what it meant to replace, else only where no whole store is.

    It may be days later, somebody may have mended the store, and evidence may be in it that the copy does not have.
    """
    is_untouched = journal.facts("replaces")[-1:] == [look_of_store(host)]
    try:
        replaced = restore(backup, unless_whole=not is_untouched)
    except CommandFailed as error:
        if error.code != DamagedError.exit_code:
            raise
        host.say(f"warning: {backup}/{_DATABASE} is no whole store and was not put back: decnet store check")
        return
    if replaced:
        host.say(f"{backup}/{_DATABASE} is in the place of the store; what was there is {replaced}")


def restore(backup: str, *, unless_whole: bool = False) -> str:
    """
    Put a copy in the place of the store; return where what was there is kept.

    Root asks for it: ``store restore`` works as the account that owns the store, and opens the copy for it before.
    """
    words = ["--unless-whole"] if unless_whole else []
    try:
        done = AS_OPERATOR.decnet("store", "restore", *words, f"{backup}/{_DATABASE}")
    except CommandFailed as error:
        if error.code != StoreOutdatedError.exit_code:
            raise
        return ""  # it is the store of a newer version, which no migration of ours touches
    found = re.search(r"the store before it is (\S+)$", done.stdout, re.MULTILINE)
    return found[1] if found else ""


def look_of_store(host: Host) -> str:
    """Return what tells a store from the same one after somebody used it, and from another one in its place."""
    found = [host.tree.look(f"{STORE}/{_DATABASE}{end}") for end in ("", "-wal")]
    return " ".join(f"{state.st_ino}:{state.st_size}:{state.st_mtime_ns}" if state else "none" for state in found)


def store_bytes(host: Host) -> int | None:
    """Return how many bytes the store has; None where there is none."""
    sizes = [found.st_size for end in ("", "-wal") if (found := host.tree.look(f"{STORE}/{_DATABASE}{end}"))]
    return sum(sizes) if sizes else None


def _back_up(host: Host, runner: Runner) -> str:
    """Make a verified copy of the store and the configuration; return its folder."""
    host.tree.make_folder(BACKUPS, 0o700)
    unfinished = f"{BACKUPS}/unfinished"
    host.tree.remove_all(unfinished)
    host.tree.make_folder(unfinished, 0o700)
    _copy_store(host, runner, unfinished)
    host.tree.write(f"{unfinished}/etc-decnet.tar", _configuration(host), _MODE)
    backup = f"{BACKUPS}/{_next_number(host):06}-before-{VERSION}"
    host.tree.move(unfinished, backup)
    _forget_old(host)
    return backup


def _copy_store(host: Host, runner: Runner, target: str) -> None:
    """
    Let a child copy the store into a folder that is its own for that time, and take the copy from there.

    The folder stands in one of root's, so its name cannot be taken by anybody else; SQLite opens files by their whole path,
    so a descriptor of a hidden folder does not do.
    """
    host.tree.remove_all(_HANDED)
    host.tree.make_folder(_HANDED, 0o700)
    try:
        with host.tree.folder(_HANDED) as folder, host.tree.folder(target) as place:
            with _given(folder, runner.account):
                runner.decnet("store", "backup", f"{_HANDED}/{_DATABASE}")
            _take(folder, place)
    except CommandFailed as error:
        raise InvalidError(
            f"the store was not touched, as no copy of it could be made: {error.stderr.strip() or error.message}",
            remedy="mend that, or go without a copy: decnet configure set DECNET_SKIP_BACKUP=yes",
        ) from error
    finally:
        host.tree.remove_all(_HANDED)


def check_room(host: Host) -> None:
    """Raise ``InvalidError`` where copies, and what the migration itself writes, do not fit."""
    size = store_bytes(host)
    if size is None:
        return
    for folder, needed in ((BACKUPS, size * 3), (STORE, size * 3)):
        with host.tree.folder(folder, make=0o700) as descriptor:
            free = free_bytes(descriptor)
        if free < needed + _SPARE_BYTES:
            wanted = (needed + _SPARE_BYTES) // _MIB
            raise InvalidError(
                f"{folder} has room for {free // _MIB} MiB, copies of the store need {wanted} MiB; the store was not touched",
                remedy=f"make room on that disk: df -h {folder}",
            )


def _next_number(host: Host) -> int:
    """Return a number above those of the copies that are there: clocks of decoy hosts go wrong."""
    numbers = [int(name.split("-")[0]) for name in host.tree.names(BACKUPS) if name.split("-")[0].isdecimal()]
    return max(numbers, default=0) + 1


@contextmanager
def _given(folder: int, account: Identity | None) -> Iterator[None]:
    """Let the account use a folder, and take it back afterwards."""
    if account is None:
        yield
        return
    os.fchown(folder, account.uid, account.gid)
    try:
        yield
    finally:
        os.fchown(folder, 0, 0)


def _take(folder: int, place: int) -> None:
    """Copy what the child wrote, if it is what it has to be, into a file of root's own."""
    source = os.open(_DATABASE, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC, dir_fd=folder)
    target = os.open(_DATABASE, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, _MODE, dir_fd=place)
    with os.fdopen(source, "rb") as read, os.fdopen(target, "wb") as write:
        found = os.fstat(source)
        if not stat.S_ISREG(found.st_mode) or found.st_nlink != 1:
            raise InvalidError("the copy of the store is no ordinary file", remedy="decnet doctor")
        shutil.copyfileobj(read, write, _MIB)
        write.flush()
        os.fsync(target)


def _configuration(host: Host) -> bytes:
    """Return an archive of /etc/decnet."""
    archive = io.BytesIO()
    with tarfile.open(fileobj=archive, mode="w") as tar:
        tar.add(host.tree.outside(ETC), arcname="decnet", recursive=True)
    return archive.getvalue()


def _forget_old(host: Host) -> None:
    """Keep the newest copies only."""
    numbered = [name for name in host.tree.names(BACKUPS) if name.split("-")[0].isdecimal()]
    for name in numbered[:-_KEPT]:
        host.tree.remove_all(f"{BACKUPS}/{name}")
