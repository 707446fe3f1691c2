# SPDX-License-Identifier: MIT
"""
The sftp subsystem: version 3 (draft-ietf-secsh-filexfer-02) as OpenSSH's sftp-server speaks it.

One request is worked off before the next is read, and nothing is read while answers wait, so a client costs one packet and
its open files.
"""

import asyncio
import errno
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import ClassVar

from asyncssh.packet import PacketDecodeError, SSHPacket, String, UInt32, UInt64

from decnet.domain.captured import text
from decnet.domain.evidence import Command, Violation
from decnet.lures.lure import Session
from decnet.lures.shell.filesystem import Status
from decnet.lures.ssh.attributes import decode_attributes, encode_attributes, long_name
from decnet.lures.ssh.transfer import Place, Upload, decode, encode, record_download

MESSAGE_LIMIT = 256 * 1024
READ_LIMIT = 64 * 1024
HANDLES = 256
NAMES = 100
_INIT, _VERSION = 1, 2
_STATUS, _HANDLE, _DATA, _NAME, _ATTRIBUTES, _EXTENDED_REPLY = 101, 102, 103, 104, 105, 201
_OK, _EOF, _NO_SUCH_FILE, _DENIED, _FAILURE, _BAD_MESSAGE, _UNSUPPORTED = 0, 1, 2, 3, 4, 5, 8
_WORDS = {
    _OK: "Success",
    _EOF: "End of file",
    _NO_SUCH_FILE: "No such file",
    _DENIED: "Permission denied",
    _FAILURE: "Failure",
    _BAD_MESSAGE: "Bad message",
    _UNSUPPORTED: "Operation unsupported",
}
_CODES = {
    errno.ENOENT: _NO_SUCH_FILE,
    errno.ENOTDIR: _NO_SUCH_FILE,
    errno.EBADF: _NO_SUCH_FILE,
    errno.ELOOP: _NO_SUCH_FILE,
    errno.EPERM: _DENIED,
    errno.EACCES: _DENIED,
    errno.ENAMETOOLONG: _BAD_MESSAGE,
    errno.EINVAL: _BAD_MESSAGE,
    errno.ENOSYS: _UNSUPPORTED,
}
_READS, _WRITES, _APPENDS, _CREATES, _TRUNCATES, _EXCLUSIVE = 1, 2, 4, 8, 16, 32


@dataclass
class Handle:
    """An open file or folder."""

    path: str
    names: list[str] | None = None
    content: bytes = b""
    was_read: bool = False
    upload: Upload | None = None
    appends: bool = False


class SftpServer:
    """One sftp session; ``send`` takes packets, ``drain`` waits until the client has taken them."""

    def __init__(
        self,
        session: Session,
        place: Place,
        extensions: tuple[tuple[str, str], ...],
        send: Callable[[bytes], None],
        drain: Callable[[], Awaitable[object]],
    ) -> None:
        self._session = session
        self._place = place
        self._files = place.filesystem
        self._extensions = extensions
        self._send = send
        self._drain = drain
        self._handles: dict[bytes, Handle] = {}
        self._opened = 0

    async def run(self, reader: asyncio.StreamReader) -> int:
        """Serve requests until the client ends its input; return the exit status."""
        try:
            while True:
                length = int.from_bytes(await reader.readexactly(4))
                if not 0 < length <= MESSAGE_LIMIT:
                    self._session.record(Violation(reason="sftp packet too long", data=str(length)))
                    return 11
                self._answer(SSHPacket(await reader.readexactly(length)))
                await self._drain()
        except asyncio.IncompleteReadError:
            return 0
        except PacketDecodeError:
            self._session.record(Violation(reason="malformed sftp packet"))
            return 255
        finally:
            self._close_all()

    def _close_all(self) -> None:
        """Record what a client left open."""
        for handle in self._handles.values():
            try:
                self._finish(handle, complete=False)
            except OSError:
                continue
        self._handles.clear()

    def _answer(self, packet: SSHPacket) -> None:
        """Answer one request."""
        kind = packet.get_byte()
        if kind == _INIT:
            self._greet(packet)
            return
        number = packet.get_uint32()
        operation = self._OPERATIONS.get(kind)
        if operation is None:
            return  # sftp-server has no answer to what it does not know
        try:
            reply = operation(self, packet)
        except OSError as error:
            reply = self._status(_CODES.get(error.errno or 0, _FAILURE))
        self._packet(reply[:1] + UInt32(number) + reply[1:])

    def _greet(self, packet: SSHPacket) -> None:
        """Answer with version 3 and the extensions."""
        packet.get_uint32()
        pairs = b"".join(String(name) + String(value) for name, value in self._extensions)
        self._packet(bytes((_VERSION,)) + UInt32(3) + pairs)

    def _packet(self, body: bytes) -> None:
        """Send a packet."""
        self._send(UInt32(len(body)) + body)

    @staticmethod
    def _status(code: int) -> bytes:
        """Return a status in OpenSSH's words."""
        return bytes((_STATUS,)) + UInt32(code) + String(_WORDS[code]) + String("")

    def _note(self, operation: str, *arguments: str) -> None:
        """Record what changes the file system besides the content of files."""
        words = " ".join((operation, *arguments))
        self._session.record(Command(command=text(encode(words)), detail={"subsystem": "sftp"}))

    def _handle(self, packet: SSHPacket) -> Handle:
        """Return the handle that a request names."""
        try:
            return self._handles[packet.get_string()]
        except KeyError:
            raise OSError(errno.EIO, "no such handle") from None

    def _path(self, packet: SSHPacket) -> str:
        """Return the path that a request names."""
        return self._place.path(packet.get_string())

    def _expect_room(self) -> None:
        """Refuse one more handle beyond the bound."""
        if len(self._handles) >= HANDLES:
            raise OSError(errno.EMFILE, "too many open files")

    def _new_handle(self, handle: Handle) -> bytes:
        """Keep a handle; the answer holds its number."""
        number = UInt32(self._opened)
        self._opened += 1
        self._handles[number] = handle
        return bytes((_HANDLE,)) + String(number)

    # --- files

    def _open(self, packet: SSHPacket) -> bytes:
        """Open a file."""
        self._expect_room()
        path, flags = self._path(packet), packet.get_uint32()
        attributes = decode_attributes(packet)
        if self._files.is_folder(path) and flags & _WRITES:
            raise OSError(errno.EISDIR, path)
        exists = self._files.exists(path)
        if not exists and not flags & _CREATES:
            raise OSError(errno.ENOENT, path)
        if exists and flags & _CREATES and flags & _EXCLUSIVE:
            raise OSError(errno.EEXIST, path)
        handle = Handle(path, appends=bool(flags & _APPENDS))
        if flags & _WRITES:
            mode = 0o666 if attributes.mode is None else attributes.mode & 0o777
            self._files.write(path, b"", append=exists and not flags & _TRUNCATES, mode=mode)
            kept = b"" if flags & _TRUNCATES or not exists else self._place.read(path)
            handle.upload = Upload(self._session, self._place, path, kept)
        elif not self._files.is_folder(path):
            handle.content = self._place.read(path)
        return self._new_handle(handle)

    def _close(self, packet: SSHPacket) -> bytes:
        """Close a handle."""
        name = packet.get_string()
        handle = self._handles.pop(name, None)
        if handle is None:
            return self._status(_NO_SUCH_FILE)
        self._finish(handle)
        return self._status(_OK)

    def _finish(self, handle: Handle, *, complete: bool = True) -> None:
        """Record a file that was written or read."""
        self._place.memory.take(-len(handle.content))
        if handle.upload:
            handle.upload.close(complete=complete)
        elif handle.was_read:
            record_download(self._session, handle.path, handle.content)

    def _read(self, packet: SSHPacket) -> bytes:
        """Read from a file."""
        handle, offset, length = self._handle(packet), packet.get_uint64(), packet.get_uint32()
        if self._files.is_folder(handle.path):
            return self._status(_FAILURE)
        data = handle.content[offset : offset + min(length, READ_LIMIT)]
        handle.was_read = True
        return bytes((_DATA,)) + String(data) if data else self._status(_EOF)

    def _write(self, packet: SSHPacket) -> bytes:
        """Write to a file."""
        handle, offset, data = self._handle(packet), packet.get_uint64(), packet.get_string()
        if handle.upload is None:
            return self._status(_DENIED)
        fits = handle.upload.write(handle.upload.size if handle.appends else offset, data)
        return self._status(_OK if fits else _FAILURE)

    # --- status

    def _attributes(self, status: Status) -> bytes:
        """Return an answer with the attributes of a file."""
        return bytes((_ATTRIBUTES,)) + encode_attributes(status)

    def _stat(self, packet: SSHPacket) -> bytes:
        """Return what is known of what a path leads to."""
        return self._attributes(self._files.stat(self._path(packet)))

    def _lstat(self, packet: SSHPacket) -> bytes:
        """Return what is known of a path itself."""
        return self._attributes(self._files.lstat(self._path(packet)))

    def _fstat(self, packet: SSHPacket) -> bytes:
        """Return what is known of an open file."""
        return self._attributes(self._files.stat(self._handle(packet).path))

    def _setstat(self, packet: SSHPacket) -> bytes:
        """Change the attributes of a path."""
        path = self._path(packet)
        return self._change(path, packet, None)

    def _fsetstat(self, packet: SSHPacket) -> bytes:
        """Change the attributes of an open file."""
        handle = self._handle(packet)
        return self._change(handle.path, packet, handle.upload)

    def _change(self, path: str, packet: SSHPacket, upload: Upload | None) -> bytes:
        """Change size, owner, mode and times, as far as they are given."""
        given = decode_attributes(packet)
        if given.size is not None and upload:
            upload.truncate(given.size)
        elif given.size is not None:
            self._files.write(path, self._files.read(path)[: given.size])
        if given.mode is not None:
            self._note("chmod", f"{given.mode & 0o7777:o}", path)
            self._files.chmod(path, given.mode & 0o7777)
        if given.modified is not None:
            self._files.utime(path, given.modified, given.accessed)
            if upload:
                upload.times = given.modified, given.accessed
        if given.owner is not None:
            self._note("chown", f"{given.owner[0]}:{given.owner[1]}", path)
            self._files.chown(path, *given.owner)
        return self._status(_OK)

    # --- folders and names

    def _opendir(self, packet: SSHPacket) -> bytes:
        """Open a folder."""
        self._expect_room()
        path = self._path(packet)
        return self._new_handle(Handle(path, names=[".", "..", *self._files.listdir(path)]))

    def _readdir(self, packet: SSHPacket) -> bytes:
        """Return the next names of a folder."""
        handle = self._handle(packet)
        names = handle.names or []
        handle.names, batch = names[NAMES:], names[:NAMES]
        entries = [entry for name in batch if (entry := self._entry(handle.path, name))]
        return self._name(*entries) if batch else self._status(_EOF)

    def _entry(self, folder: str, name: str) -> tuple[bytes, bytes, Status] | None:
        """Return a name with its line of ls and its status; none where it vanished."""
        try:
            status = self._files.lstat(f"{folder.rstrip('/')}/{name}")
        except OSError:
            return None
        return encode(name), long_name(encode(name), status), status

    @staticmethod
    def _name(*entries: tuple[bytes, bytes, Status | None]) -> bytes:
        """Return an answer with names."""
        parts = [String(name) + String(line) + encode_attributes(status) for name, line, status in entries]
        return bytes((_NAME,)) + UInt32(len(parts)) + b"".join(parts)

    def _realpath(self, packet: SSHPacket) -> bytes:
        """Return the absolute path."""
        path = encode(self._files.resolve(self._path(packet)))
        return self._name((path, path, None))

    def _readlink(self, packet: SSHPacket) -> bytes:
        """Return where a link leads."""
        target = encode(self._files.readlink(self._path(packet)))
        return self._name((target, target, None))

    def _remove(self, packet: SSHPacket) -> bytes:
        """Delete a file."""
        path = self._path(packet)
        self._note("rm", path)
        self._files.unlink(path)
        return self._status(_OK)

    def _mkdir(self, packet: SSHPacket) -> bytes:
        """Make a folder."""
        path, attributes = self._path(packet), decode_attributes(packet)
        self._note("mkdir", path)
        self._files.mkdir(path, 0o777 if attributes.mode is None else attributes.mode & 0o777)
        return self._status(_OK)

    def _rmdir(self, packet: SSHPacket) -> bytes:
        """Delete a folder."""
        path = self._path(packet)
        self._note("rmdir", path)
        self._files.rmdir(path)
        return self._status(_OK)

    def _rename(self, packet: SSHPacket) -> bytes:
        """Rename, unless the new name is taken (link and unlink in sftp-server)."""
        old, new = self._path(packet), self._path(packet)
        self._note("rename", old, new)
        if self._files.exists(new):
            return self._status(_FAILURE)
        self._files.rename(old, new)
        return self._status(_OK)

    def _symlink(self, packet: SSHPacket) -> bytes:
        """Make a link; OpenSSH has the arguments the other way round than the draft."""
        target, path = decode(packet.get_string()), self._path(packet)
        self._note("ln -s", target, path)
        self._files.symlink(target, path)
        return self._status(_OK)

    # --- extensions (OpenSSH's PROTOCOL, section 4)

    def _extended(self, packet: SSHPacket) -> bytes:
        """Do what an extension asks, where the imitated version has it."""
        name = packet.get_string()
        known = {offered.encode() for offered, _ in self._extensions}
        extension = self._EXTENSIONS.get(name) if name in known else None
        return extension(self, packet) if extension else self._status(_UNSUPPORTED)

    def _posix_rename(self, packet: SSHPacket) -> bytes:
        """Rename over what is there."""
        old, new = self._path(packet), self._path(packet)
        self._note("rename", old, new)
        self._files.rename(old, new)
        return self._status(_OK)

    def _hardlink(self, packet: SSHPacket) -> bytes:
        """Give a file a second name."""
        old, new = self._path(packet), self._path(packet)
        self._note("ln", old, new)
        self._files.link(old, new)
        return self._status(_OK)

    def _statvfs(self, packet: SSHPacket) -> bytes:
        """Return the room on the disk."""
        packet.get_string()
        block, blocks, files = 4096, 5_127_828, 1_310_720
        used = self._files.tree.used_bytes // block + 1_204_511
        free = blocks - used
        numbers = (block, block, blocks, free, free - 262_144, files, files - 87_332, files - 87_332, 0x8F3A61C2, 0, 255)
        return bytes((_EXTENDED_REPLY,)) + b"".join(UInt64(number) for number in numbers)

    def _fsync(self, packet: SSHPacket) -> bytes:
        """Say that the file is on the disk."""
        self._handle(packet)
        return self._status(_OK)

    def _limits(self, _packet: SSHPacket) -> bytes:
        """Return the limits of sftp-server 9.2."""
        return bytes((_EXTENDED_REPLY,)) + b"".join(UInt64(number) for number in (262144, 261120, 261120, 1019))

    def _expand_path(self, packet: SSHPacket) -> bytes:
        """Return the absolute path, a leading tilde expanded."""
        sent = packet.get_string()
        sent = encode(self._place.home) + sent[1:] if sent[:1] == b"~" else sent
        path = encode(self._files.resolve(self._place.path(sent)))
        return self._name((path, path, None))

    _OPERATIONS: ClassVar[dict[int, Callable[["SftpServer", SSHPacket], bytes]]] = {
        3: _open, 4: _close, 5: _read, 6: _write, 7: _lstat, 8: _fstat, 9: _setstat, 10: _fsetstat, 11: _opendir,
        12: _readdir, 13: _remove, 14: _mkdir, 15: _rmdir, 16: _realpath, 17: _stat, 18: _rename, 19: _readlink,
        20: _symlink, 200: _extended,
    }  # fmt: skip
    _EXTENSIONS: ClassVar[dict[bytes, Callable[["SftpServer", SSHPacket], bytes]]] = {
        b"posix-rename@openssh.com": _posix_rename,
        b"hardlink@openssh.com": _hardlink,
        b"statvfs@openssh.com": _statvfs,
        b"fstatvfs@openssh.com": _statvfs,
        b"fsync@openssh.com": _fsync,
        b"lsetstat@openssh.com": _setstat,
        b"limits@openssh.com": _limits,
        b"expand-path@openssh.com": _expand_path,
    }
