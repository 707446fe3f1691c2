# SPDX-License-Identifier: MIT
"""Nothing is forwarded, every attempt is recorded, and the sessions of a connection are bounded."""

import asyncssh
import pytest

from tests.lures.ssh.attacker import log_in, lure
from tests.support.lures import serving


async def test_forwarding_is_recorded_and_refused() -> None:
    async with serving(lure()) as served:
        async with log_in(served) as client:
            with pytest.raises(asyncssh.ChannelOpenError) as refused:
                await client.open_connection("10.0.0.5", 445)
            with pytest.raises(asyncssh.ChannelListenError):
                await client.start_server(lambda *_: None, "", 8080)
        await served.session_ended()
    assert (refused.value.code, refused.value.reason) == (asyncssh.OPEN_ADMINISTRATIVELY_PROHIBITED, "open failed")
    assert [body.command for body in served.pen.bodies("command")] == ["open direct-tcpip 10.0.0.5:445", "listen :8080"]


async def test_sessions_of_one_connection_are_bounded() -> None:
    """MaxSessions is 10."""
    async with serving(lure()) as served, log_in(served) as client:
        for _ in range(10):
            await client.create_process("cat")
        with pytest.raises(asyncssh.ChannelOpenError, match="open failed"):
            await client.create_process("true")
