# SPDX-License-Identifier: MIT
"""What is too old or too much goes, the oldest first, and is counted."""

from decnet.config.model import Store
from decnet.domain.evidence import Command, File, Opened
from decnet.store import attackers, blobs, events, evidence, retention, sessions
from decnet.store.retention import CHUNK, Retention, removed
from tests.support.spools import origin
from tests.support.stores import Stored

DAY = 86_400_000_000


def age(store: Stored, table: str, column: str, days: int, where: str = "1") -> None:
    """Make rows older."""
    store.ingest.connection.execute(f"UPDATE {table} SET {column} = {column} - {days * DAY} WHERE {where}")


def rules(store: Stored) -> Retention:
    """Return the retention of a store."""
    paths = store.config.paths
    return Retention(store.ingest.connection, database=paths.store, blobs=paths.blobs)


def retain(store: Stored, **settings: float) -> dict[str, int]:
    """Delete until everything is within its bounds; return what was counted."""
    rule = rules(store)
    while rule.step(Store(**settings)):  # type: ignore[arg-type]  # numbers of both kinds
        pass
    return {one.what: one.count for one in removed(store.ingest.connection)}


def test_nothing_goes_that_is_young_and_little(store: Stored) -> None:
    store.write(Opened(), secret=b"x")
    store.bring()
    assert retain(store) == {}
    assert evidence.last_number(store.ingest.connection) == 1


def test_what_is_too_old_goes_everywhere(store: Stored) -> None:
    writer = store.spooled().open()
    captured = writer.capture()
    captured.write(b"old")
    blob = captured.finish()
    for _ in range(CHUNK + 5):
        writer.record(origin(session="old"), File(path="x", direction="upload", sha256=blob.sha256, size=3), b"old secret")
    writer.close()
    store.bring()
    for table, column in (
        ("evidence", "at"),
        ("attacker", "last_at"),
        ("secret", "last_at"),
        ("blob", "last_at"),
        ("event", "at"),
    ):
        age(store, table, column, 400)
    store.ingest.connection.execute(f"UPDATE session SET first_at = first_at - {400 * DAY}, last_at = last_at - {400 * DAY}")
    store.write(Opened(), session="young")
    store.bring()
    counted = retain(store)
    assert counted == {"evidence": CHUNK + 5, "session": 1, "secret": 1, "blob": 1, "event": CHUNK + 6}
    connection = store.ingest.connection
    assert [found.record.origin.session for found in evidence.newest(connection, limit=9)] == ["young"]
    assert [found.id for found in sessions.newest(connection, limit=9)] == ["young"]
    assert not blobs.path_of(store.config.paths.blobs, blob.sha256).exists()
    assert len(events.after(connection, 0, ">", 10).events) == 1
    assert attackers.get(connection, "192.0.2.7") is not None, "it was back"


def test_secret_that_a_young_record_names_stays(store: Stored) -> None:
    store.write(Opened(), secret=b"again")
    store.bring()
    age(store, "secret", "last_at", 400)
    assert retain(store) == {}


def test_store_that_is_too_large_loses_its_oldest_evidence(store: Stored) -> None:
    store.write(*(Command(command=f"{number:06} " + "x" * 1000) for number in range(3 * CHUNK)))
    store.bring()
    used = store.ingest.connection.execute("PRAGMA page_count").fetchone()[0] * 4096
    counted = retain(store, limit_bytes=used // 2)
    left = evidence.newest(store.ingest.connection, limit=10 * CHUNK)
    assert counted["evidence"] == 3 * CHUNK - len(left) > 0
    assert left[-1].number == 3 * CHUNK
    assert [found.number for found in left] == list(range(left[0].number, 3 * CHUNK + 1))


def test_blob_folder_that_is_too_large_loses_its_oldest_files(store: Stored) -> None:
    for number in range(4):
        writer = store.spooled().open()
        captured = writer.capture()
        captured.write(bytes([number]) * 100)
        writer.record(origin(), File(path="x", direction="upload", sha256=captured.finish().sha256, size=100))
        writer.close()
        store.bring()
    assert retain(store, blobs_limit_bytes=250) == {"blob": 2}
    left = dict(blobs.listed(store.ingest.connection))
    assert sum(left.values()) == 200
    assert all(blobs.path_of(store.config.paths.blobs, sha256).exists() for sha256 in left)
    assert len([path for path in store.config.paths.blobs.rglob("*") if path.is_file()]) == 2


def test_retention_rests_between_two_looks(store: Stored) -> None:
    rule = rules(store)
    assert rule.step(Store()) == 0
    store.write(Opened())
    store.bring()
    age(store, "evidence", "at", 400)
    assert rule.step(Store()) == 0
    assert rule.step(Store(retention_seconds=1e-9)) == 1
    assert retention.removed(store.ingest.connection)[0].count == 1
