# SPDX-License-Identifier: MIT
"""The telnet lure with Debian's telnet program, with programs that break in, and with any bytes."""

import asyncio
import json
import socket
import struct
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from decnet.lures.ssh.options import SshOptions
from decnet.lures.ssh.server import Ssh
from decnet.lures.telnet.options import TelnetOptions
from decnet.lures.telnet.server import Telnet
from tests.lures.ssh.attacker import Attacker
from tests.support.clients import run
from tests.support.decoys import decoy, persona
from tests.support.lures import Served, serving
from tests.support.terminals import Sitting, sitting

OPTIONS = TelnetOptions(accounts=("root:toor", "admin:admin"), failure_seconds=0)
REFUSALS = b"\xff\xfc\x18\xff\xfc \xff\xfc#\xff\xfc'"
LAST = b"\xff\xfe\x03\xff\xfc\x01\xff\xfc\x1f\xff\xfe\x05\xff\xfc!\xff\xfe\x03\xff\xfe\x01"
AUDIT = """
import json, sys
from honeypot_auditor.probes.deep.fsm import probe_telnet_fsm
from honeypot_auditor.probes.telnet import probe_telnet
host, port = sys.argv[1], int(sys.argv[2])
found = probe_telnet(host, port) + probe_telnet_fsm(host, port)
print(json.dumps({one.id: one.triggered for one in found if not one.skipped}))
"""
BOARD = persona(
    hostname="sensor4",
    os="Raspbian GNU/Linux 11 (bullseye)",
    os_id="raspbian",
    kernel="6.1.21-v7+",
    kernel_build="#1642 SMP Mon Apr  3 17:20:52 BST 2023",
    architecture="armv7l",
    vendor="Raspberry Pi Foundation",
    model="Raspberry Pi 3 Model B Rev 1.2",
    software={"ssh": "OpenSSH_8.4p1 Raspbian-5+deb11u1", "telnet": "netkit-telnetd 0.17"},
)


def lure(options: TelnetOptions = OPTIONS, **overrides: Any) -> Telnet:
    """Return a telnet lure on a decoy."""
    return Telnet(decoy(**overrides), options)


@asynccontextmanager
async def telnet(served: Served, *arguments: str, **terminal: Any) -> AsyncIterator[Sitting]:
    """Run the telnet program at a terminal."""
    async with sitting("telnet", *arguments, served.host, str(served.port), **terminal) as seat:
        await seat.until(b"Escape character is")
        yield seat


async def say(served: Served, *pieces: bytes, until: bytes = b"") -> bytes:
    """Send pieces without a client's help, the next one when something came; return all that is answered up to some words."""
    reader, writer = await asyncio.open_connection(served.host, served.port)
    answer = b""
    try:
        async with asyncio.timeout(20):
            for piece in pieces:
                writer.write(piece)
                answer += await reader.read(65536)
            while until not in answer and (data := await reader.read(65536)):
                answer += data
            if not until:
                writer.write_eof()
                answer += await reader.read()
    finally:
        writer.transport.abort()
    await served.session_ended()
    return answer


@pytest.mark.client
async def test_the_telnet_program_logs_in_works_and_leaves() -> None:
    async with serving(lure()) as served:
        async with telnet(served, columns=132, rows=43, environment={"DISPLAY": "there:0"}) as seat:
            await seat.until(b"Debian GNU/Linux 11\r\nfiles01 login: ")
            seat.type(b"root\r")
            assert await seat.until(b"Password: ") == b"root\r\nPassword: "
            seat.type(b"wrong\r")
            assert await seat.until(b"login: ") == b"\r\n\r\nLogin incorrect\r\nfiles01 login: "
            seat.type(b"root\r")
            await seat.until(b"Password: ")
            seat.type(b"toor\r")
            greeting = await seat.until(b"root@files01:~# ")
            assert greeting.startswith(b"\r\nLast login: ")
            assert b"Linux files01 5.10.0-28-amd64" in greeting
            seat.type(b"stty size; echo $TERM; id\r")
            assert b"43 132\r\nxterm\r\nuid=0(root)" in await seat.until(b"root@files01:~# ")
            seat.type(b"exit\r")
            await seat.until(b"logout\r\nConnection closed by foreign host.")
            await seat.ended()
        await served.session_ended()
    (known,) = served.pen.bodies("client")
    assert known.software == "telnet client at XTERM"
    assert known.detail["window"] == "132x43"
    assert known.detail["display"] == "there:0"
    assert known.detail["options"].startswith("WILL TTYPE, WILL TSPEED")
    tries = [(one.mechanism, one.username, one.accepted) for one in served.pen.bodies("credential")]
    assert tries == [("password", "root", False), ("password", "root", True)]
    assert served.pen.secrets() == [b"wrong", b"toor"]
    assert [one.command for one in served.pen.bodies("command")] == ["stty size; echo $TERM; id", "exit"]
    (session,) = served.pen.ended
    assert (session.reason, session.sent > 500, session.received > 50) == ("client", True, True)


@pytest.mark.client
async def test_the_session_is_recorded_from_the_login_on_and_without_its_secrets() -> None:
    async with serving(lure()) as served:
        async with telnet(served) as seat:
            await seat.until(b"login: ")
            for keys, words in ((b"root\r", b"Password: "), (b"toor\r", b"# "), (b"passwd\r", b"password: ")):
                seat.type(keys)
                await seat.until(words)
            seat.type(b"hidden-one\r")
            await seat.until(b"password: ")
            seat.type(b"hidden-one\r")
            await seat.until(b"# ")
            seat.type(b"\x04")
            await seat.ended()
        await served.session_ended()
    (recording,) = served.pen.bodies("recording")
    rows = [json.loads(line) for line in served.pen.blobs[recording.sha256].splitlines()]
    assert (rows[0]["width"], rows[0]["height"], rows[0]["env"]["TERM"]) == (100, 30, "xterm")
    shown = "".join(data for _, code, data in rows[1:] if code == "o")
    assert shown.startswith("Last login: ")
    assert "logout" in shown
    assert b"hidden-one" not in served.pen.blobs[recording.sha256]
    assert b"toor" not in served.pen.blobs[recording.sha256]
    assert b"hidden-one" in served.pen.secrets()


@pytest.mark.client
async def test_the_name_that_the_program_sends_along_is_asked_for_its_password() -> None:
    async with serving(lure()) as served:
        async with telnet(served, "-l", "admin") as seat:
            await seat.until(b"Password: ")
            assert b"login:" not in seat.shown
            seat.type(b"admin\r")
            await seat.until(b"admin@files01:~$ ")
            seat.type(b"\x1d")
            await seat.until(b"telnet> ")
            seat.type(b"quit\r")
            await seat.ended()
        await served.session_ended()
    (known,) = served.pen.bodies("client")
    assert "USER=admin" in known.detail["environment"]


@pytest.mark.client
async def test_the_programs_own_commands_are_obeyed() -> None:
    """Are you there, erase, interrupt: as the telnet program sends them."""
    async with serving(lure()) as served:
        async with telnet(served) as seat:
            await seat.until(b"login: ")
            for command, words in ((b"send ayt\r", b"[files01 : yes]"), (b"send ec\r", b"telnet> ")):
                seat.type(b"\x1d")
                await seat.until(b"telnet> ")
                seat.type(command)
                await seat.until(words if command == b"send ayt\r" else command.strip())
            seat.type(b"root\r")
            await seat.until(b"Password: ")
            seat.type(b"toor\r")
            await seat.until(b"# ")
            seat.type(b"sleep 600\r")
            await seat.until(b"sleep 600\r\n")
            seat.type(b"\x1d")
            await seat.until(b"telnet> ")
            seat.type(b"send ip\r")
            await seat.until(b"^C\r\n")
            seat.type(b"echo $?\r")
            await seat.until(b"130\r\n")
        await served.session_ended()


async def test_what_programs_that_break_in_send_works_without_any_negotiation() -> None:
    """The words of Mirai and its kin: a name, a password, the shells of routers, and busybox to tell a device by."""
    sent = (
        b"root\r\ntoor\r\nenable\r\nsystem\r\nshell\r\nsh\r\ncat /proc/mounts; /bin/busybox ECCHI\r\n"
        b"/bin/busybox ps; /bin/busybox MIRAI\r\ncd /tmp && >.x && cat .x; rm .x; /bin/busybox cat /bin/echo | head -c 4\r\n"
        b"/bin/busybox ECCHI\r\nexit\r\nexit\r\n"
    )
    async with serving(lure(persona=BOARD)) as served:
        shown = await say(served, sent, until=b"exit\r\nlogout\r\n")
    assert b"Raspbian GNU/Linux 11\r\nsensor4 login: root\r\nPassword: \r\n" in shown
    assert b"enable alias\r\n" in shown
    assert b"-bash: system: command not found" in shown
    assert shown.count(b"ECCHI: applet not found") == 2
    assert b"MIRAI: applet not found" in shown
    assert b"proc /proc proc rw" in shown
    assert b"\x7fELF" in shown
    assert b"[?2004h" not in shown, "a terminal of no name gets no marks of pasted text"
    commands = [one.command for one in served.pen.bodies("command")]
    assert commands[:4] == ["enable", "system", "shell", "sh"]
    assert "/bin/busybox ps; /bin/busybox MIRAI" in commands
    assert served.pen.bodies("client") == []


async def test_a_silent_client_gets_a_prompt_in_the_end() -> None:
    async with serving(lure(TelnetOptions(patience_seconds=0.1))) as served:
        assert (await say(served, until=b"login: ")).endswith(b"Debian GNU/Linux 11\r\nfiles01 login: ")


async def test_what_was_typed_before_the_client_left_is_worked_off() -> None:
    async with serving(lure()) as served:
        await say(served, REFUSALS, LAST, b"root\r\ntoor\r\nuname -a\r\necho done > /tmp/x")
    assert [one.command for one in served.pen.bodies("command")] == ["uname -a", "echo done > /tmp/x"]
    assert [one.path for one in served.pen.bodies("file")] == ["/tmp/x"]


async def test_an_option_in_place_of_a_name_is_turned_away_and_kept() -> None:
    """The way around the password of some telnetd (CVE-2007-0882 and its heirs): netkit's hears nothing."""
    environment = b"\xff\xfa'\0\0USER\x01-f root\xff\xf0"
    async with serving(lure()) as served:
        shown = await say(
            served, b"\xff\xfc\x18\xff\xfc \xff\xfc#\xff\xfb'" + environment, LAST[:15], until=b"hear you!\r\0\r\n"
        )
    assert shown.endswith(b"I don't hear you!\r\0\r\n")
    (known,) = served.pen.bodies("client")
    assert known.detail["environment"] == "USER=-f root"
    assert served.pen.bodies("credential") == []


async def test_the_lures_of_one_decoy_agree(tmp_path: Path) -> None:
    """The same people with the same passwords, the same machine, and what one left by telnet is there by ssh."""
    one, options = decoy(), TelnetOptions(failure_seconds=0)
    ssh, by_telnet = Ssh(one, SshOptions(failure_seconds=0)), Telnet(one, options)
    user, password = next(iter(by_telnet.accounts.items()))
    line = f"{user}\r\n{password}\r\nhostname; echo left > /tmp/left; cat /etc/machine-id\r\nexit\r\n".encode()
    async with serving(by_telnet) as served:
        shown = await say(served, REFUSALS, LAST, line, until=b"logout")
    async with serving(ssh) as served:
        attacker = Attacker(served, tmp_path / "home", user=user, passwords=(password,))
        finished = await attacker.ssh("cat /tmp/left /etc/machine-id; hostname")
    left, identity, hostname = finished.stdout.splitlines()
    assert left == b"left"
    assert identity in shown
    assert hostname in shown


def test_two_decoys_let_in_different_people() -> None:
    decoys = [decoy(persona=persona(seed=f"seed {number}")) for number in range(12)]
    assert len({str(Telnet(one, OPTIONS.__class__()).accounts) for one in decoys}) > 6


async def test_each_of_many_questions_is_answered() -> None:
    async with serving(lure()) as served:
        asked = b"root\r\ntoor\r\n" + b"\xff\xf6" * 5000 + b"exit\r\n"
        shown = await say(served, asked, until=b"logout")
    assert shown.count(b"[files01 : yes]") == 5000


async def test_a_silent_client_is_ended() -> None:
    async with serving(lure(TelnetOptions(patience_seconds=0)), idle_seconds=0.3) as served:
        assert b"login: " in await say(served, until=b"nothing")
    assert [session.reason for session in served.pen.ended] == ["idle"]


async def test_too_many_bytes_end_the_session() -> None:
    async with serving(lure(), byte_limit=5000) as served:
        reader, writer = await asyncio.open_connection(served.host, served.port)
        writer.write(b"x" * 20_000)
        async with asyncio.timeout(20):
            with_end = await _read_all(reader)
        writer.transport.abort()
        await served.session_ended()
    assert isinstance(with_end, bytes)
    assert [session.reason for session in served.pen.ended] == ["bytes"]


async def _read_all(reader: asyncio.StreamReader) -> bytes:
    """Read to the end, however the connection ends."""
    try:
        return await reader.read()
    except ConnectionError:
        return b""


async def test_a_client_that_does_not_read_is_ended_and_blocks_nobody() -> None:
    async with serving(lure(), idle_seconds=1) as served:
        deaf = socket.create_connection((served.host, served.port))
        deaf.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        deaf.sendall(b"root\r\ntoor\r\n" + b"cat /bin/busybox /bin/busybox /bin/busybox\r\n" * 50)
        shown = await say(served, REFUSALS, LAST, b"root\r\ntoor\r\nid\r\nexit\r\n", until=b"logout")
        assert b"uid=0(root)" in shown
        await served.session_ended()
        deaf.close()
    assert {session.reason for session in served.pen.ended} <= {"bytes", "idle", "client"}


@pytest.mark.client
async def test_a_reset_is_no_failure() -> None:
    async with serving(lure()) as served:
        for sent in (b"", REFUSALS, b"root\r\ntoor\r\nsleep 100\r\n"):
            client = socket.create_connection((served.host, served.port))
            client.sendall(sent)
            client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            client.close()
            await served.session_ended()
    assert [session.reason for session in served.pen.ended] == ["client"] * 3


@settings(max_examples=40)
@given(st.lists(st.binary(max_size=120), max_size=4), st.booleans())
def test_any_bytes_are_survived(pieces: list[bytes], logs_in: bool) -> None:  # noqa: FBT001 - hypothesis draws it
    async def attack() -> None:
        async with serving(lure(TelnetOptions(accounts=("root:toor",), failure_seconds=0, patience_seconds=0))) as served:
            _, writer = await asyncio.open_connection(served.host, served.port)
            for piece in [b"root\r\ntoor\r\n"] * logs_in + pieces:
                writer.write(piece)
            writer.transport.abort()
            await served.session_ended()

    asyncio.run(attack())


@pytest.mark.client
async def test_the_auditor_finds_a_telnetd() -> None:
    """honeypot-auditor: "are you there" is answered, nothing of a known honeypot is seen, no random password lets in."""
    async with serving(lure(persona=BOARD)) as served:
        finished = await run(sys.executable, "-c", AUDIT, served.host, str(served.port))
    judged = json.loads(finished.stdout)
    assert judged["telnet.ayt_stub"] is False
    assert [name for name, fired in judged.items() if fired] == []
