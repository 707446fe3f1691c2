# SPDX-License-Identifier: MIT
"""The command line finds commands, and turns errors into words and exit codes."""

import ast
import importlib
import os
import subprocess
import sys
from argparse import ArgumentParser, Namespace
from pathlib import Path

import grimp
import pytest

from decnet import cli
from decnet.catalog import SERVICES
from decnet.cli import main as command_line
from decnet.cli.command import Command
from decnet.config.model import Config
from decnet.errors import PlanError


def test_help_names_every_command_and_every_service(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        command_line.main(["--help"])
    printed = capsys.readouterr().out
    assert caught.value.code == 0
    for name, summary in (*command_line.COMMANDS, *((row.name, row.summary) for row in SERVICES)):
        assert any(line.split() == [name, *summary.split()] for line in printed.splitlines())


def test_unknown_command_is_refused_with_a_suggestion(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        command_line.main(["evidnce"])
    assert caught.value.code == 2
    assert "did you mean 'evidence'?" in capsys.readouterr().err


def test_every_command_has_its_module_and_every_module_its_command() -> None:
    """The list and the folder say the same; a service may have a command of its own besides."""
    folder = Path(cli.__file__).parent
    modules = {path.stem for path in folder.glob("*.py") if "\nCOMMAND = " in path.read_text(encoding="utf-8")}
    listed = {name for name, _ in command_line.COMMANDS}
    assert listed <= modules
    assert modules - listed <= {row.name for row in SERVICES}


@pytest.mark.parametrize("name", command_line.names())
def test_command_explains_itself(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        command_line.main([name, "--help"])
    assert caught.value.code == 0
    assert f"usage: decnet {name}" in capsys.readouterr().out


def _fails(_options: Namespace, _config: Config) -> int:
    """Fail as an operator would see it."""
    raise PlanError("two decoys want 127.0.0.9", remedy="give one another address")


def _declares_nothing(_parser: ArgumentParser) -> None:
    """Declare no option."""


def test_error_is_told_with_its_remedy_and_its_exit_code(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(command_line, "_command", lambda _name: Command(arguments=_declares_nothing, run=_fails))
    assert command_line.main(["status"]) == PlanError.exit_code
    assert capsys.readouterr().err.splitlines() == [
        "decnet: two decoys want 127.0.0.9",
        "  to mend it: give one another address",
    ]


def test_wrong_configuration_ends_every_command(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setenv("DECNET_BUS_QUEUE_COUNT", "none")
    assert command_line.main(["config", "check"]) == 78
    assert "queue_count = 'none'" in capsys.readouterr().err


@pytest.mark.client
@pytest.mark.parametrize("arguments", [["config", "show"], ["--help"], ["status", "--help"]], ids=" ".join)
@pytest.mark.parametrize("buffered", [True, False], ids=["buffered", "unbuffered"])
def test_reader_that_leaves_early_is_no_error(arguments: list[str], buffered: bool) -> None:  # noqa: FBT001 - a parameter
    """``decnet config show | head -1`` ends as a shell user expects: quietly."""
    command = [sys.executable, "-c", "import sys; from decnet.cli.main import main; sys.exit(main())", *arguments]
    environment = os.environ | {"PYTHONUNBUFFERED": "" if buffered else "1"}
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        assert process.stderr.read() == b""
        assert process.wait(timeout=20) in (0, 141)


@pytest.mark.parametrize("closed", ["<&-", ">&-", "2>&-", "<&- >&- 2>&-"])
def test_stream_that_the_caller_closed_leads_nowhere(closed: str) -> None:
    program = "import sys; from decnet.cli.main import main; sys.exit(main())"
    finished = subprocess.run(
        ("sh", "-c", f'exec "$0" -c "$1" archetypes {closed}', sys.executable, program), capture_output=True, check=False
    )
    assert (finished.returncode, finished.stderr) == (0, b"")


def test_output_on_a_full_disk_is_told_in_words() -> None:
    with Path("/dev/full").open("wb") as full:
        program = "import sys; from decnet.cli.main import main; sys.exit(main())"
        finished = subprocess.run(
            (sys.executable, "-c", program, "archetypes"), stdout=full, stderr=subprocess.PIPE, check=False
        )
    assert (finished.returncode, finished.stderr) == (8, b"decnet: the output cannot be written: the disk is full\n")


def test_help_imports_neither_bus_nor_store_nor_lures() -> None:
    """Help answers at once because it imports next to nothing."""
    script = "import sys; import decnet.cli.main; print([name for name in sys.modules if name.startswith('decnet.')])"
    printed = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True, timeout=20).stdout
    imported = set(ast.literal_eval(printed))
    assert imported == {"decnet.catalog", "decnet.cli", "decnet.cli.main", "decnet.errors", "decnet.version"}


CONFIDENTIAL = """
import ctypes, sys
from decnet.cli import main
from decnet.cli.command import Command
def run(options, config):
    print(ctypes.CDLL(None).prctl(3, 0, 0, 0, 0), flush=True)
    raise KeyError("hunter2")
main._command = lambda name: Command(arguments=lambda parser: None, run=run, uses_keys=True)
sys.exit(main.main(["status"]))
"""


@pytest.mark.client
def test_command_that_uses_keys_shows_them_neither_by_its_memory_nor_by_its_failure() -> None:
    """PR_SET_DUMPABLE 0 before it runs; a traceback, which may go to a file, without the message."""
    finished = subprocess.run([sys.executable, "-c", CONFIDENTIAL], capture_output=True, text=True, check=False, timeout=60)
    assert (finished.returncode, finished.stdout) == (1, "0\n")
    assert "KeyError" in finished.stderr
    assert "in run" in finished.stderr
    assert "hunter2" not in finished.stderr


def test_every_command_that_can_load_a_key_says_so() -> None:
    """By what it imports, and what that imports."""
    graph = grimp.build_graph("decnet")
    names = [name for name, _ in command_line.COMMANDS]
    using = {name for name in names if graph.chain_exists(f"decnet.cli.{name}", "decnet.store.keys")}
    assert "evidence" in using
    assert {name for name in names if importlib.import_module(f"decnet.cli.{name}").COMMAND.uses_keys} == using


def test_argument_that_is_no_text_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    """The shell hands over any bytes; Python shows those that are no UTF-8 as lone surrogates."""
    assert command_line.main(["evidence", "list", "--decoy", "\udcff"]) == PlanError.exit_code
    assert "is not valid UTF-8" in capsys.readouterr().err
