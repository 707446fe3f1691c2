# SPDX-License-Identifier: MIT
"""The agent follows the store; one that cannot be read changes nothing and is complained about once."""

import asyncio
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from decnet.catalog import Role
from decnet.config.model import Host
from decnet.domain.desired import encode
from decnet.engine.factory import get_steward
from decnet.engine.lender import Lender
from decnet.engine.steward import Steward
from decnet.engine.wishes import Wishes
from decnet.store import fleet
from decnet.store.database import connect, transaction
from decnet.store.migrate import migrate
from tests.support.fleets import desired, state
from tests.support.handover import Agents
from tests.support.workers import config


@pytest.fixture
def lender(tmp_path: Path) -> Iterator[Lender]:
    """Return a lender to whom nobody comes."""
    lender = Agents(tmp_path / "handover.sock").make()
    yield lender
    lender.stop()


@pytest.fixture
def steward(lender: Lender, tmp_path: Path) -> Steward:
    """Return a steward that was asked for nothing yet."""
    steward = get_steward(config(tmp_path), lender)
    asyncio.run(steward.recall())
    return steward


def write(path: Path, document: str) -> None:
    """Write the next revision."""
    with closing(connect(path)) as connection, transaction(connection, path):
        fleet.replace(connection, document, based_on=fleet.current(connection).revision, author="somebody")


def test_newest_revision_is_passed_on(steward: Steward, tmp_path: Path) -> None:
    settings = config(tmp_path)
    migrate(settings.paths.store)
    write(settings.paths.store, encode(state(desired("a"))).decode())
    Wishes(settings, steward).look()
    assert (steward.revision, steward.desired) == (1, state(desired("a")))


def test_store_that_is_away_or_holds_nonsense_changes_nothing(
    steward: Steward, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    settings = config(tmp_path)
    wishes = Wishes(settings, steward)
    wishes.look()
    wishes.look()
    assert caplog.text.count("revision 0 stays") == 1
    migrate(settings.paths.store)
    write(settings.paths.store, "{")
    wishes.look()
    assert caplog.text.count("revision 0 stays") == 2
    assert (steward.revision, steward.desired) == (0, state())


def test_agent_of_a_master_elsewhere_does_not_look_for_a_store(
    steward: Steward, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    Wishes(config(tmp_path, host=Host(role=Role.AGENT)), steward).look()
    assert caplog.text == ""
