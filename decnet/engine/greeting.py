# SPDX-License-Identifier: MIT
"""How the agent begins to talk to who dialled: it hears him out, agrees on a version, or says why not."""

import asyncio
from contextlib import suppress

from decnet.engine.handover import Channel, close_all
from decnet.engine.messages import End, HandoverError, Hello, Kind, Message, agree, expect

PARTING_SECONDS = 1.0


async def agree_on_version(channel: Channel) -> int:
    """Take the greeting and return the version to speak."""
    message, descriptors = await channel.receive()
    return agree(checked(message, Hello, descriptors).versions)


async def refuse(channel: Channel, reason: str) -> None:
    """Say why; then hear the peer out for a moment, because closing on what it still says would lose our answer."""
    with suppress(OSError, EOFError, TimeoutError, HandoverError):
        async with asyncio.timeout(PARTING_SECONDS):
            await channel.send(End(reason))
            while True:
                _, descriptors = await channel.receive()
                close_all(descriptors)


def checked(message: Message, kind: type[Kind], descriptors: list[int], *, expected: int = 0) -> Kind:
    """Return the message if it is of its kind and brings as many descriptors as it has to; close them otherwise."""
    if isinstance(message, kind) and len(descriptors) == expected:
        return message
    close_all(descriptors)
    if len(descriptors) != expected:
        raise HandoverError(f"{len(descriptors)} descriptors came with {type(message).__name__}, not {expected}")
    return expect(message, kind)
