# SPDX-License-Identifier: MIT
"""``decnet evidence`` shows what is stored, and secrets only to whoever asks and has the key."""

import asyncio
from argparse import ArgumentParser, ArgumentTypeError
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from decnet.bus.memory import MemoryBus, MemoryHub
from decnet.bus.null import NullBus
from decnet.cli import evidence
from decnet.domain.captured import text
from decnet.domain.evidence import Command, Credential, now
from decnet.errors import ConfigError, NotFoundError
from decnet.store.database import connect
from tests.support.commands import call, printed, rows
from tests.support.stores import Stored, stored
from tests.support.workers import connected

Output = pytest.CaptureFixture[bytes]
LOGIN = Credential(mechanism="password", username="root", accepted=False)
DEADLINE_SECONDS = 20


def test_list_is_paged_by_the_cursor_that_it_prints(tmp_path: Path, capsysbinary: Output) -> None:
    with stored(tmp_path) as store:
        store.write(*(Command(command=f"c{number}") for number in range(5)))
        store.bring()
        assert call(store.config, "evidence", "list", "--limit", "2") == 0
        shown = printed(capsysbinary)
        assert ("c4" in shown, "c2" in shown, "--after 5" in shown) == (True, False, True)
        assert call(store.config, "evidence", "list", "--after", "2", "--limit", "2", "--format", "json") == 0
        assert [row["summary"] for row in rows(capsysbinary)] == ["c2", "c3"]


def test_filters_narrow_the_list(tmp_path: Path, capsysbinary: Output) -> None:
    with stored(tmp_path) as store:
        store.write(LOGIN, decoy="one")
        store.write(Command(command="id"), decoy="two", lure="redis")
        store.bring()
        for filters in (("--decoy", "two"), ("--lure", "redis"), ("--kind", "command"), ("--since", "1h", "--lure", "redis")):
            assert call(store.config, "evidence", "list", *filters, "--format", "json") == 0
            assert [row["body"] for row in rows(capsysbinary)] == [{"command": "id", "exit_code": None, "detail": {}}]
        assert call(store.config, "evidence", "list", "--until", "1h", "--format", "json") == 0
        assert rows(capsysbinary) == []


def test_secret_is_shown_on_request_only(tmp_path: Path, capsysbinary: Output) -> None:
    with stored(tmp_path) as store:
        store.write(LOGIN, secret=b"hunter\xff2")
        store.bring()
        call(store.config, "evidence", "list", "--format", "json")
        (row,) = rows(capsysbinary)
        assert "secret" not in row
        call(store.config, "evidence", "list", "--format", "json", "--reveal")
        (row,) = rows(capsysbinary)
        assert row["secret"] == text(b"hunter\xff2")
        call(store.config, "evidence", "list", "--reveal")
        assert "hunter\\xff2" in printed(capsysbinary)
        call(store.config, "evidence", "show", row["id"], "--reveal")
        assert "hunter\\xff2" in printed(capsysbinary)


def test_secret_that_cannot_be_opened_is_said_so(tmp_path: Path, capsysbinary: Output) -> None:
    with stored(tmp_path) as store:
        store.write(LOGIN, secret=b"hunter2")
        store.bring()
        store.ingest.connection.execute("UPDATE secret SET ciphertext = x'00'")
        call(store.config, "evidence", "list", "--reveal")
        assert "(unreadable)" in printed(capsysbinary)
        call(store.config, "evidence", "list", "--reveal", "--format", "json")
        (row,) = rows(capsysbinary)
        assert (row["secret"], "store.key" in row["secret_error"]) == (None, True)


def test_keys_that_are_wrong_or_missing_are_said_so(tmp_path: Path) -> None:
    with stored(tmp_path) as store:
        store.write(LOGIN, secret=b"hunter2")
        store.bring()
        key = store.config.paths.secrets / "store.key"
        key.write_text("00" * 32)
        for is_there in (True, False):
            if not is_there:
                key.unlink()
            for action in (("evidence", "list"), ("store", "check")):
                with pytest.raises(ConfigError):
                    call(store.config, *action)


def test_one_record_is_shown_whole_and_harmless(tmp_path: Path, capsysbinary: Output) -> None:
    with stored(tmp_path) as store:
        store.write(Command(command=text(b"\x1b[2J\nforged line\xff")))
        store.bring()
        call(store.config, "evidence", "list", "--format", "json")
        (row,) = rows(capsysbinary)
        assert call(store.config, "evidence", "show", row["id"]) == 0
        shown = printed(capsysbinary)
        assert "\\x1b[2J\\nforged line\\xff" in shown
        assert "\x1b" not in shown
        call(store.config, "evidence", "show", row["id"], "--format", "json")
        assert rows(capsysbinary) == [row]
        with pytest.raises(NotFoundError):
            call(store.config, "evidence", "show", "nothing")


@pytest.mark.parametrize(("given", "ago"), [("90s", 90), ("15m", 900), ("2h", 7200), ("0.5d", 43200)])
def test_times_may_be_said_as_how_long_ago(given: str, ago: int) -> None:
    assert abs(now() - timedelta(seconds=ago) - evidence.when(given)) < timedelta(seconds=5)


def test_times_without_a_zone_are_utc() -> None:
    assert evidence.when("2026-08-01T12:00") == datetime(2026, 8, 1, 12, tzinfo=UTC)
    assert evidence.when("2026-08-01T12:00+02:00") == datetime(2026, 8, 1, 10, tzinfo=UTC)


@pytest.mark.parametrize("given", ["", "soon", "9" * 400 + "d", "2h30"])
def test_what_is_no_time_is_refused(given: str) -> None:
    with pytest.raises(ArgumentTypeError):
        evidence.when(given)


def test_tail_ends_after_what_was_asked_for_with_the_bus_away(tmp_path: Path, capsysbinary: Output) -> None:
    with stored(tmp_path) as store:
        store.write(*(Command(command=f"c{number}") for number in range(5)))
        store.bring()
        assert call(store.config, "evidence", "tail", "--from", "1", "--count", "3", "--format", "json") == 0
        assert [row["summary"] for row in rows(capsysbinary)] == ["c1", "c2", "c3"]
        assert call(store.config, "evidence", "tail", "--lines", "2", "--count", "2") == 0
        assert [line.split()[-1] for line in printed(capsysbinary).splitlines()] == ["c3", "c4"]


async def tail(store: Stored, *arguments: str) -> None:
    """Run ``decnet evidence tail`` in this event loop."""
    parser = ArgumentParser()
    evidence.COMMAND.arguments(parser)
    options = parser.parse_args(["tail", "--format", "json", *arguments])
    with closing(connect(store.config.paths.store, read_only=True)) as connection:
        async with asyncio.timeout(DEADLINE_SECONDS):
            await evidence._tail(evidence.View(connection, store.box, reveal=False), options, store.config)


@pytest.mark.parametrize("tick_seconds", [60.0, 0.01])
async def test_tail_shows_what_is_stored_meanwhile(
    tmp_path: Path, capsysbinary: Output, monkeypatch: pytest.MonkeyPatch, tick_seconds: float
) -> None:
    """With the bus at once, without it a little later."""
    hub = MemoryHub()
    with_bus = tick_seconds > 1
    monkeypatch.setattr(evidence, "get_bus", lambda _, client: MemoryBus(hub, client) if with_bus else NullBus())
    monkeypatch.setattr(evidence, "TICK_SECONDS", tick_seconds)
    with stored(tmp_path) as store:
        store.write(Command(command="before"))
        store.bring()
        async with connected(MemoryBus(hub, "ingester")) as publisher, asyncio.TaskGroup() as tasks:
            tasks.create_task(tail(store, "--from", "0", "--count", "2"))
            await asyncio.sleep(0)
            for _ in range(20):
                await asyncio.sleep(0)
            assert [row["summary"] for row in rows(capsysbinary)] == ["before"]
            store.write(Command(command="after"))
            for topic, body in store.ingest.step().messages:
                await publisher.publish_raw(topic, body)
    assert [row["summary"] for row in rows(capsysbinary)] == ["after"]
