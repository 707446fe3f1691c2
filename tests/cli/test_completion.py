# SPDX-License-Identifier: MIT
"""Completion knows what the parsers know, checked in a real bash."""

import subprocess

import pytest

from decnet.cli.main import main, names

ASK = """
source /dev/stdin
COMP_WORDS=({words}); COMP_CWORD={index}
_decnet 2>/dev/null
printf '%s\\n' "${{COMPREPLY[@]}}"
"""


def complete(script: str, *words: str) -> list[str]:
    """Return what bash offers for the last of ``words``."""
    quoted = " ".join(f"'{word}'" for word in ("decnet", *words))
    asked = ASK.format(words=quoted, index=len(words))
    finished = subprocess.run(["bash", "-c", asked], input=script, capture_output=True, text=True, check=True, timeout=20)
    return finished.stdout.split()


@pytest.fixture
def script(capsys: pytest.CaptureFixture[str]) -> str:
    assert main(["completion", "bash"]) == 0
    return capsys.readouterr().out


@pytest.mark.client
def test_bash_completes_commands_actions_and_options(script: str) -> None:
    assert set(names()) <= set(complete(script, ""))
    assert complete(script, "conf") == ["config", "configure"]
    assert complete(script, "config", "s") == ["show"]
    assert set(complete(script, "config", "show", "--")) == {"--format", "--help", "--origin"}
    assert complete(script, "completion", "b") == ["bash"]


def test_zsh_uses_the_same_words(capsys: pytest.CaptureFixture[str], script: str) -> None:
    assert main(["completion", "zsh"]) == 0
    printed = capsys.readouterr().out
    assert printed.startswith("#compdef decnet\n")
    assert cases(printed) == cases(script)
    assert len(cases(script)) > len(names())
    assert "COMP" not in printed


def cases(script: str) -> list[str]:
    """Return what is offered at each place of the command line."""
    return [line for line in script.splitlines() if ") offered=" in line]
