# SPDX-License-Identifier: MIT
"""On a terminal the present values are offered, the change is shown, and only a yes changes something."""

import os
import pty
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.images import Image, image

pytestmark = pytest.mark.root


@pytest.fixture
def root(tmp_path: Path) -> Image:
    """Return a configured system."""
    made = image(tmp_path / "root")
    made.run("apply")
    return made


def converse(root: Image, *answers: str) -> str:
    """Run the configurator on a terminal, answer its questions, and return all that was shown."""
    controller, terminal = pty.openpty()
    command = (sys.executable, "-I", "-B", "-m", "decnet.install", "--root", str(root.root))
    with subprocess.Popen(command, stdin=terminal, stdout=terminal, stderr=terminal, cwd="/") as process:
        os.close(terminal)
        os.write(controller, "".join(f"{answer}\n" for answer in answers).encode())
        shown = b""
        try:
            while chunk := os.read(controller, 4096):
                shown += chunk
        except OSError:
            pass  # the end of a terminal without a writer
        process.wait(60)
    os.close(controller)
    return shown.decode()


def test_answers_change_what_they_name(root: Image) -> None:
    shown = converse(root, "", "", "secops", "y")
    assert "Group that may use and control them [decnet]:" in shown
    assert "write   /etc/decnet/package.conf" in shown
    assert root.owners("run/decnet") == ("decnet", "secops")


def test_anything_but_yes_changes_nothing(root: Image) -> None:
    before = root.everything()
    assert "nothing was changed" in converse(root, "", "", "secops", "")
    assert root.everything() == before


def test_present_values_need_no_second_question(root: Image) -> None:
    assert "Change this?" not in converse(root, "", "", "")


def test_impossible_answer_is_asked_again(root: Image) -> None:
    shown = converse(root, "", "root", "", "", "honey", "", "n")
    assert "never runs as root" in shown
    assert shown.count("Role of this host") == 2
