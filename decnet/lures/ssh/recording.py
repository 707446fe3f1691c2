# SPDX-License-Identifier: MIT
"""A terminal, recorded in asciicast v2 (docs.asciinema.org/manual/asciicast/v2) while it happens."""

import codecs
import time

import orjson

from decnet.domain.captured import text
from decnet.domain.evidence import Recording
from decnet.lures.lure import Session


class Recorder:
    """Writes the events of one terminal into a blob; bytes that are no UTF-8 stand in the form of ``captured.text``."""

    def __init__(self, session: Session, columns: int, rows: int, name: str) -> None:
        self._session = session
        self._file = session.capture()
        self._started = time.monotonic()
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

    def end(self) -> None:
        """Finish the file and record it."""
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
        """Write one line."""
        self._file.write(orjson.dumps((round(self._elapsed(), 6), code, data)) + b"\n")

    def _elapsed(self) -> float:
        """Return the seconds since the beginning."""
        return time.monotonic() - self._started
