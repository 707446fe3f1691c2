# SPDX-License-Identifier: MIT
"""What a client of sftp asks of names in the file system: their status, their attributes, and where they lead."""

from asyncssh.packet import SSHPacket

from decnet.domain.captured import text
from decnet.domain.evidence import Command
from decnet.lures.lure import Session
from decnet.lures.shell.transfer import Place, Upload, decode, encode
from decnet.lures.ssh.attributes import decode_attributes
from decnet.lures.ssh.sftp_handles import Handles
from decnet.lures.ssh.sftp_protocol import FAILURE, OK, attributes, listing, status


class Names:
    """The names that one sftp session works on; every method answers a request."""

    def __init__(self, session: Session, place: Place, handles: Handles) -> None:
        self._session = session
        self._place = place
        self._files = place.filesystem
        self._handles = handles

    def stat(self, packet: SSHPacket) -> bytes:
        """Return what is known of what a path leads to."""
        return attributes(self._files.stat(self._path(packet)))

    def lstat(self, packet: SSHPacket) -> bytes:
        """Return what is known of a path itself."""
        return attributes(self._files.lstat(self._path(packet)))

    def fstat(self, packet: SSHPacket) -> bytes:
        """Return what is known of an open file."""
        return attributes(self._files.stat(self._handles.find(packet).path))

    def setstat(self, packet: SSHPacket) -> bytes:
        """Change the attributes of a path."""
        path = self._path(packet)
        return self._change(path, packet, None)

    def fsetstat(self, packet: SSHPacket) -> bytes:
        """Change the attributes of an open file."""
        handle = self._handles.find(packet)
        return self._change(handle.path, packet, handle.upload)

    def realpath(self, packet: SSHPacket) -> bytes:
        """Return the absolute path."""
        path = encode(self._files.resolve(self._path(packet)))
        return listing((path, path, None))

    def readlink(self, packet: SSHPacket) -> bytes:
        """Return where a link leads."""
        target = encode(self._files.readlink(self._path(packet)))
        return listing((target, target, None))

    def remove(self, packet: SSHPacket) -> bytes:
        """Delete a file."""
        path = self._path(packet)
        self._note("rm", path)
        self._files.unlink(path)
        return status(OK)

    def mkdir(self, packet: SSHPacket) -> bytes:
        """Make a folder."""
        path, attributes = self._path(packet), decode_attributes(packet)
        self._note("mkdir", path)
        self._files.mkdir(path, 0o777 if attributes.mode is None else attributes.mode & 0o777)
        return status(OK)

    def rmdir(self, packet: SSHPacket) -> bytes:
        """Delete a folder."""
        path = self._path(packet)
        self._note("rmdir", path)
        self._files.rmdir(path)
        return status(OK)

    def rename(self, packet: SSHPacket) -> bytes:
        """Rename, unless the new name is taken (link and unlink in sftp-server)."""
        old, new = self._path(packet), self._path(packet)
        self._note("rename", old, new)
        if self._files.exists(new):
            return status(FAILURE)
        self._files.rename(old, new)
        return status(OK)

    def symlink(self, packet: SSHPacket) -> bytes:
        """Make a link; OpenSSH has the arguments the other way round than the draft."""
        target, path = decode(packet.get_string()), self._path(packet)
        self._note("ln -s", target, path)
        self._files.symlink(target, path)
        return status(OK)

    def replace(self, packet: SSHPacket) -> bytes:
        """Rename over what is there."""
        old, new = self._path(packet), self._path(packet)
        self._note("rename", old, new)
        self._files.rename(old, new)
        return status(OK)

    def link(self, packet: SSHPacket) -> bytes:
        """Give a file a second name."""
        old, new = self._path(packet), self._path(packet)
        self._note("ln", old, new)
        self._files.link(old, new)
        return status(OK)

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
        return status(OK)

    def _note(self, operation: str, *arguments: str) -> None:
        """Record what changes the file system besides the content of files."""
        words = " ".join((operation, *arguments))
        self._session.record(Command(command=text(encode(words)), detail={"subsystem": "sftp"}))

    def _path(self, packet: SSHPacket) -> str:
        """Return the path that a request names."""
        return self._place.path(packet.get_string())
