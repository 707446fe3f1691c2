# SPDX-License-Identifier: MIT
"""The keys of bash, a tty's input queue, and what a recording may hold."""

import asyncio
import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from decnet.domain.evidence import Endpoint, Origin
from decnet.lures.lure import Session
from decnet.lures.terminal.pseudo_terminal import QUEUE_LIMIT, InterruptedLineError, PseudoTerminal
from decnet.lures.terminal.recording import Recorder
from tests.support.lures import MemoryPen


class Desk:
    """A terminal, what it showed, and its recording."""

    def __init__(self) -> None:
        end = Endpoint(address="127.0.0.1", port=1)
        origin = Origin(decoy="files01", lure="ssh", session="s", peer=end, local=end)
        self.pen = MemoryPen()
        session = Session(connection=None, origin=origin, pen=self.pen, idle_seconds=1, byte_limit=1)  # type: ignore[arg-type]  # no socket is needed
        self.recorder = Recorder(session, 80, 24, "xterm")
        self.shown = b""
        self.terminal = PseudoTerminal(self._show, "xterm", 80, 24, self.recorder)

    def _show(self, data: bytes) -> None:
        self.shown += data

    def events(self) -> list[Any]:
        """End the recording and return its lines."""
        self.recorder.end()
        [recording] = self.pen.bodies("recording")
        return [json.loads(line) for line in self.pen.blobs[recording.sha256].splitlines()]


@pytest.mark.parametrize(
    ("keys", "line"),
    [
        (b"ls -l\r", b"ls -l"),
        (b"ls -l\n", b"ls -l"),
        (b"lx\x7fs\r", b"ls"),
        (b"lx\x08s\r", b"ls"),
        (b"bc\x01a\x05d\r", b"abcd"),
        (b"ac\x1b[Db\r", b"abc"),
        (b"ac\x1bODb\x1b[Cd\r", b"abcd"),
        (b"rm -rf /\x15id\r", b"id"),
        (b"id\x01\x0bw\r", b"w"),
        (b"cat /etc/passwd\x17/etc/shadow\r", b"cat /etc/shadow"),
        (b"xid\x01\x1b[3~\r", b"id"),
        (b"xid\x01\x04\r", b"id"),
        (b"\x1b[A\r", b"last"),
        (b"\x1b[A\x1b[A\r", b"first"),
        (b"\x10\x10\x0e\r", b"last"),
        (b"draft\x1b[A\x1b[B\r", b"draft"),
        (b"cd /e\t\r", b"cd /etc/"),
        (b"a\0b\x1fc\r", b"abc"),
        (b"\xc3\xa9\xff\x80\r", b"\xc3\xa9\xff\x80"),
        (b"\xc3\xa9\x7fx\r", b"x"),
    ],
)
async def test_keys_make_the_line(keys: bytes, line: bytes) -> None:
    desk = Desk()
    desk.terminal.history = ["first", "last"]
    desk.terminal.complete = lambda text: [b"/etc/"] if text.endswith(b"/e") else []
    desk.terminal._is_reading = True
    desk.terminal.feed(keys)
    assert await desk.terminal.edit_line("$ ") == line


@settings(max_examples=50)
@given(st.binary(max_size=60), st.integers(1, 7))
async def test_keys_may_arrive_in_any_pieces(keys: bytes, size: int) -> None:
    """Garbage and cut escape sequences neither raise nor hang."""
    desk = Desk()
    async with asyncio.timeout(5), asyncio.TaskGroup() as tasks:
        reading = tasks.create_task(_ended(desk.terminal))
        for start in range(0, len(keys), size):
            await asyncio.sleep(0)
            desk.terminal.feed(keys[start : start + size])
        await asyncio.sleep(0)
        desk.terminal.feed(b"\r")
        desk.terminal.feed_end()
        await reading


async def _ended(terminal: PseudoTerminal) -> None:
    try:
        await terminal.edit_line("$ ")
    except InterruptedLineError:
        return


async def test_return_and_newline_together_are_one_end() -> None:
    desk = Desk()
    desk.terminal.feed(b"a\r\nb\r\n")
    assert [await desk.terminal.edit_line(""), await desk.terminal.edit_line("")] == [b"a", b"b"]


async def test_end_of_input_is_none_and_interrupt_an_error() -> None:
    desk = Desk()
    desk.terminal.feed(b"\x04")
    assert await desk.terminal.edit_line("") is None
    desk.terminal._is_reading = True
    desk.terminal.feed(b"abc\x03")
    with pytest.raises(InterruptedLineError):
        await desk.terminal.edit_line("")
    assert desk.shown.endswith(b"abc^C\r\n")


async def test_interrupt_reaches_the_command_and_clears_the_queue() -> None:
    desk = Desk()
    called: list[bool] = []
    desk.terminal.interrupt = lambda: called.append(True)
    desk.terminal.feed(b"typed ahead\r\x03id\r")
    assert called == [True]
    assert await desk.terminal.edit_line("") == b"id"


async def test_password_is_neither_shown_nor_recorded() -> None:
    """Not even when it was typed before the program asked."""
    desk = Desk()
    desk.terminal.feed(b"hunter2\rid\r")
    assert await desk.terminal.read_line("Password: ", echo=False) == b"hunter2"
    assert await desk.terminal.edit_line("$ ") == b"id"
    assert b"hunter" not in desk.shown
    assert "hunter" not in json.dumps(desk.events())


async def test_recording_is_asciicast() -> None:
    desk = Desk()
    desk.terminal.write("\u00e9\n".encode()[:1])
    desk.terminal.write("\u00e9\n".encode()[1:])
    desk.terminal.resize(100, 40)
    desk.terminal.feed(b"w\r")
    await desk.terminal.edit_line("$ ")
    header, *events = desk.events()
    assert {**header, "timestamp": 0} == {
        "version": 2,
        "width": 80,
        "height": 24,
        "timestamp": 0,
        "env": {"TERM": "xterm", "SHELL": "/bin/bash"},
    }
    assert [event[1:] for event in events] == [
        ["o", "\u00e9\r\n"],
        ["r", "100x40"],
        ["o", "$ "],
        ["i", "w"],
        ["o", "w"],
        ["i", "\r"],
        ["o", "\r\n"],
    ]


async def test_queue_is_bounded() -> None:
    desk = Desk()
    desk.terminal.feed(b"x" * (QUEUE_LIMIT * 2))
    assert len(desk.terminal._queue) == QUEUE_LIMIT


async def test_second_tab_lists_the_choices() -> None:
    desk = Desk()
    desk.terminal.complete = lambda _text: [b"/etc/passwd", b"/etc/passwd-"]
    desk.terminal._is_reading = True
    desk.terminal.feed(b"cat /etc/pa\t\t\r")
    assert await desk.terminal.edit_line("$ ") == b"cat /etc/passwd"
    assert b"\r\npasswd  passwd-\r\n$ cat /etc/passwd" in desk.shown


async def test_paste_is_bracketed_around_the_line_and_its_marks_are_no_text() -> None:
    """As bash 5.1 does it."""
    desk = Desk()
    desk.terminal.brackets_paste = True
    desk.terminal.feed(b"\x1b[200~id\x1b[201~\r")
    assert await desk.terminal.edit_line("$ ") == b"id"
    assert desk.shown == b"\x1b[?2004h$ id\r\n\x1b[?2004l\r"


async def test_long_queue_keeps_nobody_waiting() -> None:
    desk = Desk()
    desk.terminal.feed(b"\x01" * QUEUE_LIMIT)
    async with asyncio.TaskGroup() as tasks:
        reading = tasks.create_task(desk.terminal.edit_line("$ "))
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        assert len(desk.terminal._queue) > QUEUE_LIMIT - 100
        reading.cancel()
