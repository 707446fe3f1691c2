# SPDX-License-Identifier: MIT
"""
The protocol of Redis: requests (RESP arrays and inline lines) read from any bytes in any pieces, replies in RESP2 and RESP3.

Source: the RESP specification of the Redis documentation; where it is silent, what a 7.0 server does.
"""

from typing import Any

MAX_INLINE = 64 * 1024
MAX_BULK = 512 * 1024 * 1024
MAX_ARGUMENTS = 1024 * 1024
KEPT_BYTES = 4 * 1024 * 1024
KEPT_ARGUMENTS = 65_536
_UNAUTHENTICATED_ARGUMENTS = 10
_UNAUTHENTICATED_BULK = 16_384
_QUOTED = {10: "\\n", 13: "\\r", 9: "\\t", 7: "\\a", 8: "\\b", 34: '\\"', 92: "\\\\"}
_INLINE_ESCAPES = {ord("n"): 10, ord("r"): 13, ord("t"): 9, ord("b"): 8, ord("a"): 7}
_SPACES = b" \t\n\r\x0b\x0c\x00"
_RESP3 = 3


class ProtocolError(Exception):
    """A request broke the protocol; the message is what Redis answers before it closes."""


class ReplyError(Exception):
    """A command failed; the message is the whole error reply, its code first."""


class Simple(str):
    """A simple string: ``+OK``."""

    __slots__ = ()


class Verbatim(bytes):
    """A text that RESP3 marks as such."""

    __slots__ = ()


class Push(list[Any]):
    """A message out of band; an array in RESP2."""

    __slots__ = ()


class Several(list[Any]):
    """Several replies to one command, as SUBSCRIBE gives them."""

    __slots__ = ()


class NullArray:
    """The null of a command that would have answered an array."""


OK = Simple("OK")
NULL_ARRAY = NullArray()


def encode(reply: Any, protocol: int = 2) -> bytes:
    """Return a reply on the wire; ``protocol`` is 2 or 3."""
    parts: list[bytes] = []
    _encode(reply, parts, is_late=protocol == _RESP3)
    return b"".join(parts)


def _encode(reply: Any, parts: list[bytes], *, is_late: bool) -> None:
    """Append the pieces of a reply."""
    match reply:
        case ReplyError():
            parts.append(
                b"-" + str(reply).encode("utf-8", "surrogateescape").replace(b"\r", b" ").replace(b"\n", b" ") + b"\r\n"
            )
        case Simple():
            parts.append(b"+" + reply.encode() + b"\r\n")
        case None:
            parts.append(b"_\r\n" if is_late else b"$-1\r\n")
        case NullArray():
            parts.append(b"_\r\n" if is_late else b"*-1\r\n")
        case int():
            parts.append(b":%d\r\n" % reply)
        case float():
            text = format_double(reply)
            parts.append(b",%s\r\n" % text if is_late else b"$%d\r\n%s\r\n" % (len(text), text))
        case bytes() | str():
            _encode_text(reply, parts, is_late=is_late)
        case _:
            _encode_many(reply, parts, is_late=is_late)


def _encode_text(reply: bytes | str, parts: list[bytes], *, is_late: bool) -> None:
    """Append a bulk string."""
    data = reply if isinstance(reply, bytes) else reply.encode("utf-8", "surrogateescape")
    if is_late and isinstance(reply, Verbatim):
        parts.append(b"=%d\r\ntxt:%s\r\n" % (len(data) + 4, data))
    else:
        parts.append(b"$%d\r\n%s\r\n" % (len(data), data))


def _encode_many(reply: Any, parts: list[bytes], *, is_late: bool) -> None:
    """Append an array, a set, a map or a push."""
    if isinstance(reply, dict):
        parts.append(b"%%%d\r\n" % len(reply) if is_late else b"*%d\r\n" % (2 * len(reply)))
        items = [item for pair in reply.items() for item in pair]
    else:
        items = list(reply)
        if not isinstance(reply, Several):
            mark = (
                b"*"
                if not is_late
                else b"~"
                if isinstance(reply, set | frozenset)
                else b">"
                if isinstance(reply, Push)
                else b"*"
            )
            parts.append(mark + b"%d\r\n" % len(items))
    for item in items:
        _encode(item, parts, is_late=is_late)


def format_double(value: float) -> bytes:
    """Return a number as Redis writes scores: 17 digits at most, no needless point."""
    if value != value or value in (float("inf"), float("-inf")):  # noqa: PLR0124 - only NaN differs from itself
        return b"nan" if value != value else b"inf" if value > 0 else b"-inf"  # noqa: PLR0124 - as above
    text = f"{value:.17g}"
    shorter = repr(value).removesuffix(".0")
    return (shorter if "e" not in text and "e" not in shorter else text).encode()


def quote(argument: bytes) -> str:
    """Return an argument as redis-cli shows it: bare where it can be, else in quotes with escapes; always one ASCII line."""
    if argument and all(32 < byte < 127 and byte not in b"\"'\\" for byte in argument):
        return argument.decode("ascii")
    return quoted(argument)


def quoted(argument: bytes) -> str:
    """Return an argument in quotes with escapes."""
    shown = [_QUOTED.get(byte) or (chr(byte) if 32 <= byte < 127 else f"\\x{byte:02x}") for byte in argument]
    return '"' + "".join(shown) + '"'


class RequestReader:
    """
    Takes requests from a buffer.

    An argument over ``KEPT_BYTES`` is read to its end, its first bytes kept; ``cut`` counts what was dropped of the
    last request.
    """

    def __init__(self) -> None:
        self.cut = 0
        self._arguments: list[bytes] = []
        self._missing = 0
        self._bulk = -1
        self._kept = bytearray()
        self._kept_total = 0

    @property
    def begun(self) -> bytes:
        """The name of the command that has begun to come, in lower case."""
        return self._arguments[0][:32].lower() if self._arguments else b""

    def take(self, buffer: bytearray, *, trusted: bool = True) -> list[bytes] | None:
        """
        Return the next request, empty for an empty line; None until more bytes came.

        A client that is not ``trusted`` has not logged in yet and is held to smaller bounds. Raises ``ProtocolError``.
        """
        if not self._missing:
            if not buffer:
                return None
            self.cut = self._kept_total = 0
            if buffer[0] != ord("*"):
                return self._inline(buffer)
            if not self._begin(buffer, trusted=trusted):
                return None
            if not self._missing:
                return []
        while self._missing:
            if not self._argument(buffer, trusted=trusted):
                return None
        arguments, self._arguments = self._arguments, []
        return arguments

    def unfinished(self, buffer: bytearray) -> bytes:
        """Return what came of a request that is not complete: its arguments so far, what is in ``buffer``."""
        begun = [*self._arguments, bytes(self._kept + buffer)] if self._missing else [bytes(buffer)]
        return b" ".join(begun)

    def _begin(self, buffer: bytearray, *, trusted: bool) -> bool:
        """Take the line that tells how many arguments follow."""
        line = self._line(buffer, "too big mbulk count string")
        if line is None:
            return False
        count = _number(line[1:])
        if count is None or count > MAX_ARGUMENTS:
            raise ProtocolError("ERR Protocol error: invalid multibulk length")
        if count > _UNAUTHENTICATED_ARGUMENTS and not trusted:
            raise ProtocolError("ERR Protocol error: unauthenticated multibulk length")
        self._missing = max(0, count)
        return True

    def _argument(self, buffer: bytearray, *, trusted: bool) -> bool:
        """Take one argument, or what there is of it."""
        if self._bulk < 0 and not self._bulk_length(buffer, trusted=trusted):
            return False
        size = min(self._bulk, len(buffer))
        room = KEPT_BYTES - self._kept_total if len(self._arguments) < KEPT_ARGUMENTS else 0
        kept = buffer[: min(size, max(0, room))]
        del buffer[:size]
        self._kept += kept
        self._kept_total += len(kept)
        self.cut += size - len(kept)
        self._bulk -= size
        if self._bulk or len(buffer) < 2:
            return False
        del buffer[:2]
        if len(self._arguments) < KEPT_ARGUMENTS:
            self._arguments.append(bytes(self._kept))
        self._kept.clear()
        self._bulk = -1
        self._missing -= 1
        return True

    def _bulk_length(self, buffer: bytearray, *, trusted: bool) -> bool:
        """Take the line that tells how long an argument is."""
        line = self._line(buffer, "too big bulk count string")
        if line is None:
            return False
        if line[:1] != b"$":
            shown = line[:1].decode("latin-1") or "\r"
            raise ProtocolError(f"ERR Protocol error: expected '$', got '{shown}'")
        size = _number(line[1:])
        if size is None or not 0 <= size <= MAX_BULK:
            raise ProtocolError("ERR Protocol error: invalid bulk length")
        if size > _UNAUTHENTICATED_BULK and not trusted:
            raise ProtocolError("ERR Protocol error: unauthenticated bulk length")
        self._bulk = size
        return True

    def _line(self, buffer: bytearray, too_big: str) -> bytes | None:
        """Take a line up to its carriage return; the byte after that is not looked at."""
        end = buffer.find(b"\r")
        if end < 0 and len(buffer) > MAX_INLINE:
            raise ProtocolError(f"ERR Protocol error: {too_big}")
        if end < 0 or len(buffer) < end + 2:
            return None
        line = bytes(buffer[:end])
        del buffer[: end + 2]
        return line

    def _inline(self, buffer: bytearray) -> list[bytes] | None:
        """Take a line of words."""
        end = buffer.find(b"\n")
        if end < 0:
            if len(buffer) > MAX_INLINE:
                raise ProtocolError("ERR Protocol error: too big inline request")
            return None
        line = bytes(buffer[:end]).removesuffix(b"\r")
        words = split_words(line)
        if words is None:
            raise ProtocolError("ERR Protocol error: unbalanced quotes in request")
        del buffer[: end + 1]
        return words


def _number(text: bytes) -> int | None:
    """Return a decimal number as Redis reads one; None for anything else."""
    digits = text.removeprefix(b"-")
    if not digits.isdigit() or len(digits) > 19 or (digits[:1] == b"0" and text != b"0"):
        return None
    return int(text)


def split_words(line: bytes) -> list[bytes] | None:
    """Return the words of an inline request, quotes and escapes undone; None where a quote is not closed."""
    words: list[bytes] = []
    position = 0
    while True:
        while position < len(line) and line[position] in _SPACES:
            position += 1
        if position >= len(line):
            return words
        word = bytearray()
        end = _word(line, position, word)
        if end is None:
            return None
        words.append(bytes(word))
        position = end


def _word(line: bytes, position: int, word: bytearray) -> int | None:
    """Put the word at ``position`` into ``word`` and return where it ends."""
    while position < len(line) and line[position] not in _SPACES:
        byte = line[position]
        if byte in b"\"'":
            end = _quoted_part(line, position + 1, word, byte)
            if end is None or (end < len(line) and line[end] not in _SPACES):
                return None
            return end
        word.append(byte)
        position += 1
    return position


def _quoted_part(line: bytes, position: int, word: bytearray, quote_byte: int) -> int | None:
    """Put what stands in quotes into ``word`` and return the position behind the closing one."""
    while position < len(line):
        byte = line[position]
        if byte == quote_byte:
            return position + 1
        if byte == ord("\\") and position + 1 < len(line):
            position = _escape(line, position, word, quote_byte)
        else:
            word.append(byte)
            position += 1
    return None


def _escape(line: bytes, position: int, word: bytearray, quote_byte: int) -> int:
    r"""Undo one escape: ``\xHH`` and letters in double quotes, only ``\'`` in single ones."""
    following = line[position + 1]
    if quote_byte == ord("'"):
        word.append(following if following == quote_byte else ord("\\"))
        return position + (2 if following == quote_byte else 1)
    digits = line[position + 2 : position + 4]
    if following == ord("x") and len(digits) == 2 and all(digit in b"0123456789abcdefABCDEF" for digit in digits):
        word.append(int(digits, 16))
        return position + 4
    word.append(_INLINE_ESCAPES.get(following, following))
    return position + 2
