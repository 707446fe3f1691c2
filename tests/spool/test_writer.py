# SPDX-License-Identifier: MIT
"""What the writer was told is on the disk before it returns, in order, each sequence once; what is lost is told."""

import asyncio
import errno
import os
import shutil
import signal
from pathlib import Path
from typing import Any

import pytest

from decnet.config.model import Spool
from decnet.domain.evidence import Command, Credential, File, Lost, Opened, Violation
from decnet.errors import DamagedError, InUseError
from decnet.spool import writer as writer_module
from decnet.spool.folder import RESERVE
from decnet.spool.reader import Position
from decnet.spool.segment import LINE_LIMIT
from decnet.spool.writer import SpoolWriter
from tests.support.clear import in_clear
from tests.support.spools import Spooled, origin, put

DEADLINE_SECONDS = 20


def written(spooled: Spooled) -> list[str]:
    """Return the commands that a reader finds."""
    batch = spooled.read()
    assert batch.damage == []
    return [found.record.body.command for found in batch.records if isinstance(found.record.body, Command)]


def fill(writer: SpoolWriter, first: int, count: int) -> None:
    """Write commands that are numbered."""
    for number in range(first, first + count):
        writer.record(origin(), Command(command=str(number)))


def test_record_is_readable_when_record_returns(tmp_path: Path) -> None:
    spooled = Spooled(tmp_path)
    writer = spooled.open()
    writer.record(origin(), Credential(mechanism="password", username="root", accepted=False), b"hunter2")
    (found,) = spooled.read().records
    assert (found.record.secret, found.record.sequence, found.record.host) == (b"hunter2", writer.sequence, "localhost")
    writer.close()


def test_secret_is_nowhere_in_clear(tmp_path: Path) -> None:
    spooled = Spooled(tmp_path)
    writer = spooled.open()
    writer.record(origin(), Opened(), b"correct horse battery")
    assert in_clear(tmp_path, {"secret": "correct horse battery"}) == []
    writer.close()


def test_sequences_go_on_over_restarts_without_a_gap(tmp_path: Path) -> None:
    spooled = Spooled(tmp_path)
    for start in range(3):
        writer = spooled.open()
        fill(writer, start * 10, 10)
        writer.close()
    sequences = [found.record.sequence for found in spooled.read().records]
    assert sequences == list(range(sequences[0], sequences[0] + 30))
    assert written(spooled) == [str(number) for number in range(30)]


def test_spool_that_somebody_removes_begins_anew(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """Evidence goes on, no sequence comes twice, and the log says what happened, once."""
    spooled = Spooled(tmp_path)
    writer = spooled.open()
    fill(writer, 0, 3)
    last = writer.sequence
    shutil.rmtree(tmp_path / "localhost")
    fill(writer, 3, 3)
    assert written(spooled) == ["3", "4", "5"]
    assert spooled.read().records[0].record.sequence == last + 1
    assert len([entry for entry in caplog.records if "somebody removed the spool" in entry.getMessage()]) == 1
    writer.close()


def test_restart_without_a_record_leaves_no_gap(tmp_path: Path) -> None:
    spooled = Spooled(tmp_path)
    for _ in range(3):
        spooled.open().close()
    writer = spooled.open()
    fill(writer, 0, 1)
    writer.close()
    assert written(spooled) == ["0"]


@pytest.mark.parametrize("tail", [b"x", b'{"id":"torn', b'{"sequence":9'])
def test_torn_tail_stays_and_a_new_segment_follows(tmp_path: Path, tail: bytes) -> None:
    spooled = Spooled(tmp_path)
    writer = spooled.open()
    fill(writer, 0, 3)
    writer.close()
    torn = spooled.segments()[-1]
    torn.write_bytes(torn.read_bytes() + tail)
    writer = spooled.open()
    fill(writer, 3, 2)
    writer.close()
    batch = spooled.read()
    assert [found.record.body for found in batch.records] == [Command(command=str(number)) for number in range(5)]
    assert [damage.reason for damage in batch.damage] == ["torn"]
    assert torn.read_bytes().endswith(tail)


def test_segment_that_holds_only_a_torn_line_is_replaced(tmp_path: Path) -> None:
    """Its place in the sequence was never used."""
    spooled = Spooled(tmp_path)
    writer = spooled.open()
    fill(writer, 0, 1)
    writer.close()
    segment = spooled.segments()[0]
    segment.write_bytes(segment.read_bytes()[:-5])
    writer = spooled.open()
    fill(writer, 1, 1)
    writer.close()
    assert spooled.segments() == [segment]
    assert written(spooled) == ["1"]


def test_full_segment_is_followed_by_one_with_another_key(tmp_path: Path) -> None:
    spooled = Spooled(tmp_path)
    writer = spooled.open(segment_bytes=2000)
    fill(writer, 0, 50)
    writer.close()
    headers = {path.read_bytes().split(b"\n")[0] for path in spooled.segments()}
    assert len(headers) == len(spooled.segments()) > 5
    assert len(written(spooled)) == 50


def test_old_segment_is_ended(tmp_path: Path) -> None:
    """Its data key is forgotten with it."""
    spooled = Spooled(tmp_path)
    writer = spooled.open(segment_seconds=1e-9)
    fill(writer, 0, 3)
    writer.close()
    assert len(spooled.segments()) == 3


def test_ingested_segments_are_deleted_but_the_newest_stays(tmp_path: Path) -> None:
    """The newest segment knows the sequence."""
    spooled = Spooled(tmp_path)
    writer = spooled.open(segment_bytes=2000)
    fill(writer, 0, 50)
    newest = spooled.segments()[-1]
    writer.ingested(writer.sequence)
    assert spooled.segments() == [newest]
    assert writer.counters["waiting_bytes"] == newest.stat().st_size
    last = writer.sequence
    writer.close()
    again = spooled.open()
    assert again.sequence == last
    again.close()


def test_segment_that_is_not_wholly_ingested_stays(tmp_path: Path) -> None:
    spooled = Spooled(tmp_path)
    writer = spooled.open(segment_bytes=2000)
    fill(writer, 0, 50)
    before = spooled.segments()
    writer.ingested(int(before[1].stem) - 2)
    assert spooled.segments() == before
    writer.ingested(int(before[1].stem) - 1)
    assert spooled.segments() == before[1:]
    writer.close()


def test_captured_file_is_deleted_with_the_last_record_that_names_it(tmp_path: Path) -> None:
    spooled = Spooled(tmp_path)
    writer = spooled.open()
    captured = writer.capture()
    captured.write(b"malware")
    blob = captured.finish()
    (path,) = (spooled.folder / "blobs").iterdir()
    writer.ingested(writer.sequence)
    assert path.exists(), "no record names it yet"
    writer.record(origin(), File(path="/tmp/x", direction="upload", sha256=blob.sha256, size=7))
    writer.ingested(writer.sequence - 1)
    assert path.exists()
    writer.ingested(writer.sequence)
    assert not path.exists()
    writer.close()


def test_captured_files_that_no_record_names_go_at_the_start_and_others_stay(tmp_path: Path) -> None:
    spooled = Spooled(tmp_path)
    writer = spooled.open()
    captured = writer.capture()
    captured.write(b"named")
    blob = captured.finish()
    named = list((spooled.folder / "blobs").iterdir())
    orphan = writer.capture()
    orphan.write(b"orphan")
    orphan.finish()
    writer.record(origin(), File(path="/tmp/x", direction="upload", sha256=blob.sha256, size=5))
    writer.close()
    assert len(list((spooled.folder / "blobs").iterdir())) == 2
    writer = spooled.open()
    assert list((spooled.folder / "blobs").iterdir()) == named
    writer.ingested(writer.sequence)
    assert list((spooled.folder / "blobs").iterdir()) == []
    writer.close()


async def test_captured_file_is_durable_before_the_record_that_names_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After a power cut the store must not be promised a file that the disk never got."""
    spooled = Spooled(tmp_path)
    writer = spooled.open()
    captured = writer.capture()
    captured.write(b"malware")
    blob = captured.finish()
    writer.record(origin(), File(path="/tmp/x", direction="upload", sha256=blob.sha256, size=7))
    synced: list[int] = []
    for name in ("fsync", "fdatasync"):
        monkeypatch.setattr(os, name, lambda file: synced.append(os.fstat(file).st_ino))
    await writer.sync()
    monkeypatch.undo()
    (segment,) = spooled.segments()
    (path,) = (spooled.folder / "blobs").iterdir()
    assert synced[0] == path.stat().st_ino
    assert synced.index(segment.stat().st_ino) > 0
    writer.close()


def test_writer_whose_clock_went_back_goes_on_behind_what_the_store_knows(tmp_path: Path) -> None:
    """An emptied spool begins at the clock; records below what was read would be taken for copies for ever."""
    spooled = Spooled(tmp_path)
    writer = spooled.open()
    fill(writer, 0, 1)
    known = writer.sequence + 10**12
    position = Position(known, 100, known + 5)
    assert [one.reason for one in spooled.read(position).damage] == ["older"]
    writer.ingested(position.sequence)
    fill(writer, 1, 1)
    batch = spooled.read(position)
    assert [found.record.sequence for found in batch.records] == [position.sequence + 1]
    assert batch.damage == []
    writer.close()


def test_spool_at_its_limit_counts_what_it_loses_and_tells_it_later(tmp_path: Path) -> None:
    spooled = Spooled(tmp_path)
    writer = spooled.open(limit_bytes=6000, segment_bytes=1000)
    fill(writer, 0, 40)
    stored, lost = writer.counters["written"], writer.counters["lost"]
    assert stored + lost == 40
    assert lost > 0
    writer.ingested(writer.sequence)
    fill(writer, 40, 1)
    bodies = [found.record.body for found in spooled.read().records]
    (told,) = [body for body in bodies if isinstance(body, Lost)]
    assert (told.count, told.since <= told.until) == (lost, True)
    assert "limit" in told.reason
    assert bodies[-1] == Command(command="40")
    writer.close()


def test_full_disk_frees_the_reserve_then_loses_then_tells(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The kernel's answer is played: the real one is tested on a small file system."""
    spooled = Spooled(tmp_path)
    writer = spooled.open(reserve_bytes=4096)
    fill(writer, 0, 1)
    room = 1000
    real_write = os.write

    def write(file: int, data: bytes) -> int:
        reserve = 4096 if not (spooled.folder / RESERVE).exists() else 0
        used = sum(path.stat().st_size for path in spooled.segments())
        left = room + reserve - used
        if left <= 0:
            raise OSError(errno.ENOSPC, "No space left on device")
        return real_write(file, data[:left])

    monkeypatch.setattr(os, "write", write)
    fill(writer, 1, 30)
    assert not (spooled.folder / RESERVE).exists()
    assert writer.counters["lost"] > 0
    assert spooled.segments()[-1].read_bytes().endswith(b"\n"), "a half line was taken back"
    monkeypatch.undo()
    fill(writer, 31, 1)
    writer.close()
    batch = spooled.read()
    assert batch.damage == []
    assert (
        sum(found.record.body.count for found in batch.records if isinstance(found.record.body, Lost))
        == writer.counters["lost"]
    )
    assert batch.records[-1].record.body == Command(command="31")


def test_record_that_is_too_long_is_told_by_a_short_one(tmp_path: Path) -> None:
    spooled = Spooled(tmp_path)
    writer = spooled.open()
    writer.record(origin(), Command(command="x" * (LINE_LIMIT + 1)), b"secret")
    writer.close()
    (found,) = spooled.read().records
    assert isinstance(found.record.body, Violation)
    assert "too long" in found.record.body.reason
    assert found.record.secret == b"secret"


def test_text_that_is_none_is_told_and_never_raised(tmp_path: Path) -> None:
    spooled = Spooled(tmp_path)
    writer = spooled.open()
    writer.record(origin(), Command(command="\udcff lone"))
    writer.close()
    (found,) = spooled.read().records
    assert isinstance(found.record.body, Violation)
    assert "lone" in found.record.body.data


def test_second_writer_is_refused(tmp_path: Path) -> None:
    spooled = Spooled(tmp_path)
    writer = spooled.open()
    with pytest.raises(InUseError):
        spooled.open()
    writer.close()
    writer.close()
    spooled.open().close()


def test_record_after_the_end_is_counted_and_never_raised(tmp_path: Path) -> None:
    """A session may outlive the spool by a moment."""
    spooled = Spooled(tmp_path)
    writer = spooled.open()
    writer.close()
    fill(writer, 0, 1)
    assert writer.counters["lost"] == 1


async def test_busy_writer_sets_its_reserve_aside_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(writer_module, "_LOOK_SECONDS", 0.01)
    spooled = Spooled(tmp_path)
    writer = spooled.open(reserve_bytes=4096, sync_seconds=0.001)
    (spooled.folder / RESERVE).unlink()
    writer._has_reserve = False
    running = asyncio.get_running_loop().create_task(writer.run())
    async with asyncio.timeout(DEADLINE_SECONDS):
        while not (spooled.folder / RESERVE).exists():
            fill(writer, 0, 1)
            await writer.sync()
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    writer.close()


def test_folder_must_be_that_of_the_host_and_the_writer(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="elsewhere"):
        SpoolWriter(
            tmp_path / "elsewhere",
            host="localhost",
            writer="decoys",
            public_key=Spooled(tmp_path).private_key.public_key(),
            settings=Spool(),
            disk=Any,  # type: ignore[arg-type]  # never reached
        )


@pytest.mark.parametrize("kind", ["link", "fifo", "folder"])
def test_stranger_in_the_folder_is_named(tmp_path: Path, kind: str) -> None:
    spooled = Spooled(tmp_path)
    spooled.open().close()
    path = spooled.folder / f"{1:020}.jsonl"
    put(path, kind)
    with pytest.raises(DamagedError, match=path.name):
        spooled.open()


async def test_run_makes_durable_what_was_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    spooled = Spooled(tmp_path)
    writer = spooled.open(sync_seconds=0.01)
    loop = asyncio.get_running_loop()
    synced = asyncio.Event()
    real = os.fdatasync

    def fdatasync(file: int) -> None:
        real(file)
        loop.call_soon_threadsafe(synced.set)

    monkeypatch.setattr(os, "fdatasync", fdatasync)
    running = loop.create_task(writer.run())
    for _ in range(3):
        fill(writer, 0, 1)
        async with asyncio.timeout(DEADLINE_SECONDS):
            await synced.wait()
        synced.clear()
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    writer.close()


async def test_quiet_time_tells_a_gap_without_a_new_attacker(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(writer_module, "_LOOK_SECONDS", 0.01)
    spooled = Spooled(tmp_path)
    writer = spooled.open(limit_bytes=3000, segment_bytes=500)
    fill(writer, 0, 30)
    writer.ingested(writer.sequence)
    await writer.sync()
    running = asyncio.get_running_loop().create_task(writer.run())
    async with asyncio.timeout(DEADLINE_SECONDS):
        await writer._dirty.wait()
    assert isinstance(spooled.read().records[-1].record.body, Lost)
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    writer.close()


def test_killed_process_loses_nothing_that_returned(tmp_path: Path) -> None:
    """A child writes, says so, and is killed at once; no fdatasync has run."""
    spooled = Spooled(tmp_path)
    reading, saying = os.pipe()
    child = os.fork()
    if child == 0:
        writer = spooled.open()
        fill(writer, 0, 100)
        os.write(saying, b"x")
        signal.pause()
    os.read(reading, 1)
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    os.close(reading)
    os.close(saying)
    assert len(written(spooled)) == 100
