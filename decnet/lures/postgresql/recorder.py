# SPDX-License-Identifier: MIT
"""
What of a connection's statements becomes a record, with the secrets in them beside it.

Each statement is one record, until one repeats or they flood: then they are counted, and the counts are recorded. Long ones are
kept as files.
"""

import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass

from decnet.domain.captured import storable, text
from decnet.domain.credentials import written_secrets
from decnet.domain.evidence import Command, Credential, File
from decnet.lures.lure import Session

SECRET = "[secret]"  # noqa: S105 - what stands in the place of one
MAX_RECORDS = 2_000
MAX_REPEATS = 3
MAX_SHOWN = 16_384
MAX_SECRETS = 64
_STRING = r"(?:[eE]|[uU]&)?'(?P<secret>(?:[^'\\]|''|\\.)*+)(?:'|$)"
_DOLLARS = r"\$(?P<mark>\w{0,32})\$(?P<dollars>.*?)(?:\$(?P=mark)\$|$)"
_ROLE = re.compile(
    r"\b(?:role|user|group)\s+(?!mapping\b)(?:if\s+not\s+exists\s+)?(?P<role>\"[^\"]+\"|[\w$]+)(?=[^;]{0,400}?\bpassword\b)",
    re.IGNORECASE,
)
_PASSWORD = re.compile(rf"\bpassword\s*(?:=\s*|\s)(?:{_STRING}|{_DOLLARS})", re.IGNORECASE | re.DOTALL)
_CONNECTION = re.compile(r"\bpassword\s*=\s*(?:\\?'{1,2}(?P<quoted>[^'\\]+)'{1,2}|(?P<secret>[^\s'\";)]+))", re.IGNORECASE)
_SHORT = 3
_ALONE = r"(?<=[\s'\"=:$].{%d})(?=[\s'\"@$;)]|$)"
"""What stands around a short secret of so many letters; looked at behind it, as a search for first letters is much faster."""
_SETS = re.compile(r"\bpassword\b|\bset_config\b|\bpassw(?:or)?d\s*=", re.IGNORECASE)
_SHELL = re.compile(r"\bprogram\b|\bsystem\b|\bexec\b|://", re.IGNORECASE)
_LOOKS = re.compile(r"passw|pgpassword|sshpass|://", re.IGNORECASE)


@dataclass(frozen=True)
class Found:
    """A secret in a statement, whose it is, and where it stands."""

    place: str
    username: str
    secret: str


def secrets_in(statement: str) -> Iterator[Found]:
    """Yield the secrets that stand in a statement."""
    head = statement[:MAX_SHOWN]
    if not _LOOKS.search(head) and not _SHELL.search(head):
        return
    role = _ROLE.search(head)
    name = role["role"].strip('"') if role else ""
    for match in _PASSWORD.finditer(head):
        secret = match["secret"] if match["secret"] is not None else match["dollars"]
        if secret:
            yield Found("PASSWORD", name, secret.replace("''", "'") if match["secret"] is not None else secret)
    for match in _CONNECTION.finditer(head):
        yield Found("connection string", "", match["quoted"] or match["secret"])
    for written in written_secrets(head.encode("utf-8", "surrogateescape")):
        yield Found(written.program, written.username, written.secret.decode("utf-8", "surrogateescape"))


def redacted(statement: str, found: list[Found]) -> str:
    """
    Return a statement without the secrets that were found in it.

    All at once, as one could be a part of another, or of what stands in its place. A short one is taken out only where it
    stands alone: what is part of other words would otherwise be hidden by a password of one letter.
    """
    secrets = {one.secret for one in found if one.secret}
    forms = sorted(secrets | {secret.replace("'", "''") for secret in secrets}, key=len, reverse=True)
    alternatives = "|".join(re.escape(form) + (_ALONE % len(form) if len(form) <= _SHORT else "") for form in forms)
    return re.sub(alternatives, SECRET, statement, flags=re.DOTALL) if forms else statement


class Recorder:
    """Writes the statements of one session."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._written = 0
        self._last = ("", "")
        self._repeats = 0
        self._uncounted = 0
        self._untold = 0
        self._kept: set[bytes] = set()

    def note(self, statement: str, detail: dict[str, str] | None = None) -> None:
        """Record a statement before its answer."""
        found = self._tell_all(statement)
        head = redacted(statement[:MAX_SHOWN], found)
        shown = head, redacted(statement, found[:MAX_SECRETS]) if len(statement) > MAX_SHOWN else head
        if self._written >= MAX_RECORDS:
            self._uncounted += 1
        elif shown == self._last and not detail:
            self._repeats += 1
            if self._repeats < MAX_REPEATS:
                self._write(*shown, {})
        else:
            self._flush_repeats()
            self._last, self._repeats = shown, 0
            self._write(*shown, detail or {})

    def note_bound(self, statement: str, values: dict[str, str], longest: int, further: int = 0) -> None:
        """Record a statement with its parameters and how many further ones it has; where it sets a password they are secret."""
        if _SETS.search(statement):
            for value in values.values():
                self._tell(Found("parameter", "", value))
            values = dict.fromkeys(values, SECRET)
        shown = {}
        for name, value in values.items():
            found = self._tell_all(value)
            if len(value) > longest:
                self.file(f"parameter {name}", value.encode("utf-8", "surrogateescape"))
            shown[name] = storable(redacted(value[:MAX_SHOWN], found)[:longest])
        self.note(statement, shown | ({"further values": str(further)} if further > 0 else {}))

    def file(self, path: str, data: bytes, direction: str = "upload") -> None:
        """Keep data that changed hands; once for each content."""
        digest = hashlib.sha256(path.encode("utf-8", "surrogateescape") + b"\0" + data).digest()
        if digest in self._kept:
            return
        self._kept.add(digest)
        capture = self._session.capture()
        capture.write(data)
        blob = capture.finish()
        body = File(path=storable(path), direction=direction, sha256=blob.sha256, size=blob.size, truncated=blob.truncated)
        self._session.record(body)

    def finish(self) -> None:
        """Record the counts."""
        self._flush_repeats()
        if self._uncounted:
            self._session.record(
                Command(command="(further statements)", detail={"count": str(self._uncounted), "only": "counted"})
            )
            self._uncounted = 0
        if self._untold:
            self._session.record(Command(command="(further secrets)", detail={"count": str(self._untold), "only": "counted"}))
            self._untold = 0

    def _tell_all(self, words: str) -> list[Found]:
        """Record the secrets in a text, count those that are too many, and return all of them."""
        found = list(secrets_in(words))
        for one in found[:MAX_SECRETS]:
            self._tell(one)
        self._untold += len(found[MAX_SECRETS:])
        return found

    def _tell(self, found: Found) -> None:
        """Record a secret that a statement sets or sends on."""
        body = Credential(
            mechanism="password", username=storable(found.username), accepted=True, detail={"statement": found.place}
        )
        self._session.record(body, found.secret.encode("utf-8", "surrogateescape"))

    def _write(self, head: str, whole: str, detail: dict[str, str]) -> None:
        """Write one record of the beginning of a statement; the whole of a long one is a file."""
        self._written += 1
        if whole != head:
            data = whole.encode("utf-8", "surrogateescape")
            detail = {**detail, "bytes": str(len(data)), "sha256": hashlib.sha256(data).hexdigest()}
            self.file("statement", data)
        self._session.record(Command(command=text(head.encode("utf-8", "surrogateescape")), detail=detail))

    def _flush_repeats(self) -> None:
        """Record how often the last statement came again without a record of its own."""
        unwritten = self._repeats - MAX_REPEATS + 1
        if unwritten > 0:
            self._write(*self._last, {"repeated": str(unwritten)})
        self._repeats = 0
