# SPDX-License-Identifier: MIT
"""
Secrets in a command line that can be seen without running it.

A program that asks for a password tells it when it runs; but attackers also write passwords where a program takes them from
the line itself, or pipe them into one that may never read them. These are the forms that are known well enough to be sure.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

LONGEST_LINE = 1 << 14
_WORD = rb"""(?:'(?P<single>[^']+)'|"(?P<double>[^"]+)"|(?P<plain>[^\s'"|;&<>()$`]+))"""
_GAP = rb"[^\n;|&]{0,200}?"
"""What may stand between a program and its option: bounded, because a hostile line repeats the program's name."""

_FORMS = (
    ("sudo", rb"\b(?:echo|printf)\s+(?:-[neE]+\s+)?" + _WORD + rb"\s*\|\s*(?:/usr/bin/)?sudo\s+(?:-\w+\s+)*-\w*S"),
    ("su", rb"\b(?:echo|printf)\s+(?:-[neE]+\s+)?" + _WORD + rb"\s*\|\s*(?:/bin/)?su\b"),
    ("sudo", rb"\bsudo\s+(?:-\w+\s+)*-\w*S\b" + _GAP + rb"<<<\s*" + _WORD),
    ("mysql", rb"\bmysql(?:dump|admin)?\b" + _GAP + rb"\s--password=" + _WORD),
    ("mysql", rb"\bMYSQL_PWD=" + _WORD),
    ("psql", rb"\bPGPASSWORD=" + _WORD),
    ("sshpass", rb"\bsshpass\s+-p\s*" + _WORD),
    ("sshpass", rb"\bSSHPASS=" + _WORD),
    ("redis-cli", rb"\bredis-cli\b" + _GAP + rb"\s(?:-a|--pass)\s+" + _WORD),
    ("redis-cli", rb"\bREDISCLI_AUTH=" + _WORD),
    ("url", rb"\b[a-z][a-z0-9+.-]{0,20}://(?P<user>[^\s/:@'\"]*):(?P<plain>[^\s/@'\"]+)@"),
)
_PATTERNS = tuple((program, re.compile(form)) for program, form in _FORMS)


@dataclass(frozen=True)
class WrittenSecret:
    """A secret as it stands in the line, for which program, and for whom where the line says so."""

    program: str
    username: str
    secret: bytes


def written_secrets(line: bytes) -> Iterator[WrittenSecret]:
    """Yield the secrets that stand in a command line; only its first ``LONGEST_LINE`` bytes are looked at."""
    for program, pattern in _PATTERNS:
        for match in pattern.finditer(line[:LONGEST_LINE]):
            found = match.groupdict()
            secret = found.get("single") or found.get("double") or found.get("plain") or b""
            username = (found.get("user") or b"").decode("ascii", "replace")
            if secret:
                yield WrittenSecret(program, username, secret)
