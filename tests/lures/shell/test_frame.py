# SPDX-License-Identifier: MIT
"""What every part of a shell can reach."""

import pytest

from decnet.lures.shell.budget import ExhaustedError
from decnet.lures.shell.frame import VIRTUAL_SECONDS, Frame
from tests.lures.shell.sessions import login, said


def frame() -> Frame:
    """Return the shell of a login."""
    shell, _, _ = login()
    return shell._stack[-1]


@pytest.mark.parametrize(
    ("line", "output"),
    [
        ("set -- a b; echo $# $1 $2 $3.", "2 a b .\n"),
        ("false; echo $?", "1\n"),
        ("echo $0", "bash\n"),
        ("[ $$ -gt 1 ] && [ $RANDOM -lt 32768 ] && [ $EPOCHSECONDS -gt 0 ] && echo yes", "yes\n"),
    ],
)
async def test_special_parameters_have_their_values(line: str, output: str) -> None:
    assert await said(line) == (0, output)


def test_path_is_seen_from_the_working_folder() -> None:
    shell = frame()

    assert (shell.absolute("a/b"), shell.absolute("/x"), shell.absolute("")) == ("/root/a/b", "/x", "")


def test_a_subshell_changes_nothing_outside() -> None:
    shell = frame()
    child = shell.fork()
    child.state.set("X", "1")
    child.state.cwd = "/tmp"

    assert shell.state.get("X") is None
    assert shell.state.cwd == "/root"


async def test_a_background_command_only_counts_its_time() -> None:
    shell = frame()
    shell.waits = False

    await shell.pause(VIRTUAL_SECONDS - 1)
    with pytest.raises(ExhaustedError):
        await shell.pause(2)
