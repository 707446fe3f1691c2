# SPDX-License-Identifier: MIT
"""How a session's connection ends: what is still to be said is sent, and nothing of it stays open."""

import asyncio
import socket
from contextlib import suppress

from decnet.lures.lure import Session

FLUSH_SECONDS = 5.0


async def let_go(session: Session) -> None:
    """Send what the lure still had to say, for a moment; then end whatever transport it may have left behind."""
    with suppress(OSError, TimeoutError):
        async with asyncio.timeout(FLUSH_SECONDS):
            await session.flush()
    if session.connection.fileno() >= 0:
        with suppress(OSError):
            session.connection.shutdown(socket.SHUT_RDWR)
        await asyncio.sleep(0)
        await asyncio.sleep(0)


def hang_up(session: Session) -> None:
    """End the connection at once, whoever has it, and what the session has beside it."""
    session.cut()
    session.close_belongings()
    connection = session.connection
    if connection.fileno() >= 0:
        with suppress(OSError):
            connection.shutdown(socket.SHUT_RDWR)
        if not _is_held(connection):
            connection.close()


def _is_held(connection: socket.socket) -> bool:
    """Say whether a transport still has the socket and will close it, now that it is shut down."""
    try:
        asyncio.get_running_loop().remove_reader(connection)
    except RuntimeError:
        return True
    return False
