# SPDX-License-Identifier: MIT
"""The steward makes it so, tells it once, and starts again from what it was asked for last."""

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest

from decnet.domain.desired import DesiredDecoy, DesiredLure, encode
from decnet.engine.lender import Lender
from decnet.engine.listener import open_listener
from decnet.engine.loopback import LoopbackEngine
from decnet.engine.messages import Key
from decnet.engine.report import AgentReport, read
from decnet.engine.steward import Steward
from decnet.errors import DamagedError, InUseError
from tests.support.fleets import desired, state
from tests.support.handover import Agents, borrowing, new_key, until


@pytest.fixture
def lender(tmp_path: Path) -> Iterator[Lender]:
    """Return a lender."""
    lender = Agents(tmp_path / "handover.sock").make()
    yield lender
    lender.stop()


def steward(lender: Lender, folder: Path) -> Steward:
    """Return a steward over the loopback engine."""
    return Steward(LoopbackEngine(lender, port_shift=0, first_port=0), lender, host="here", folder=folder)


def document(*decoys: DesiredDecoy) -> str:
    """Return the document of a state."""
    return encode(state(*decoys)).decode()


def one(key: Key, name: str = "a") -> DesiredDecoy:
    """Return a decoy with one lure."""
    return desired(name, DesiredLure(name="http", port=key.port), addresses=(key.address,))


def told(folder: Path) -> AgentReport:
    """Return the report."""
    report = read(folder / "decoys.json", AgentReport)
    assert report is not None
    return report


async def test_what_was_done_is_told_once(lender: Lender, tmp_path: Path) -> None:
    keeper = steward(lender, tmp_path)
    keeper.ask(3, document(one(new_key())))
    applied = await keeper.reconcile()
    assert applied is not None
    assert (applied.host, applied.revision, applied.decoys, applied.failed) == ("here", 3, 1, {})
    assert await keeper.reconcile() is None


async def test_decoy_waits_until_a_decoys_service_takes_it(lender: Lender, tmp_path: Path) -> None:
    keeper, key = steward(lender, tmp_path), new_key()
    keeper.ask(1, document(one(key)))
    await keeper.reconcile()
    (decoy,) = told(tmp_path).decoys
    assert (decoy.state, decoy.lures[0].address, decoy.lures[0].port) == ("waiting", *key)


async def test_port_in_use_is_told_with_its_reason_and_tried_again(lender: Lender, tmp_path: Path) -> None:
    keeper, taken, free = steward(lender, tmp_path), new_key(), new_key()
    keeper.ask(1, document(one(taken), one(free, "b")))
    with open_listener(taken):
        applied = await keeper.reconcile()
        assert applied is not None
        assert "somebody else listens on" in applied.failed["a"]
        bad, good = told(tmp_path).decoys
        assert (bad.state, bad.lures[0].code, good.state) == ("failed", InUseError.exit_code, "waiting")
    applied = await keeper.reconcile()
    assert applied is not None
    assert applied.failed == {}


async def test_two_decoys_that_change_places_need_one_reconciliation(lender: Lender, tmp_path: Path) -> None:
    keeper, key = steward(lender, tmp_path), new_key()
    other = Key(new_key().address, key.port)
    keeper.ask(1, document(one(key), one(other, "b")))
    await keeper.reconcile()
    keeper.ask(2, document(one(other), one(key, "b")))
    applied = await keeper.reconcile()
    assert applied is not None
    assert applied.failed == {}


async def test_next_start_begins_with_what_was_asked_for_last(lender: Lender, tmp_path: Path) -> None:
    keeper = steward(lender, tmp_path)
    keeper.ask(7, document(one(new_key())))
    again = steward(lender, tmp_path)
    await again.recall()
    assert (again.revision, again.desired) == (7, keeper.desired)


def test_damaged_document_changes_nothing(lender: Lender, tmp_path: Path) -> None:
    keeper = steward(lender, tmp_path)
    keeper.ask(1, document(one(new_key())))
    before = keeper.desired
    with pytest.raises(DamagedError):
        keeper.ask(2, "{")
    assert (keeper.revision, keeper.desired) == (1, before)


async def test_full_disk_does_not_keep_decoys_from_coming_up(
    lender: Lender, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    keeper, key = steward(lender, tmp_path), new_key()
    monkeypatch.setattr("decnet.engine.steward.write", full)
    keeper.ask(1, document(one(key)))
    await keeper.reconcile()
    assert key in lender.held
    assert "No space left on device" in caplog.text


async def test_report_follows_what_the_decoys_service_says(tmp_path: Path) -> None:
    agents, noted = Agents(tmp_path / "handover.sock"), asyncio.Event()
    counted: dict[str, int] = {}
    async with agents.lending() as lender, borrowing(agents.path) as relay:
        keeper, key = steward(lender, tmp_path), new_key()
        keeper.ask(1, document(one(key)))
        await keeper.reconcile()
        keeping = asyncio.get_running_loop().create_task(keeper.keep_report(noted, counted.update))
        await relay.connected()
        await relay.report(key, "")
        await until(lambda: key in lender.serving)
        noted.set()
        await until(lambda: told(tmp_path).decoys[0].state == "up")
        assert (counted["decoys"], counted["data_refused"]) == (1, 0)
        keeping.cancel()
        await asyncio.gather(keeping, return_exceptions=True)


async def test_start_waits_for_the_decoys_service_that_may_still_have_the_sockets(tmp_path: Path) -> None:
    agents, key = Agents(tmp_path / "handover.sock"), new_key()
    async with borrowing(agents.path) as relay:
        async with agents.lending() as lender:
            first = steward(lender, tmp_path)
            await first.recall()
            await relay.connected()
            first.ask(1, document(one(key)))
            await first.reconcile()
            await until(lambda: lender.visitor_pid > 0)
            first.write_report()
            await relay.supplied(20)
            await until(lambda: key in relay._held)
        async with agents.lending() as lender:
            second = steward(lender, tmp_path)
            await second.recall()
            assert key in lender.offered
            await second.reconcile()
            assert lender.held.keys() == {key}
