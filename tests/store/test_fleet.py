# SPDX-License-Identifier: MIT
"""The desired state changes one revision after the other."""

import pytest

from decnet.errors import InUseError
from decnet.store import fleet
from decnet.store.fleet import NOTHING
from tests.support.stores import Stored


def test_first_revision_follows_nothing(store: Stored) -> None:
    connection = store.ingest.connection
    assert fleet.current(connection) == NOTHING
    written = fleet.replace(connection, '{"decoys":[]}', based_on=0, author="root")
    assert written.revision == 1
    assert fleet.current(connection) == written


def test_change_that_is_based_on_an_old_revision_is_refused(store: Stored) -> None:
    connection = store.ingest.connection
    fleet.replace(connection, "one", based_on=0, author="alice")
    with pytest.raises(InUseError, match="alice"):
        fleet.replace(connection, "two", based_on=0, author="bob")
    assert fleet.current(connection).document == "one"


def test_a_hundred_revisions_are_kept(store: Stored) -> None:
    connection = store.ingest.connection
    for number in range(150):
        fleet.replace(connection, str(number), based_on=number, author="root")
    assert connection.execute("SELECT min(revision), max(revision) FROM fleet").fetchone() == (51, 150)
