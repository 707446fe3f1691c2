# SPDX-License-Identifier: MIT
"""``scripts/up``: its parts, and the whole with real services on a fleet of its own."""

import asyncio
import fcntl
import json
import os
import re
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from decnet.catalog import Role, services_of
from decnet.domain.fleet import parse as parse_fleet
from decnet.domain.problem import Problem
from decnet.errors import HostError, InUseError
from scripts.lib.supervise import DECNET
from scripts.lib.up import DEMO, FOLDERS, attacks, environment_of, in_url, locked, logins, only_error, parse
from tests.support.addresses import address
from tests.support.clients import run
from tests.support.dashboards import person
from tests.support.processes import readable
from tests.support.sources import ROOT

DEADLINE_SECONDS = 60
READY = re.compile(r": ready.* \(process (\d+)\)")
FLEET = f"""\
[fleet]
name = of-the-test

[decoy one]
archetype = linux-server
address = {address(1)}
lures = redis

[decoy one/redis]
port = 26379
"""


def test_everything_goes_into_the_folder_that_was_named(tmp_path: Path) -> None:
    environment = environment_of(tmp_path / "new")
    assert {Path(environment[name]).parent for name in FOLDERS} == {tmp_path / "new"}
    assert all(Path(environment[name]).stat().st_mode & 0o777 == 0o700 for name in FOLDERS)


def test_children_find_decnet_and_not_our_own_variables(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONPATH", "somewhere")
    monkeypatch.setenv("NOTIFY_SOCKET", "@of-somebody-else")
    environment = environment_of(None)
    assert environment["PATH"].startswith(f"{DECNET.parent}:")
    assert not {"PYTHONPATH", "NOTIFY_SOCKET"} & set(environment)


def test_a_folder_in_use_is_refused_with_its_user(tmp_path: Path) -> None:
    with locked(tmp_path), pytest.raises(InUseError, match=f"process {os.getpid()}") as refused, locked(tmp_path):
        pass
    assert "--data" in refused.value.remedy


def test_the_lock_of_a_dead_one_is_free(tmp_path: Path) -> None:
    (tmp_path / "up.lock").write_text("4711")
    with locked(tmp_path):
        assert (tmp_path / "up.lock").read_text() == str(os.getpid())


def test_a_lock_is_given_back_at_the_end(tmp_path: Path) -> None:
    with locked(tmp_path):
        pass
    with (tmp_path / "up.lock").open() as file:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)


def test_the_command_after_once_ready_keeps_its_own_options() -> None:
    options = parse(["--data", "somewhere", "--once-ready", "decnet", "status", "--format", "json"])
    assert options.once_ready == ["decnet", "status", "--format", "json"]
    assert options.data == Path("somewhere")


def test_each_lure_that_is_up_gets_a_command_with_its_address_as_bound() -> None:
    lures = [
        {"name": "http", "address": "::1", "port": 20080, "state": "up"},
        {"name": "ssh", "address": "::1", "port": 20022, "state": "failed"},
        {"name": "redis", "address": "127.0.0.2", "port": 6379, "state": "up"},
    ]
    http, redis = attacks({"name": "x", "lures": lures})
    assert "http://[::1]:20080/" in http
    assert "-h 127.0.0.2 -p 6379" in redis


def test_the_demo_has_five_decoys() -> None:
    problems: list[Problem] = []
    fleet = parse_fleet(DEMO.read_text(), "demo", problems)
    assert problems == []
    assert len(fleet.decoys) == 5


def test_each_decoy_is_shown_with_the_accounts_that_let_a_newcomer_break_in() -> None:
    decoy = {"accounts": {"ssh": ["root:toor", "test:test"], "http": []}}
    assert logins(decoy) == "; ssh lets in root:toor, test:test"


def test_only_addresses_with_colons_are_bracketed_in_a_url() -> None:
    assert (in_url("127.0.0.1"), in_url("::1")) == ("127.0.0.1", "[::1]")


def test_an_error_in_a_task_is_told_like_any_other() -> None:
    refused = HostError("no room")
    assert only_error(ExceptionGroup("tasks", [ExceptionGroup("inner", [refused])])) is refused


def test_a_mistake_of_our_own_is_not_hidden_by_an_error() -> None:
    assert only_error(ExceptionGroup("tasks", [HostError("no room"), KeyError("x")])) is None


@asynccontextmanager
async def up(data: Path, *arguments: str) -> AsyncIterator[asyncio.subprocess.Process]:
    """Run scripts/up on a folder of its own; whatever happens, it is ended."""
    fleet = data / "fleet.ini"
    fleet.write_text(FLEET)
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "scripts.lib.up", "--data", str(data), "--fleet", str(fleet), *arguments),
        cwd=ROOT,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    try:
        async with asyncio.timeout(DEADLINE_SECONDS):
            yield process
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


async def until(process: asyncio.subprocess.Process, part: str) -> str:
    """Return what the process printed up to the line with ``part`` in it."""
    assert process.stdout
    printed = ""
    while part not in printed:
        line = await process.stdout.readline()
        assert line, f"it ended after: {printed}"
        printed += line.decode()
    return printed


def left_over(printed: str) -> list[int]:
    """Return those processes that it said are ready and that still run."""
    started = [int(pid) for pid in READY.findall(printed)]
    assert started
    return [pid for pid in started if Path(f"/proc/{pid}").exists()]


@pytest.mark.client
async def test_all_services_are_well_when_it_says_ready_and_gone_after_the_command(tmp_path: Path) -> None:
    async with up(tmp_path, "--once-ready", "decnet", "services", "--format", "json") as process:
        assert process.stdout
        output = (await process.stdout.read()).decode()
        assert await process.wait() == 0, output
    rows = [json.loads(line) for line in output.splitlines() if line.startswith("{")]
    assert {row["service"] for row in rows} == {service.name for service in services_of(Role.MASTER)}
    assert {row["state"] for row in rows} == {"ok"}
    assert left_over(output) == []


@pytest.mark.client
async def test_the_exit_code_is_that_of_the_command(tmp_path: Path) -> None:
    async with up(tmp_path, "--once-ready", "sh", "-c", "exit 41") as process:
        await process.communicate()
        assert process.returncode == 41


@pytest.mark.client
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
async def test_a_signal_stops_everything_and_leaves_nothing_running(tmp_path: Path, number: signal.Signals) -> None:
    async with up(tmp_path) as process:
        printed = await until(process, "Ctrl-C")
        assert f"redis-cli -h {address(1)} -p 26379" in printed
        process.send_signal(number)
        assert await process.wait() == 0
    assert left_over(printed) == []


@pytest.mark.client
async def test_what_it_prints_leads_into_the_dashboard(tmp_path: Path) -> None:
    async with up(tmp_path) as process:
        printed = await until(process, "Ctrl-C")
        (listen,) = re.findall(r"https://(\S+)/ is the dashboard", printed)
        lines = [line for line in printed.splitlines() if line.startswith("  export") or "admin password" in line]
        shown = await run("sh", "-c", f"cd {ROOT}\n" + "\n".join(lines))
        assert shown.code == 0, shown.stderr
        async with person(listen) as admin:
            await admin.sign_in(shown.stdout.decode().split()[-1])
            assert "Overview" in (await admin.see("/")).text
        process.terminate()
        assert await process.wait() == 0


@pytest.mark.client
async def test_a_second_one_at_the_same_time_is_refused_and_one_afterwards_finds_the_decoys(tmp_path: Path) -> None:
    async with up(tmp_path) as first:
        await until(first, "Ctrl-C")
        async with up(tmp_path) as second:
            output, _ = await second.communicate()
            assert second.returncode == InUseError.exit_code
            assert f"process {first.pid}" in output.decode()
        first.terminate()
        await first.wait()
    async with up(tmp_path, "--once-ready", "decnet", "status", "--format", "json") as third:
        output, _ = await third.communicate()
        assert third.returncode == 0, output
        assert b'"one"' in output


@pytest.mark.client
async def test_a_service_that_is_killed_comes_back(tmp_path: Path) -> None:
    async with up(tmp_path) as process:
        printed = await until(process, "Ctrl-C")
        line = next(line for line in printed.splitlines() if line.startswith("ingester: ready"))
        os.kill(int(line.rsplit(" ", 1)[1].rstrip(")")), signal.SIGKILL)
        printed += await until(process, "ingester: ready again")
        process.terminate()
        assert await process.wait() == 0
    assert left_over(printed) == []


@pytest.mark.client
async def test_killing_it_by_force_leaves_no_service_behind(tmp_path: Path) -> None:
    """The kernel kills the children when their parent is gone; a new one starts on the same data at once."""
    async with up(tmp_path) as process:
        printed = await until(process, "Ctrl-C")
        handles = [os.pidfd_open(int(pid)) for pid in READY.findall(printed)]
        process.kill()
        await process.wait()
        for handle in handles:
            await readable(handle)
            os.close(handle)
    async with up(tmp_path, "--once-ready", "true") as process:
        output, _ = await process.communicate()
        assert process.returncode == 0, output
