# SPDX-License-Identifier: MIT
"""
What of a session's commands becomes a record.

Each command is one, until one repeats or a pipeline floods: then they are counted, and the counts are recorded. Credentials,
downloads and files never pass through here, so none is lost.
"""

import hashlib
import re
from collections import Counter

from decnet.domain.evidence import Command, File
from decnet.lures.lure import Session
from decnet.lures.redis.resp import quote

SECRET = "[secret]"  # noqa: S105 - what stands in the place of one
MAX_RECORDS = 1000
MAX_REPEATS = 3
_MAX_NAMES = 300
_LONG = 8192
_KEPT_TEXT = 65_536
_SETTINGS = (b"requirepass", b"masterauth", b"tls-key-file-pass", b"tls-client-key-file-pass", b"sentinel-pass")
_RULE = re.compile(rb"\(?\s*[><#]")
_HEADERS = re.compile(rb"(?:proxy-)?authorization:|cookie:|x-[a-z-]*(?:key|token):", re.IGNORECASE)


def redacted(arguments: list[bytes]) -> list[bytes | None]:
    """Return the arguments of a command; None stands for a secret."""
    lowered = [argument[:32].lower() for argument in arguments]
    name = lowered[0].strip() if lowered else b""
    shown: list[bytes | None] = list(arguments)
    if name.startswith(b"auth "):
        shown[0] = None
    elif name == b"auth":
        shown[1 if len(arguments) == 2 else 2 :] = [None] * len(arguments[1 if len(arguments) == 2 else 2 :])
    elif name == b"config" and lowered[1:2] == [b"set"]:
        _hide_settings(lowered, shown)
    elif name == b"acl" and lowered[1:2] == [b"setuser"]:
        shown = [None if index > 2 and item and _RULE.match(item) else item for index, item in enumerate(shown)]
    elif name in (b"hello", b"migrate"):
        _hide_logins(lowered, shown)
    elif _HEADERS.fullmatch(name):
        shown[1:] = [None] * len(arguments[1:])
    return shown


def passing_secrets(arguments: list[bytes]) -> list[tuple[str, bytes, bytes]]:
    """Return (command, account, secret) of passwords that a command sets or sends on; logins speak for themselves."""
    words = [argument[:32].lower() for argument in arguments]
    if words[:2] == [b"config", b"set"]:
        pairs = zip(words[2::2], arguments[3::2], strict=False)
        return [(f"CONFIG SET {name.decode()}", b"default", value) for name, value in pairs if name in _SETTINGS]
    if words[:2] == [b"acl", b"setuser"]:
        rules = [match for rule in arguments[3:] if (match := _RULE.match(rule))]
        return [("ACL SETUSER", arguments[2], rule.string[rule.end() :]) for rule in rules]
    if words[0] == b"migrate":
        found = [("MIGRATE", b"", secret) for word, secret in zip(words, arguments[1:], strict=False) if word == b"auth"]
        triples = zip(words, arguments[1:], arguments[2:], strict=False)
        return found + [("MIGRATE", name, secret) for word, name, secret in triples if word == b"auth2"]
    if _HEADERS.fullmatch(words[0]) and len(arguments) > 1:
        return [(words[0].decode("latin-1"), b"", b" ".join(arguments[1:]))]
    return []


def _hide_settings(lowered: list[bytes], shown: list[bytes | None]) -> None:
    """Hide the values of settings that are secrets."""
    for index in range(2, len(lowered) - 1, 2):
        if lowered[index] in _SETTINGS:
            shown[index + 1] = None


def _hide_logins(lowered: list[bytes], shown: list[bytes | None]) -> None:
    """Hide the password that follows AUTH; where it stands alone, without a name."""
    for index, word in enumerate(lowered):
        place = min(index + (1 if lowered[0] == b"migrate" and word == b"auth" else 2), len(shown) - 1)
        if word in (b"auth", b"auth2") and 0 < index < place:
            shown[place] = None


def hidden(arguments: list[bytes]) -> list[bytes]:
    """Return the arguments that no listing shows."""
    return [argument for argument, shown in zip(arguments, redacted(arguments), strict=True) if shown is None]


def shown_as_text(arguments: list[bytes]) -> str:
    """Return a command on one line, as redis-cli shows it, without secrets."""
    return " ".join(SECRET if item is None else quote(item) for item in redacted(arguments))


class Recorder:
    """Writes the commands of one session."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._written = 0
        self._last = ""
        self._repeats = 0
        self._counts: Counter[str] = Counter()
        self._kept_files: dict[bytes, str] = {}

    def note(self, arguments: list[bytes], cut: int) -> None:
        """Record a command before its reply; ``cut`` bytes of it were not kept."""
        if self._written >= MAX_RECORDS:
            name = quote(arguments[0][:32].lower())
            self._counts[name if name in self._counts or len(self._counts) < _MAX_NAMES else "(others)"] += 1
            return
        detail = {"cut": str(cut)} if cut else {}
        line = shown_as_text(self._shortened(arguments, detail))
        if line == self._last:
            self._repeats += 1
            if self._repeats >= MAX_REPEATS:
                return
        else:
            self._flush_repeats()
            self._last, self._repeats = line, 0
        self._write(line, detail)

    def finish(self) -> None:
        """Record the counts."""
        self._flush_repeats()
        for name, count in self._counts.items():
            self._session.record(Command(command=name, detail={"count": str(count), "only": "counted"}))
        self._counts.clear()

    def _write(self, line: str, detail: dict[str, str]) -> None:
        """Write one record."""
        self._written += 1
        self._session.record(Command(command=line, detail=detail))

    def _flush_repeats(self) -> None:
        """Record how often the last command came again without a record of its own."""
        unwritten = self._repeats - MAX_REPEATS + 1
        if unwritten > 0:
            self._write(self._last, {"repeated": str(unwritten)})
        self._repeats = 0

    def _shortened(self, arguments: list[bytes], detail: dict[str, str]) -> list[bytes]:
        """Return the arguments for a record; long ones are kept as blobs and named by their hash."""
        shown: list[bytes] = []
        total = 0
        for index, (argument, safe) in enumerate(zip(arguments, redacted(arguments), strict=True)):
            total += min(len(argument), _LONG)
            if len(argument) <= _LONG and total <= _KEPT_TEXT:
                shown.append(argument)
            elif total > _KEPT_TEXT:
                detail["arguments"] = str(len(arguments))
                break
            else:
                shown.append(argument[:64] + b"...")
                detail[f"argument {index}"] = f"{len(argument)} bytes" + (
                    self._kept(argument, quote(arguments[0][:32])) if safe is not None else ""
                )
        return shown

    def _kept(self, argument: bytes, command: str) -> str:
        """Keep a long argument once, with a record that names it: a captured file that none names never reaches the store."""
        digest = hashlib.sha256(argument).digest()
        if digest not in self._kept_files:
            file = self._session.capture()
            file.write(argument)
            blob = file.finish()
            self._kept_files[digest] = blob.sha256
            path = f"argument of {command}"
            body = File(path=path, direction="upload", sha256=blob.sha256, size=blob.size, truncated=blob.truncated)
            self._session.record(body)
        return f", sha256 {self._kept_files[digest]}"
