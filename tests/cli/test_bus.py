# SPDX-License-Identifier: MIT
"""What operators do with ``decnet bus``: publish, listen, look at the counters, run it."""

import asyncio
import json
import os
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from decnet.bus.client import UnixBus
from decnet.bus.server import BusServer
from tests.support.buses import DEADLINE_SECONDS, first, publish_numbers, serving
from tests.support.workers import connected

pytestmark = pytest.mark.client
DECNET = Path(sys.executable).with_name("decnet")


@asynccontextmanager
async def decnet(folder: Path, *arguments: str) -> AsyncIterator[asyncio.subprocess.Process]:
    """Run the command line with all its folders in ``folder``."""
    names = ("HOME", "XDG_RUNTIME_DIR", "XDG_DATA_HOME", "XDG_STATE_HOME", "XDG_CONFIG_HOME")
    environment = {**os.environ, **dict.fromkeys(names, str(folder))}
    pipe = asyncio.subprocess.PIPE
    process = await asyncio.create_subprocess_exec(DECNET, "bus", *arguments, stdout=pipe, stderr=pipe, env=environment)
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
        await process.communicate()


async def outcome(folder: Path, *arguments: str) -> tuple[int | None, str, str]:
    """Return exit code, output and errors of one command."""
    async with decnet(folder, *arguments) as process:
        output, errors = await asyncio.wait_for(process.communicate(), DEADLINE_SECONDS)
    return process.returncode, output.decode(), errors.decode()


async def line_of(process: asyncio.subprocess.Process) -> str:
    """Return the next line of output."""
    assert process.stdout is not None
    async with asyncio.timeout(DEADLINE_SECONDS):
        return (await process.stdout.readline()).decode()


async def test_pub_reaches_a_subscriber(tmp_path: Path) -> None:
    path = tmp_path / "bus.sock"
    async with serving(path), connected(UnixBus(path, "listener")) as listener:
        subscription = await listener.subscribe(">")
        assert (await outcome(tmp_path, "--socket", str(path), "pub", "a.b", '{ "n": 1 }'))[0] == 0
        message = await first(subscription)
    assert (message.topic, message.body, message.sender.client) == ("a.b", b'{"n":1}', "operator")


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (("a.b", "{"), 3, "no JSON"),
        (("a.b", "[]"), 3, "no JSON object"),
        (("a.*", "{}"), 10, "no topic"),
    ],
)
async def test_pub_says_what_is_wrong(arguments: tuple[str, str], code: int, said: str, tmp_path: Path) -> None:
    path = tmp_path / "bus.sock"
    async with serving(path):
        found = await outcome(tmp_path, "--socket", str(path), "pub", *arguments)
    assert found[0] == code
    assert said in found[2]
    assert "Traceback" not in found[2]


async def test_sub_prints_json_lines_until_interrupted(tmp_path: Path) -> None:
    path = tmp_path / "bus.sock"
    async with (
        serving(path) as server,
        connected(UnixBus(path, "speaker")) as speaker,
        decnet(tmp_path, "--socket", str(path), "sub", "a.>", "--format", "json") as process,
    ):
        await subscribed(server)
        await publish_numbers(speaker, "a.b", range(1))
        row = json.loads(await line_of(process))
        process.send_signal(signal.SIGINT)
        _, errors = await asyncio.wait_for(process.communicate(), DEADLINE_SECONDS)
    assert (row["topic"], row["body"], row["sender"]["client"]) == ("a.b", {"n": 0}, "speaker")
    assert "Traceback" not in errors.decode()


async def test_sub_makes_bodies_harmless_for_a_terminal(tmp_path: Path) -> None:
    path = tmp_path / "bus.sock"
    async with (
        serving(path) as server,
        connected(UnixBus(path, "speaker")) as speaker,
        decnet(tmp_path, "--socket", str(path), "sub", "a") as process,
    ):
        await subscribed(server)
        await speaker.publish_raw("a", b"{\x1b[31m\xff}")
        line = await line_of(process)
    assert "\x1b" not in line
    assert "speaker" in line


async def test_stats_show_the_clients(tmp_path: Path) -> None:
    path = tmp_path / "bus.sock"
    async with serving(path), connected(UnixBus(path, "speaker")):
        code, text, _ = await outcome(tmp_path, "--socket", str(path), "stats")
        _, output, _ = await outcome(tmp_path, "--socket", str(path), "stats", "--format", "json")
    assert code == 0
    assert "speaker" in text
    assert {client["client"] for client in json.loads(output)["clients"]} == {"operator", "speaker"}


async def test_action_without_a_bus_says_how_to_start_one(tmp_path: Path) -> None:
    code, _, errors = await outcome(tmp_path, "pub", "a", "{}")
    assert code == 7
    assert "no bus answers" in errors
    assert "to mend it: decnet bus" in errors


async def test_service_runs_in_the_foreground_on_the_given_socket(tmp_path: Path) -> None:
    """It takes no OpenSSL with it, refuses a second one, and leaves nothing behind."""
    path = tmp_path / "here.sock"
    async with decnet(tmp_path, "--socket", str(path)) as service:
        async with connected(UnixBus(path, "operator")) as bus:
            await bus.subscribe("a")
            assert "libssl" not in mapped(service.pid)
            code, _, errors = await outcome(tmp_path, "--socket", str(path))
            assert code == 6
            assert "already listens" in errors
        service.send_signal(signal.SIGTERM)
        await asyncio.wait_for(service.communicate(), DEADLINE_SECONDS)
    assert service.returncode == 0
    assert "here.sock" not in names_in(tmp_path)


async def test_unknown_group_ends_the_service_as_a_configuration_error(tmp_path: Path) -> None:
    code, _, errors = await outcome(tmp_path, "--socket", str(tmp_path / "bus.sock"), "--group", "no-such-group")
    assert code == 78
    assert "no group 'no-such-group'" in errors


async def subscribed(server: BusServer) -> None:
    """Wait until somebody subscribed."""
    async with asyncio.timeout(DEADLINE_SECONDS):
        while not server.measure().subscriptions:  # noqa: ASYNC110 - the server tells nobody that it was subscribed
            await asyncio.sleep(0)


def mapped(pid: int) -> str:
    """Return the files that a process has mapped."""
    return Path(f"/proc/{pid}/maps").read_text(encoding="utf-8")


def names_in(folder: Path) -> list[str]:
    """Return what is in a folder."""
    return [file.name for file in folder.iterdir()]
