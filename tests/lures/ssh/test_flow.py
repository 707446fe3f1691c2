# SPDX-License-Identifier: MIT
"""No client sends for ever, waits for ever, or makes little bytes into many."""

import zlib

import asyncssh
import pytest

from decnet.lures.ssh.flow import Inflater
from decnet.lures.ssh.options import SshOptions
from tests.lures.ssh.attacker import exchange, log_in, lure
from tests.support.lures import serving


async def test_compressed_packets_cannot_swell() -> None:
    inflater = Inflater()
    squeezed = zlib.compressobj()
    data = squeezed.compress(b"data") + squeezed.flush(zlib.Z_SYNC_FLUSH)
    assert inflater.decompress(data) == b"data"
    assert inflater.decompress(squeezed.compress(bytes(1 << 26)) + squeezed.flush(zlib.Z_SYNC_FLUSH)) is None
    assert Inflater().decompress(b"garbage") is None


async def test_client_that_does_not_log_in_is_ended() -> None:
    """LoginGraceTime ends it even when it keeps sending."""
    async with serving(lure(SshOptions(login_seconds=0.5))) as served:
        assert await exchange(served, b"SSH-2.0-x\r\n") != b""
        await served.session_ended()


@pytest.mark.parametrize("first", [b"", b"SSH-2.0-x\r\n"])
async def test_client_that_sends_for_ever_is_ended(first: bytes) -> None:
    async with serving(lure(), byte_limit=100_000) as served:
        await exchange(served, first + b"\0\0\0\x0c\x0a\x02" + bytes(10) * 30_000)
        await served.session_ended()
    assert served.pen.ended[0].received <= 100_000 + 300_020


async def test_sending_within_a_login_stops_at_the_byte_limit() -> None:
    """What came until then is evidence."""
    async with serving(lure(), byte_limit=200_000) as served:
        async with log_in(served) as client, client.start_sftp_client() as sftp:
            file = await sftp.open("/tmp/big", "wb")
            with pytest.raises((asyncssh.Error, OSError)):
                await file.write(bytes(1 << 20))
        await served.session_ended()
    assert served.pen.ended[0].reason == "bytes"
    [upload] = served.pen.bodies("file")
    assert upload.truncated
