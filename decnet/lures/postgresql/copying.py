# SPDX-License-Identifier: MIT
"""COPY with the client: rows out, and rows in, which are kept as a file whatever becomes of them."""

from decnet.lures.postgresql import wire
from decnet.lures.postgresql.channel import Channel
from decnet.lures.postgresql.execution import RowsIn, RowsOut
from decnet.lures.postgresql.recorder import Recorder
from decnet.lures.postgresql.report import Report

MAX_COPIED = 8 << 20
"""Bytes that one COPY from a client may bring; what is beyond is read and counted, and the statement fails."""


async def copy_out(channel: Channel, outcome: RowsOut) -> int | None:
    """Send rows; return their number, none when the client left."""
    channel.put(wire.copy_response(b"H", outcome.columns, binary=outcome.is_binary))
    for line in outcome.lines:
        if not await channel.put_much(wire.message(b"d", line)):
            return None
        await channel.stream.give_way()
    channel.put(wire.message(b"c"))
    return outcome.count


async def copy_in(channel: Channel, outcome: RowsIn, recorder: Recorder) -> int | None:
    """Take rows; return their number, none when the client left. Raises ``Report``."""
    channel.put(wire.copy_response(b"G", outcome.columns, binary=outcome.is_binary))
    await channel.flush()
    data = bytearray()
    size = 0
    failure: Report | None = None
    while True:
        message = await channel.message()
        if message is None or message.kind == b"X":
            _keep(recorder, outcome, data)
            return None
        if message.kind == b"d":
            size += message.size
            data += message.body[: max(MAX_COPIED - len(data), 0)]
        elif message.kind == b"c":
            break
        elif message.kind not in (b"H", b"S"):
            failure = _ended_by(message.kind, message.body)
            break
    _keep(recorder, outcome, data)
    if failure is not None:
        raise failure
    if size > MAX_COPIED:
        raise Report("out of memory", "53200", detail=f"Failed on request of size {size}.")
    return await outcome.store(bytes(data))


def _keep(recorder: Recorder, outcome: RowsIn, data: bytearray) -> None:
    """Keep what came."""
    if data:
        recorder.file(f"COPY {outcome.name} FROM STDIN", bytes(data))


def _ended_by(kind: bytes, body: bytes) -> Report:
    """Return what ends a COPY: the client's wish, or a message that does not belong there."""
    where = ""
    if kind == b"f":
        words = body.split(b"\0")[0].decode("utf-8", "surrogateescape")
        return Report(f"COPY from stdin failed: {words}", "57014", where=where, routine="CopyGetData")
    return Report(f"unexpected message type 0x{kind[0]:02X} during COPY from stdin", "08P01", routine="CopyGetData")
