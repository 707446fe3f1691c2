# SPDX-License-Identifier: MIT
"""
The sftp subsystem: version 3 (draft-ietf-secsh-filexfer-02) as OpenSSH's sftp-server speaks it.

One request is worked off before the next is read, and nothing is read while answers wait, so a client costs one packet and
its open files.
"""

import asyncio
from collections.abc import Awaitable, Callable

from asyncssh.packet import PacketDecodeError, SSHPacket, String, UInt32

from decnet.domain.evidence import Violation
from decnet.lures.lure import Session
from decnet.lures.shell.transfer import Place
from decnet.lures.ssh.sftp_extensions import Extensions
from decnet.lures.ssh.sftp_handles import Handles
from decnet.lures.ssh.sftp_names import Names
from decnet.lures.ssh.sftp_protocol import INIT, VERSION, refusal

MESSAGE_LIMIT = 256 * 1024


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
        self._extensions = extensions
        self._send = send
        self._drain = drain
        self._handles = handles = Handles(session, place)
        names = Names(session, place, handles)
        self._operations: dict[int, Callable[[SSHPacket], bytes]] = {
            3: handles.open, 4: handles.close, 5: handles.read, 6: handles.write, 7: names.lstat, 8: names.fstat,
            9: names.setstat, 10: names.fsetstat, 11: handles.open_folder, 12: handles.read_folder, 13: names.remove,
            14: names.mkdir, 15: names.rmdir, 16: names.realpath, 17: names.stat, 18: names.rename, 19: names.readlink,
            20: names.symlink, 200: Extensions(extensions, place, handles, names).answer,
        }  # fmt: skip

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
            self._handles.close_all()

    def _answer(self, packet: SSHPacket) -> None:
        """Answer one request."""
        kind = packet.get_byte()
        if kind == INIT:
            self._greet(packet)
            return
        number = packet.get_uint32()
        operation = self._operations.get(kind)
        if operation is None:
            return  # sftp-server has no answer to what it does not know
        try:
            reply = operation(packet)
        except OSError as error:
            reply = refusal(error)
        self._packet(reply[:1] + UInt32(number) + reply[1:])

    def _greet(self, packet: SSHPacket) -> None:
        """Answer with version 3 and the extensions."""
        packet.get_uint32()
        pairs = b"".join(String(name) + String(value) for name, value in self._extensions)
        self._packet(bytes((VERSION,)) + UInt32(3) + pairs)

    def _packet(self, body: bytes) -> None:
        """Send a packet."""
        self._send(UInt32(len(body)) + body)
