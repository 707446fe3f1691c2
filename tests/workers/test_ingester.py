# SPDX-License-Identifier: MIT
"""The ingester wakes, stores, announces, and survives whatever kills it."""

import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import AbstractContextManager, asynccontextmanager, closing, contextmanager
from pathlib import Path

import pytest

from decnet.bus.memory import MemoryBus, MemoryHub
from decnet.config.model import Config
from decnet.domain.evidence import Command, Lost, Opened
from decnet.errors import HostError, StoreOutdatedError
from decnet.events import EvidenceStored, HealthRequested, SpoolIngested, decode
from decnet.spool.writer import SpoolWriter
from decnet.store import evidence, keys, spools
from decnet.store.backup import back_up
from decnet.store.database import connect
from decnet.store.ingest import open_ingest
from decnet.workers import ingester
from decnet.workers.ingester import Ingester
from tests.support.spools import Spooled, origin
from tests.support.stores import migrated
from tests.support.workers import config, connected, next_message, running

DEADLINE_SECONDS = 60
KILLS = 12
RECORDS = 6000
SMALL_DISK_BYTES = 12 << 20

WRITER = """
import sys
from pathlib import Path
from decnet.domain.evidence import Command
from tests.support.spools import Spooled, origin
from decnet.spool.sealing import read_public_key
from decnet.spool.writer import SpoolWriter
from decnet.config.model import Disk, Spool
writer = SpoolWriter(Path(sys.argv[1]), host="localhost", writer="decoys", public_key=read_public_key(Path(sys.argv[2])),
                     settings=Spool(segment_bytes=100_000), disk=Disk())
writer.start()
place = origin()
for line in sys.stdin:
    writer.record(place, Command(command=line.strip()), b"secret")
    print(line, end="", flush=True)
"""
INGESTER = """
import sys
from pathlib import Path
from decnet.store.ingest import Ingest
from decnet.store.keys import load
root = Path(sys.argv[1])
data = root / "data"
ingest = Ingest(data / "store/decnet.db", spool=data / "spool", blobs=data / "blobs", keys=load(root / "secrets"),
                batch=50, blob_limit=1 << 20)
while True:
    if ingest.step().records:
        print("stored", flush=True)
"""


def spooled(made: Config) -> Spooled:
    """Return the spool of the decoys."""
    return Spooled(made.paths.spool, private_key=keys.load(made.paths.secrets).sealing)


def box(made: Config) -> keys.Box:
    """Return what opens the records of the store."""
    return keys.Box(keys.load(made.paths.secrets))


def commands(made: Config) -> list[str]:
    """Return the commands in the store."""
    with closing(connect(made.paths.store, read_only=True)) as connection:
        found = evidence.newest(connection, box(made), limit=1_000_000)
    return [one.record.body.command for one in found if isinstance(one.record.body, Command)]


@asynccontextmanager
async def ingesting(made: Config) -> AsyncIterator[tuple[Ingester, MemoryBus]]:
    """Run the ingester, and a bus client beside it."""
    hub = MemoryHub()
    async with connected(MemoryBus(hub, "test")) as bus:
        assert isinstance(bus, MemoryBus)
        worker = Ingester(made, MemoryBus(hub, "ingester"))
        async with running(worker):
            yield worker, bus


async def test_record_is_stored_and_announced_when_it_is_written(tmp_path: Path) -> None:
    made = migrated(tmp_path)
    async with ingesting(made) as (worker, bus):
        stored = await bus.subscribe("evidence.>")
        ingested = await bus.subscribe("spool.ingested")
        writer = spooled(made).open()
        writer.record(origin(), Command(command="id"))
        event = decode((await next_message(aiter(stored))).body)
        assert isinstance(event, EvidenceStored)
        assert (event.kind, event.address) == ("command", "192.0.2.7")
        assert commands(made) == ["id"]
        told = decode((await next_message(aiter(ingested))).body)
        assert told == SpoolIngested(host="localhost", writer="decoys", sequence=writer.sequence)
        assert worker.counters.handled == 1
        writer.close()


async def test_what_was_written_while_it_was_away_is_stored_at_the_start(tmp_path: Path) -> None:
    made = migrated(tmp_path)
    writer = spooled(made).open()
    for number in range(5000):
        writer.record(origin(), Command(command=str(number)))
    writer.close()
    async with ingesting(made) as (_, bus):
        ingested = aiter(await bus.subscribe("spool.ingested"))
        while decode((await next_message(ingested)).body) != SpoolIngested(
            host="localhost", writer="decoys", sequence=writer.sequence
        ):
            pass
    assert commands(made) == [str(number) for number in range(5000)]


async def test_store_that_is_not_migrated_ends_the_service(tmp_path: Path) -> None:
    made = config(tmp_path)
    keys.create(made.paths.secrets)
    made.paths.store.parent.mkdir(parents=True)
    made.paths.store.touch()
    with pytest.raises(ExceptionGroup) as failed:
        async with ingesting(made):
            pass
    assert failed.group_contains(StoreOutdatedError)


@pytest.mark.client
def test_store_that_is_replaced_while_it_is_open_ends_the_ingest_and_loses_nothing(tmp_path: Path) -> None:
    """Otherwise evidence would go into a file that has no name any more, and writers would delete theirs."""
    made = migrated(tmp_path)
    writer = spooled(made).open()
    writer.record(origin(), Command(command="before"))
    with closing(open_ingest(made)) as ingest:
        ingest.step()
        back_up(made.paths.store, tmp_path / "older.db")
        (tmp_path / "older.db").replace(made.paths.store)
        writer.record(origin(), Command(command="after"))
        with pytest.raises(HostError, match="replaced"):
            ingest.step()
        with pytest.raises(HostError, match="replaced"):
            ingest.checkpoint()
    for leftover in made.paths.store.parent.glob("*.db-*"):
        leftover.unlink()
    with closing(open_ingest(made)) as ingest:
        ingest.step()
    assert sorted(commands(made)) == ["after", "before"]
    writer.close()


def test_killed_ingester_and_killed_writer_lose_and_double_nothing(tmp_path: Path) -> None:
    """Both are killed again and again; every record whose write returned is in the store exactly once, in order."""
    made = migrated(tmp_path)
    done: list[str] = []
    for life in range(KILLS):
        with _child(INGESTER, str(tmp_path)) as reader, _writer(made) as writer:
            _feed(writer, done, life)
            assert reader.stdout
            for _ in range(life % 4):
                reader.stdout.readline()
            os.kill(reader.pid, signal.SIGKILL)
            os.kill(writer.pid, signal.SIGKILL)
            done += _rest(writer)
    with _child(INGESTER, str(tmp_path)) as reader:
        assert reader.stdout
        while commands(made)[-1:] != done[-1:]:
            assert reader.stdout.readline(), "the ingester ended"
        reader.kill()
    found = commands(made)
    assert len(found) == len(set(found)), "nothing is doubled"
    assert [one for one in found if one in set(done)] == done, "nothing that returned is lost, and all is in order"
    assert len(found) - len(done) <= KILLS, "at most the record that was being written"
    with closing(connect(made.paths.store, read_only=True)) as connection:
        assert [row.reason for row in spools.damage(connection)] in ([], ["torn"] * len(spools.damage(connection)))


def _feed(writer: "subprocess.Popen[str]", done: list[str], life: int) -> None:
    """Have records written and take the answers to most of them."""
    assert writer.stdin
    assert writer.stdout
    lines = [f"{life}-{number}" for number in range(RECORDS // KILLS)]
    writer.stdin.write("".join(f"{line}\n" for line in lines))
    writer.stdin.flush()
    done += [writer.stdout.readline().strip() for _ in lines[:-50]]


def _rest(writer: "subprocess.Popen[str]") -> list[str]:
    """Return the answers that were on their way when the writer was killed."""
    assert writer.stdout
    return [line.strip() for line in writer.stdout.read().splitlines(keepends=True) if line.endswith("\n")]


def _writer(made: Config) -> "AbstractContextManager[subprocess.Popen[str]]":
    """Start a process that writes a record for each line that it is given."""
    return _child(WRITER, str(spooled(made).folder), str(made.paths.secrets / "sealing.pub"))


@contextmanager
def _child(code: str, *arguments: str) -> Iterator["subprocess.Popen[str]"]:
    """Run Python in a process of its own; it is dead at the end."""
    process = subprocess.Popen(
        [sys.executable, "-c", code, *arguments], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


@pytest.fixture
def small_disk() -> Iterator[Path]:
    """Return the root of a file system of a few mebibytes; it is gone at the end, whatever still uses it."""
    with tempfile.TemporaryDirectory() as folder:
        image, place = Path(folder) / "image", Path(folder) / "disk"
        place.mkdir()
        image.touch()
        os.truncate(image, SMALL_DISK_BYTES)
        subprocess.run(["mkfs.ext4", "-q", "-m", "0", str(image)], check=True)
        subprocess.run(["mount", "-o", "loop", str(image), str(place)], check=True)
        try:
            yield place
        finally:
            subprocess.run(["umount", "-l", str(place)], check=True)


@pytest.mark.root
async def test_full_disk_keeps_evidence_counts_the_rest_and_goes_on_when_there_is_room(
    small_disk: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A real file system runs full under the spool and the store."""
    monkeypatch.setattr(ingester, "RETRY_SECONDS", 0.05)
    made = migrated(small_disk)
    writer = spooled(made).open(reserve_bytes=1 << 20)
    try:
        await _run_full(made, writer, small_disk / "ballast")
    finally:
        writer.close()
    with closing(connect(made.paths.store, read_only=True)) as connection:
        found = evidence.newest(connection, box(made), limit=100_000)
    assert len(found) == writer.counters["written"]
    lost = [one.record.body.count for one in found if isinstance(one.record.body, Lost)]
    assert sum(lost) == writer.counters["lost"] >= 2


async def _run_full(made: Config, writer: SpoolWriter, ballast: Path) -> None:
    """Fill the disk, attack until records are lost, make room again."""
    with ballast.open("wb") as file:
        os.posix_fallocate(file.fileno(), 0, shutil.disk_usage(ballast.parent).free - (64 << 10))
    while writer.counters["lost"] < 2:
        writer.record(origin(), Command(command="x" * 900))
    writer.record(origin(), Opened())
    async with ingesting(made) as (worker, bus):
        stored = aiter(await bus.subscribe("evidence.>"))
        health = aiter(await bus.subscribe("system.ingester.health"))
        while "full" not in worker.counters.state:
            await bus.publish(HealthRequested())
            await next_message(health)
        os.unlink(ballast)  # noqa: PTH108 - at once, and in no thread
        writer.record(origin(), Command(command="after"))
        while commands(made)[-1:] != ["after"]:
            await next_message(stored)
        assert worker.counters.state == "ok"
