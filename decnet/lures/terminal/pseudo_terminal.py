# SPDX-License-Identifier: MIT
"""
The server's side of a pseudo-terminal: keys in, lines out, with the editing keys of bash.

What is typed while a command runs waits, as in the input queue of a tty; ^C goes to the command at once.
"""

import asyncio
import re
from collections.abc import AsyncIterator, Callable
from itertools import count

from decnet.lures.terminal.line import CookedLine, Line
from decnet.lures.terminal.recording import Recorder

QUEUE_LIMIT = 1 << 16
_TURN = 16
_PASTE_ON, _PASTE_OFF = b"\x1b[?2004h", b"\x1b[?2004l\r"
_LISTED = 100
_KEY = re.compile(rb"\x1b(?:\[[0-9;]*[@-~]|O[@-~]|[^\[O])|[^\x1b]", re.DOTALL)
_PARTIAL = re.compile(rb"\x1b(?:\[[0-9;]*|O)?", re.DOTALL)
_INTERRUPT = b"\x03"
_NAMES = {
    b"\x01": "home", b"\x1b[H": "home", b"\x1bOH": "home", b"\x1b[1~": "home",
    b"\x05": "end", b"\x1b[F": "end", b"\x1bOF": "end", b"\x1b[4~": "end",
    b"\x02": "left", b"\x1b[D": "left", b"\x1bOD": "left",
    b"\x06": "right", b"\x1b[C": "right", b"\x1bOC": "right",
    b"\x10": "previous", b"\x1b[A": "previous", b"\x1bOA": "previous",
    b"\x0e": "next", b"\x1b[B": "next", b"\x1bOB": "next",
    b"\x7f": "backspace", b"\x08": "backspace", b"\x1b[3~": "delete",
    b"\x15": "kill_before", b"\x0b": "kill_after", b"\x17": "kill_word",
    b"\x0c": "clear", b"\t": "complete", b"\x04": "end_of_input", _INTERRUPT: "interrupt",
    b"\r": "enter", b"\n": "enter",
}  # fmt: skip


class InterruptedLineError(Exception):
    """^C was typed instead of a line."""


class PseudoTerminal:
    """
    A terminal on a channel; ``send`` takes what the client is to see.

    ``interrupt`` is called for a ^C while no line is read. ``brackets_paste`` is what readline does from 8.1 on. ``columns``,
    ``rows`` and ``name`` are the client's.
    """

    def __init__(self, send: Callable[[bytes], None], name: str, columns: int, rows: int, recorder: Recorder | None) -> None:
        self.columns, self.rows, self.name = columns or 80, rows or 24, name
        self.history: list[str] = []
        self.brackets_paste = False
        self.complete: Callable[[bytes], list[bytes]] = lambda _text: []
        self.interrupt: Callable[[], None] = lambda: None
        self._send = send
        self.recorder = recorder
        self._queue = bytearray()
        self._arrived = asyncio.Event()
        self._is_ended = False
        self._is_reading = False
        self._skips_feed = False

    @property
    def is_ended(self) -> bool:
        """Whether nothing more will be typed."""
        return self._is_ended and not self._queue

    # --- the client's side

    def feed(self, data: bytes) -> None:
        """Take what was typed; beyond the queue's limit it is lost, as on a tty."""
        if not self._is_reading and _INTERRUPT in data:
            data = data.rpartition(_INTERRUPT)[2]
            self._queue.clear()
            self.write(b"^C\n")
            self.interrupt()
        self._queue += data[: QUEUE_LIMIT - len(self._queue)]
        self._arrived.set()

    def feed_end(self) -> None:
        """Take the end of input."""
        self._is_ended = True
        self._arrived.set()

    def resize(self, columns: int, rows: int) -> None:
        """Take a new size."""
        self.columns, self.rows = columns or self.columns, rows or self.rows
        if self.recorder:
            self.recorder.resize(self.columns, self.rows)

    # --- the shell's side

    def write(self, data: bytes) -> None:
        """Show bytes; LF becomes CR LF (ONLCR)."""
        self._show(data.replace(b"\n", b"\r\n"))

    async def read_line(self, prompt: str, *, echo: bool = True) -> bytes | None:
        """Read a line for a program, without the keys of bash; ``None`` for ^D on an empty one."""
        self.write(prompt.encode("utf-8", "surrogateescape"))
        try:
            return await self._read(CookedLine(is_shown=echo), is_recorded=echo)
        except InterruptedLineError:
            self.interrupt()
            await asyncio.sleep(0)
            return None

    async def lines(self) -> AsyncIterator[bytes]:
        """Yield lines for a program's standard input, each with its end."""
        while (line := await self.read_line("")) is not None:
            yield line + b"\n"

    async def edit_line(self, prompt: str) -> bytes | None:
        """Read a line for the shell, with history and completion; raise ``InterruptedLineError`` for ^C."""
        if self.recorder:
            self.recorder.hold()
        if self.brackets_paste:
            self._show(_PASTE_ON)
        self.write(prompt.encode("utf-8", "surrogateescape"))
        try:
            return await self._read(EditedLine(self, prompt))
        finally:
            if self.brackets_paste:
                self._show(_PASTE_OFF)

    async def _read(self, line: Line, *, is_recorded: bool = True) -> bytes | None:
        """Work off keys until the line ends."""
        self._is_reading = True
        try:
            for number in count(1):
                if number % _TURN == 0:
                    await asyncio.sleep(0)  # a long queue is no reason to keep others waiting
                key = await self._key()
                if key and self.recorder and is_recorded:
                    self.recorder.input(key)
                name = _NAMES.get(key, "") if key else "end_of_input"
                if name == "enter":
                    return self._entered(line, key)
                if name == "interrupt":
                    self._show(b"^C\r\n")
                    raise InterruptedLineError
                if name == "end_of_input" and (not line.characters or not key):
                    return None if not line.characters else line.value
                self._show(self._apply(line, name, key))
        finally:
            self._is_reading = False
        return None

    def _entered(self, line: Line, key: bytes) -> bytes:
        """End a line; an LF after CR is no second one."""
        self._skips_feed = key == b"\r"
        self._show(b"\r\n")
        return line.value

    @staticmethod
    def _apply(line: Line, name: str, key: bytes) -> bytes:
        """Change the line as a key says; return what to show."""
        if isinstance(line, EditedLine):
            return line.press(name, key)
        if name == "backspace":
            return line.delete(line.cursor - 1, line.cursor)
        if name == "kill_before":
            return line.delete(0, line.cursor)
        if name == "kill_word":
            return line.delete(line.word_start(), line.cursor)
        return line.insert(key)

    async def _key(self) -> bytes:
        """Return the next key; empty at the end of input."""
        while True:
            key = self._next_key()
            if key == b"\n" and self._skips_feed:
                self._skips_feed = False
                continue
            if key or self._is_ended:
                self._skips_feed = False
                return key
            self._arrived.clear()
            await self._arrived.wait()

    def _next_key(self) -> bytes:
        """Take a whole key from the queue; a run of plain characters is one."""
        run = re.match(rb"[^\x00-\x1f\x7f]+", self._queue)
        match = run or _KEY.match(self._queue)
        if match is None:
            if self._queue and (self._is_ended or not _PARTIAL.fullmatch(self._queue) or len(self._queue) > 16):
                self._queue.clear()
            return b""
        key = match[0]
        del self._queue[: len(key)]
        return bytes(key)

    def _show(self, data: bytes) -> None:
        """Send bytes as they are."""
        if data:
            if self.recorder:
                self.recorder.output(data)
            self._send(data)


class EditedLine(Line):
    """A line with the keys of bash."""

    def __init__(self, terminal: PseudoTerminal, prompt: str) -> None:
        super().__init__()
        self._terminal = terminal
        self._prompt = prompt.encode("utf-8", "surrogateescape")
        self._back = 0
        self._draft = b""
        self._was_tab = False
        self._keys: dict[str, Callable[[], bytes]] = {
            "home": lambda: self.move(0),
            "end": lambda: self.move(len(self.characters)),
            "left": lambda: self.move(self.cursor - 1),
            "right": lambda: self.move(self.cursor + 1),
            "backspace": lambda: self.delete(self.cursor - 1, self.cursor),
            "delete": lambda: self.delete(self.cursor, self.cursor + 1),
            "end_of_input": lambda: self.delete(self.cursor, self.cursor + 1),
            "kill_before": lambda: self.delete(0, self.cursor),
            "kill_after": lambda: self.delete(self.cursor, len(self.characters)),
            "kill_word": lambda: self.delete(self.word_start(), self.cursor),
            "clear": lambda: b"\x1b[H\x1b[2J" + self._redraw(),
            "previous": lambda: self._recall(self._back + 1),
            "next": lambda: self._recall(self._back - 1),
            "complete": self._complete,
        }

    def press(self, name: str, key: bytes) -> bytes:
        """Do what a key does; return what to show."""
        shown = self._keys[name]() if name in self._keys else self.insert(key) if key >= b" " else b""
        self._was_tab = name == "complete"
        return shown

    def _redraw(self) -> bytes:
        """Return what draws prompt and line anew."""
        return self._prompt + self.value + b"\b" * (len(self.characters) - self.cursor)

    def _recall(self, back: int) -> bytes:
        """Show a line of the history, 1 the last."""
        if not 0 <= back <= len(self._terminal.history):
            return b"\a"
        if self._back == 0:
            self._draft = self.value
        self._back = back
        recalled = self._terminal.history[-back].encode("utf-8", "surrogateescape") if back else self._draft
        return self.replace(recalled)

    def _complete(self) -> bytes:
        """Complete the word before the cursor, or list what it may become at the second tab."""
        choices = self._terminal.complete(self.before)[: _LISTED + 1]
        word = b"".join(self.characters[self.word_start() : self.cursor])
        if not choices:
            return b"\a"
        if len(choices) == 1:
            ending = b"" if choices[0].endswith(b"/") else b" "
            return self._finish_word(word, choices[0] + ending)
        common = _common(choices)
        if len(common) > len(word):
            return self._finish_word(word, common)
        if not self._was_tab:
            return b"\a"
        names = [choice.rstrip(b"/").rpartition(b"/")[2] + choice[len(choice.rstrip(b"/")) :] for choice in choices[:_LISTED]]
        return b"\r\n" + b"  ".join(names) + b"\r\n" + self._redraw()

    def _finish_word(self, word: bytes, choice: bytes) -> bytes:
        """Put a choice in place of the word."""
        if choice.startswith(word):
            return self.insert(choice[len(word) :])
        return self.delete(self.cursor - len(word), self.cursor) + self.insert(choice)


def _common(choices: list[bytes]) -> bytes:
    """Return what all choices begin with."""
    first, last = min(choices), max(choices)
    length = next((index for index, byte in enumerate(first) if index >= len(last) or byte != last[index]), len(first))
    return first[:length]
