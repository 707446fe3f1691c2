# SPDX-License-Identifier: MIT
"""Attackers are addresses, whatever port they come from, and their numbers grow with evidence only."""

import random
import sqlite3
from pathlib import Path
from typing import Any

from decnet.config.model import Store
from decnet.domain.evidence import Closed, Command, Credential, Endpoint, Opened
from decnet.store import attackers
from decnet.store.ingest import open_ingest
from tests.support.spools import origin
from tests.support.stores import Stored, stored

LOGIN = Credential(mechanism="password", username="root", accepted=False)
# what is kept incrementally, and the same counted from the evidence
SUMS = {
    "SELECT address, first_at, last_at, touches, records, credentials, decoys FROM attacker ORDER BY address": (
        "SELECT peer_address, min(at), max(at), sum(kind = 'opened'), count(*), sum(kind = 'credential'), count(DISTINCT decoy)"
        " FROM evidence WHERE peer_address != '' GROUP BY peer_address ORDER BY peer_address"
    ),
    "SELECT address, decoy FROM attacker_decoy ORDER BY address, decoy": (
        "SELECT DISTINCT peer_address, decoy FROM evidence WHERE peer_address != '' ORDER BY peer_address, decoy"
    ),
    "SELECT hour, lure, count FROM touch ORDER BY hour, lure": (
        "SELECT at / 3600000000, lure, count(*) FROM evidence WHERE kind = 'opened' GROUP BY 1, 2 ORDER BY 1, 2"
    ),
    "SELECT id, spool, first_at, last_at, records, commands, credentials FROM session ORDER BY id, spool": (
        "SELECT session, spool, min(at), max(at), count(*), sum(kind = 'command'), sum(kind = 'credential')"
        " FROM evidence WHERE session != '' GROUP BY session, spool ORDER BY session, spool"
    ),
}


def test_connections_of_one_address_are_one_attacker(store: Stored) -> None:
    for port in (1, 2, 3):
        store.write(Opened(), LOGIN, LOGIN, decoy=f"d{port % 2}", peer=Endpoint(address="192.0.2.9", port=port))
        store.bring()
    store.write(Opened(), peer=Endpoint(address="192.0.2.10", port=1))
    store.bring()
    for _ in range(3):
        store.bring()
    connection = store.ingest.connection
    found = attackers.get(connection, "192.0.2.9")
    assert found is not None
    assert (found.touches, found.records, found.credentials, found.decoys) == (3, 9, 6, 2)
    assert found.first_at <= found.last_at
    assert [one.address for one in attackers.newest(connection, limit=9)] == ["192.0.2.9", "192.0.2.10"]
    assert attackers.decoys_of(connection, "192.0.2.9") == ["d1", "d0"]
    assert attackers.get(connection, "192.0.2.11") is None


def test_record_without_an_address_is_no_attacker(store: Stored) -> None:
    """What the spool says of itself comes from nobody."""
    store.write(Opened(), peer=Endpoint(address="", port=0))
    store.bring()
    assert attackers.newest(store.ingest.connection, limit=9) == []


def expect_sums(connection: sqlite3.Connection) -> None:
    """Expect what was counted batch by batch to be what is counted now from all evidence."""
    for kept, counted in SUMS.items():
        assert connection.execute(kept).fetchall() == connection.execute(counted).fetchall(), kept


def test_sums_are_those_that_a_recount_of_all_evidence_finds(tmp_path: Path) -> None:
    """However batches cut sessions, in whatever order hosts are read, and though a store is given everything once more."""
    chance = random.Random(4)
    with stored(tmp_path, store=Store(batch=5)) as store:
        for _ in range(40):
            bodies = [chance.choice((LOGIN, Command(command="id"))) for _ in range(chance.randrange(8))]
            fields: dict[str, Any] = {
                "session": f"s{chance.randrange(12)}",
                "lure": chance.choice(("ssh", "http")),
                "decoy": f"d{chance.randrange(4)}",
                "peer": Endpoint(address=chance.choice(("", "192.0.2.1", "192.0.2.2", "2001:db8::1")), port=1),
            }
            writer = store.spooled(chance.choice(("here", "there"))).open()
            for body in (Opened(), *bodies, Closed(reason="client", seconds=1.0)):
                writer.record(origin(**fields), body)
            writer.close()
            if chance.random() < 0.1:
                store.bring()
        store.bring()
        expect_sums(store.ingest.connection)
        size = "SELECT count(*), count(DISTINCT peer_address) FROM evidence"
        whole = store.ingest.connection.execute(size).fetchone()
        with store.ingest.connection as connection:
            connection.execute("UPDATE spool SET segment = 0, position = 0, sequence = 0")
        store.ingest.close()
        store.ingest = open_ingest(store.config)
        store.bring()
        expect_sums(store.ingest.connection)
        assert store.ingest.connection.execute(size).fetchone() == whole
        assert whole[1] == 4
