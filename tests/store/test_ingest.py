# SPDX-License-Identifier: MIT
"""Every record of every spool is stored once, whatever anybody does to the spools."""

import json
import os
import sqlite3
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from decnet.config.model import Store
from decnet.domain.captured import raw, text
from decnet.domain.evidence import Closed, Command, Credential, File, Opened, Recording, Unreadable
from decnet.errors import ConfigError, DiskFullError
from decnet.spool.segment import LINE_LIMIT, end_line, split_line
from decnet.store import attackers, blobs, events, evidence, sessions, spools
from decnet.store.backup import back_up
from decnet.store.ingest import open_ingest
from decnet.store.secrets import reveal
from tests.support.clear import in_clear
from tests.support.installation import files
from tests.support.spools import origin, put
from tests.support.stores import Stored, stored

HOSTILE = [
    b"%0A",
    b"]",
    b"\n",
    b"\r\n",
    b"\0",
    b"\xff\xfe",
    b"\xed\xa0\x80",
    b"\xee\xbe\x80",
    b"\xf4\x90\x80\x80",
    b"\x1b[2J",
    b"'; DROP TABLE evidence; --",
]


def commands(store: Stored) -> list[str]:
    """Return the commands in the store, in order."""
    found = evidence.newest(store.ingest.connection, store.box, limit=1_000_000)
    return [one.record.body.command for one in found if isinstance(one.record.body, Command)]


def reasons(store: Stored) -> list[tuple[str, int]]:
    """Return the damage that is known."""
    return [(row.reason, row.count) for row in spools.damage(store.ingest.connection)]


def test_record_arrives_whole(store: Stored) -> None:
    place = store.write(Credential(mechanism="password", username="root", accepted=False), secret=b"hunter2")
    (outcome,) = store.bring()
    (found,) = evidence.newest(store.ingest.connection, store.box, limit=10)
    assert (found.record.origin, found.record.host, found.record.writer) == (place, "localhost", "decoys")
    assert found.record.body == Credential(mechanism="password", username="root", accepted=False)
    assert found.secret_id is not None
    assert reveal(store.ingest.connection, store.box, found.secret_id) == b"hunter2"
    assert [topic for topic, _ in outcome.messages] == ["evidence.ssh.credential", "attacker.observed"]
    assert 0 <= outcome.lag < 60


def test_nothing_new_changes_nothing(store: Stored) -> None:
    store.write(Opened())
    store.bring()
    before = store.ingest.connection.execute("SELECT * FROM spool").fetchall()
    assert store.ingest.step().records == 0
    assert store.ingest.connection.execute("SELECT * FROM spool").fetchall() == before


def test_second_ingest_goes_on_where_the_first_stopped(tmp_path: Path) -> None:
    with stored(tmp_path) as store:
        store.write(*(Command(command=str(number)) for number in range(10)))
        store.bring()
        again = open_ingest(store.config)
        assert again.step().records == 0
        store.write(Command(command="10"))
        assert again.step().records == 1
        again.close()
        assert commands(store) == [str(number) for number in range(11)]


@pytest.mark.parametrize("sent", HOSTILE)
def test_hostile_bytes_come_back_in_every_field_and_forge_nothing(store: Stored, sent: bytes) -> None:
    captured = text(b"a" + sent + b"b")
    bodies = (
        Command(command=captured, detail={captured: captured}),
        Credential(mechanism="password", username=captured, accepted=False),
        File(path=captured, direction="upload", sha256="", size=0),
    )
    store.write(*bodies, secret=sent)
    store.bring()
    found = evidence.newest(store.ingest.connection, store.box, limit=10)
    assert [one.record.body for one in found] == list(bodies)
    assert raw(commands(store)[0]) == b"a" + sent + b"b"
    assert reasons(store) == []
    assert len(events.after(store.ingest.connection, 0, "evidence.>", 100).events) == 3


def test_spools_of_all_hosts_and_writers_are_brought_together(store: Stored) -> None:
    for host, writer in (("localhost", "decoys"), ("localhost", "sniffer"), ("far", "decoys")):
        opened = store.spooled(host, writer).open()
        opened.record(origin(), Command(command=f"{host}/{writer}"))
        opened.close()
    (outcome,) = store.bring()
    assert outcome.records == 3
    assert sorted(commands(store)) == ["far/decoys", "localhost/decoys", "localhost/sniffer"]


def test_long_spool_does_not_keep_the_others_waiting(tmp_path: Path) -> None:
    """Each batch begins with the spool that the last one did not come to."""
    with stored(tmp_path, store=Store(batch=10)) as store:
        for host, count in (("aaa", 1000), ("zzz", 1)):
            writer = store.spooled(host).open()
            for _ in range(count):
                writer.record(origin(), Command(command=host))
            writer.close()
        for _ in range(3):
            store.ingest.step()
        assert "zzz" in commands(store)
        store.bring()
        assert len(commands(store)) == 1001


def test_sessions_attackers_and_events_are_kept_along(store: Stored) -> None:
    place = store.write(Opened(), Command(command="id"), Credential(mechanism="password", username="r", accepted=True))
    store.bring()
    recording = Recording(sha256="00" * 32, size=1, seconds=1.0)
    writer = store.spooled().open()
    for body in (recording, Closed(reason="idle", seconds=3.0)):
        writer.record(place, body)
    writer.close()
    store.bring()
    connection = store.ingest.connection
    session = sessions.get(connection, place.session)
    assert session is not None
    assert (session.records, session.commands, session.credentials, session.reason) == (5, 1, 1, "idle")
    assert session.recording == store.box.blob_name("00" * 32)
    attacker = attackers.get(connection, "192.0.2.7")
    assert attacker is not None
    assert (attacker.touches, attacker.records, attacker.credentials, attacker.decoys) == (1, 5, 1, 1)
    observed = events.after(connection, 0, "attacker.observed", 10).events
    assert len(observed) == 1, "an address is new once"


def _id(place: bytes) -> bytes:
    """Return the id in the clear part of a line."""
    return str(json.loads(place + b"}")["id"]).encode()


def test_forged_sequence_and_id_change_nothing_that_is_stored(store: Stored) -> None:
    """A taken-over writer on one host copies a record of another host and repeats its own."""
    store.write(Command(command="true"))
    store.bring()
    original = store.spooled().segments()[0].read_bytes().split(b"\n")[1]
    other = store.spooled("far")
    writer = other.open()
    writer.record(origin(), Command(command="mine"))
    writer.close()
    path = other.segments()[0]
    stolen = split_line(original)[0]
    lines = path.read_bytes().split(b"\n")
    place, content = split_line(lines[1])
    lines[1] = end_line(place.replace(_id(place), _id(stolen)), content)[:-1]
    path.write_bytes(b"\n".join(lines))
    store.bring()
    assert commands(store) == ["true"]
    assert sorted(reasons(store)) == [("content", 1), ("duplicate", 1)]
    writer = other.open()
    writer.record(origin(), Command(command="goes on"))
    writer.close()
    store.bring()
    assert commands(store) == ["true", "goes on"]


def test_store_that_lost_its_place_doubles_nothing(store: Stored) -> None:
    """The unique sequence is the last line of defence."""
    store.write(*(Command(command=str(number)) for number in range(5)))
    store.bring()
    with store.ingest.connection as connection:
        connection.execute("UPDATE spool SET segment = 0, position = 0, sequence = 0")
    again = open_ingest(store.config)
    store.write(Command(command="5"))
    assert again.step().records == 1
    again.close()
    assert commands(store) == [str(number) for number in range(6)]
    attacker = attackers.get(store.ingest.connection, "192.0.2.7")
    assert attacker is not None
    assert attacker.records == 6


@pytest.mark.parametrize("kind", ["link", "fifo", "file"])
@pytest.mark.parametrize("level", ["host", "writer"])
def test_spool_that_is_none_is_reported_once_and_hinders_nobody(store: Stored, kind: str, level: str) -> None:
    store.write(Command(command="fine"))
    path = store.config.paths.spool / "evil"
    if level == "writer":
        path = path / "decoys"
        path.parent.mkdir()
    put(path, kind)
    for _ in range(3):
        store.bring()
    assert commands(store) == ["fine"]
    assert reasons(store) == [("folder", 1)]


def test_damage_is_counted_once_over_restarts(store: Stored) -> None:
    store.write(*(Command(command=str(number)) for number in range(3)))
    path = store.spooled().segments()[0]
    lines = path.read_bytes().split(b"\n")
    lines[2] = b"garbage"
    lines[3] = b"y" * (LINE_LIMIT + 10)
    path.write_bytes(b"\n".join(lines))
    for _ in range(3):
        ingest = open_ingest(store.config)
        ingest.step()
        ingest.close()
    assert commands(store) == ["0"]
    assert reasons(store) == [("line", 2)]


def test_captured_file_is_copied_and_checked(store: Stored) -> None:
    writer = store.spooled().open()
    names = []
    for content in (b"malware", b"swapped", b"linked"):
        captured = writer.capture()
        captured.write(content)
        names.append(captured.finish().sha256)
        writer.record(origin(), File(path="/tmp/x", direction="upload", sha256=names[-1], size=7))
    writer.close()
    files = [store.spooled().folder / "blobs" / found.blob for found in store.spooled().read().records]
    files[1].write_bytes(files[0].read_bytes())
    files[2].unlink()
    files[2].symlink_to("/etc/passwd")
    store.bring()
    name = store.box.blob_name(names[0])
    assert [listed for listed, _ in blobs.listed(store.ingest.connection)] == [name]
    with blobs.open_content(store.config.paths.blobs, name, store.keys) as kept:
        assert kept.read() == b"malware"
    assert reasons(store) == [("blob", 2)]
    assert len(evidence.newest(store.ingest.connection, store.box, limit=10)) == 3


def test_checkpoint_tells_what_is_durable_even_beside_a_reader(store: Stored) -> None:
    """A reader that holds an old view keeps the log from being moved; it is made durable where it is."""
    store.write(Opened())
    reader = sqlite3.connect(store.config.paths.store, isolation_level=None)
    reader.execute("BEGIN")
    reader.execute("SELECT count(*) FROM evidence").fetchone()
    store.bring()
    (event,) = store.ingest.checkpoint()
    (row,) = spools.listed(store.ingest.connection)
    assert (event.host, event.writer, event.sequence) == ("localhost", "decoys", row.position.sequence)
    assert store.ingest.checkpoint() == []
    reader.close()


def test_writers_are_told_only_what_a_power_cut_leaves(store: Stored, tmp_path: Path) -> None:
    """A commit alone lies in a log that nobody has synced; what writers may delete must be in the database itself."""
    store.write(Opened())
    store.bring()
    assert store.ingest.checkpoint() != []
    survivor = tmp_path / "survivor.db"
    survivor.write_bytes(store.config.paths.store.read_bytes())
    with closing(sqlite3.connect(survivor)) as left:
        assert left.execute("SELECT count(*) FROM evidence").fetchone() == (1,)


def test_log_that_a_reader_keeps_is_synced_before_writers_are_told(store: Stored, monkeypatch: pytest.MonkeyPatch) -> None:
    store.write(Opened())
    with closing(sqlite3.connect(store.config.paths.store, isolation_level=None)) as reader:
        reader.execute("BEGIN")
        reader.execute("SELECT count(*) FROM evidence").fetchone()
        store.bring()
        synced: list[int] = []
        monkeypatch.setattr(os, "fsync", lambda file: synced.append(os.fstat(file).st_ino))
        assert store.ingest.checkpoint() != []
    monkeypatch.undo()
    log = store.config.paths.store.with_name(store.config.paths.store.name + "-wal")
    assert synced == [log.stat().st_ino]


def test_full_disk_leaves_the_spool_untouched_and_what_waits_comes_later(store: Stored) -> None:
    store.write(*(Command(command="x" * 1000) for _ in range(50)))
    connection = store.ingest.connection
    pages = connection.execute("PRAGMA page_count").fetchone()[0]
    connection.execute(f"PRAGMA max_page_count = {pages}")
    for _ in range(2):
        with pytest.raises(DiskFullError):
            store.ingest.step()
    assert commands(store) == []
    connection.execute("PRAGMA max_page_count = 1000000")
    store.bring()
    assert len(commands(store)) == 50


def test_secret_is_nowhere_in_clear_on_disk(tmp_path: Path) -> None:
    """Spool, store, its log, blobs, keys, backup: every file that was written."""
    with stored(tmp_path) as store:
        store.write(Credential(mechanism="password", username="root", accepted=False), secret=b"Tr0ub4dor&3-and-more")
        store.bring()
        back_up(store.config.paths.store, tmp_path / "backup.db")
        assert len(files(tmp_path)) > 8
        assert in_clear(tmp_path, {"secret": "Tr0ub4dor&3-and-more"}) == []
        store.ingest.checkpoint()
        assert in_clear(tmp_path, {"secret": "Tr0ub4dor&3-and-more"}) == []


def test_record_that_cannot_be_read_keeps_its_captured_file(store: Stored) -> None:
    writer = store.spooled().open()
    captured = writer.capture()
    captured.write(b"malware")
    sha256 = captured.finish().sha256
    writer.record(origin(), File(path="/tmp/x", direction="upload", sha256=sha256, size=7))
    writer.close()
    segment = store.spooled().segments()[0]
    segment.write_bytes(segment.read_bytes().replace(b'"version":1', b'"version":9'))
    store.bring()
    (found,) = evidence.newest(store.ingest.connection, store.box, limit=1)
    assert isinstance(found.record.body, Unreadable)
    assert (found.record.body.was, found.record.body.sha256) == ("file", sha256)
    with blobs.open_content(store.config.paths.blobs, store.box.blob_name(sha256), store.keys) as kept:
        assert kept.read() == b"malware"


def test_file_that_is_wrong_is_read_once_however_many_records_name_it(store: Stored, monkeypatch: pytest.MonkeyPatch) -> None:
    writer = store.spooled().open()
    captured = writer.capture()
    captured.write(b"malware")
    sha256 = captured.finish().sha256
    for _ in range(5):
        writer.record(origin(), File(path="/tmp/x", direction="upload", sha256=sha256, size=7))
    writer.close()
    (file,) = (store.spooled().folder / "blobs").iterdir()
    file.write_bytes(b"something else")
    read: list[str] = []
    real = blobs.take

    def take(*arguments: Any, **options: Any) -> blobs.Taken:
        read.append(arguments[2])
        return real(*arguments, **options)

    monkeypatch.setattr(blobs, "take", take)
    store.bring()
    assert (read, reasons(store)) == ([file.name], [("blob", 1)])


def test_spool_of_another_key_waits_and_hinders_no_other(store: Stored) -> None:
    strange = replace(store.spooled("far"), private_key=X25519PrivateKey.generate())
    writer = strange.open()
    writer.record(origin(), Command(command="waits"))
    writer.close()
    store.write(Command(command="goes on"))
    (outcome,) = store.bring()
    assert commands(store) == ["goes on"]
    assert "far" in outcome.blocked[0]
    assert store.ingest.step().blocked == outcome.blocked
    assert [event.host for event in store.ingest.checkpoint()] == ["localhost"]


def test_store_is_never_filled_with_other_keys(tmp_path: Path) -> None:
    with stored(tmp_path) as store:
        store.write(Command(command="first"))
        store.bring()
        made = store.config
    for name in ("store.key", "comparison.key"):
        path = made.paths.secrets / name
        before = path.read_bytes()
        path.write_bytes(b"ab" * 32)
        with pytest.raises(ConfigError, match="not the one"):
            open_ingest(made)
        path.write_bytes(before)
    open_ingest(made).close()
