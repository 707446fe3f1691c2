# SPDX-License-Identifier: MIT
"""Programs are run as lists, end in time, and fail with a type."""

import os
import sys
from pathlib import Path

import pytest

from decnet.host.process import CommandFailed, Identity, check, run


def test_words_reach_the_program_as_they_are() -> None:
    assert run((sys.executable, "-c", "import sys; print(sys.argv[1])", "$(id); *")).stdout == "$(id); *\n"


def test_programs_of_root_are_found_behind_those_on_the_path_of_the_caller(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "usermod").symlink_to("/bin/echo")
    monkeypatch.setenv("PATH", "/usr/bin:/bin")
    assert run(("groupadd", "--help")).code == 0
    monkeypatch.setenv("PATH", str(tmp_path))
    assert run(("usermod", "theirs")).stdout == "theirs\n"
    monkeypatch.delenv("PATH")
    assert run(("groupadd", "--help")).code == 0


def test_input_and_exit_code_are_passed_on() -> None:
    done = run((sys.executable, "-c", "import sys; sys.stderr.write(sys.stdin.read()); sys.exit(4)"), given="hello")
    assert (done.code, done.stderr) == (4, "hello")


def test_failing_program_is_an_error_with_its_last_words() -> None:
    with pytest.raises(CommandFailed, match="ended with 3: that is why") as raised:
        check((sys.executable, "-c", "import sys; print('first\\nthat is why', file=sys.stderr); sys.exit(3)"))
    assert raised.value.code == 3


def test_program_that_does_not_exist_is_an_error() -> None:
    with pytest.raises(CommandFailed, match="No such file"):
        run(("/nonexistent/program",))


def test_program_that_takes_too_long_is_ended() -> None:
    with pytest.raises(CommandFailed, match="no end within"):
        run((sys.executable, "-c", "input(); import threading; threading.Event().wait()"), timeout_seconds=0.2, given="\n")


def test_descriptor_is_kept_only_where_it_is_named() -> None:
    reader, writer = os.pipe()
    program = f"import os; os.fstat({writer})"
    try:
        assert run((sys.executable, "-c", program), descriptors=(writer,)).code == 0
        assert run((sys.executable, "-c", program)).code == 1
    finally:
        os.close(reader)
        os.close(writer)


@pytest.mark.root
def test_program_runs_as_the_account_with_no_group_of_ours() -> None:
    done = run(("/usr/bin/id", "-G"), identity=Identity(uid=65534, gid=65534))
    assert done.stdout == "65534\n"
