# SPDX-License-Identifier: MIT
"""Whoever dials is answered, a few at a time; a lock tells others that there is an agent."""

import asyncio
import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from decnet.engine import entrance as entrance_module
from decnet.engine.entrance import DIALLERS, Entrance
from decnet.errors import HostError
from tests.support.handover import until


async def test_diallers_beyond_the_bound_wait_until_one_has_left(tmp_path: Path) -> None:
    entrance, answered, leave = Entrance(tmp_path / "socket", tmp_path / "lock"), [], asyncio.Event()

    async def answer(connection: socket.socket) -> None:
        answered.append(connection)
        await leave.wait()
        connection.close()

    entrance.open()
    async with asyncio.TaskGroup() as tasks:
        running = tasks.create_task(entrance.run(answer))
        clients = [socket.socket(socket.AF_UNIX) for _ in range(DIALLERS + 1)]
        for client in clients:
            client.connect(str(tmp_path / "socket"))
        await until(lambda: len(answered) == DIALLERS)
        for _ in range(10):
            await asyncio.sleep(0)
        assert len(answered) == DIALLERS
        leave.set()
        await until(lambda: len(answered) == DIALLERS + 1)
        running.cancel()
    for client in clients:
        client.close()
    entrance.stop_listening()
    entrance.close()
    assert not (tmp_path / "socket").exists()


def test_lock_outlives_the_socket_and_ends_with_it(tmp_path: Path) -> None:
    """Whoever dials must not find nobody while the lock says that there is an agent, nor two agents at the same time."""
    entrance = Entrance(tmp_path / "socket", tmp_path / "lock")
    entrance.open()
    assert (tmp_path / "socket").is_socket()
    entrance.stop_listening()
    assert not (tmp_path / "socket").exists()
    assert holder_seen_elsewhere(tmp_path / "lock") == os.getpid()
    entrance.close()
    assert holder_seen_elsewhere(tmp_path / "lock") == 0


def holder_seen_elsewhere(lock: Path) -> int:
    """Return who holds a lock, as another process sees it."""
    program = "import pathlib, sys; from decnet.engine.lock import holder; print(holder(pathlib.Path(sys.argv[1])))"
    return int(subprocess.run([sys.executable, "-c", program, str(lock)], capture_output=True, check=True).stdout)


def test_path_that_cannot_be_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(HostError, match="cannot be made"):
        Entrance(tmp_path / "file" / "socket", tmp_path / "lock").open()


@pytest.mark.parametrize("replaced", [False, True])
async def test_agent_ends_when_its_socket_is_removed_or_replaced(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, replaced: bool
) -> None:
    """Nobody could arrive any more; a new agent makes a new socket, and the decoys service gives back what it holds."""
    monkeypatch.setattr(entrance_module, "LOOK_SECONDS", 0.01)
    entrance = Entrance(tmp_path / "socket", tmp_path / "lock")
    entrance.open()
    if replaced:
        (tmp_path / "socket").rename(tmp_path / "aside")
        (tmp_path / "socket").touch()
    else:
        (tmp_path / "socket").unlink()

    async def answer(connection: socket.socket) -> None:
        connection.close()

    with pytest.raises(ExceptionGroup) as caught:
        async with asyncio.timeout(20):
            await entrance.run(answer)
    assert caught.group_contains(HostError, match="somebody removed the hand-over socket")
    entrance.stop_listening()
    entrance.close()
