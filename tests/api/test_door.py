# SPDX-License-Identifier: MIT
"""People log in with passwords, programs with tokens, and guessing takes time."""

import asyncio
import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from pathlib import Path

import httpx
import pytest_asyncio

from decnet.api.door import WAITING
from decnet.bus.memory import MemoryBus, MemoryHub
from decnet.config.model import Api
from decnet.domain import passwords
from decnet.domain.access import Access
from decnet.store import accounts
from decnet.store.database import connect, transaction
from decnet.workers.api import Api as Worker
from tests.support.apis import Served, dialling, problem_of, ready, serving
from tests.support.workers import DEADLINE_SECONDS

NEW = "a password of my own"


@pytest_asyncio.fixture
async def served(tmp_path: Path) -> AsyncIterator[Served]:
    async with serving(tmp_path, login_failures=3) as found:
        yield found


async def log_in(client: httpx.AsyncClient, password: str, name: str = "admin") -> httpx.Response:
    return await client.post("/login", json={"username": name, "password": password})


async def change(client: httpx.AsyncClient, current: str, new: str = NEW) -> httpx.Response:
    return await client.post("/me/password", json={"current": current, "new": new})


async def test_first_password_works_and_has_to_be_changed(served: Served) -> None:
    client, first = await served.client(), served.first_password()
    told = (await log_in(client, first)).json()
    assert (told["name"], told["role"], told["kind"], told["must_change_password"]) == ("admin", "admin", "session", True)
    assert problem_of(await client.get("/evidence"), 403) == "password-change-required"
    assert problem_of(await change(client, "wrong password"), 401) == "login-failed"
    assert problem_of(await change(client, first, "short"), 422) == "not-valid"
    assert problem_of(await change(client, first, first), 422) == "not-valid"
    assert (await change(client, first)).json()["must_change_password"] is False
    assert (await client.get("/evidence")).is_success
    assert served.first_password() == ""
    assert problem_of(await log_in(await served.client(), first), 401) == "login-failed"


async def test_new_password_logs_every_other_browser_out(served: Served) -> None:
    first, here, there = served.first_password(), await served.client(), await served.client()
    await log_in(here, first)
    await log_in(there, first)
    stolen = here.cookies["decnet_session"]
    await change(here, first)
    assert here.cookies["decnet_session"] != stolen
    assert (await here.get("/me")).is_success
    assert problem_of(await there.get("/me"), 401) == "not-authenticated"
    thief = await served.client(cookie=f"decnet_session={stolen}")
    assert problem_of(await thief.get("/me"), 401) == "not-authenticated"


async def test_logout_ends_the_session_itself(served: Served) -> None:
    client = await served.client()
    await log_in(client, served.first_password())
    kept = client.cookies["decnet_session"]
    assert (await client.post("/logout")).status_code == 204
    assert "decnet_session" not in client.cookies
    thief = await served.client(cookie=f"decnet_session={kept}")
    assert problem_of(await thief.get("/me"), 401) == "not-authenticated"


async def test_guessing_costs_time_for_account_and_address(served: Served) -> None:
    near = await served.client(**{"x-forwarded-for": "203.0.113.1"})
    far = await served.client(**{"x-forwarded-for": "203.0.113.2"})
    for _ in range(3):
        assert problem_of(await log_in(near, "wrong password"), 401) == "login-failed"
    refused = await log_in(near, served.first_password())
    assert problem_of(refused, 429) == "too-many-requests"
    assert int(refused.headers["retry-after"]) > 0
    assert problem_of(await log_in(far, served.first_password()), 429) == "too-many-requests"
    assert problem_of(await log_in(near, "x", "somebody"), 429) == "too-many-requests"
    assert problem_of(await log_in(far, "x", "somebody"), 401) == "login-failed"
    entries = (await (await served.admin()).get("/audit")).json()["items"]
    assert [entry["actor"] for entry in entries if entry["action"] == "login failed"] == ["no such account"] + ["admin"] * 3


async def test_guesses_at_one_time_are_no_more_than_guesses_in_a_row(served: Served) -> None:
    """Otherwise a whole queue of passwords is looked at before the first of them is known to be wrong."""
    client = await served.client(**{"x-forwarded-for": "203.0.113.1"})
    answers = await asyncio.gather(*(log_in(client, f"guess {number}") for number in range(WAITING)))
    assert sorted(answer.status_code for answer in answers) == [401] * 3 + [429] * (WAITING - 3)


async def test_owner_is_not_kept_out_after_a_restart(served: Served) -> None:
    """Otherwise who guesses all the time keeps everybody out from the first restart on, as an upgrade is one."""
    home = {"x-forwarded-for": "203.0.113.1"}
    first = served.first_password()
    assert (await log_in(await served.client(**home), first)).is_success
    socket = served.socket.with_name("again.sock")
    again = replace(served.store.config, api=Api(socket=str(socket), login_failures=1))
    async with ready(Worker(again, MemoryBus(MemoryHub(), "api")), socket):
        async with dialling(socket, {"x-forwarded-for": "203.0.113.9"}) as stranger:
            assert problem_of(await log_in(stranger, "wrong password"), 401) == "login-failed"
            assert problem_of(await log_in(stranger, first), 429) == "too-many-requests"
        async with dialling(socket, home) as owner:
            assert (await log_in(owner, first)).is_success


async def test_network_of_ipv6_counts_as_one_address(served: Served) -> None:
    statuses = []
    for number in range(4):
        client = await served.client(**{"x-forwarded-for": f"2001:db8::{number}:1"})
        statuses.append((await log_in(client, "x", f"name{number}")).status_code)
    other = await served.client(**{"x-forwarded-for": "2001:db8:0:1::1"})
    assert (statuses, (await log_in(other, "x", "name")).status_code) == ([401, 401, 401, 429], 401)


async def test_password_that_is_being_looked_at_is_worth_nothing_once_it_was_changed(served: Served) -> None:
    path, first, new = served.store.config.paths.store, served.first_password(), passwords.hashed(NEW)
    client, other = await served.client(), await served.client()
    async with asyncio.TaskGroup() as tasks:
        with held(served):
            late = tasks.create_task(log_in(client, first))
            async with asyncio.timeout(DEADLINE_SECONDS):
                while not served.worker._desk.door._waiting:
                    await other.get("/health")
            with closing(connect(path)) as connection, transaction(connection, path):
                accounts.set_password(connection, "admin", new)
    assert problem_of(late.result(), 401) == "login-failed"


@contextmanager
def held(served: Served) -> Iterator[None]:
    """Let no password be looked at until the block ends."""
    released = threading.Event()
    served.worker._desk.door._hashing.submit(released.wait, DEADLINE_SECONDS)
    try:
        yield
    finally:
        released.set()


async def test_unknown_account_is_told_nothing_else(served: Served) -> None:
    client = await served.client()
    unknown, wrong = await log_in(client, "wrong password", "nobody"), await log_in(client, "wrong password")
    assert unknown.json() == wrong.json()


async def test_disabled_account_is_told_nothing_else(served: Served) -> None:
    path, client = served.store.config.paths.store, await served.client()
    with closing(connect(path)) as connection, transaction(connection, path):
        password = passwords.hashed(NEW)
        accounts.add(connection, served.store.box, "carol", Access.ADMIN, generated=NEW, password=password)
        accounts.change(connection, "carol", role=Access.ADMIN, is_disabled=True)
    right, wrong = await log_in(client, NEW, "carol"), await log_in(client, "wrong password", "carol")
    assert problem_of(right, 401) == "login-failed"
    assert right.json() == wrong.json()


async def test_many_passwords_at_a_time_are_sent_away(served: Served) -> None:
    clients = [await served.client(**{"x-forwarded-for": f"198.51.100.{number}"}) for number in range(WAITING + 8)]
    answers = await asyncio.gather(*(log_in(client, "x", f"name{number}") for number, client in enumerate(clients)))
    assert {answer.status_code for answer in answers} == {401, 429}


async def test_idle_session_ends(tmp_path: Path) -> None:
    async with serving(tmp_path, session_idle_seconds=60.0) as served:
        client = await served.client()
        await log_in(client, served.first_password())
        path = served.store.config.paths.store
        with closing(connect(path)) as connection, transaction(connection, path):
            connection.execute("UPDATE login SET last_at = last_at - 50000000")
        assert (await client.get("/me")).is_success
        await served.worker.note_seen()
        with closing(connect(path)) as connection, transaction(connection, path):
            assert connection.execute("SELECT max(last_at - begun_at) FROM login").fetchone()[0] > -50000000
            connection.execute("UPDATE login SET last_at = last_at - 61000000")
        assert problem_of(await client.get("/me"), 401) == "not-authenticated"


async def test_token_is_written_down_when_it_is_used(served: Served) -> None:
    client = await served.viewer()
    await client.get("/me")
    await served.worker.note_seen()
    listed = (await (await served.admin()).get("/tokens")).json()["items"]
    assert [token["last_used_at"] is not None for token in listed if token["name"] == "test-viewer"] == [True]
