# SPDX-License-Identifier: MIT
"""The supervisor of scripts/up, with services that are small programs of our own."""

import asyncio
import os
import select
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from decnet.catalog import BOTH, Service
from decnet.errors import ConfigError, HostError
from scripts.lib import supervise
from scripts.lib.supervise import Supervisor
from tests.support.processes import readable

pytestmark = pytest.mark.client

DEADLINE_SECONDS = 20
PROGRAM = f"""#!{sys.executable} -SE
import os, pathlib, signal, socket, sys, time
name, folder = sys.argv[1], pathlib.Path(__file__).parent
with (folder / "order").open("a") as order:
    order.write(name + "\\n")
behaviour = folder / name
exec(behaviour.read_text() if behaviour.exists() else "")
sender = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
sender.sendto(b"STATUS=x\\nREADY=1", chr(0) + os.environ["NOTIFY_SOCKET"][1:])
signal.sigwait([signal.SIGTERM])
"""


def service(name: str, *after: str) -> Service:
    """Return a service that exists in these tests only."""
    return Service(name=name, summary=name, worker="none", roles=BOTH, after=after)


class Said(list[str]):
    """What the supervisor said; ``until`` waits for a sentence."""

    def __init__(self) -> None:
        super().__init__()
        self.grown = asyncio.Event()

    def __call__(self, text: str) -> None:
        self.append(text)
        self.grown.set()

    async def until(self, part: str) -> None:
        async with asyncio.timeout(DEADLINE_SECONDS):
            while not any(part in text for text in self):
                self.grown.clear()
                await self.grown.wait()


@pytest.fixture
def program(tmp_path: Path) -> Path:
    """A program that is every service; ``folder/NAME`` holds Python that one of them runs before it is ready."""
    path = tmp_path / "program"
    path.write_text(PROGRAM)
    path.chmod(0o755)
    return path


def supervisor(program: Path, *services: Service) -> tuple[Supervisor, Said]:
    """Return a supervisor of services and what it says."""
    said = Said()
    return Supervisor(services, {"PATH": os.environ["PATH"]}, say=said, program=program), said


def is_alive(pid: int) -> bool:
    """Say whether a process runs; one that waits to be reaped does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


async def test_services_start_in_order_and_leaving_the_block_ends_them(program: Path) -> None:
    running, _ = supervisor(program, service("first"), service("second", "first"))
    async with running:
        await running.start()
        pids = [child.pid for child in running.children.values()]
        assert all(is_alive(pid) for pid in pids)
    assert (program.parent / "order").read_text().split() == ["first", "second"]
    assert not any(is_alive(pid) for pid in pids)


async def test_a_service_that_dies_is_started_again_and_the_others_stay(program: Path) -> None:
    running, said = supervisor(program, service("first"), service("second"))
    async with running:
        await running.start()
        dead, unhurt = running.children["first"].pid, running.children["second"].pid
        keeping = asyncio.get_running_loop().create_task(running.keep())
        os.kill(dead, signal.SIGKILL)
        await said.until("first: ready again")
        assert running.children["first"].pid != dead
        assert running.children["second"].pid == unhurt
        keeping.cancel()


async def test_a_service_that_ends_before_it_is_ready_is_reported_with_its_last_words(program: Path) -> None:
    (program.parent / "broken").write_text("sys.exit('the disk is on fire')")
    running, _ = supervisor(program, service("broken"))
    async with running:
        with pytest.raises(HostError, match="the disk is on fire"):
            await running.start()


async def test_a_refused_configuration_is_told_apart_and_not_tried_again(program: Path) -> None:
    (program.parent / "refusing").write_text("print('no such key', file=sys.stderr); sys.exit(78)")
    running, _ = supervisor(program, service("refusing"))
    async with running:
        with pytest.raises(ConfigError, match="no such key"):
            await running.start()


async def test_a_restart_that_is_refused_leaves_the_service_down_and_the_others_up(program: Path) -> None:
    running, said = supervisor(program, service("refusing"), service("other"))
    async with running:
        await running.start()
        keeping = asyncio.get_running_loop().create_task(running.keep())
        (program.parent / "refusing").write_text("print('no such key', file=sys.stderr); sys.exit(78)")
        os.kill(running.children["refusing"].pid, signal.SIGKILL)
        await said.until("stays down until the cause is mended")
        assert is_alive(running.children["other"].pid)
        assert not keeping.done()
        keeping.cancel()


async def test_a_service_that_never_gets_ready_is_killed(program: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(supervise, "READY_SECONDS", 0.5)
    (program.parent / "slow").write_text("signal.pause()")
    running, _ = supervisor(program, service("slow"))
    async with running:
        with pytest.raises(HostError, match="was not ready"):
            await running.start()
        await running.children["slow"].process.wait()


async def test_a_service_that_is_faster_than_we_are_is_heard(program: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The loop stands still until READY has come, so that it is read before the child is known."""
    monkeypatch.setattr(supervise, "READY_SECONDS", 2)
    running, _ = supervisor(program, service("fast"))
    async with running:
        asyncio.get_running_loop().call_soon(select.select, [running._socket], [], [], DEADLINE_SECONDS)
        await running.start()


async def test_a_stranger_cannot_say_that_a_service_is_ready(program: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The kernel names the sender: a READY of another process, here of a child's child, does not count."""
    monkeypatch.setattr(supervise, "READY_SECONDS", 0.5)
    forged = "import subprocess; subprocess.run([sys.executable, '-SEc', 'import os, socket; socket.socket(1, 2)"
    forged += '.sendto(b"READY=1", chr(0) + os.environ["NOTIFY_SOCKET"][1:])\'], check=True); signal.pause()'
    (program.parent / "forging").write_text(forged)
    running, _ = supervisor(program, service("forging"))
    async with running:
        with pytest.raises(HostError, match="was not ready"):
            await running.start()


async def test_a_service_that_ignores_the_request_to_end_is_killed(program: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(supervise, "STOP_SECONDS", 0.3)
    (program.parent / "deaf").write_text(
        "signal.signal(signal.SIGTERM, signal.SIG_IGN); signal.sigwait = lambda _: signal.pause()"
    )
    running, said = supervisor(program, service("deaf"))
    async with running:
        await running.start()
        pid = running.children["deaf"].pid
    assert not is_alive(pid)
    assert any("was killed" in text for text in said)


async def test_children_die_with_a_supervisor_that_is_killed(program: Path) -> None:
    """A kill -9 of scripts/up leaves no service behind."""
    source = (
        "import asyncio, pathlib, sys\n"
        "from decnet.catalog import BOTH, Service\n"
        "from scripts.lib.supervise import Supervisor\n"
        "async def main():\n"
        "    row = Service(name='only', summary='', worker='', roles=BOTH)\n"
        "    async with Supervisor([row], {'PATH': '/usr/bin:/bin'}, say=print, program=pathlib.Path(sys.argv[1])) as run:\n"
        "        await run.start()\n"
        "        print(run.children['only'].pid, flush=True)\n"
        "        await asyncio.Event().wait()\n"
        "asyncio.run(main())\n"
    )
    process = await asyncio.create_subprocess_exec(sys.executable, "-c", source, str(program), stdout=asyncio.subprocess.PIPE)
    assert process.stdout
    async with asyncio.timeout(DEADLINE_SECONDS):
        await process.stdout.readline()
        pid = int(await process.stdout.readline())
    with watched(pid) as handle:
        process.kill()
        await process.wait()
        async with asyncio.timeout(DEADLINE_SECONDS):
            await readable(handle)
    assert not is_alive(pid)


@contextmanager
def watched(pid: int) -> Iterator[int]:
    """A descriptor that gets readable when the process ends."""
    handle = os.pidfd_open(pid)
    try:
        yield handle
    finally:
        os.close(handle)
