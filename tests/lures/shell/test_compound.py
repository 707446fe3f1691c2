# SPDX-License-Identifier: MIT
"""How compound commands are read."""

import pytest

from decnet.lures.shell import syntax
from decnet.lures.shell.parser import Parser
from decnet.lures.shell.syntax import IncompleteError, ScriptError


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("if a; then b; elif c; then d; else e; fi", syntax.If),
        ("while a; do b; done", syntax.While),
        ("until a\ndo b\ndone", syntax.While),
        ("for i in 1 2; do a; done", syntax.For),
        ("for i; do a; done", syntax.For),
        ("for ((i=0;i<3;i++)); do a; done", syntax.Count),
        ("for ((;;)) { a; }", syntax.Count),
        ("case a in (b|c) d;; *) e;& f) g;;& esac", syntax.Case),
        ("{ a; }", syntax.Group),
        ("(a)", syntax.Group),
        ("((1 + 2))", syntax.Calculation),
        ("[[ -f a && b == c* ]]", syntax.Condition),
        ("f() { a; }", syntax.Function),
        ("function f { a; }", syntax.Function),
    ],
)
def test_compound_command_is_recognised(text: str, kind: type) -> None:
    script = Parser(text).next_command()

    assert script is not None
    assert isinstance(script.items[0].first.commands[0], kind)


@pytest.mark.parametrize(
    "text",
    ["if a", "if a; then", "while a; do b", "for i in 1", "case a in", "{ a", "(a", "f() {", "[[ a", "if a; then b; else"],
)
def test_a_compound_command_without_its_end_is_incomplete(text: str) -> None:
    with pytest.raises(IncompleteError):
        Parser(text).next_command()


@pytest.mark.parametrize(
    "text", ["if a; fi", "fi", "done", "while; do a; done", "for 1 2; do", "case a in b c) d;; esac", "()"]
)
def test_a_compound_command_out_of_order_is_refused(text: str) -> None:
    with pytest.raises(ScriptError) as caught:
        Parser(text).next_command()
    assert not isinstance(caught.value, IncompleteError)


def test_nesting_has_a_bound() -> None:
    with pytest.raises(ScriptError, match="nesting"):
        Parser("{ " * 60 + "a" + "; }" * 60).next_command()
