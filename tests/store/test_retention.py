# SPDX-License-Identifier: MIT
"""What is too old or too much goes, the oldest first, and is counted."""

import pytest

from decnet.config.model import Store
from decnet.domain.evidence import Command, Endpoint, File, Opened, now
from decnet.store import attackers, audit, blobs, events, evidence, retention, sessions
from decnet.store.database import microseconds
from decnet.store.retention import CHUNK, Retention, removed
from decnet.store.touches import HOUR
from tests.support.spools import origin
from tests.support.stores import Stored

DAY = 86_400_000_000
TABLES = ("evidence", "event", "session", "attacker", "attacker_decoy", "secret")


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
    assert [found.record.origin.session for found in evidence.newest(connection, store.box, limit=9)] == ["young"]
    assert [found.id for found in sessions.newest(connection, limit=9)] == ["young"]
    assert not blobs.path_of(store.config.paths.blobs, store.box.blob_name(blob.sha256)).exists()
    assert len(events.after(connection, 0, ">", 10).events) == 1
    assert attackers.get(connection, "192.0.2.7") is not None, "it was back"


def test_secret_goes_with_the_last_record_that_names_it(store: Stored) -> None:
    store.write(Opened(), secret=b"again")
    store.write(Opened(), secret=b"again")
    store.bring()
    age(store, "evidence", "at", 400, where="number = 1")
    assert retain(store) == {"evidence": 1}
    age(store, "evidence", "at", 400)
    assert retain(store) == {"evidence": 2, "secret": 1}


def test_store_that_is_too_large_keeps_no_sessions_attackers_and_secrets_of_what_is_gone(store: Stored) -> None:
    """An attacker who comes with ever new addresses and passwords must not starve the evidence of its room."""
    for number in range(60):
        peer = Endpoint(address=f"192.0.2.{number}", port=1)
        store.write(Opened(), secret=b"x" * 60_000 + bytes([number]), session=f"s{number}", peer=peer)
    store.bring()
    retain(store, limit_bytes=1)
    connection = store.ingest.connection
    left = [connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0] for table in TABLES]
    assert dict(zip(TABLES, left, strict=True)) == dict.fromkeys(TABLES, 0)


@pytest.mark.parametrize("settings", [{}, {"limit_bytes": 1}], ids=str)
def test_hours_that_are_too_old_or_still_to_come_go(store: Stored, settings: dict[str, float]) -> None:
    """A hostile spool invents hours and lures without end, and when they were."""
    store.write(Opened())
    store.bring()
    here = microseconds(now()) // HOUR
    for hour in (here - 400 * 24, here + 2 * 24, 1 << 40):
        store.ingest.connection.execute("INSERT INTO touch VALUES (?, 'ssh', 7)", (hour,))
    assert retain(store, **settings)["touch"] == 3
    assert store.ingest.connection.execute("SELECT sum(count) FROM touch").fetchone() == (1,)


def test_size_is_looked_at_while_age_rests(store: Stored) -> None:
    rule = rules(store)
    store.write(Opened())
    store.bring()
    assert rule.step(Store()) == 0
    assert rule.step(Store(limit_bytes=1)) > 0


@pytest.mark.parametrize("days", [0, 400])
def test_reports_of_damage_are_bounded_by_number_and_by_age(store: Stored, days: int) -> None:
    """A hostile spool invents segments without end."""
    connection = store.ingest.connection
    connection.execute(
        "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 10005) "
        "INSERT INTO damage SELECT 'h', 'w', i, 'line', 0, 0, 1, '', ? + i FROM n",
        (microseconds(now()) - days * DAY,),
    )
    assert retain(store) == {"damage": 10_005 if days else 5}
    if not days:
        assert connection.execute("SELECT min(segment) FROM damage").fetchone()[0] == 6, "the newest stay"


def test_what_a_killed_process_left_in_the_blob_folder_goes(store: Stored) -> None:
    writer = store.spooled().open()
    captured = writer.capture()
    captured.write(b"kept")
    writer.record(origin(), File(path="x", direction="upload", sha256=captured.finish().sha256, size=4))
    writer.close()
    store.bring()
    ((sha256, _),) = blobs.listed(store.ingest.connection)
    folder = blobs.path_of(store.config.paths.blobs, sha256).parent
    (folder / ".0190aaaa-half").write_bytes(b"half")
    (folder / (sha256[:2] + "f" * 62)).write_bytes(b"without a row")
    retain(store)
    assert [path.name for path in folder.iterdir()] == [sha256]


def test_room_of_what_went_is_given_back_to_the_disk(store: Stored) -> None:
    store.write(*(Command(command=f"{number:06} " + "x" * 20_000) for number in range(CHUNK)))
    store.bring()
    age(store, "evidence", "at", 400)
    assert store.ingest.connection.execute("PRAGMA page_count").fetchone()[0] > 2 * 4096
    retain(store)
    assert store.ingest.connection.execute("PRAGMA freelist_count").fetchone()[0] <= 4096


def test_store_that_is_too_large_loses_its_oldest_evidence(store: Stored) -> None:
    store.write(*(Command(command=f"{number:06} " + "x" * 1000) for number in range(3 * CHUNK)))
    store.bring()
    used = store.ingest.connection.execute("PRAGMA page_count").fetchone()[0] * 4096
    counted = retain(store, limit_bytes=used // 2)
    left = evidence.newest(store.ingest.connection, store.box, limit=10 * CHUNK)
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
    assert retain(store, blobs_limit_bytes=1400) == {"blob": 2}
    left = dict(blobs.listed(store.ingest.connection))
    assert len(left) == 2
    assert all(blobs.path_of(store.config.paths.blobs, sha256).exists() for sha256 in left)
    assert len([path for path in store.config.paths.blobs.rglob("*") if path.is_file()]) == 2


def test_wrong_passwords_push_no_change_out_of_the_audit_log(store: Stored, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(audit, "MOST", 5)
    connection = store.ingest.connection
    for number in range(4):
        audit.write(connection, actor="admin", address="", action="account made", subject=str(number))
        for _ in range(3):
            audit.write(connection, actor="no such account", address="192.0.2.1", action=audit.FAILED)
    assert retain(store) == {"audit": 11}
    kept = [(entry.action, entry.subject) for entry in audit.page(connection, before=1 << 62, limit=50)]
    assert kept == [(audit.FAILED, "")] + [("account made", str(number)) for number in (3, 2, 1, 0)]
    for number in range(4, 7):
        audit.write(connection, actor="admin", address="", action="account made", subject=str(number))
    assert retain(store) == {"audit": 14}
    assert [entry.subject for entry in audit.page(connection, before=1 << 62, limit=50)] == ["6", "5", "4", "3", "2"]


def test_retention_rests_between_two_looks(store: Stored) -> None:
    rule = rules(store)
    assert rule.step(Store()) == 0
    store.write(Opened())
    store.bring()
    age(store, "evidence", "at", 400)
    assert rule.step(Store()) == 0
    assert rule.step(Store(retention_seconds=1e-9)) == 1
    assert retention.removed(store.ingest.connection)[0].count == 1
