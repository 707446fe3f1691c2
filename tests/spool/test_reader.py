# SPDX-License-Identifier: MIT
"""A reader takes what is right, reports what is not, and goes on behind it."""

import json
import os
import random
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from decnet.domain.evidence import Command, File, Unreadable
from decnet.spool.reader import Batch, Position
from decnet.spool.segment import LINE_LIMIT, end_line, split_line
from tests.support.spools import Spooled, origin

COUNT = 30


@pytest.fixture
def spooled(tmp_path: Path) -> Spooled:
    """Return a spool with one segment of numbered commands."""
    return written(Spooled(tmp_path), COUNT)


def written(spooled: Spooled, count: int, segment_bytes: int = 1 << 20) -> Spooled:
    """Write numbered commands, each with a secret."""
    writer = spooled.open(segment_bytes=segment_bytes)
    for number in range(count):
        writer.record(origin(), Command(command=str(number)), b"secret")
    writer.close()
    return spooled


def numbers(batch: Batch) -> list[int]:
    """Return the numbers of the commands."""
    return [int(found.record.body.command) for found in batch.records if isinstance(found.record.body, Command)]


def change(path: Path, number: int, edit: Callable[[bytes], bytes]) -> None:
    """Edit one line of a segment; line 0 is the header."""
    lines = path.read_bytes().split(b"\n")
    lines[number] = edit(lines[number])
    path.write_bytes(b"\n".join(line for line in lines if line is not lines[number] or line) + b"")


def test_reading_goes_on_where_it_stopped(spooled: Spooled) -> None:
    position = Position()
    seen = []
    while (batch := spooled.read(position, limit=7)).records:
        seen += numbers(batch)
        position = batch.position
    assert seen == list(range(COUNT))
    assert not batch.more


def test_reading_goes_over_segments(tmp_path: Path) -> None:
    spooled = written(Spooled(tmp_path), COUNT, segment_bytes=1500)
    assert len(spooled.segments()) > 3
    batch = spooled.read()
    assert numbers(batch) == list(range(COUNT))
    assert batch.damage == []


@pytest.mark.parametrize(
    ("edit", "reason"),
    [
        (lambda _: b"garbage", "line"),
        (lambda _: b"\xff\xfe", "line"),
        (lambda line: line[: len(line) // 2], "line"),
        (lambda line: line.replace(b'"host":"localhost"', b'"host":"other"'), "line"),
        (lambda line: line.replace(b'"writer":"decoys"', b'"writer":"forged"'), "line"),
        (lambda line: line.replace(b'"kind":"command"', b'"kind":"\xff"'), "line"),
        (lambda line: forged(line, sequence=1), "line"),
        (lambda line: forged(line, sequence=1 << 60), "line"),
        (lambda _: b"x" * (LINE_LIMIT + 1), "line"),
        (lambda _: b"[" * 10_000, "line"),
    ],
)
def test_damaged_line_costs_itself_only(spooled: Spooled, edit: Callable[[bytes], bytes], reason: str) -> None:
    change(spooled.segments()[0], 11, edit)
    batch = spooled.read()
    assert numbers(batch) == [number for number in range(COUNT) if number != 10]
    assert {damage.reason for damage in batch.damage} == {reason, "missing"}


def forged(line: bytes, **fields: object) -> bytes:
    """Return a line that says something else in clear, its content untouched."""
    place, content = split_line(line)
    return end_line(json.dumps({**json.loads(place + b"}"), **fields}, separators=(",", ":")).encode()[:-1], content)[:-1]


@pytest.mark.parametrize("edit", [{"decoy": "other"}, {"kind": "file"}, {"kind": "n" * 100}])
def test_content_that_cannot_be_read_leaves_who_and_when(spooled: Spooled, edit: dict[str, str]) -> None:
    change(spooled.segments()[0], 11, lambda line: forged(line, **edit))
    batch = spooled.read()
    assert len(batch.records) == COUNT
    changed = batch.records[10]
    assert isinstance(changed.record.body, Unreadable)
    assert (changed.record.body.was, changed.record.secret) == (edit.get("kind", "command")[:64], None)
    assert (changed.record.origin.peer, json.loads(changed.body)["was"]) == (origin().peer, changed.record.body.was)
    assert [damage.reason for damage in batch.damage] == ["content"]


def test_file_that_belongs_to_a_record_is_known_even_where_the_record_cannot_be_read(tmp_path: Path) -> None:
    spooled = Spooled(tmp_path)
    writer = spooled.open()
    captured = writer.capture()
    captured.write(b"malware")
    writer.record(origin(), File(path="x", direction="upload", sha256=captured.finish().sha256, size=7))
    writer.close()
    (blob,) = (spooled.folder / "blobs").iterdir()
    change(spooled.segments()[0], 0, lambda line: line.replace(b'"version":1', b'"version":9'))
    (found,) = spooled.read().records
    assert (found.record.kind, found.blob) == ("unreadable", blob.name)


def test_spool_that_is_sealed_to_another_key_waits_and_loses_nothing(spooled: Spooled) -> None:
    other = replace(spooled, private_key=X25519PrivateKey.generate())
    batch = other.read()
    assert (batch.records, batch.damage, batch.position) == ([], [], Position())
    assert "sealing.key" in batch.blocked
    assert numbers(spooled.read(batch.position)) == list(range(COUNT))


def test_key_of_one_segment_opens_no_other_and_hinders_no_other(tmp_path: Path) -> None:
    """Whichever is looked at first."""
    spooled = written(Spooled(tmp_path), COUNT, segment_bytes=2500)
    first, *_, last = spooled.segments()
    header = last.read_bytes().split(b"\n")[0]
    change(first, 0, lambda _: header)
    found = [one.record.kind for one in spooled.read().records]
    in_first = len(first.read_bytes().splitlines()) - 1
    assert found == ["unreadable"] * in_first + ["command"] * (COUNT - in_first)


def test_header_that_is_damaged_leaves_who_and_when(spooled: Spooled) -> None:
    change(spooled.segments()[0], 0, lambda line: line.replace(b'"version":1', b'"version":9'))
    batch = spooled.read()
    assert [found.record.kind for found in batch.records] == ["unreadable"] * COUNT
    assert {found.record.secret for found in batch.records} == {None}
    assert batch.damage[0].reason == "header"


def test_lines_that_somebody_took_out_are_counted(spooled: Spooled) -> None:
    path = spooled.segments()[0]
    lines = path.read_bytes().split(b"\n")
    path.write_bytes(b"\n".join(lines[:11] + lines[14:]))
    batch = spooled.read()
    assert numbers(batch) == [*range(10), *range(13, COUNT)]
    assert [(damage.reason, damage.count) for damage in batch.damage] == [("missing", 3)]


def test_doubled_line_is_stored_once(spooled: Spooled) -> None:
    change(spooled.segments()[0], 11, lambda line: line + b"\n" + line)
    batch = spooled.read()
    assert numbers(batch) == list(range(COUNT))
    assert [damage.reason for damage in batch.damage] == ["line"]


def test_last_line_without_its_end_waits(spooled: Spooled) -> None:
    path = spooled.segments()[0]
    whole = path.read_bytes()
    path.write_bytes(whole[:-10])
    first = spooled.read()
    assert numbers(first) == list(range(COUNT - 1))
    assert first.damage == []
    path.write_bytes(whole)
    assert numbers(spooled.read(first.position)) == [COUNT - 1]


def test_segment_that_vanished_is_missed(tmp_path: Path) -> None:
    spooled = written(Spooled(tmp_path), COUNT, segment_bytes=1500)
    first = spooled.read(limit=1)
    spooled.segments()[1].unlink()
    batch = spooled.read(first.position)
    assert batch.damage[0].reason == "missing"
    assert len(batch.records) + 1 + batch.damage[0].count == COUNT


@pytest.mark.parametrize("kind", ["link", "fifo", "folder", pytest.param("stranger", marks=pytest.mark.root)])
def test_segment_that_is_no_file_of_the_owner_is_passed_over(tmp_path: Path, kind: str) -> None:
    spooled = written(Spooled(tmp_path), COUNT, segment_bytes=1500)
    path = spooled.segments()[1]
    content = path.read_bytes()
    path.unlink()
    if kind == "link":
        path.symlink_to("/etc/passwd")
    elif kind == "fifo":
        os.mkfifo(path)
    elif kind == "folder":
        path.mkdir()
    else:
        path.write_bytes(content)
        os.chown(path, 12345, -1)
    batch = spooled.read()
    assert [damage.reason for damage in batch.damage] == ["file", "missing"]
    assert numbers(batch)[-1] == COUNT - 1


@pytest.mark.parametrize("kind", ["link", "fifo", "nothing"])
def test_spool_that_is_no_folder_is_damage(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "localhost" / "decoys"
    path.parent.mkdir()
    if kind == "link":
        path.symlink_to("/etc")
    elif kind == "fifo":
        os.mkfifo(path)
    assert [damage.reason for damage in Spooled(tmp_path).read().damage] == ["folder"]


def test_endless_line_is_left_behind_piece_by_piece(spooled: Spooled) -> None:
    """Memory stays bounded, and what follows is read."""
    path = spooled.segments()[0]
    whole = path.read_bytes()
    cut = whole.index(b"\n", 3000) + 1
    path.write_bytes(whole[:cut] + b"x" * (5 * LINE_LIMIT) + b"\n" + whole[cut:])
    batch = spooled.read()
    assert numbers(batch) == list(range(COUNT))
    assert {damage.reason for damage in batch.damage} == {"line"}


def test_segment_that_became_shorter_is_reported(spooled: Spooled) -> None:
    position = spooled.read().position
    os.truncate(spooled.segments()[0], 100)
    assert [damage.reason for damage in spooled.read(position).damage] == ["short"]


@pytest.mark.parametrize("seed", range(20))
def test_random_corruption_never_crashes_and_never_doubles(tmp_path: Path, seed: int) -> None:
    spooled = written(Spooled(tmp_path), COUNT, segment_bytes=2500)
    chance = random.Random(seed)
    for path in spooled.segments():
        content = bytearray(path.read_bytes())
        for _ in range(3):
            content[chance.randrange(len(content))] = chance.randrange(256)
        path.write_bytes(content)
    found = numbers(spooled.read())
    assert len(found) == len(set(found))
    assert len(found) >= COUNT - 3 * 2 * len(spooled.segments())


def test_what_was_read_is_durable_in_the_spool(spooled: Spooled, monkeypatch: pytest.MonkeyPatch) -> None:
    """Or the store would know, after a power cut, a record whose sequence the writer uses again."""
    synced = []
    monkeypatch.setattr(os, "fdatasync", lambda file: synced.append(os.fstat(file).st_ino))
    position = spooled.read().position
    assert synced == [spooled.segments()[0].stat().st_ino]
    spooled.read(position)
    assert len(synced) == 1, "nothing new, nothing to do"
