# SPDX-License-Identifier: MIT
"""A client of sftp that sends any packets to a server without a connection, and the numbers of the protocol."""

import asyncio

from asyncssh.packet import SSHPacket, UInt32

from decnet.lures.shell.transfer import Place
from decnet.lures.ssh.algorithms import profile
from decnet.lures.ssh.sftp import SftpServer
from tests.lures.ssh import desk
from tests.support.lures import MemoryPen

INIT, OPEN, CLOSE, READ, WRITE, SETSTAT, OPENDIR, READDIR, REMOVE, STAT, EXTENDED = 1, 3, 4, 5, 6, 9, 11, 12, 13, 17, 200
STATUS, HANDLE, DATA, NAME, ATTRIBUTES = 101, 102, 103, 104, 105
OK, EOF, NO_SUCH_FILE, DENIED, FAILURE, BAD_MESSAGE, UNSUPPORTED = 0, 1, 2, 3, 4, 5, 8
GREETING = bytes((INIT,)) + UInt32(3)


class Client:
    """Sends packets and keeps the answers."""

    def __init__(self, place: Place | None = None, software: str = "OpenSSH_8.4p1") -> None:
        self.pen = MemoryPen()
        self.place = place or desk.place()
        self.sent = b""
        self.server = SftpServer(desk.session(self.pen), self.place, profile(software).sftp, self._take, self._drain)

    def _take(self, data: bytes) -> None:
        self.sent += data

    async def _drain(self) -> None:
        await asyncio.sleep(0)

    async def run(self, *packets: bytes) -> tuple[int, list[SSHPacket]]:
        """Send packets, end the input; return exit status and answers."""
        return await self.run_bytes(b"".join(UInt32(len(packet)) + packet for packet in packets))

    async def run_bytes(self, data: bytes) -> tuple[int, list[SSHPacket]]:
        """Send bytes, end the input; return exit status and answers."""
        reader = asyncio.StreamReader()
        reader.feed_data(data)
        reader.feed_eof()
        self.sent = b""
        status = await self.server.run(reader)
        stream, answers = SSHPacket(self.sent), []
        while stream:
            answers.append(SSHPacket(stream.get_string()))
        return status, answers


def request(kind: int, *parts: bytes, number: int = 7) -> bytes:
    """Return a packet."""
    return bytes((kind,)) + UInt32(number) + b"".join(parts)


def code(answer: SSHPacket) -> int:
    """Return the code of a status."""
    assert answer.get_byte() == STATUS
    assert answer.get_uint32() == 7
    return answer.get_uint32()
