# SPDX-License-Identifier: MIT
"""Processes that are not our children, awaited through descriptors of them."""

import asyncio


async def readable(handle: int) -> None:
    """Wait until a descriptor is readable."""
    ended = asyncio.Event()
    loop = asyncio.get_running_loop()
    loop.add_reader(handle, ended.set)
    try:
        await ended.wait()
    finally:
        loop.remove_reader(handle)
