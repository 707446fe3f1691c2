# SPDX-License-Identifier: MIT
"""The extensions of sftp that OpenSSH has (its PROTOCOL file, section 4), as far as the imitated version has them."""

from collections.abc import Callable

from asyncssh.packet import SSHPacket, UInt64

from decnet.lures.shell.transfer import Place, encode
from decnet.lures.ssh.sftp_handles import Handles
from decnet.lures.ssh.sftp_names import Names
from decnet.lures.ssh.sftp_protocol import EXTENDED_REPLY, OK, UNSUPPORTED, listing, status


class Extensions:
    """What one sftp session may ask for besides the draft's requests; ``offered`` names what the greeting lists."""

    def __init__(self, offered: tuple[tuple[str, str], ...], place: Place, handles: Handles, names: Names) -> None:
        self._offered = {name.encode() for name, _ in offered}
        self._place = place
        self._files = place.filesystem
        self._handles = handles
        self._operations: dict[bytes, Callable[[SSHPacket], bytes]] = {
            b"posix-rename@openssh.com": names.replace,
            b"hardlink@openssh.com": names.link,
            b"statvfs@openssh.com": self._statvfs,
            b"fstatvfs@openssh.com": self._statvfs,
            b"fsync@openssh.com": self._fsync,
            b"lsetstat@openssh.com": names.setstat,
            b"limits@openssh.com": self._limits,
            b"expand-path@openssh.com": self._expand_path,
        }

    def answer(self, packet: SSHPacket) -> bytes:
        """Do what an extension asks."""
        name = packet.get_string()
        operation = self._operations.get(name) if name in self._offered else None
        return operation(packet) if operation else status(UNSUPPORTED)

    def _statvfs(self, packet: SSHPacket) -> bytes:
        """Return the room on the disk."""
        packet.get_string()
        block, blocks, files = 4096, 5_127_828, 1_310_720
        used = self._files.tree.used_bytes // block + 1_204_511
        free = blocks - used
        numbers = (block, block, blocks, free, free - 262_144, files, files - 87_332, files - 87_332, 0x8F3A61C2, 0, 255)
        return bytes((EXTENDED_REPLY,)) + b"".join(UInt64(number) for number in numbers)

    def _fsync(self, packet: SSHPacket) -> bytes:
        """Say that the file is on the disk."""
        self._handles.find(packet)
        return status(OK)

    def _limits(self, _packet: SSHPacket) -> bytes:
        """Return the limits of sftp-server 9.2."""
        return bytes((EXTENDED_REPLY,)) + b"".join(UInt64(number) for number in (262144, 261120, 261120, 1019))

    def _expand_path(self, packet: SSHPacket) -> bytes:
        """Return the absolute path, a leading tilde expanded."""
        sent = packet.get_string()
        sent = encode(self._place.home) + sent[1:] if sent[:1] == b"~" else sent
        path = encode(self._files.resolve(self._place.path(sent)))
        return listing((path, path, None))
