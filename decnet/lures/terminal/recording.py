# SPDX-License-Identifier: MIT
"""
A terminal, recorded in asciicast v2 (docs.asciinema.org/manual/asciicast/v2) while it happens.

A secret must not lie in clear on a disk, and a line is known to hold one only when it has been run. So what belongs to a line
is held in memory until the shell has told what the line was; then it is written, secrets replaced.
"""

import codecs
import time
from collections import deque

import orjson

from decnet.domain.captured import text
from decnet.domain.evidence import Recording
from decnet.lures.lure import Session

HELD_LIMIT = 1 << 16
REPLACEMENT = "[secret]"
MOST_SECRETS = 256
"""How many secrets are looked for in what is written, the newest: it costs time for each key."""
_SHORTEST = 4
"""A secret of fewer characters is replaced in its own line only: it would be found everywhere else."""

Event = tuple[float, str, str]


class Recorder:
    """Writes the events of one terminal into a blob; bytes that are no UTF-8 stand in the form of ``captured.text``."""

    def __init__(self, session: Session, columns: int, rows: int, name: str) -> None:
        self._session = session
        self._file = session.capture()
        self._started = time.monotonic()
        self._secrets: deque[str] = deque(maxlen=MOST_SECRETS)
        self._held: list[Event] | None = None
        self._held_size = 0
        self._has_secret = False
        self._decoders = {code: codecs.getincrementaldecoder("utf-8")("surrogateescape") for code in "io"}
        header = {
            "version": 2,
            "width": columns,
            "height": rows,
            "timestamp": int(time.time()),
            "env": {"TERM": text(name.encode("utf-8", "surrogateescape")), "SHELL": "/bin/bash"},
        }
        self._file.write(orjson.dumps(header) + b"\n")

    def output(self, data: bytes) -> None:
        """Write what the client was shown."""
        self._write("o", data)

    def input(self, data: bytes) -> None:
        """Write what the client typed."""
        self._write("i", data)

    def resize(self, columns: int, rows: int) -> None:
        """Write a new size of the window."""
        self._event("r", f"{columns}x{rows}")

    def hold(self) -> None:
        """Hold what follows, the beginning of a line, until ``release``."""
        self.release()
        self._held = []

    def forget(self, secret: bytes) -> None:
        """Replace a secret in what is held and in what is shown from now on."""
        self._has_secret = True
        if (found := text(secret)) not in self._secrets:
            self._secrets.append(found)

    def release(self, line: str = REPLACEMENT) -> None:
        """Write what was held; ``line`` stands for what was typed where that held a secret."""
        held, self._held, self._held_size = self._held or [], None, 0
        if self._has_secret:
            held = self._without_secrets(held, line)
        self._has_secret = False
        for event in held:
            self._put(event)

    def end(self) -> None:
        """Finish the file and record it."""
        self.release()
        blob = self._file.finish()
        self._session.record(
            Recording(sha256=blob.sha256, size=blob.size, seconds=round(self._elapsed(), 3), truncated=blob.truncated)
        )

    def _write(self, code: str, data: bytes) -> None:
        """Write an event of bytes; a character that is cut waits for its rest."""
        decoded = self._decoders[code].decode(data)
        if decoded:
            self._event(code, text(decoded.encode("utf-8", "surrogateescape")))

    def _event(self, code: str, data: str) -> None:
        """Hold or write one event; a line that is too long to be held is written as it is."""
        event = (round(self._elapsed(), 6), code, data)
        if self._held is None:
            self._put(event)
            return
        self._held.append(event)
        self._held_size += len(data)
        if self._held_size > HELD_LIMIT:
            self.release()

    def _put(self, event: Event) -> None:
        """Write one line."""
        at, code, data = event
        for secret in self._secrets:
            data = data.replace(secret, REPLACEMENT) if len(secret) >= _SHORTEST else data
        self._file.write(orjson.dumps((at, code, data)) + b"\n")

    @staticmethod
    def _without_secrets(held: list[Event], line: str) -> list[Event]:
        """Return the prompt, ``line`` in place of every key and echo, and the output in one piece."""
        first_key = next((index for index, (_, code, _) in enumerate(held) if code == "i"), len(held))
        shown = [(at, data) for at, code, data in held[first_key:] if code == "o"]
        if not shown:
            return held[:first_key]
        output = "".join(data for _, data in shown).partition("\r\n")[2]
        return [*held[:first_key], (shown[-1][0], "o", f"{line}\r\n{output}")]

    def _elapsed(self) -> float:
        """Return the seconds since the beginning."""
        return time.monotonic() - self._started
