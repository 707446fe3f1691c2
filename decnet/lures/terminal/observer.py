# SPDX-License-Identifier: MIT
"""Writes down what the shell of a session sees."""

import posixpath

from decnet.domain.captured import text
from decnet.domain.evidence import Command, Credential, Download, File
from decnet.lures.lure import Session
from decnet.lures.terminal.recording import Recorder


class SessionObserver:
    """Turns what happens in a shell into records of one session, and keeps secrets out of its recording."""

    def __init__(self, session: Session, recorder: Recorder | None = None) -> None:
        self._session = session
        self._recorder = recorder

    def command(self, line: str, exit_code: int | None) -> None:
        """Record a line and its exit status."""
        self._session.record(Command(command=line, exit_code=exit_code))
        if self._recorder:
            self._recorder.release(line)

    def download(self, url: str, tool: str) -> None:
        """Record what was to be fetched."""
        self._session.record(Download(url=url, tool=tool))

    def secret(self, mechanism: str, username: str, secret: bytes) -> None:
        """Record a secret that was typed into a program."""
        detail = {} if mechanism == "prompt" else {"program": mechanism}
        body = Credential(mechanism="prompt", username=username, accepted=False, detail=detail)
        self._session.record(body, secret)
        if self._recorder:
            self._recorder.forget(secret)

    def file(self, path: str, data: bytes) -> None:
        """Keep a file that a command made."""
        capture = self._session.capture()
        capture.write(data)
        blob = capture.finish()
        name = text(posixpath.normpath(path).encode("utf-8", "surrogateescape"))
        self._session.record(File(path=name, direction="upload", sha256=blob.sha256, size=blob.size, truncated=blob.truncated))
