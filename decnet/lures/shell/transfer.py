# SPDX-License-Identifier: MIT
"""Files that change hands over sftp, scp and ftp: kept as evidence while they arrive, and seen by the shell afterwards."""

import errno
import hashlib
import posixpath
from dataclasses import dataclass, field

from decnet.domain.captured import text
from decnet.domain.evidence import File
from decnet.lures.lure import CapturedFile, Session
from decnet.lures.shell.accounts import Accounts
from decnet.lures.shell.filesystem import Filesystem, User

_NOBODY = 65534
SPARSE_LIMIT = 32 << 20
MEMORY_LIMIT = 64 << 20


def encode(path: str) -> bytes:
    """Return the bytes of a path."""
    return path.encode("utf-8", "surrogateescape")


def decode(path: bytes) -> str:
    """Return a path as the file system takes it; each byte string has its own."""
    return path.decode("utf-8", "surrogateescape")


@dataclass
class Memory:
    """How many bytes of open files a connection may still hold."""

    left: int = MEMORY_LIMIT

    def take(self, size: int) -> bool:
        """Take ``size`` bytes, or none where there are not as many (a negative size gives back)."""
        if size > self.left:
            return False
        self.left -= size
        return True


@dataclass(frozen=True, kw_only=True)
class Place:
    """Where a user works: his view of the file system, the folder that relative paths begin at, and room for open files."""

    filesystem: Filesystem
    home: str
    memory: Memory = field(default_factory=Memory)

    def read(self, path: str) -> bytes:
        """Return a file's content, for which ``memory`` is charged until the caller gives it back."""
        if not self.memory.take(self.filesystem.stat(path).size):
            raise OSError(errno.ENOMEM, path)
        return self.filesystem.read(path)

    def path(self, sent: bytes) -> str:
        """Return the absolute path of what a client sent."""
        return posixpath.join(self.home, decode(sent)) if sent else self.home


def place_of(filesystem: Filesystem, username: str, memory: Memory | None = None) -> Place:
    """Return where ``username`` works by the file system's /etc/passwd; a stranger has no rights beyond anybody's."""
    accounts = Accounts(filesystem)
    account = accounts.by_name(username)
    user = accounts.user(account) if account else User(uid=_NOBODY, gid=_NOBODY)
    home = account.home if account and filesystem.is_folder(account.home) else "/"
    return Place(filesystem=filesystem.bound(user), home=home, memory=memory or Memory())


class Upload:
    """
    A file that a client writes.

    What comes in order goes straight into the captured file; a client that jumps about is kept in memory up to a limit and
    captured at the end. ``content`` is what the file held before, charged by ``Place.read``. The decoy's file gets the
    content, and the ``times`` (modified, accessed) that the client set, when it is closed, as far as the session's file
    system has room.
    """

    def __init__(self, session: Session, place: Place, path: str, content: bytes = b"") -> None:
        self._session = session
        self._place = place
        self._path = path
        self._capture: CapturedFile | None = None if content else session.capture()
        self._content = bytearray(content)
        self._sent = 0
        self._is_open = True
        self.times: tuple[float, float | None] | None = None

    @property
    def size(self) -> int:
        """The size that the file has by now."""
        return len(self._content)

    def write(self, offset: int, data: bytes) -> bool:
        """Take bytes; false where the decoy has no room for them, though they are kept as evidence."""
        if self._capture and offset != self._sent:
            self._capture.discard()
            self._capture = None
        self._sent = max(self._sent, offset + len(data))
        if self._capture:
            self._capture.write(data)
        end = offset + len(data)
        if end > SPARSE_LIMIT or not self._place.memory.take(max(0, end - len(self._content))):
            return False
        if offset > len(self._content):
            self._content += bytes(offset - len(self._content))
        self._content[offset:end] = data
        return True

    def truncate(self, size: int) -> None:
        """Cut or stretch the file."""
        if size <= SPARSE_LIMIT and self._place.memory.take(size - len(self._content)):
            self._content[size:] = bytes(max(0, size - len(self._content)))

    def close(self, *, complete: bool = True) -> None:
        """Record the file, then show it to the decoy; raises ``OSError`` where the decoy has no room."""
        if not self._is_open:
            return
        self._is_open = False
        self._place.memory.take(-len(self._content))
        if self._sent:
            self._record(complete=complete)
        elif self._capture:
            self._capture.discard()
        self._place.filesystem.write(self._path, bytes(self._content))
        if self.times:
            self._place.filesystem.utime(self._path, *self.times)

    def _record(self, *, complete: bool) -> None:
        """Write the record of what was kept."""
        capture = self._capture
        if capture is None:
            capture = self._session.capture()
            capture.write(bytes(self._content))
        blob = capture.finish()
        truncated = blob.truncated or not complete
        path = text(encode(self._path))
        self._session.record(File(path=path, direction="upload", sha256=blob.sha256, size=blob.size, truncated=truncated))


def record_download(session: Session, path: str, content: bytes) -> None:
    """Record that a client took a file of the decoy; it is ours, so no copy is kept."""
    digest = hashlib.sha256(content).hexdigest()
    session.record(File(path=text(encode(path)), direction="download", sha256=digest, size=len(content)))
