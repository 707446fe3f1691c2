# SPDX-License-Identifier: MIT
"""The service ``web`` itself: up without api, a certificate of its own, a new one in time."""

import asyncio
import stat
from dataclasses import replace
from pathlib import Path

import pytest

from decnet.bus.memory import MemoryBus, MemoryHub
from decnet.config.listening import parse
from decnet.config.model import Web as WebConfig
from decnet.errors import ConfigError, InUseError
from decnet.web.certificate import ensure, read
from decnet.web.server import bind
from decnet.workers.web import Web
from tests.support.dashboards import DEADLINE_SECONDS, listening, person
from tests.support.workers import config, running

pytestmark = pytest.mark.client


def worker(folder: Path, listen: str, certificate: str = "") -> Web:
    """Return the worker, not yet started."""
    return Web(config(folder, web=WebConfig(listen=listen, certificate=certificate)), MemoryBus(MemoryHub(), "web"))


async def started(web: Web) -> None:
    """Wait until it listens."""
    async with asyncio.timeout(DEADLINE_SECONDS):
        while not hasattr(web, "_server"):  # noqa: ASYNC110 - a worker tells its runner, not its test
            await asyncio.sleep(0)


async def test_pages_say_that_api_is_away(tmp_path: Path) -> None:
    listen = listening()
    web = worker(tmp_path, listen)
    async with running(web), person(listen) as somebody:
        await started(web)
        assert (await somebody.see("/login")).status_code == 200
        assert (await somebody.see("/evidence")).status_code == 503
        assert "data-waits" in somebody.page
        assert (await somebody.see("/services/state", **{"hx-request": "true"})).status_code == 503
        assert "<html" not in somebody.page
        assert (await somebody.see("/health")).status_code == 503
        await somebody.see("/login")
        assert (await somebody.send("/login", username="admin", password="x")).status_code == 503
        assert "perhaps not done" in somebody.text()


async def test_the_first_start_makes_a_certificate_in_its_own_folder(tmp_path: Path) -> None:
    listen = listening()
    web = worker(tmp_path, listen)
    async with running(web):
        await started(web)
        path = web.config.paths.certificate
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        assert path.parent == web.config.paths.data / "web"


async def test_a_new_certificate_is_taken_while_it_runs(tmp_path: Path) -> None:
    web = worker(tmp_path, listening())
    async with running(web):
        await started(web)
        path = web.config.paths.certificate
        before = read(path)
        path.unlink()
        await web.renew()
        after = read(path)
        assert before
        assert after
        assert before.fingerprint != after.fingerprint
        await web.renew()
        assert read(path) == after


async def test_the_operators_certificate_is_used(tmp_path: Path) -> None:
    listen = listening()
    theirs = ensure(tmp_path / "theirs.pem", parse(listen))
    web = worker(tmp_path, listen, str(theirs.path))
    async with running(web):
        await started(web)
        assert not web.config.paths.certificate.exists()


async def test_connections_are_counted(tmp_path: Path) -> None:
    listen = listening()
    web = worker(tmp_path, listen)
    async with running(web), person(listen) as somebody:
        await started(web)
        await somebody.see("/login")
        await web.count()
        assert web.counters.detail["connections"] == 1
        assert web.counters.dropped == 0


async def test_a_place_that_is_taken_ends_the_start(tmp_path: Path) -> None:
    listen = listening()
    with bind(parse(listen)), pytest.raises(ExceptionGroup) as refused:
        async with running(worker(tmp_path, listen)):
            pass
    assert refused.group_contains(InUseError)


@pytest.mark.parametrize("listen", ["127.0.0.256:8443", "127.0.0.1:99999"])
def test_what_is_no_address_is_refused(tmp_path: Path, listen: str) -> None:
    with pytest.raises(ConfigError, match="no address and port"):
        worker(tmp_path, listen)


async def test_where_it_listens_needs_a_restart(tmp_path: Path) -> None:
    web = worker(tmp_path, listening())
    changed = replace(web.config, web=WebConfig(listen=listening()))
    async with running(web, read=changed) as runner:
        with pytest.raises(ConfigError, match=r"\[web\] cannot change"):
            runner._refuse_what_is_fixed(changed)
