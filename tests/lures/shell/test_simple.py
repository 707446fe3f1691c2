# SPDX-License-Identifier: MIT
"""How simple commands are read."""

import pytest

from decnet.lures.shell.parser import Parser
from decnet.lures.shell.syntax import IncompleteError, Literal, ScriptError, Simple


def simple(text: str) -> Simple:
    """Return the only command of a script."""
    script = Parser(text).next_command()
    assert script is not None
    command = script.items[0].first.commands[0]
    assert isinstance(command, Simple)
    return command


def test_assignments_words_and_redirections_are_told_apart() -> None:
    command = simple("A=1 B+=2 echo C=3 >out 2>&1 <in")

    assert [(one.name, one.append) for one in command.assignments] == [("A", False), ("B", True)]
    assert len(command.words) == 2
    assert [(one.descriptor, one.operator) for one in command.redirects] == [(1, ">"), (2, ">&"), (0, "<")]


def test_a_declaration_takes_assignments_as_its_words() -> None:
    assert len(simple("export A=1 B").words) == 3


def test_here_document_stands_behind_its_line() -> None:
    command = simple("cat <<A <<-'B'\none\nA\n\ttwo $x\nB\n")

    bodies = [one.body.parts for one in command.redirects if one.body]
    assert bodies == [(Literal("one\n", quoted=True),), (Literal("two $x\n", quoted=True),)]


@pytest.mark.parametrize("text", ["cat <<E\nbody", "a=(1 2", "echo 'open", 'echo "open', "echo $(ls"])
def test_what_ends_too_soon_asks_for_more(text: str) -> None:
    with pytest.raises(IncompleteError):
        simple(text)


@pytest.mark.parametrize(("text", "token"), [("echo > ;", ";"), ("| ls", "|"), ("a=(1 & 2)", "&")])
def test_a_wrong_token_is_named(text: str, token: str) -> None:
    with pytest.raises(ScriptError, match="syntax error near unexpected token") as caught:
        simple(text)
    assert f"`{token}'" in str(caught.value)


def test_alias_is_expanded_once() -> None:
    script = Parser("ls a", aliases={"ls": "ls -l"}).next_command()

    assert script is not None
    command = script.items[0].first.commands[0]
    assert isinstance(command, Simple)
    assert len(command.words) == 3
