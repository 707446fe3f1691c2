# SPDX-License-Identifier: MIT
"""Lines run one after the other, and ^C ends what runs."""

import asyncio

from decnet.lures.shell.arrival import Arrival
from decnet.lures.shell.shell import Shell
from decnet.lures.terminal.foreground import INTERRUPTED, Foreground, converse
from decnet.lures.terminal.pseudo_terminal import PseudoTerminal
from tests.lures.shell.sessions import MACHINE, Watching


async def test_an_interrupt_ends_the_command_and_not_its_owner() -> None:
    foreground, begun = Foreground(), asyncio.Event()

    async def endless() -> int:
        begun.set()
        await asyncio.Event().wait()
        return 0

    async def interrupt() -> None:
        await begun.wait()
        foreground.interrupt()

    async with asyncio.timeout(10), asyncio.TaskGroup() as tasks:
        tasks.create_task(interrupt())
        assert await foreground.run(endless()) == INTERRUPTED


async def test_an_interrupt_of_nothing_is_nothing() -> None:
    Foreground().interrupt()


async def test_a_conversation_ends_with_the_code_of_exit() -> None:
    shown, watching = bytearray(), Watching()
    terminal = PseudoTerminal(shown.extend, "xterm", 80, 24, None)
    shell = Shell(MACHINE, MACHINE.new_filesystem(), "root", watching, terminal, arrival=Arrival("192.0.2.7", "telnetd"))
    room: list[int] = []

    async def has_room() -> None:
        room.append(1)

    terminal.feed(b"echo one\rexit 3\r")
    assert await converse(shell, terminal, Foreground(), has_room) == 3
    assert watching.commands == [("echo one", 0), ("exit 3", 3)]
    assert len(room) == 2
    assert b"one\r\n" in shown
    assert shown.endswith(b"logout\r\n")


async def test_the_end_of_input_is_a_logout() -> None:
    shown = bytearray()
    terminal = PseudoTerminal(shown.extend, "dumb", 80, 24, None)
    shell = Shell(MACHINE, MACHINE.new_filesystem(), "root", Watching(), terminal, arrival=Arrival("192.0.2.7"))
    terminal.feed_end()
    assert await converse(shell, terminal, Foreground(), asyncio.Event().wait) == 0
    assert shown.endswith(b"# logout\r\n")
    assert b"\x1b[?2004h" not in shown
