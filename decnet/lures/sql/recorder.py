# SPDX-License-Identifier: MIT
"""
What of a session's statements becomes a record.

Each statement is one, until one repeats or a flood comes: then they are counted, and the counts are recorded. Passwords that
stand in a statement, or come beside it, are taken out of it and stand beside a record of their own.
"""

import hashlib
import re
from collections import Counter
from collections.abc import Callable, Mapping
from itertools import islice

from decnet.domain.captured import text
from decnet.domain.evidence import Body, Command, Credential, File
from decnet.lures.lure import CapturedFile

SECRET = b"[secret]"
MAX_RECORDS = 1000
MAX_REPEATS = 3
MAX_SECRETS = 64
MAX_VALUES = 100
_MAX_NAMES = 300
_LONG = 8192
_SHOWN = 1024
_STRING = rb"'(?:[^'\\]|\\.)*+'?|\"(?:[^\"\\]|\\.)*+\"?"
"""A string; one with doubled quotes in it is several, side by side."""
_COMMENT = rb"/\*(?!M?!).*?(?:\*/|\Z)|--(?=\s)[^\n]*+|#[^\n]*+"
_PASSWORD = re.compile(
    rb"(?:identified[^'\"]{0,80}?\b(?:by|as)|password\w{0,24}|passwd|authentication_string)"
    rb"(?:\s|[=(:,]|\bto\b|\bpassword\b|\bnew\b){0,20}?(?P<quote>['\"])(?P<secret>(?:(?P=quote)(?P=quote)|[^'\"\\]|\\.|(?!(?P=quote))['\"])*+)(?P=quote)?"
    rb"|(?P<string>" + _STRING + rb")|" + _COMMENT,
    re.IGNORECASE | re.DOTALL,
)
_SETS = re.compile(rb"identified|passw(?:or)?d|authentication_string", re.IGNORECASE)
"""What stands in a statement that has a password, or to which one may belong that comes beside it."""
_VERB = re.compile(rb"\s*(?:/\*[^*]{0,200}\*/\s*)?([A-Za-z]{1,24})(?:\s+([A-Za-z]{1,24}))?")


def redacted(statement: bytes, *, is_string: bool = False) -> tuple[bytes, list[bytes]]:
    """
    Return a statement without the passwords that stand in it, and those.

    A string may hold a statement (PREPARE) and is searched by itself: the name of a file or a column in it is followed by no
    password, whatever stands behind the string.
    """
    if not _SETS.search(statement):
        return statement, []
    found: list[bytes] = []

    def hide(match: re.Match[bytes]) -> bytes:
        if match["string"] is not None and not is_string:
            quote, inner = match[0][:1], match[0][1:].removesuffix(match[0][:1])
            shown, secrets = redacted(inner, is_string=True)
            found.extend(secrets)
            return quote + shown + match[0][1 + len(inner) :]
        if match["secret"] is None:
            return match[0]
        found.append(match["secret"])
        start, end = match.span("secret")
        whole, offset = match[0], match.start()
        return whole[: start - offset] + SECRET + whole[end - offset :]

    return _PASSWORD.sub(hide, statement), [secret for secret in found if secret]


def verb_of(statement: bytes) -> str:
    """Return the first words of a statement, for a record about what stands in it."""
    match = _VERB.match(statement[:512])
    return " ".join(part.decode("ascii").upper() for part in match.groups() if part) if match else ""


class StatementRecorder:
    """Writes the statements of one session."""

    def __init__(self, record: Callable[[Body, bytes | None], None], capture: Callable[[], CapturedFile]) -> None:
        self._record = record
        self._capture = capture
        self._written = 0
        self._secrets = 0
        self._last: tuple[bytes, dict[str, str]] = (b"", {})
        self._repeats = 0
        self._counts: Counter[str] = Counter()
        self._kept: dict[bytes, str] = {}

    def note(self, statement: bytes, detail: dict[str, str] | None = None) -> None:
        """Record a statement before its answer."""
        shown, secrets = redacted(statement)
        for secret in secrets:
            self.tell(statement, secret)
        self._count_or_write(shown, detail or {})

    def note_bound(self, statement: bytes, values: Mapping[str, bytes | None], detail: dict[str, str]) -> None:
        """Record a statement with the values that came beside it; where a password is set, they are secrets."""
        shown, hides = dict(detail), _SETS.search(statement) is not None
        for name, value in islice(values.items(), MAX_VALUES):
            if hides and value:
                self.tell(statement, value)
                shown[name] = SECRET.decode()
            else:
                shown[name] = "NULL" if value is None else self._shown(name, value)
        if len(values) > MAX_VALUES:
            shown["further values"] = str(len(values) - MAX_VALUES)
        self.note(statement, shown)

    def tell(self, statement: bytes, secret: bytes) -> None:
        """Record a secret of a statement; those that are too many are counted."""
        self._secrets += 1
        if self._secrets > MAX_SECRETS:
            self._counts["(further secrets)"] += 1
            return
        body = Credential(mechanism="auth", username="", accepted=False, detail={"command": verb_of(statement)})
        self._record(body, secret)

    def file(self, path: str, data: bytes) -> str:
        """Keep data that is too long for a record, once for each content; return the hash by which it is found."""
        key = hashlib.sha256(path.encode() + b"\0" + data).digest()
        if key not in self._kept:
            file = self._capture()
            file.write(data)
            blob = file.finish()
            self._kept[key] = blob.sha256
            body = File(path=path, direction="upload", sha256=blob.sha256, size=blob.size, truncated=blob.truncated)
            self._record(body, None)
        return self._kept[key]

    def finish(self) -> None:
        """Record the counts."""
        self._flush_repeats()
        for name, count in self._counts.items():
            self._record(Command(command=name, detail={"count": str(count), "only": "counted"}), None)
        self._counts.clear()

    def _shown(self, name: str, value: bytes) -> str:
        """Return what a record shows of a value; a long one is a file."""
        if len(value) <= _SHOWN:
            return text(value)
        if self._written < MAX_RECORDS:
            self.file(name, value)
        return text(value[:_SHOWN]) + "..."

    def _count_or_write(self, shown: bytes, detail: dict[str, str]) -> None:
        """Write a record, or count where there are very many or the last one came again."""
        if self._written >= MAX_RECORDS:
            name = verb_of(shown) or "(others)"
            self._counts[name if name in self._counts or len(self._counts) < _MAX_NAMES else "(others)"] += 1
            return
        if (shown, detail) == self._last:
            self._repeats += 1
            if self._repeats >= MAX_REPEATS:
                return
        else:
            self._flush_repeats()
            self._last, self._repeats = (shown, detail), 0
        self._write(shown, detail)

    def _write(self, shown: bytes, detail: dict[str, str]) -> None:
        """Write one record; a long statement is kept as a file, which the record names by its hash."""
        if len(shown) > _LONG:
            detail = {**detail, "bytes": str(len(shown)), "sha256": self.file("statement", shown)}
            shown = shown[:_SHOWN] + b"..."
        self._written += 1
        self._record(Command(command=text(shown), detail=detail), None)

    def _flush_repeats(self) -> None:
        """Record how often the last statement came again without a record of its own."""
        unwritten = self._repeats - MAX_REPEATS + 1
        if unwritten > 0:
            shown, detail = self._last
            self._write(shown, {**detail, "repeated": str(unwritten)})
        self._repeats = 0
