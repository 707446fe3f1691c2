# SPDX-License-Identifier: MIT
"""
How many records a second reach the store.

Credential-heavy traffic (seven of ten records are logins with a secret) from two spools, all indexes on, into a store that
holds a million records already. Reading, checking, decrypting, encrypting, storing and the event log are all in the figure.
"""

import argparse
import random
import statistics
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from decnet.domain.evidence import Body, Closed, Command, Credential, Endpoint, Opened, Origin, new_id
from decnet.store import evidence, keys
from decnet.store.ingest import Ingest
from decnet.store.migrate import migrate
from tests.support.spools import Spooled

PRESENT = 1_000_000
QUICK_PRESENT = 50_000
MEASURED = 40_000
RUNS = 5
ATTACKERS = 20_000
PASSWORDS = 200_000
DECOYS = 50
LOGINS = 8
TARGET = 10_000
PEER = "183-1,487"


def main() -> int:
    """Fill a store, measure, print the table."""
    parser = argparse.ArgumentParser(prog="scripts/bench ingest", description=__doc__)
    parser.add_argument("--present", type=int, default=PRESENT, help="records in the store before the first run")
    parser.add_argument("--quick", action="store_true", help=f"only {QUICK_PRESENT:,} records present")
    arguments = parser.parse_args()
    present_before = QUICK_PRESENT if arguments.quick else arguments.present
    chance = random.Random(1)
    with tempfile.TemporaryDirectory() as folder, _store(Path(folder)) as (ingest, spools):
        _fill(ingest, spools, chance, present_before)
        runs = [_measure(ingest, spools, chance) for _ in range(RUNS)]
        present = evidence.last_number(ingest.connection)
        size = (Path(folder) / "decnet.db").stat().st_size
    rates, of_cpu = [run[0] for run in runs], [run[1] for run in runs]
    median = statistics.median(rates)
    print(f"{'ingest into SQLite, credential-heavy, indexes on':<52}{'evidence/s':>14}")
    print(f"{'median of ' + str(RUNS) + ' runs of ' + str(MEASURED):<52}{median:>14,.0f}")
    print(f"{'slowest, fastest':<52}{f'{min(rates):,.0f}, {max(rates):,.0f}':>14}")
    print(f"{'for each second of CPU (what a busy host takes away)':<52}{statistics.median(of_cpu):>14,.0f}")
    print(f"{'target':<52}{TARGET:>14,}   {median / TARGET:.2f}x")
    print(f"{'closest peer (its own three mixes)':<52}{PEER:>14}")
    print(f"{'records in the store at the end; bytes for each':<52}{f'{present:,}; {size // max(present, 1)}':>14}")
    return 0 if median >= TARGET else 1


@contextmanager
def _store(folder: Path) -> Iterator[tuple[Ingest, list[Spooled]]]:
    """Make an empty store and two spools that are sealed to its key."""
    keys.create(folder / "secrets")
    loaded = keys.load(folder / "secrets")
    migrate(folder / "decnet.db")
    spool = folder / "spool"
    ingest = Ingest(folder / "decnet.db", spool=spool, blobs=folder / "blobs", keys=loaded, batch=2000, blob_limit=1 << 20)
    spools = [Spooled(spool, host=host, private_key=loaded.sealing) for host in ("master", "agent-1")]
    try:
        yield ingest, spools
    finally:
        ingest.close()


def _fill(ingest: Ingest, spools: list[Spooled], chance: random.Random, count: int) -> None:
    """Bring the store to its size the way everything comes into it."""
    done = 0
    while done < count:
        _attack(spools, chance, min(MEASURED, count - done))
        done += _ingest_all(ingest)


def _measure(ingest: Ingest, spools: list[Spooled], chance: random.Random) -> tuple[float, float]:
    """Return the records of one run for each second that passed, and for each second of CPU."""
    _attack(spools, chance, MEASURED)
    begun, begun_cpu = time.perf_counter(), time.process_time()
    done = _ingest_all(ingest)
    return done / (time.perf_counter() - begun), done / (time.process_time() - begun_cpu)


def _ingest_all(ingest: Ingest) -> int:
    """Store what waits and make it durable; return the number of records."""
    done = 0
    while records := ingest.step().records:
        done += records
    ingest.checkpoint()
    return done


def _attack(spools: list[Spooled], chance: random.Random, count: int) -> None:
    """Write records as lures do, evenly into the spools; old segments are deleted as after an ingest."""
    for spooled in spools:
        writer = spooled.open()
        writer.ingested(writer.sequence)
        for _ in range(count // len(spools) // (LOGINS + 2)):
            origin = _origin(chance)
            writer.record(origin, Opened())
            for body, secret in _conversation(chance):
                writer.record(origin, body, secret)
        writer.close()


def _conversation(chance: random.Random) -> Iterator[tuple[Body, bytes | None]]:
    """Yield what follows the connection: logins, one command, the end."""
    for _ in range(LOGINS - 1):
        secret = f"password-{int(chance.paretovariate(0.4)) % PASSWORDS}".encode()
        yield Credential(mechanism="password", username=chance.choice(("root", "admin", "pi")), accepted=False), secret
    yield Command(command="uname -a; cat /proc/cpuinfo", exit_code=0), None
    yield Closed(reason="client", seconds=3.2, received=2000, sent=4000), None


def _origin(chance: random.Random) -> Origin:
    """Return one of many attackers at one of many decoys."""
    attacker = chance.randrange(ATTACKERS)
    return Origin(
        decoy=f"decoy-{chance.randrange(DECOYS):02}",
        lure="ssh",
        session=new_id(),
        peer=Endpoint(address=f"198.18.{attacker >> 8}.{attacker & 255}", port=chance.randrange(1024, 65536)),
        local=Endpoint(address="127.0.0.5", port=22),
    )


if __name__ == "__main__":
    raise SystemExit(main())
