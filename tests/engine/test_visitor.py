# SPDX-License-Identifier: MIT
"""What is waiting for the decoys service is said in order; sockets go in batches, those that went meanwhile not at all."""

import asyncio
import os
import socket

from decnet.engine.handover import BATCH, Channel
from decnet.engine.listener import open_listener
from decnet.engine.messages import Key, Relayed, Serve, Withdraw
from decnet.engine.visitor import Holding, Visitor
from decnet.host.peer import Peer
from tests.support.handover import new_key, open_files, post


async def test_sockets_are_lent_in_batches_between_the_messages_around_them() -> None:
    ours, theirs = (Channel(end) for end in socket.socketpair())
    keys = [new_key() for _ in range(BATCH + 2)]
    held = {key: Holding(post(key), open_listener(key)) for key in keys}
    before = open_files()
    visitor = Visitor(Peer(pid=1, uid=0, gid=0))
    gone = held.pop(keys[1])
    first, last = Withdraw([keys[0]]), Relayed("x", "{}")
    visitor.put(first, *keys, last)
    saying = asyncio.get_running_loop().create_task(visitor.say(ours, held))
    heard = [await asyncio.wait_for(theirs.receive(), 10) for _ in range(4)]
    assert [heard[0][0], heard[3][0]] == [first, last]
    assert served(heard[1][0]) == [keys[0], *keys[2:BATCH]]
    assert served(heard[2][0]) == keys[BATCH:]
    assert [len(descriptors) for _, descriptors in heard] == [0, BATCH - 1, 2, 0]
    for _, descriptors in heard:
        for descriptor in descriptors:
            os.close(descriptor)
    assert open_files() == before, "the copies that were sent are closed"
    saying.cancel()
    await asyncio.gather(saying, return_exceptions=True)
    for holding in (gone, *held.values()):
        holding.listener.close()
    ours.close()
    theirs.close()


def served(message: object) -> list[Key]:
    """Return the keys of the sockets that a message lends."""
    assert isinstance(message, Serve)
    return [task.key for task in message.posts]
