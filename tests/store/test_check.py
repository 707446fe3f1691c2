# SPDX-License-Identifier: MIT
"""A check finds what is not what it has to be."""

import pytest

from decnet.domain.evidence import Command, File
from decnet.errors import ConfigError, DamagedError
from decnet.store import blobs
from decnet.store.check import check
from tests.support.spools import origin
from tests.support.stores import Stored


@pytest.fixture
def filled(store: Stored) -> Stored:
    """Return a store with records and a captured file."""
    writer = store.spooled().open()
    captured = writer.capture()
    captured.write(b"malware")
    blob = captured.finish()
    writer.record(origin(), File(path="x", direction="upload", sha256=blob.sha256, size=7))
    writer.record(origin(), Command(command="id"))
    writer.close()
    store.bring()
    return store


def found(store: Stored) -> list[tuple[str, bool]]:
    """Return area and weight of what is found."""
    return [(finding.area, finding.is_damage) for finding in check(store.config.paths)]


def test_sound_store_has_no_findings(filled: Stored) -> None:
    assert found(filled) == []


@pytest.mark.parametrize("change", ["other", "shorter", "missing"])
def test_captured_file_that_changed_is_found(filled: Stored, change: str) -> None:
    ((sha256, _),) = blobs.listed(filled.ingest.connection)
    path = blobs.path_of(filled.config.paths.blobs, sha256)
    before = path.read_bytes()
    path.unlink()
    if change != "missing":
        path.write_bytes(b"x" * len(before) if change == "other" else before[:-1])
    assert found(filled) == [("blob", True)]


def test_row_that_names_nothing_is_found(filled: Stored) -> None:
    connection = filled.ingest.connection
    connection.execute("PRAGMA foreign_keys = OFF")
    connection.execute("UPDATE evidence SET secret_id = 99")
    assert found(filled) == [("database", True)] * 2 + [("record", True)] * 2


def test_place_behind_what_is_stored_is_found(filled: Stored) -> None:
    filled.ingest.connection.execute("UPDATE spool SET sequence = 1")
    assert found(filled) == [("spool", True)]


def test_torn_line_of_a_killed_process_is_told_and_is_no_damage(filled: Stored) -> None:
    path = filled.spooled().segments()[0]
    path.write_bytes(path.read_bytes() + b'{"torn')
    filled.write(Command(command="after"))
    filled.bring()
    assert found(filled) == [("spool", False)]
    path = filled.spooled().segments()[1]
    path.write_bytes(path.read_bytes() + b"garbage\n")
    filled.bring()
    assert found(filled) == [("spool", False), ("spool", True)]


def test_page_that_was_overwritten_is_found(filled: Stored) -> None:
    filled.ingest.checkpoint()
    filled.ingest.close()
    path = filled.config.paths.store
    content = bytearray(path.read_bytes())
    content[8192:-8192] = b"\xa5" * (len(content) - 16384)
    path.write_bytes(content)
    try:
        areas = [finding.area for finding in check(filled.config.paths)]
    except DamagedError:
        return
    assert "database" in areas


def test_record_and_secret_that_were_changed_are_found(store: Stored) -> None:
    store.write(Command(command="one"), secret=b"hunter1")
    store.bring()
    assert found(store) == []
    store.ingest.connection.execute("UPDATE evidence SET at = at + 1")
    store.ingest.connection.execute("UPDATE secret SET ciphertext = x'00'")
    assert found(store) == [("record", True), ("secret", True)]


def test_keys_of_another_store_are_refused(filled: Stored) -> None:
    (filled.config.paths.secrets / "store.key").write_text("ab" * 32)
    with pytest.raises(ConfigError):
        found(filled)
