# SPDX-License-Identifier: MIT
"""Attackers are addresses, whatever port they come from, and their numbers grow with evidence only."""

from decnet.domain.evidence import Credential, Endpoint, Opened
from decnet.store import attackers
from tests.support.stores import Stored

LOGIN = Credential(mechanism="password", username="root", accepted=False)


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
