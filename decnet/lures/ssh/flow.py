# SPDX-License-Identifier: MIT
"""
The bytes of one connection, bounded in both directions.

Like all of the server's side it overrides methods of asyncssh's connection, public and private; see ``transport``.
"""

import asyncio
import zlib
from typing import Any

import asyncssh
from asyncssh import constants
from asyncssh.compression import Decompressor
from asyncssh.connection import SSHConnection
from asyncssh.packet import SSHPacket

from decnet.lures.lure import Session

PENDING_LIMIT = 1 << 20
UNSENT_LIMIT = 16 << 20
INFLATED_LIMIT = 1 << 20


class Inflater(Decompressor):
    """Decompresses the client's packets, none of which may become larger than a bound."""

    def __init__(self) -> None:
        self._stream = zlib.decompressobj()

    def decompress(self, data: bytes) -> bytes | None:
        """Return what ``data`` holds; ``None``, at which asyncssh disconnects, where it is malformed or too large."""
        try:
            inflated = self._stream.decompress(data, INFLATED_LIMIT)
        except zlib.error:
            return None
        return None if self._stream.unconsumed_tail else inflated


class Flow(asyncssh.SSHServerConnection):
    """A connection that counts what passes, and lets nobody pile up more than is worked off; ``heard_at`` is loop time."""

    def __init__(self, options: asyncssh.SSHServerConnectionOptions, session: Session) -> None:
        self._session = session
        super().__init__(asyncio.get_running_loop(), options)
        self.heard_at = self._loop.time()
        self._is_choked = False

    def data_received(self, data: bytes, datatype: int | None = None) -> None:
        """Take bytes from the client, count them, and let nobody pile up more than is worked off."""
        self.heard_at = self._loop.time()
        if not self._session.count(received=len(data)):
            self.abort()
            return
        super().data_received(data, datatype)
        self._throttle()

    def pause_writing(self) -> None:
        """Stop reading from a client that does not read."""
        self._is_choked = True
        self._throttle()

    def resume_writing(self) -> None:
        """Read on."""
        self._is_choked = False
        self._throttle()

    def _throttle(self) -> None:
        """Read from the client as long as what it sent is worked off and it takes the answers."""
        if self._transport is None:
            return
        if self._is_choked or len(self._inpbuf) > PENDING_LIMIT:
            self._transport.pause_reading()
        else:
            self._transport.resume_reading()

    def _finish_recv_packet(self, pkttype: int, seq: int, _task: Any = None, is_async: bool = False) -> None:  # noqa: FBT001, FBT002 - asyncssh's own signature
        """Go on with what arrived meanwhile."""
        super()._finish_recv_packet(pkttype, seq, _task, is_async)
        if is_async:
            self._throttle()

    def _send(self, data: bytes) -> None:
        """Send bytes; a client that lets too much wait is dropped."""
        self._session.count(sent=len(data))
        super()._send(data)
        if self._transport and self._transport.get_write_buffer_size() > UNSENT_LIMIT:
            self._session.end("bytes")
            self.abort()

    def send_packet(self, pkttype: int, *args: bytes, handler: Any = None) -> None:
        """Send a packet, without the SSH_MSG_IGNORE that asyncssh puts before each."""
        if pkttype != constants.MSG_IGNORE:
            super().send_packet(pkttype, *args, handler=handler)

    def _take_new_keys(self, pkttype: int, pktid: int, packet: SSHPacket) -> None:
        """Begin to decrypt with new keys; compressed packets are bounded, unlike asyncssh's."""
        super()._process_newkeys(pkttype, pktid, packet)
        if self._decompressor:
            self._decompressor = Inflater()

    def _login_timer_callback(self) -> None:
        """End a client that took too long to log in."""
        self._session.end("time")
        super()._login_timer_callback()

    _packet_handlers = {  # noqa: RUF012 - as asyncssh declares it
        **SSHConnection._packet_handlers,  # noqa: SLF001 - the table through which asyncssh dispatches
        constants.MSG_NEWKEYS: _take_new_keys,
    }
