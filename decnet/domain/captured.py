# SPDX-License-Identifier: MIT
"""
Text that an attacker sent, kept without loss.

Evidence is JSON, and JSON knows only Unicode; attackers send any bytes. A byte that is not part of valid UTF-8 becomes the
private-use character U+EF00 + byte (the OPTU-8 mapping of MirBSD, whose range U+EF80 to U+EFFF is not assigned elsewhere).
A character of that range that was really sent is taken as its three bytes, so every byte string has exactly one text and
every text leads back to its bytes.
"""

import re

_BASE = 0xEF00
_LAST_BYTE = 0xFF
_LAST_UNIT = 0xFFFF
_HIDDEN = 0xDC00
_FIRST_HIDDEN, _LAST_HIDDEN = _HIDDEN + 0x80, _HIDDEN + _LAST_BYTE
"""Where the bytes of a file's name are that are no UTF-8 (PEP 383)."""
_ESCAPES = re.compile("[\uef80-\uefff]")
_SURROGATES = re.compile("[\ud800-\udfff]")
_ESCAPED = re.compile(rb"\xee(?:\xbe|\xbf)[\x80-\xbf]")
_UNPRINTABLE = re.compile(
    "[\x00-\x1f\x7f-\x9f\xad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ud800-\udfff\ufeff\ufff9-\ufffb"
    "\U000e0000-\U000e0fff]"
)


def text(data: bytes) -> str:
    """Return ``data`` as text from which ``raw`` restores it."""
    if data.isascii():
        return data.decode("ascii")
    parts = []
    start = 0
    for match in _ESCAPED.finditer(data):
        parts.append(_decode(data[start : match.start()]))
        parts.extend(chr(_BASE + byte) for byte in match[0])
        start = match.end()
    parts.append(_decode(data[start:]))
    return "".join(parts)


def raw(captured: str) -> bytes:
    """Return the bytes that ``text`` was made from."""
    return _ESCAPES.sub(lambda match: chr(0xDC00 + ord(match[0]) - _BASE), captured).encode("utf-8", "surrogateescape")


def visible(captured: str) -> str:
    r"""Return ``captured`` for a terminal or a log: one line, no control or direction character, bytes as ``\xNN``."""
    return harmless(captured.replace("\\", "\\\\"))


def harmless(told: str) -> str:
    """Return words of ours, in which a captured one may stand, as ``visible`` shows them; a backslash stays a single one."""
    shown = _ESCAPES.sub(lambda match: f"\\x{ord(match[0]) - _BASE:02x}", told)
    return _UNPRINTABLE.sub(lambda match: _escape(ord(match[0])), shown)


def storable(name: str) -> str:
    """Return the name of a file as captured text: its bytes that are no UTF-8 reach Python as lone surrogates."""
    return _SURROGATES.sub(lambda match: _of_surrogate(ord(match[0])), name)


def _of_surrogate(code: int) -> str:
    """Return what stands for a lone surrogate: the byte that it hides, or the character for what is lost."""
    return chr(code - _HIDDEN + _BASE) if _FIRST_HIDDEN <= code <= _LAST_HIDDEN else "\ufffd"


def _decode(data: bytes) -> str:
    """Decode UTF-8, invalid bytes moved to the private range."""
    decoded = data.decode("utf-8", "surrogateescape")
    return re.sub("[\udc80-\udcff]", lambda match: chr(ord(match[0]) - 0xDC00 + _BASE), decoded)


def _escape(code: int) -> str:
    """Return the escape of one character as Python would write it."""
    names = {9: "\\t", 10: "\\n", 13: "\\r"}
    if _FIRST_HIDDEN <= code <= _LAST_HIDDEN:
        return f"\\x{code - _HIDDEN:02x}"
    if code > _LAST_UNIT:
        return f"\\U{code:08x}"
    return names.get(code) or (f"\\x{code:02x}" if code <= _LAST_BYTE else f"\\u{code:04x}")
