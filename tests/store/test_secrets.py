# SPDX-License-Identifier: MIT
"""A secret is kept once, and counted each time."""

import hmac

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from decnet.errors import DamagedError, NotFoundError
from decnet.store import secrets
from decnet.store.keys import COMPARISON, Box
from tests.support.stores import Stored


@pytest.fixture
def box(store: Stored) -> Box:
    """Return the box of the store."""
    return store.box


def test_secret_has_one_id_and_its_sightings_add_up(store: Stored, box: Box) -> None:
    connection = store.ingest.connection
    first = secrets.keep(connection, box, [(b"a", 5), (b"b", 6), (b"a", 3)])
    second = secrets.keep(connection, box, [(b"a", 9), (b"c", 1)])
    assert first[b"a"] == second[b"a"]
    assert len({*first.values(), *second.values()}) == 3
    rows = connection.execute("SELECT first_at, last_at, count FROM secret ORDER BY id").fetchall()
    assert rows == [(3, 9, 3), (6, 6, 1), (1, 1, 1)]


def test_secret_is_found_by_a_hash_that_needs_the_key(store: Stored, box: Box) -> None:
    """Who has a backup and a list of words must not be able to compare them."""
    secrets.keep(store.ingest.connection, box, [(b"123456", 1)])
    ((comparison,),) = store.ingest.connection.execute("SELECT comparison FROM secret").fetchall()
    assert comparison == hmac.digest(bytes.fromhex((store.config.paths.secrets / COMPARISON).read_text()), b"123456", "sha256")


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.binary(max_size=40), max_size=20))
def test_every_secret_comes_back(store: Stored, box: Box, seen: list[bytes]) -> None:
    ids = secrets.keep(store.ingest.connection, box, [(secret, 1) for secret in seen])
    assert {secret: secrets.reveal(store.ingest.connection, box, id_) for secret, id_ in ids.items()} == {s: s for s in seen}


def test_secret_that_is_not_there_or_was_swapped_is_not_revealed(store: Stored, box: Box) -> None:
    connection = store.ingest.connection
    ids = secrets.keep(connection, box, [(b"a", 1), (b"b", 1)])
    with pytest.raises(NotFoundError):
        secrets.reveal(connection, box, 99)
    connection.execute(
        "UPDATE secret SET ciphertext = (SELECT ciphertext FROM secret WHERE id = ?) WHERE id = ?", (ids[b"a"], ids[b"b"])
    )
    with pytest.raises(DamagedError):
        secrets.reveal(connection, box, ids[b"b"])
