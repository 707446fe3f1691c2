# SPDX-License-Identifier: MIT
"""The channels of one connection share a world, and none of them grows without bound."""

import asyncio
import json

import asyncssh
import pytest

from decnet.domain.captured import raw
from decnet.lures.ssh import conversation
from tests.lures.ssh.attacker import log_in, lure
from tests.support.lures import serving


async def test_shell_and_sftp_see_the_same_files() -> None:
    async with serving(lure()) as served, log_in(served) as client:
        async with client.start_sftp_client() as sftp, sftp.open("/tmp/from-sftp", "w") as file:
            await file.write("hello\n")
        async with client.start_sftp_client() as sftp:
            assert await sftp.exists("/tmp/from-sftp")


async def test_shell_without_a_terminal_runs_each_line() -> None:
    async with serving(lure()) as served:
        async with log_in(served) as client:
            process = await client.create_process(input="cd /tmp\necho one > x; cat x\npwd\nexit 3\necho never\n")
            finished = await process.wait()
        await served.session_ended()
    assert (finished.stdout, finished.exit_status) == ("one\n/tmp\n", 3)
    assert [body.command for body in served.pen.bodies("command")] == ["cd /tmp", "echo one > x; cat x", "pwd", "exit 3"]


@pytest.mark.parametrize(
    ("script", "output", "parts"),
    [
        ("for i in 1 2\ndo\n  echo $i\ndone\necho end\n", "1\n2\nend\n", ["for i in 1 2\ndo\n  echo $i\ndone", "echo end"]),
        ("if true; then\necho yes\nelse\necho no\nfi\n", "yes\n", ["if true; then\necho yes\nelse\necho no\nfi"]),
        ("cat > /tmp/x <<EOF\na b\n\nc\nEOF\ncat /tmp/x\n", "a b\n\nc\n", ["cat > /tmp/x <<EOF\na b\n\nc\nEOF", "cat /tmp/x"]),
        ("echo 'one\ntwo'\n", "one\ntwo\n", ["echo 'one\ntwo'"]),
        ("f() {\necho in $1\n}\nf x", "in x\n", ["f() {\necho in $1\n}", "f x"]),
        ("read a; echo got $a\nmine\necho end\n", "got mine\nend\n", ["read a; echo got $a", "echo end"]),
    ],
)
async def test_constructs_over_several_lines_are_run_as_one(script: str, output: str, parts: list[str]) -> None:
    async with serving(lure()) as served:
        async with log_in(served) as client:
            finished = await client.run(None, input=script)
        await served.session_ended()
    assert finished.stdout == output
    assert [raw(body.command).decode() for body in served.pen.bodies("command")] == parts


async def test_looking_for_the_end_of_a_construct_is_bounded_in_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each line makes the whole be read again, which a client may not use up the processor with."""
    monkeypatch.setattr(conversation, "PARSING_SECONDS", 1e-9)
    async with serving(lure()) as served:
        async with log_in(served) as client:
            await client.run(None, input="if true; then\n" + "true\n" * 3)
        await served.session_ended()
    commands = [raw(body.command) for body in served.pen.bodies("command")]
    assert commands == [b"if true; then\ntrue", b"true", b"true"]


async def test_construct_that_never_ends_is_told_as_a_mistake_and_recorded() -> None:
    async with serving(lure()) as served:
        async with log_in(served) as client:
            finished = await client.run(None, input="while true; do\necho x\n")
        await served.session_ended()
    assert "syntax error" in str(finished.stderr)
    assert [raw(body.command) for body in served.pen.bodies("command")] == [b"while true; do\necho x"]


async def test_unknown_subsystem_and_second_command_are_refused() -> None:
    async with serving(lure()) as served, log_in(served) as client:
        with pytest.raises(asyncssh.ChannelOpenError):
            await client.create_process(subsystem="netconf")


async def test_agent_and_x11_are_refused() -> None:
    async with serving(lure()) as served, log_in(served) as client:
        process = await client.create_process("echo in", env={"LC_ALL": "C", "LD_PRELOAD": "x"})
        assert await process.stdout.read() == "in\n"


async def test_client_that_takes_nothing_loses_its_channel() -> None:
    """Output waits up to a bound; then the channel is closed, and the connection lives."""
    async with serving(lure()) as served, log_in(served) as client:
        process = await client.create_process("yes", window=4096)
        process.channel.pause_reading()
        async with asyncio.timeout(20):
            again = await client.run("echo in")
        assert again.stdout == "in\n"
        process.channel.abort()


async def test_command_ends_with_its_channel() -> None:
    async with serving(lure()) as served:
        async with log_in(served) as client:
            process = await client.create_process("cat")
            process.channel.abort()
            await process.wait_closed()
        await served.session_ended()
    assert served.pen.ended[0].reason == "client"


async def test_password_at_a_prompt_is_a_credential_and_not_in_the_recording() -> None:
    async with serving(lure()) as served:
        async with log_in(served) as client:
            process = await client.create_process(term_type="xterm")
            process.stdin.write("passwd\n")
            for _ in range(2):
                async with asyncio.timeout(10):
                    await process.stdout.readuntil("assword: ")
                process.stdin.write("hunter2\n")
            process.stdin.write("exit\n")
            process.stdin.write_eof()
            await process.wait()
        await served.session_ended()
    assert b"hunter2" in served.pen.secrets()
    [recording] = served.pen.bodies("recording")
    assert b"hunter2" not in served.pen.blobs[recording.sha256]
    assert all("hunter2" not in body.command for body in served.pen.bodies("command"))


@pytest.mark.parametrize(
    "line",
    [
        "echo root:hunter2secret | chpasswd",
        "echo -e 'hunter2secret\\nhunter2secret' | passwd root",
        "mysql -uroot -phunter2secret",
        "sleep 0.1; echo root:hunter2secret | chpasswd",
        "echo hunter2secret | sudo -S id",
        "mysql -u root --password=hunter2secret",
        "bash -c 'echo hunter2secret | su -c id'",
        "redis-cli -a hunter2secret ping",
        "curl http://bob:hunter2secret@192.0.2.1/x",
    ],
)
async def test_password_on_a_command_line_is_a_credential_and_not_in_the_recording(line: str) -> None:
    """Neither the line, key by key or as a whole, nor the history that is shown afterwards."""
    async with serving(lure()) as served:
        async with log_in(served) as client:
            process = await client.create_process(term_type="xterm")
            process.stdin.write(f"{line}\nhistory\nexit\n")
            process.stdin.write_eof()
            await process.wait()
        await served.session_ended()
    assert b"hunter2secret" in served.pen.secrets()
    [recording] = served.pen.bodies("recording")
    kept = served.pen.blobs[recording.sha256]
    typed = "".join(event[2] for event in map(json.loads, kept.splitlines()[1:]) if event[1] == "i")
    assert b"hunter2secret" not in kept
    assert "hunter2secret" not in typed
    assert b"[secret]" in kept
    assert all("hunter2secret" not in str(body) for _, body, _ in served.pen.records)
