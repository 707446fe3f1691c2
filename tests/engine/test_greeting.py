# SPDX-License-Identifier: MIT
"""Who dials learns which version is spoken, or why not; what he brings uninvited is closed."""

import asyncio
import os
import socket
from collections.abc import AsyncIterator

import pytest

from decnet.engine.greeting import agree_on_version, checked, refuse
from decnet.engine.handover import Channel
from decnet.engine.messages import VERSIONS, Bye, End, HandoverError, Hello, Offer
from tests.support.handover import open_files

Ends = tuple[Channel, Channel]


@pytest.fixture
async def ends() -> AsyncIterator[Ends]:
    """Return the agent's end of a connection and the other one."""
    ours, theirs = (Channel(end) for end in socket.socketpair())
    yield ours, theirs
    ours.close()
    theirs.close()


async def test_newest_common_version_is_spoken(ends: Ends) -> None:
    await ends[1].send(Hello([*VERSIONS, 4711], "x"))
    assert await agree_on_version(ends[0]) == max(VERSIONS)


async def test_greeting_that_is_none_is_refused(ends: Ends) -> None:
    await ends[1].send(Bye("x"))
    with pytest.raises(HandoverError, match="expected Hello, got Bye"):
        await agree_on_version(ends[0])


async def test_refused_peer_hears_why_although_it_goes_on_talking(ends: Ends) -> None:
    """And the descriptors that it sends meanwhile are closed."""
    before = open_files()
    for _ in range(3):
        await ends[1].send(Offer([], last=True), [0, 1])
    async with asyncio.TaskGroup() as tasks:
        refused = tasks.create_task(refuse(ends[0], "no room"))
        assert await ends[1].receive() == (End("no room"), [])
        ends[1].close()
        await asyncio.wait_for(refused, 10)
    assert open_files() == before - 1


def test_descriptors_that_nobody_asked_for_are_closed() -> None:
    descriptor = os.dup(0)
    with pytest.raises(HandoverError, match="1 descriptors came with Bye, not 0"):
        checked(Bye("x"), Bye, [descriptor])
    with pytest.raises(OSError, match="Bad file descriptor"):
        os.fstat(descriptor)
