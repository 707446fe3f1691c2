# SPDX-License-Identifier: MIT
"""Attacks with OpenSSH's own programs leave exactly what was sent."""

import asyncio
import hashlib
import json
import os
import pty
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path

import pytest

from decnet.domain.captured import raw
from decnet.lures.ssh.options import SshOptions
from tests.lures.ssh.attacker import Attacker, lure
from tests.support.lures import Served, serving

pytestmark = pytest.mark.client


@asynccontextmanager
async def attacked(folder: Path, options: SshOptions | None = None) -> AsyncIterator[Attacker]:
    """Serve a lure and return who attacks it."""
    async with serving(lure(options) if options else lure()) as served:
        yield Attacker(served, folder)


def commands(served: Served) -> list[tuple[bytes, int | None]]:
    """Return the commands that were recorded, with their exit status."""
    return [(raw(body.command), body.exit_code) for body in served.pen.bodies("command")]


def files(served: Served) -> list[tuple[str, str, str, int]]:
    """Return the files that were recorded."""
    return [(body.direction, body.path, body.sha256, body.size) for body in served.pen.bodies("file")]


def digest(data: bytes) -> str:
    """Return the sha256 of ``data``."""
    return hashlib.sha256(data).hexdigest()


async def test_command_has_its_output_its_errors_and_its_exit_status(tmp_path: Path) -> None:
    async with attacked(tmp_path) as attacker:
        good = await attacker.ssh("echo one two")
        bad = await attacker.ssh("no-such-program")
        for _ in range(2):
            await attacker.served.session_ended()
        recorded = commands(attacker.served)
    assert (good.code, good.stdout, good.stderr) == (0, b"one two\n", b"")
    assert (bad.code, bad.stdout) == (127, b"")
    assert b"no-such-program: command not found" in bad.stderr
    assert recorded == [(b"echo one two", 0), (b"no-such-program", 127)]


@pytest.mark.parametrize("hostile", [b"a]b%0Ac", b"a\nb", b"\xff\xfe", "\u00fc".encode(), b"x" * 3000])
async def test_command_survives_exactly(hostile: bytes, tmp_path: Path) -> None:
    async with attacked(tmp_path) as attacker:
        await attacker.ssh(os.fsdecode(b"echo '" + hostile + b"'"))
        await attacker.served.session_ended()
        assert commands(attacker.served) == [(b"echo '" + hostile + b"'", 0)]


async def test_input_of_a_command_arrives(tmp_path: Path) -> None:
    data = os.urandom(700_000)
    async with attacked(tmp_path) as attacker:
        finished = await attacker.ssh("cat", stdin=data)
    assert finished.stdout == data


async def test_scp_brings_files_in_both_protocols(tmp_path: Path) -> None:
    content = os.urandom(300_000)
    (tmp_path / "mine").write_bytes(content)
    async with attacked(tmp_path) as attacker:
        for options in ((), ("-O",)):
            finished = await attacker.scp(*options, str(tmp_path / "mine"), f"HOST:/tmp/got{len(options)}")
            assert finished.code == 0, finished.stderr
            await attacker.served.session_ended()
        served = attacker.served
        assert files(served) == [("upload", f"/tmp/got{number}", digest(content), len(content)) for number in (0, 1)]
        assert served.pen.blobs[digest(content)] == content


@pytest.mark.parametrize("options", [("-r",), ("-r", "-O"), ("-r", "-p", "-O")])
async def test_scp_brings_and_takes_folders(options: tuple[str, ...], tmp_path: Path) -> None:
    """What one connection brought, another of the same attacker takes away unchanged."""
    (tmp_path / "kit" / "sub").mkdir(parents=True)
    (tmp_path / "kit" / "a").write_bytes(b"one")
    (tmp_path / "kit" / "sub" / "b c").write_bytes(b"two")
    async with attacked(tmp_path) as attacker:
        up = await attacker.scp(*options, str(tmp_path / "kit"), "HOST:/tmp/kit")
        down = await attacker.scp(*options, "HOST:/tmp/kit", str(tmp_path / "back"))
        assert (up.code, down.code) == (0, 0), up.stderr + down.stderr
        for _ in range(2):
            await attacker.served.session_ended()
        found = sorted(files(attacker.served))
    assert (tmp_path / "back" / "a").read_bytes() == b"one"
    assert (tmp_path / "back" / "sub" / "b c").read_bytes() == b"two"
    assert found == sorted(
        (direction, path, digest(data), 3)
        for direction in ("upload", "download")
        for path, data in (("/tmp/kit/a", b"one"), ("/tmp/kit/sub/b c", b"two"))
    )


@pytest.mark.parametrize("options", [(), ("-O",)])
async def test_scp_says_what_is_not_there(options: tuple[str, ...], tmp_path: Path) -> None:
    async with attacked(tmp_path) as attacker:
        finished = await attacker.scp(*options, "HOST:/tmp/nothing", str(tmp_path / "x"))
    assert finished.code == 1
    assert finished.stderr.split(b"\r")[0].strip() == b"scp: /tmp/nothing: No such file or directory"


async def test_sftp_does_what_a_batch_says(tmp_path: Path) -> None:
    (tmp_path / "tool").write_bytes(b"#!/bin/sh\n")
    batch = f"""
        pwd
        put {tmp_path}/tool /tmp/tool
        chmod 755 /tmp/tool
        rename /tmp/tool /tmp/.x
        mkdir /tmp/d
        symlink /tmp/.x /tmp/d/link
        ls -la /tmp
        ls -l /tmp/d/link
        get /tmp/d/link {tmp_path}/back
        rm /tmp/d/link
        rmdir /tmp/d
        -get /tmp/d {tmp_path}/none
        df
    """
    async with attacked(tmp_path) as attacker:
        finished = await attacker.sftp(batch)
        await attacker.served.session_ended()
        served = attacker.served
        done = [command for command, _ in commands(served)]
    assert finished.code == 0, finished.stderr
    assert b"Remote working directory: /root\n" in finished.stdout
    assert b"-rwxr-xr-x" in finished.stdout
    assert (tmp_path / "back").read_bytes() == b"#!/bin/sh\n"
    assert done == [
        b"subsystem sftp",
        b"chmod 755 /tmp/tool",
        b"rename /tmp/tool /tmp/.x",
        b"mkdir /tmp/d",
        b"ln -s /tmp/.x /tmp/d/link",
        b"rm /tmp/d/link",
        b"rmdir /tmp/d",
    ]
    assert files(served) == [
        ("upload", "/tmp/tool", digest(b"#!/bin/sh\n"), 10),
        ("download", "/tmp/d/link", digest(b"#!/bin/sh\n"), 10),
    ]


async def test_file_that_is_cut_off_is_kept_as_far_as_it_came(tmp_path: Path) -> None:
    async with attacked(tmp_path) as attacker:
        await attacker.ssh("scp -t /tmp/part", stdin=b"C0644 1000 part\n" + b"x" * 400)
        await attacker.served.session_ended()
        [file] = attacker.served.pen.bodies("file")
    assert (file.size, file.truncated, file.sha256) == (400, True, digest(b"x" * 400))


@pytest.mark.parametrize("name", [b"../../etc/passwd", b"..", b"a/b"])
async def test_scp_takes_no_names_that_lead_elsewhere(name: bytes, tmp_path: Path) -> None:
    async with attacked(tmp_path) as attacker:
        finished = await attacker.ssh("scp -t /tmp", stdin=b"C0644 1 " + name + b"\nx\0")
        await attacker.served.session_ended()
        assert files(attacker.served) == []
    assert finished.code == 1
    assert b"unexpected filename" in finished.stdout


class Console:
    """A real ssh client on a pseudo-terminal of this machine."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self._arrived = asyncio.Event()
        self.shown = b""
        asyncio.get_running_loop().add_reader(descriptor, self._read)

    def _read(self) -> None:
        try:
            self.shown += os.read(self._descriptor, 65536)
        except OSError:
            self.close()
        self._arrived.set()

    def close(self) -> None:
        """Stop reading."""
        asyncio.get_running_loop().remove_reader(self._descriptor)

    async def expect(self, text: bytes) -> bytes:
        """Wait until ``text`` was shown; return all up to its end and forget it."""
        async with asyncio.timeout(20):
            while text not in self.shown:
                self._arrived.clear()
                await self._arrived.wait()
        end = self.shown.index(text) + len(text)
        before, self.shown = self.shown[:end], self.shown[end:]
        return before

    def type(self, keys: bytes) -> None:
        """Type."""
        os.write(self._descriptor, keys)


@contextmanager
def terminal_pair() -> Iterator[tuple[int, int]]:
    """Open a pseudo-terminal."""
    pair = pty.openpty()
    try:
        yield pair
    finally:
        for descriptor in pair:
            os.close(descriptor)


@asynccontextmanager
async def console(attacker: Attacker, *arguments: str) -> AsyncIterator[Console]:
    """Run ssh on a terminal; it has ended when the block has."""
    with terminal_pair() as (ours, theirs):
        process = await asyncio.create_subprocess_exec(
            "ssh",
            *("-F/dev/null", "-oStrictHostKeyChecking=no", "-oUserKnownHostsFile=/dev/null", "-oLogLevel=ERROR"),
            *("-p", str(attacker.served.port), *arguments),
            stdin=theirs,
            stdout=theirs,
            stderr=theirs,
            env={**attacker.environment, "PATH": "/usr/bin:/bin", "TERM": "xterm-256color", "LC_ALL": "C.UTF-8"},
        )
        opened = Console(ours)
        try:
            yield opened
            async with asyncio.timeout(20):
                await process.wait()
        finally:
            opened.close()
            if process.returncode is None:
                process.kill()
                await process.wait()


async def test_interactive_shell_edits_lines_and_is_recorded(tmp_path: Path) -> None:
    """Editing keys, history, completion, ^C and ^D work; every line is recorded, and the terminal as asciicast."""
    async with attacked(tmp_path) as attacker:
        async with console(attacker, "root@127.0.0.1") as shell:
            await shell.expect(b"root@files01:~# ")
            shell.type(b"ecx\x7fho hxi\x1b[D\x1b[D\x7fH\x05!\r")
            assert b"\r\n" in await shell.expect(b"root@files01:~# ")
            shell.type(b"\x1b[A\r")
            await shell.expect(b"root@files01:~# ")
            shell.type(b"not this\x03")
            await shell.expect(b"^C\r\n")
            await shell.expect(b"root@files01:~# ")
            shell.type(b"sleep 600\r")
            await shell.expect(b"sleep 600\r\n")
            shell.type(b"\x03")
            await shell.expect(b"^C\r\n")
            await shell.expect(b"root@files01:~# ")
            shell.type(b"\x04")
            await shell.expect(b"logout\r\n")
        await attacker.served.session_ended()
        served = attacker.served
    lines = commands(served)
    assert lines[0] == lines[1]
    assert [line for line, _ in lines] == [lines[0][0], lines[0][0], b"sleep 600"]
    assert lines[2][1] in (130, None)
    [recording] = served.pen.bodies("recording")
    header, *events = [json.loads(line) for line in served.pen.blobs[recording.sha256].splitlines()]
    assert header["env"]["TERM"] == "xterm-256color"
    assert "logout" in "".join(event[2] for event in events if event[1] == "o")
    assert {event[1] for event in events} >= {"o", "i"}
    assert not recording.truncated


async def test_exit_status_of_the_shell_is_told(tmp_path: Path) -> None:
    async with attacked(tmp_path) as attacker:
        finished = await attacker.ssh(options=("-tt",), stdin=b"exit 7\n")
    assert finished.code == 7


async def test_decoy_that_is_built_again_is_no_stranger(tmp_path: Path) -> None:
    """As after a restart: ssh compares the key with the one it knows."""
    known = tmp_path / "known"
    options = ("-oStrictHostKeyChecking=accept-new", f"-oUserKnownHostsFile={known}", "-oHostKeyAlias=decoy")
    for _ in range(2):
        async with serving(lure()) as served:
            attacker = Attacker(served, tmp_path)
            target = ("-p", str(served.port), f"root@{served.host}", "echo in")
            finished = await attacker._run("ssh", "-F/dev/null", "-oLogLevel=ERROR", *options, *target)
            assert finished.stdout == b"in\n", finished.stderr
    assert len(known.read_text().splitlines()) >= 1


async def test_environment_that_sshd_does_not_accept_is_refused(tmp_path: Path) -> None:
    async with attacked(tmp_path) as attacker:
        finished = await attacker.ssh("env", options=("-oSetEnv=LC_ALL=C.UTF-8 LD_PRELOAD=/tmp/x.so", "-oLogLevel=ERROR"))
    assert b"LD_PRELOAD" not in finished.stdout
