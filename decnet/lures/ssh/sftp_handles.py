# SPDX-License-Identifier: MIT
"""What a client of sftp has open: files, written and read through handles, and folders."""

import errno
from dataclasses import dataclass

from asyncssh.packet import SSHPacket, String, UInt32

from decnet.lures.lure import Session
from decnet.lures.shell.filesystem import Status
from decnet.lures.shell.transfer import Place, Upload, encode, record_download
from decnet.lures.ssh.attributes import decode_attributes, long_name
from decnet.lures.ssh.sftp_protocol import (
    APPENDS,
    CREATES,
    DATA,
    DENIED,
    EOF,
    EXCLUSIVE,
    FAILURE,
    HANDLE,
    NO_SUCH_FILE,
    OK,
    TRUNCATES,
    WRITES,
    listing,
    status,
)

READ_LIMIT = 64 * 1024
HANDLES = 256
NAMES = 100


@dataclass
class Handle:
    """An open file or folder."""

    path: str
    names: list[str] | None = None
    content: bytes = b""
    was_read: bool = False
    upload: Upload | None = None
    appends: bool = False


class Handles:
    """The handles of one sftp session; every method but ``find`` and ``close_all`` answers a request."""

    def __init__(self, session: Session, place: Place) -> None:
        self._session = session
        self._place = place
        self._files = place.filesystem
        self._handles: dict[bytes, Handle] = {}
        self._opened = 0

    def find(self, packet: SSHPacket) -> Handle:
        """Return the handle that a request names."""
        try:
            return self._handles[packet.get_string()]
        except KeyError:
            raise OSError(errno.EIO, "no such handle") from None

    def close_all(self) -> None:
        """Record what a client left open."""
        for handle in self._handles.values():
            try:
                self._finish(handle, complete=False)
            except OSError:
                continue
        self._handles.clear()

    def open(self, packet: SSHPacket) -> bytes:
        """Open a file."""
        self._expect_room()
        path, flags = self._place.path(packet.get_string()), packet.get_uint32()
        attributes = decode_attributes(packet)
        if self._files.is_folder(path) and flags & WRITES:
            raise OSError(errno.EISDIR, path)
        exists = self._files.exists(path)
        if not exists and not flags & CREATES:
            raise OSError(errno.ENOENT, path)
        if exists and flags & CREATES and flags & EXCLUSIVE:
            raise OSError(errno.EEXIST, path)
        handle = Handle(path, appends=bool(flags & APPENDS))
        if flags & WRITES:
            mode = 0o666 if attributes.mode is None else attributes.mode & 0o777
            self._files.write(path, b"", append=exists and not flags & TRUNCATES, mode=mode)
            kept = b"" if flags & TRUNCATES or not exists else self._place.read(path)
            handle.upload = Upload(self._session, self._place, path, kept)
        elif not self._files.is_folder(path):
            handle.content = self._place.read(path)
        return self._new_handle(handle)

    def close(self, packet: SSHPacket) -> bytes:
        """Close a handle."""
        name = packet.get_string()
        handle = self._handles.pop(name, None)
        if handle is None:
            return status(NO_SUCH_FILE)
        self._finish(handle)
        return status(OK)

    def read(self, packet: SSHPacket) -> bytes:
        """Read from a file."""
        handle, offset, length = self.find(packet), packet.get_uint64(), packet.get_uint32()
        if self._files.is_folder(handle.path):
            return status(FAILURE)
        data = handle.content[offset : offset + min(length, READ_LIMIT)]
        handle.was_read = True
        return bytes((DATA,)) + String(data) if data else status(EOF)

    def write(self, packet: SSHPacket) -> bytes:
        """Write to a file."""
        handle, offset, data = self.find(packet), packet.get_uint64(), packet.get_string()
        if handle.upload is None:
            return status(DENIED)
        fits = handle.upload.write(handle.upload.size if handle.appends else offset, data)
        return status(OK if fits else FAILURE)

    def open_folder(self, packet: SSHPacket) -> bytes:
        """Open a folder."""
        self._expect_room()
        path = self._place.path(packet.get_string())
        return self._new_handle(Handle(path, names=[".", "..", *self._files.listdir(path)]))

    def read_folder(self, packet: SSHPacket) -> bytes:
        """Return the next names of a folder."""
        handle = self.find(packet)
        names = handle.names or []
        handle.names, batch = names[NAMES:], names[:NAMES]
        entries = [entry for name in batch if (entry := self._entry(handle.path, name))]
        return listing(*entries) if batch else status(EOF)

    def _finish(self, handle: Handle, *, complete: bool = True) -> None:
        """Record a file that was written or read."""
        self._place.memory.take(-len(handle.content))
        if handle.upload:
            handle.upload.close(complete=complete)
        elif handle.was_read:
            record_download(self._session, handle.path, handle.content)

    def _expect_room(self) -> None:
        """Refuse one more handle beyond the bound."""
        if len(self._handles) >= HANDLES:
            raise OSError(errno.EMFILE, "too many open files")

    def _new_handle(self, handle: Handle) -> bytes:
        """Keep a handle; the answer holds its number."""
        number = UInt32(self._opened)
        self._opened += 1
        self._handles[number] = handle
        return bytes((HANDLE,)) + String(number)

    def _entry(self, folder: str, name: str) -> tuple[bytes, bytes, Status] | None:
        """Return a name with its line of ls and its status; none where it vanished."""
        try:
            status = self._files.lstat(f"{folder.rstrip('/')}/{name}")
        except OSError:
            return None
        return encode(name), long_name(encode(name), status, self._files.tree.now()), status
