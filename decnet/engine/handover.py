# SPDX-License-Identifier: MIT
"""
How listening sockets reach the decoys service: the hand-over protocol.

A frame on a UNIX stream socket is a header (length of the body, 4 bytes, and number of descriptors, 2 bytes, both big-endian),
the descriptors as ``SCM_RIGHTS`` (unix(7)) with the header's first byte, and a JSON body: one of ``decnet.engine.messages``.

Every socket has two holders. Whoever restarts gets it back from the other, so that no crash closes a port. A socket is
known by its key, the address and port it is bound to, which the receiver reads from the socket itself.
"""

import array
import asyncio
import os
import socket
import struct
from collections.abc import Sequence
from ipaddress import ip_address

import msgspec

from decnet.engine.messages import AnyMessage, HandoverError, Key, Message, show

MAX_DESCRIPTORS = 250
MAX_BODY = 4 * 1024 * 1024
BATCH = 64
# posts of one message: a small part of what may be in flight of a process without privileges
_HEADER = struct.Struct("!IH")
_READ_SIZE = 256 * 1024
_ANCILLARY_SIZE = socket.CMSG_SPACE(253 * array.array("i").itemsize)
_DECODER = msgspec.json.Decoder(AnyMessage)
_ENCODER = msgspec.json.Encoder()


class Channel:
    """One connection: sends and receives messages with descriptors; owns the socket and every descriptor not yet taken."""

    def __init__(self, connection: socket.socket) -> None:
        connection.setblocking(False)  # noqa: FBT003 - the standard library's own signature
        self._connection = connection
        self._buffer = bytearray()
        self._descriptors: list[int] = []

    async def send(self, message: Message, descriptors: Sequence[int] = ()) -> None:
        """Send one message; the descriptors stay the caller's. Raises ``OSError`` where the peer is gone."""
        body = _ENCODER.encode(message)
        if len(body) > MAX_BODY or len(descriptors) > MAX_DESCRIPTORS:
            raise HandoverError(f"a message of {len(body)} bytes with {len(descriptors)} descriptors is too large")
        frame = memoryview(_HEADER.pack(len(body), len(descriptors)) + body)
        rights = [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", descriptors))] if descriptors else []
        while frame:
            try:
                sent = self._connection.sendmsg([frame], rights)
            except BlockingIOError:
                await self._ready(writing=True)
                continue
            frame, rights = frame[sent:], []

    async def receive(self) -> tuple[Message, list[int]]:
        """
        Return the next message and its descriptors, which are the caller's from then on.

        Raises ``EOFError`` where the peer has left, ``HandoverError`` where it broke the protocol.
        """
        while (frame := self._next_frame()) is None:
            await self._ready(writing=False)
            self._read()
        body, count = frame
        try:
            message: Message = _DECODER.decode(body)
        except (msgspec.ValidationError, msgspec.DecodeError, UnicodeDecodeError) as error:
            raise HandoverError(f"no message of this protocol: {error}") from error
        if count > len(self._descriptors):
            raise HandoverError(f"{count} descriptors were announced and {len(self._descriptors)} came")
        taken, self._descriptors = self._descriptors[:count], self._descriptors[count:]
        return message, taken

    def close(self) -> None:
        """Close the connection and every descriptor that nobody took."""
        close_all(self._descriptors)
        self._descriptors = []
        self._buffer.clear()
        self._connection.close()

    def _next_frame(self) -> tuple[bytes, int] | None:
        """Return the next complete frame, or nothing; check what a header promises before its body is waited for."""
        if len(self._buffer) < _HEADER.size:
            self._refuse_strays()
            return None
        length, count = _HEADER.unpack_from(self._buffer)
        if length > MAX_BODY or count > MAX_DESCRIPTORS:
            raise HandoverError(f"a frame of {length} bytes with {count} descriptors is too large")
        end = _HEADER.size + length
        if len(self._buffer) < end:
            return None
        body = bytes(self._buffer[_HEADER.size : end])
        del self._buffer[:end]
        return body, count

    def _refuse_strays(self) -> None:
        """Raise ``HandoverError`` for descriptors that belong to no frame."""
        if self._descriptors and not self._buffer:
            raise HandoverError(f"{len(self._descriptors)} descriptors belong to no message")

    def _read(self) -> None:
        """Take what has arrived; the kernel gives at most one set of descriptors with each read."""
        try:
            data, ancillary, flags, _ = self._connection.recvmsg(_READ_SIZE, _ANCILLARY_SIZE, socket.MSG_CMSG_CLOEXEC)
        except BlockingIOError:
            return
        self._descriptors.extend(_descriptors(ancillary))
        self._buffer += data
        if flags & socket.MSG_CTRUNC:
            raise HandoverError("descriptors were lost on the way; is the limit of open files too low?")
        if len(self._descriptors) > 2 * MAX_DESCRIPTORS:
            raise HandoverError("more descriptors came than messages can hold")
        if not data:
            raise EOFError

    async def _ready(self, *, writing: bool) -> None:
        """Wait until the socket can be read or written."""
        loop = asyncio.get_running_loop()
        ready: asyncio.Future[None] = loop.create_future()
        add, remove = (loop.add_writer, loop.remove_writer) if writing else (loop.add_reader, loop.remove_reader)
        add(self._connection, _wake, ready)
        try:
            await ready
        finally:
            if self._connection.fileno() >= 0:
                remove(self._connection)


def listener_of(descriptor: int, key: Key) -> socket.socket:
    """
    Return the listening TCP socket of a descriptor, which it owns from now on.

    Raises ``HandoverError``, the descriptor closed, where it is anything else or not bound to ``key``.
    """
    try:
        listener = socket.socket(fileno=descriptor)
    except OSError as error:
        os.close(descriptor)
        raise HandoverError(f"what was handed over for {show(key)} is no socket") from error
    if _is_listener(listener) and key_of(listener) == key:
        listener.setblocking(False)  # noqa: FBT003 - the standard library's own signature
        return listener
    listener.close()
    raise HandoverError(f"what was handed over for {show(key)} is no listening socket of that address and port")


def key_of(listener: socket.socket) -> Key:
    """Return the address, in its shortest form, and the port that a socket is bound to."""
    address, port = listener.getsockname()[:2]
    return Key(str(ip_address(address.partition("%")[0])), port)


def close_all(descriptors: Sequence[int]) -> None:
    """Close descriptors that nobody wants."""
    for descriptor in descriptors:
        os.close(descriptor)


def _is_listener(listener: socket.socket) -> bool:
    """Say whether a socket is a TCP socket that listens."""
    if listener.family not in (socket.AF_INET, socket.AF_INET6) or listener.type != socket.SOCK_STREAM:
        return False
    return bool(listener.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN))


def _descriptors(ancillary: Sequence[tuple[int, int, bytes]]) -> list[int]:
    """Return the descriptors of what recvmsg(2) brought beside the data."""
    found = array.array("i")
    for level, kind, data in ancillary:
        if (level, kind) == (socket.SOL_SOCKET, socket.SCM_RIGHTS):
            found.frombytes(data[: len(data) - len(data) % found.itemsize])
    return list(found)


def _wake(ready: "asyncio.Future[None]") -> None:
    """Resolve a future that may be cancelled already."""
    if not ready.done():
        ready.set_result(None)
