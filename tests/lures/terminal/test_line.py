# SPDX-License-Identifier: MIT
"""What a line draws leaves on a screen what the line holds."""

from hypothesis import given
from hypothesis import strategies as st

from decnet.lures.terminal.line import LIMIT, CookedLine, Line, split


class Screen:
    """A terminal of one endless row."""

    def __init__(self) -> None:
        self.cells: list[bytes] = []
        self.cursor = 0

    def show(self, data: bytes) -> None:
        for character in split(data):
            if character == b"\b":
                self.cursor -= 1
            elif character != b"\a":
                self.cells[self.cursor : self.cursor + 1] = [character]
                self.cursor += 1


EDITS = st.one_of(
    st.tuples(st.just("insert"), st.text("ab \u00e9\u4e2d", max_size=5).map(str.encode)),
    st.tuples(st.just("move"), st.integers(-2, 12)),
    st.tuples(st.just("backspace"), st.integers(1, 3)),
    st.tuples(st.just("delete"), st.integers(1, 3)),
    st.tuples(st.just("replace"), st.text("xy", max_size=4).map(str.encode)),
)


@given(st.lists(EDITS, max_size=30))
def test_screen_shows_the_line(edits: list[tuple[str, int | bytes]]) -> None:
    line, screen = Line(), Screen()
    for name, argument in edits:
        if isinstance(argument, bytes):
            screen.show(line.insert(argument) if name == "insert" else line.replace(argument))
        elif name == "move":
            screen.show(line.move(argument))
        elif name == "backspace":
            screen.show(line.delete(line.cursor - argument, line.cursor))
        else:
            screen.show(line.delete(line.cursor, line.cursor + argument))
    assert b"".join(screen.cells).rstrip() == line.value.rstrip()
    assert screen.cursor == line.cursor


@given(st.binary())
def test_bytes_survive(data: bytes) -> None:
    line = Line()
    line.insert(data)
    assert line.value == data
    assert b"".join(split(data)) == data


def test_word_before_the_cursor_ends_at_blanks() -> None:
    line = Line()
    line.insert(b"rm -rf  /tmp/x  ")
    assert line.word_start() == 8


def test_hidden_line_draws_nothing() -> None:
    line = Line(is_shown=False)
    assert line.insert(b"secret") + line.delete(0, 6) == b""


def test_line_is_bounded() -> None:
    line = Line()
    line.insert(b"x" * (LIMIT + 5))
    assert len(line.value) == LIMIT
    assert line.insert(b"y") == b"\a"


def test_a_cooked_line_shows_control_characters_as_the_kernel_does() -> None:
    r"""Measured on Linux: "ab" erased, "cd", the up key, all killed, a tab, two letters, a byte 255 and ^A."""
    line = CookedLine()
    shown = line.insert(b"ab") + line.delete(line.cursor - 1, line.cursor) + line.delete(line.cursor - 1, line.cursor)
    shown += line.insert(b"cd") + line.insert(b"\x1b[A")
    shown += line.delete(0, line.cursor)
    shown += line.insert(b"\tz\xc3\xa4\xff") + line.insert(b"\x01")
    assert shown == b"ab\b \b\b \bcd^[[A" + b"\b \b" * 6 + b"\tz\xc3\xa4\xff^A"
    assert line.value == b"\tz\xc3\xa4\xff\x01"


def test_a_cooked_line_that_is_hidden_shows_nothing() -> None:
    line = CookedLine(is_shown=False)
    assert line.insert(b"secret\x1b[A") + line.delete(line.cursor - 1, line.cursor) == b""
    assert line.value == b"secret\x1b["
