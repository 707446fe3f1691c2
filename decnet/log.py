# SPDX-License-Identifier: MIT
"""
The log that operators read: one JSON line for each entry in the service's own file, one line of text on standard error.

Evidence never goes here, and nothing that an attacker sent does: of exceptions an entry has what ``decnet.failure.told`` tells,
and of entries that are not decnet's own (asyncio's hold the repr of tasks and callbacks, asyncssh's user names and commands)
only who made them and where, from warnings on. What the interpreter would print on standard error by itself becomes an entry,
too. (``faulthandler`` may be switched on: it knows files, lines and functions only.)

When the disk is nearly full, logs are what stops first: entries below the floor of free space are counted, and the count is
logged once there is room again. A file that was renamed by rotation is opened anew, as soon as rotation has made a new one: a
service of an installation cannot make one itself.
"""

import io
import json
import logging
import os
import re
import sys
import threading
import time
import warnings
from collections.abc import Mapping
from datetime import UTC, datetime
from logging.handlers import WatchedFileHandler
from pathlib import Path
from types import FunctionType, TracebackType
from typing import BinaryIO, TextIO, cast

from decnet.failure import named, told

LEVELS = {"debug": logging.DEBUG, "info": logging.INFO, "warning": logging.WARNING, "error": logging.ERROR}

_PRIORITIES = {logging.DEBUG: 7, logging.INFO: 6, logging.WARNING: 4, logging.ERROR: 3, logging.CRITICAL: 2}
_LOOK_SECONDS = 1.0
_STANDARD_FIELDS = frozenset(vars(logging.makeLogRecord({}))) | {"message", "taskName"}
_OWN = "decnet"
_NEVER_AWAITED = re.compile(r"coroutine '[\w.<>]+' was never awaited")

log = logging.getLogger(__name__)


class LineFormatter(logging.Formatter):
    """One line of text, whatever the message holds; with a priority (sd-daemon(3)) where the journal reads it."""

    def __init__(self, *, priority: bool) -> None:
        super().__init__()
        self.priority = priority

    def format(self, record: logging.LogRecord) -> str:
        """Return the entry on one line; not as the base does, whose records remember a traceback once it is formatted."""
        error = _error_of(record)
        text = f"{record.levelname} {record.name}: {_message_of(record)}" + (f"\n{told(error)}" if error else "")
        line = "".join(char if char.isprintable() else repr(char)[1:-1] for char in text)
        return f"<{_PRIORITIES.get(record.levelno, 6)}>{line}" if self.priority else line


class JsonFormatter(logging.Formatter):
    """One JSON object: time, level, service, logger, message, the fields given as ``extra``, a traceback."""

    def __init__(self, service: str) -> None:
        super().__init__()
        self.service = service

    def format(self, record: logging.LogRecord) -> str:
        """Return the entry as JSON; JSON's own escapes keep it on one line."""
        entry: dict[str, object] = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="microseconds"),
            "level": record.levelname.lower(),
            "service": self.service,
            "logger": record.name,
            "message": _message_of(record),
        }
        if _is_own(record):
            entry.update({key: _shown(value) for key, value in vars(record).items() if key not in _STANDARD_FIELDS})
        error = _error_of(record)
        if error:
            entry["traceback"] = told(error)
        return json.dumps(entry, default=str)


class FileHandler(WatchedFileHandler):
    """The service's log file; writes nothing while less than ``floor_bytes`` are free, and counts what it left out."""

    def __init__(self, path: Path, floor_bytes: int) -> None:
        super().__init__(path, encoding="utf-8", errors="backslashreplace")
        self.floor_bytes = floor_bytes
        self.left_out = 0
        self._looked_at = 0.0
        self._has_room = True

    def _open(self) -> io.TextIOWrapper:
        """Open the file without a buffer: what a full disk refused must not wait there and come out later, torn."""
        raw = io.FileIO(self.baseFilename, "a")
        return io.TextIOWrapper(cast(BinaryIO, raw), encoding=self.encoding, errors=self.errors, write_through=True)

    def reopenIfNeeded(self) -> None:  # noqa: N802 - the name is the standard library's
        """Change to the file that rotation made; until there is one to open, the renamed one gets what is written."""
        if self.stream is not None and self._is_current():
            return
        try:
            stream = self._open()
        except OSError:
            if self.stream is None:
                raise
            return
        if self.stream is not None:
            self.stream.close()
        self.stream = stream
        self._statstream()

    def _is_current(self) -> bool:
        """Say whether the open file is still the one with our name."""
        try:
            found = Path(self.baseFilename).stat()
        except OSError:
            return False
        return (found.st_dev, found.st_ino) == (self.dev, self.ino)

    def emit(self, record: logging.LogRecord) -> None:
        """Write one entry, or count it: a file that cannot be opened anew after a rotation must not end a service."""
        try:
            self._write(record)
        except OSError:
            self.left_out += 1

    def _write(self, record: logging.LogRecord) -> None:
        """Write one entry, and before it how many could not be; raise ``OSError``."""
        if not self._look():
            self.left_out += 1
            return
        missing = self.left_out
        if missing:
            super().emit(_about(record, f"{missing} log entries were left out while there was no room for them"))
            if self.left_out > missing:
                return  # that failed and was counted: it stands for this entry, which would fail, too
            self.left_out = 0
        super().emit(record)

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802 - the name is the standard library's
        """Count what could not be written; a full disk must not end a service."""
        if isinstance(sys.exc_info()[1], OSError):
            self.left_out += 1
        else:
            super().handleError(record)

    def _look(self) -> bool:
        """Say whether there is room; asks the file system once a second."""
        now = time.monotonic()
        if now - self._looked_at >= _LOOK_SECONDS or not self._looked_at:
            self._looked_at = now
            free = os.statvfs(Path(self.baseFilename).parent)
            self._has_room = free.f_bavail * free.f_frsize >= self.floor_bytes
        return self._has_room


def set_up(service: str, *, path: Path | None, level: str, floor_bytes: int, journal: bool) -> FileHandler | None:
    """
    Send the log of this process to ``path`` (none: no file) and to standard error.

    ``level`` is a key of ``LEVELS``; ``journal`` adds the priority that journald reads. What the interpreter would print by
    itself goes the same way from now on. Raises ``OSError`` where the file cannot be opened.
    """
    to_terminal = logging.StreamHandler()
    to_terminal.setFormatter(LineFormatter(priority=journal))
    handlers: list[logging.Handler] = [to_terminal]
    to_file = None
    if path is not None:
        to_file = FileHandler(path, floor_bytes)
        to_file.setFormatter(JsonFormatter(service))
        handlers.append(to_file)
    for handler in handlers:
        handler.addFilter(_may_pass)
    logging.basicConfig(level=LEVELS[level], handlers=handlers, force=True)
    logging.raiseExceptions = False  # what cannot be formatted would be printed with all its arguments
    sys.excepthook, sys.unraisablehook, threading.excepthook = _tell_end, _tell_ignored, _tell_thread
    warnings.showwarning = _tell_warning
    return to_file


def set_level(level: str) -> None:
    """Change the least severe level that is written."""
    logging.getLogger().setLevel(LEVELS[level])


def set_floor(floor_bytes: int) -> None:
    """Change the free space below which the log file is not written."""
    for handler in logging.getLogger().handlers:
        if isinstance(handler, FileHandler):
            handler.floor_bytes = floor_bytes


def _is_own(record: logging.LogRecord) -> bool:
    """Say whether decnet made an entry: only then is it known what stands in it."""
    return record.name.partition(".")[0] == _OWN


def _may_pass(record: logging.LogRecord) -> bool:
    """Let decnet's entries pass, and what others find worth a warning, whatever the level is."""
    return _is_own(record) or record.levelno >= logging.WARNING


def _message_of(record: logging.LogRecord) -> str:
    """Return what an entry says; of an entry that is not ours, or cannot be formatted, where it was made."""
    if _is_own(record):
        arguments = record.args
        if isinstance(arguments, Mapping):
            arguments = {key: _shown(value) for key, value in arguments.items()}
        elif arguments:
            arguments = tuple(map(_shown, arguments))
        try:
            text = str(_shown(record.msg))
            return text % arguments if arguments else text
        except (TypeError, ValueError, KeyError):
            pass
    return f"(not shown) {record.module}.{record.funcName}, line {record.lineno}"


def _shown(value: object) -> object:
    """Return a value for an entry: an exception without its message."""
    return named(value) if isinstance(value, BaseException) else value


def _error_of(record: logging.LogRecord) -> BaseException | None:
    """Return the exception of an entry."""
    return record.exc_info[1] if record.exc_info else None


def _tell_end(_kind: type[BaseException], error: BaseException, _trace: TracebackType | None) -> None:
    """Log what ends the process (``sys.excepthook``)."""
    log.critical("the process ends: nobody expected this", exc_info=error)


def _tell_thread(report: threading.ExceptHookArgs) -> None:
    """Log what ended a thread (``threading.excepthook``)."""
    if report.exc_type is not SystemExit:
        log.error("a thread ended: nobody expected this", exc_info=report.exc_value)


def _tell_ignored(report: "sys.UnraisableHookArgs") -> None:
    """Log what could not be raised, as in a finalizer (``sys.unraisablehook``)."""
    place = report.object
    where = place.__qualname__ if isinstance(place, FunctionType) else type(place).__qualname__
    log.error("an exception was ignored in %s", where, exc_info=report.exc_value)


def _tell_warning(  # noqa: PLR0917 - the signature is the standard library's own
    message: Warning | str,
    category: type[Warning],
    filename: str,
    lineno: int,
    file: TextIO | None = None,  # noqa: ARG001 - the names are the standard library's own
    line: str | None = None,  # noqa: ARG001 - the names are the standard library's own
) -> None:
    """Log a warning: its kind and its place, and which coroutine nobody awaited (``warnings.showwarning``)."""
    found = _NEVER_AWAITED.match(str(message))
    log.warning("%s in %s, line %d%s", category.__name__, filename, lineno, f": {found[0]}" if found else "")


def _about(record: logging.LogRecord, message: str) -> logging.LogRecord:
    """Return a warning that stands just before ``record``."""
    return logging.makeLogRecord(
        {
            "name": __name__,
            "levelno": logging.WARNING,
            "levelname": "WARNING",
            "msg": message,
            "created": record.created,
        }
    )
