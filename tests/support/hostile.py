# SPDX-License-Identifier: MIT
"""Names that an attacker gives to what he makes in a folder that he may write; ``made`` shows that a part of one was run."""

NAMES = (
    b"x; touch made; #",
    b"$(touch made)",
    b"`touch made`",
    b"'; touch made; '",
    b'" && touch made "',
    b"a\ntouch made\n#",
    b"-rf",
    b"\xff\xfe",
    b"\x1b]0;title\x07\x1b[2J",
    "\u202etxt.exe".encode(),
    b"\\'; touch made; #",
)
