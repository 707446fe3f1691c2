# SPDX-License-Identifier: MIT
"""
What of an error's message a migration may show: nothing that an attacker can have written.

A step works on evidence, and what fails in it may quote a row. So a message is shown only where each of its words stands in the
steps themselves, or is one that SQLite uses for everybody; else its type and the line of the step have to do.
"""

import re
import traceback
from pathlib import Path
from typing import Final

from decnet.failure import type_of

_WORD: Final = re.compile(r"[A-Za-z0-9_]+")
_SENTENCE: Final = re.compile(r"""["'(]?\w+["')]?((, |: | |\.)["'(]?\w+["')]?)*[.:]?""", re.ASCII)
_SQLITE: Final = frozenset(
    _WORD.findall("""
    ABORT BLOB CHECK FOREIGN INTEGER IS KEY NOT NULL PRIMARY REAL TABLE TEXT UNIQUE UPDATE
    a add after already ambiguous and at are but cannot column columns conflict constraint constraints database datatype default
    disk does drop duplicate error exist exists expression failed for full function has have in incomplete index into is large
    limit locked malformed match mismatch missing module modified more most name near no not of on or out outside overflow
    parameter parameters query readonly references result row rowid rows schema statement statements store string such supplied
    syntax table tables terms than the to too transaction trigger type unable unknown use used value values view was were with
    within without wrong
    """)
)


def shown(error: BaseException, folder: Path) -> str:
    """Return what a failed step says: its file and line, the type of the error, SQLite's code, and the message if it may."""
    place = next((f"{path.name}, line {line}: " for path, line in reversed(_frames(error)) if path.parent == folder), "")
    code = getattr(error, "sqlite_errorname", "")
    message = str(error).strip()
    words = frozenset(_WORD.findall(message))
    told = f": {message}" if _SENTENCE.fullmatch(message) and words <= _SQLITE | _words_of(folder) else ""
    return f"{place}{type_of(error)}{f' ({code})' if code else ''}{told}"


def _frames(error: BaseException) -> list[tuple[Path, int]]:
    """Return where an error went through."""
    return [(Path(frame.f_code.co_filename), line) for frame, line in traceback.walk_tb(error.__traceback__)]


def _words_of(folder: Path) -> frozenset[str]:
    """Return every word of the steps in a folder."""
    files = [path for path in folder.iterdir() if path.suffix in {".py", ".sql"}]
    return frozenset(word for path in files for word in _WORD.findall(path.read_text(encoding="utf-8")))
