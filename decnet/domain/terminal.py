# SPDX-License-Identifier: MIT
"""
What an attacker's terminal showed, made harmless for the operator's.

A recording holds whatever the attacker made it hold. A terminal that plays it as it is can be made to answer (as if the
operator typed), to change its title or clipboard, to hide text. What passes here: printable characters, carriage return, line
feed, tab, backspace, and the sequences of ECMA-48 that move the cursor, erase, insert, delete or colour. Everything else is
left out; what has no end within ``LIMIT`` characters is left out up to there.
"""

import re

LIMIT = 4096
_HARMLESS = re.compile(r"\x1b\[[0-9;:]{0,64}[A-HJKLMPX@dfm]")
_TOKEN = re.compile(
    r"(?P<control>\x1b\[[0-?]*[ -/]*[@-~])"
    r"|(?P<string>\x1b[\]PX^_][^\x07\x1b]*(?:\x07|\x1b\\))"
    r"|(?P<escape>\x1b(?![\[\]PX^_])[ -/]*[0-~])"
    r"|(?P<text>[^\x00-\x1f\x7f-\x9f\x1b]+|[\r\n\t\x08])"
    r"|(?P<begun>\x1b(?:\[[0-?]*[ -/]*|[\]PX^_][^\x07\x1b]*\x1b?|[ -/]*)\Z)"
    r"|(?P<other>[\x00-\x1f\x7f-\x9f])"
)
_UNSEEN = re.compile("[\u200b-\u200f\u2028-\u202e\u2066-\u2069\ufeff]")
_BYTES = re.compile("[\uef80-\uefff]")
_REPLACEMENT = "\ufffd"


class TerminalFilter:
    """Takes a terminal's output piece by piece; a sequence that two pieces share is put together."""

    def __init__(self) -> None:
        self._begun = ""

    def feed(self, text: str) -> str:
        """Return what of ``text`` may be shown."""
        text = self._begun + text
        self._begun = ""
        shown: list[str] = []
        at = 0
        while match := _TOKEN.match(text, at):
            at = match.end()
            if match.lastgroup == "begun" and len(match[0]) < LIMIT:
                self._begun = match[0]
            elif match.lastgroup == "text":
                shown.append(_visible(match[0]))
            elif match.lastgroup == "control" and _HARMLESS.fullmatch(match[0]):
                shown.append(match[0])
        return "".join(shown)


def _visible(text: str) -> str:
    """Leave out what changes the direction of text or cannot be seen; show bytes that were no UTF-8 as such."""
    return _BYTES.sub(_REPLACEMENT, _UNSEEN.sub("", text))
