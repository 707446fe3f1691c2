# SPDX-License-Identifier: MIT
"""
The socket that the bus listens on, or the API, and how it comes to be the only one.

A lock beside the socket is held as long as the server lives, so that of two servers that start at once one gives way, and a
socket that a killed server left behind is known to be dead. The new socket is made under another name, gets its group and
mode, and takes its place in one step: nobody connects to a socket whose mode is not yet right. systemd may hand over a
listening socket instead (sd_listen_fds(3)).
"""

import fcntl
import grp
import os
import socket
import stat
from collections.abc import Mapping
from pathlib import Path
from typing import Final, Self

from decnet.errors import ConfigError, HostError, InUseError
from decnet.remedy import quoted, start, stop

MODE: Final = 0o660
FOLDER_MODE: Final = 0o750
BACKLOG: Final = 128
LONGEST_PATH: Final = 107
_FIRST_DESCRIPTOR: Final = 3


class Endpoint:
    """A listening UNIX socket of ``service`` at ``path`` for ``group`` (empty: the group of this process)."""

    def __init__(self, path: Path, group: str = "", *, service: str = "bus") -> None:
        self.path = path
        self._service = service
        self.socket: socket.socket | None = None
        self._group = group
        self._lock: int | None = None
        self._identity: tuple[int, int] | None = None

    def open(self, environment: Mapping[str, str]) -> socket.socket:
        """
        Take the socket that systemd hands over, or make one.

        Raises ``InUseError`` where a server lives at the path, ``ConfigError`` where path or group are unusable, and
        ``HostError`` where the host refuses.
        """
        try:
            self.socket = _handed_over(environment, self._service) or self._bind()
        except OSError as error:
            self.close()
            raise HostError(f"cannot listen on {self.path}: {error.strerror}", remedy=f"ls -ld {self.path.parent}") from error
        return self.socket

    def check(self) -> None:
        """Raise ``HostError`` where somebody removed or replaced our socket: nobody could reach this server any more."""
        if self._identity is not None and _identity_of(self.path) != self._identity:
            raise HostError(f"somebody removed the socket {self.path}", remedy=start(self._service))

    def close(self) -> None:
        """Stop listening and remove the socket, if it is still ours."""
        if self.socket is not None:
            self.socket.close()
            self.socket = None
        if self._identity is not None and _identity_of(self.path) == self._identity:
            self.path.unlink(missing_ok=True)
        self._identity = None
        self._unlock()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _bind(self) -> socket.socket:
        """Make the socket and put it in its place."""
        self._check_length()
        self.path.parent.mkdir(mode=FOLDER_MODE, parents=True, exist_ok=True)
        self._take_lock()
        try:
            self._check_place()
            return self._place()
        except BaseException:
            self._unlock()
            raise

    def _place(self) -> socket.socket:
        """Bind under a name of our own, with group and mode, listen, and replace whatever dead socket is there."""
        draft = self._beside("~")
        draft.unlink(missing_ok=True)
        listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            listener.bind(str(draft))
            self._give_to_group(draft)
            draft.chmod(MODE)
            listener.listen(BACKLOG)
            draft.replace(self.path)
        except BaseException:
            listener.close()
            draft.unlink(missing_ok=True)
            raise
        self._identity = _identity_of(self.path)
        return listener

    def _check_length(self) -> None:
        """Refuse a path that does not fit into a socket's address."""
        if len(os.fsencode(self._beside("~"))) > LONGEST_PATH:
            raise ConfigError(
                f"the path of the {self._service} is too long for a socket: {self.path}",
                remedy=f"set [{self._service}] socket to a shorter one",
            )

    def _check_place(self) -> None:
        """Refuse to replace a living socket, or anything that is no socket."""
        try:
            mode = self.path.lstat().st_mode
        except FileNotFoundError:
            return
        if not stat.S_ISSOCK(mode):
            raise ConfigError(
                f"{self.path} exists and is no socket", remedy=f"look what it is, then remove it: ls -l {self.path}"
            )
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
            probe.settimeout(0)
            try:
                probe.connect(str(self.path))
            except ConnectionRefusedError:
                return
            except BlockingIOError:
                pass
        raise self._in_use()

    def _give_to_group(self, draft: Path) -> None:
        """Give the socket to the configured group."""
        if not self._group:
            return
        try:
            os.chown(draft, -1, grp.getgrnam(self._group).gr_gid)
        except KeyError:
            raise ConfigError(f"there is no group {self._group!r}", remedy=f"groupadd --system {self._group}") from None
        except PermissionError:
            remedy = f"start it as a member of {self._group}, or leave [{self._service}] group empty"
            raise ConfigError(f"the socket cannot be given to the group {self._group!r}", remedy=remedy) from None

    def _take_lock(self) -> None:
        """Hold the lock, or raise ``InUseError``; a lock file that was removed meanwhile is no lock."""
        name = self._beside(".lock")
        while self._lock is None:
            descriptor = os.open(name, os.O_CREAT | os.O_RDWR | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                os.close(descriptor)
                raise self._in_use() from None
            found = os.fstat(descriptor)
            if _identity_of(name) == (found.st_dev, found.st_ino):
                self._lock = descriptor
            else:
                os.close(descriptor)

    def _unlock(self) -> None:
        """Remove the lock file and let the lock go, in this order: who waits for it then makes a new one."""
        if self._lock is not None:
            self._beside(".lock").unlink(missing_ok=True)
            os.close(self._lock)
            self._lock = None

    def _beside(self, suffix: str) -> Path:
        """Return a name in the folder of the socket."""
        return self.path.with_name(self.path.name + suffix)

    def _in_use(self) -> InUseError:
        """Return the error for a second server."""
        remedy = f"{stop(self._service)}; to find it: fuser -v {quoted(self.path)}"
        return InUseError(f"another {self._service} already listens on {self.path}", remedy=remedy)


def _handed_over(environment: Mapping[str, str], service: str) -> socket.socket | None:
    """Return the listening socket that systemd passed to this process, if any; raise ``ConfigError`` if it is another kind."""
    if environment.get("LISTEN_PID") != str(os.getpid()):
        return None
    if environment.get("LISTEN_FDS") != "1":
        raise ConfigError(f"the {service} takes one socket from systemd", remedy=f"systemctl cat decnet-{service}.socket")
    listener = socket.socket(fileno=_FIRST_DESCRIPTOR)
    is_listening = listener.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN)
    if (listener.family, listener.type, is_listening) != (socket.AF_UNIX, socket.SOCK_STREAM, 1):
        listener.close()
        raise ConfigError(
            "the socket from systemd is no listening UNIX stream socket", remedy=f"systemctl cat decnet-{service}.socket"
        )
    os.set_inheritable(_FIRST_DESCRIPTOR, False)  # noqa: FBT003 - the name of the function says it
    return listener


def _identity_of(path: Path) -> tuple[int, int] | None:
    """Return device and inode of a path, or None where there is nothing."""
    try:
        found = path.lstat()
    except FileNotFoundError:
        return None
    return found.st_dev, found.st_ino
