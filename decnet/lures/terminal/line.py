# SPDX-License-Identifier: MIT
"""A line that is being typed: characters and a cursor, the words of it, and how it is drawn."""

import re

_CHARACTER = re.compile(
    rb"[\x00-\x7f]|[\xc2-\xdf][\x80-\xbf]|[\xe0-\xef][\x80-\xbf]{2}|[\xf0-\xf4][\x80-\xbf]{3}|.",
    re.DOTALL,
)
LIMIT = 16384
_BLANK, _DELETE, _CARET = 0x20, 0x7F, 0x40


def split(data: bytes) -> list[bytes]:
    """Return the characters of ``data``; a byte that belongs to none is one by itself."""
    return _CHARACTER.findall(data)


class Line:
    """
    Text with a cursor; every change returns the bytes that show it on a terminal that stands at the cursor.

    ``is_shown`` false: nothing is drawn (passwords).
    """

    def __init__(self, *, is_shown: bool = True) -> None:
        self.characters: list[bytes] = []
        self.cursor = 0
        self._is_shown = is_shown

    @property
    def value(self) -> bytes:
        """The whole text."""
        return b"".join(self.characters)

    @property
    def before(self) -> bytes:
        """The text before the cursor."""
        return b"".join(self.characters[: self.cursor])

    def insert(self, data: bytes) -> bytes:
        """Put characters at the cursor; those beyond the limit are dropped with a bell."""
        added = split(data)[: LIMIT - len(self.characters)]
        if not added:
            return b"\a" if data else b""
        self.characters[self.cursor : self.cursor] = added
        self.cursor += len(added)
        return self._draw(b"".join(added) + self._tail())

    def move(self, position: int) -> bytes:
        """Move the cursor to a position, as far as there is text."""
        position = max(0, min(position, len(self.characters)))
        if position < self.cursor:
            shown = b"\b" * (self.cursor - position)
        else:
            shown = b"".join(self.characters[self.cursor : position])
        self.cursor = position
        return self._draw(shown)

    def delete(self, start: int, end: int) -> bytes:
        """Delete from ``start`` to ``end``, one of which is the cursor."""
        start, end = max(0, start), min(end, len(self.characters))
        if start >= end:
            return b""
        moved = self.move(start)
        del self.characters[start:end]
        gap = end - start
        rest = b"".join(self.characters[start:])
        return moved + self._draw(rest + b" " * gap + b"\b" * (gap + len(self.characters) - start))

    def replace(self, data: bytes) -> bytes:
        """Put other text in place of all."""
        return self.move(0) + self.delete(0, len(self.characters)) + self.insert(data)

    def word_start(self) -> int:
        """Return where the word before the cursor begins (blanks separate words)."""
        position = self.cursor
        while position and self.characters[position - 1].isspace():
            position -= 1
        while position and not self.characters[position - 1].isspace():
            position -= 1
        return position

    def _tail(self) -> bytes:
        """Return what draws the text after the cursor and comes back."""
        rest = self.characters[self.cursor :]
        return b"".join(rest) + b"\b" * len(rest)

    def _draw(self, data: bytes) -> bytes:
        """Return ``data``, or nothing where the text is hidden."""
        return data if self._is_shown else b""


class CookedLine(Line):
    """
    A line as the kernel edits it for a program that leaves that to it (termios(3): ICANON, ECHOE, ECHOK, ECHOCTL).

    There are no keys but those that erase at the end; every other control character is text, shown with a caret.
    """

    def insert(self, data: bytes) -> bytes:
        """Add characters at the end; those beyond the limit are dropped with a bell."""
        added = split(data)[: LIMIT - len(self.characters)]
        self.characters += added
        self.cursor = len(self.characters)
        return self._draw(b"".join(map(_shown, added))) or (b"\a" if data and not added else b"")

    def delete(self, start: int, end: int) -> bytes:
        """Erase from ``start`` to the end, which ``end`` is."""
        start = max(0, start)
        erased = self.characters[start:end]
        del self.characters[start:]
        self.cursor = len(self.characters)
        return self._draw(b"\b \b" * sum(len(_shown(char)) if len(char) == 1 else 1 for char in erased))


def _shown(character: bytes) -> bytes:
    """Return what the kernel echoes for a character."""
    code = character[0]
    if character == b"\t" or _BLANK <= code != _DELETE:
        return character
    return b"^" + bytes((code ^ _CARET,))
