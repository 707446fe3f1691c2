# SPDX-License-Identifier: MIT
"""The program scripts/lab, as it is typed."""

import json
import os
import signal
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.support.sources import ROOT

pytestmark = pytest.mark.lab

PROGRAM = ROOT / "scripts/lab"


def typed(folder: Path, *words: str, stdin: str = "") -> "subprocess.CompletedProcess[str]":
    """Type a command that keeps everything in a folder of the test."""
    return subprocess.run(
        [PROGRAM, "--folder", folder, *words], input=stdin, capture_output=True, text=True, timeout=300, check=False
    )


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder for a lab, with the bases of the common one."""
    with tempfile.TemporaryDirectory(prefix="lab-") as path:
        (Path(path) / "bases").symlink_to("/var/cache/decnet-lab/bases")
        yield Path(path)
        typed(Path(path), "stop", "--all")


def test_a_machine_is_booted_used_listed_and_stopped(folder: Path) -> None:
    booted = typed(folder, "boot", "alpha")
    assert (booted.returncode, booted.stdout) == (0, "")
    assert "alpha: running at 10.87.0.2" in booted.stderr

    ran = typed(folder, "run", "alpha", "sh", "-c", "cat; echo aside >&2; exit 9", stdin="through")
    assert (ran.returncode, ran.stdout, ran.stderr) == (9, "through", "aside\n")
    assert typed(folder, "outside", "ip", "-br", "address").stdout.count("10.87.0.1/16") == 1
    assert typed(folder, "install", "alpha", "curl").returncode == 0

    rows = [json.loads(line) for line in typed(folder, "list", "--format", "json").stdout.splitlines()]
    assert [(row["name"], row["suite"], row["state"]) for row in rows] == [("alpha", "trixie", "running")]
    assert typed(folder, "list").stdout.splitlines()[1].split()[:4] == ["alpha", "trixie", "running", "10.87.0.2"]

    assert typed(folder, "stop", "--all").returncode == 0
    assert typed(folder, "list", "--format", "json").stdout == ""


def test_a_command_that_ends_its_process_group_ends_nobody_else(folder: Path) -> None:
    assert typed(folder, "boot", "alpha").returncode == 0
    for where in (("run", "alpha"), ("outside",)):
        assert typed(folder, *where, "sh", "-c", "kill -9 0").returncode == 128 + signal.SIGKILL


@pytest.mark.parametrize("send", [os.kill, os.killpg], ids=["kill", "ctrl-c"])
def test_a_command_that_is_interrupted_is_ended_inside_too(folder: Path, send: Callable[[int, int], None]) -> None:
    assert typed(folder, "boot", "alpha").returncode == 0
    argv: list[str | Path] = [PROGRAM, "--folder", folder, "run", "alpha", "sh", "-c", "echo begun; exec sleep 1234"]
    with subprocess.Popen(argv, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True, process_group=0) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "begun\n"
        send(process.pid, signal.SIGINT)
        assert process.wait(timeout=60) == 128 + signal.SIGINT
    gone = "while pgrep -f 'slee[p] 1234'; do :; done"
    assert typed(folder, "run", "alpha", "timeout", "20", "sh", "-c", gone).returncode == 0


@pytest.mark.parametrize(
    ("send", "number"),
    [(os.kill, signal.SIGTERM), (os.kill, signal.SIGINT), (os.kill, signal.SIGHUP), (os.killpg, signal.SIGINT)],
)
def test_a_boot_that_is_interrupted_leaves_nothing(
    folder: Path, send: Callable[[int, int], None], number: signal.Signals
) -> None:
    argv: list[str | Path] = [PROGRAM, "--folder", folder, "boot", "alpha"]
    with subprocess.Popen(argv, stderr=subprocess.PIPE, text=True, process_group=0) as process:
        assert process.stderr is not None
        assert process.stderr.readline() == "alpha: booting\n"
        send(process.pid, number)
        assert process.wait(timeout=60) == 128 + signal.SIGINT
    assert list((folder / "machines").iterdir()) == []
    assert list((folder / "networks").iterdir()) == []


@pytest.mark.parametrize(
    ("words", "code", "advice"),
    [
        (("run", "nobody", "true"), 4, "scripts/lab list"),
        (("stop",), 3, "--all"),
        (("boot", "Not_A_Name"), 3, "small letters"),
        (("outside", "true"), 7, "scripts/lab boot"),
        (("boot", "alpha", "--bind", "nowhere:relative"), 3, "--bind dist:/srv/dist"),
    ],
)
def test_what_cannot_be_done_is_said_with_what_mends_it(folder: Path, words: tuple[str, ...], code: int, advice: str) -> None:
    refused = typed(folder, *words)
    assert refused.returncode == code
    assert advice in refused.stderr
    assert "Traceback" not in refused.stderr
