# SPDX-License-Identifier: MIT
"""An INI text is read to its end, every key with its line, every mistake with its place."""

from hypothesis import given
from hypothesis import strategies as st

from decnet.domain.problem import Problem
from decnet.domain.sections import read, split


def test_read_returns_sections_keys_and_lines() -> None:
    problems: list[Problem] = []
    (first, second) = read("# comment\n[a]\nx = 1\n\n[b  c]\nY=2 ; kept\n", "f", problems)
    assert (first.name, first.line, first.values, first.lines) == ("a", 2, {"x": "1"}, {"x": 3})
    assert (second.name, second.values) == ("b c", {"y": "2 ; kept"})
    assert problems == []


def test_read_joins_indented_lines_to_the_value_above() -> None:
    (section,) = read("[a]\nlist = one\n  two\n  three\n", "f", [])
    assert split(section.values["list"]) == ["one", "two", "three"]


def test_read_finds_every_mistake_in_one_pass() -> None:
    problems: list[Problem] = []
    read("x = 1\n[a]\nnonsense\nk = 1\nk = 2\n[a]\n", "f", problems)
    assert [(problem.line, problem.message) for problem in problems] == [
        (1, "a line stands before the first [section]"),
        (3, "'nonsense' is not: key = value"),
        (5, "k is there twice, first on line 4"),
        (6, "this section is there twice, first on line 2"),
    ]


def test_read_knows_no_interpolation_and_no_default_section() -> None:
    problems: list[Problem] = []
    sections = read("[DEFAULT]\na = %(b)s\n[x]\n", "f", problems)
    assert [section.values for section in sections] == [{"a": "%(b)s"}, {}]


@given(st.text())
def test_read_survives_any_text(text: str) -> None:
    problems: list[Problem] = []
    for section in read(text, "f", problems):
        assert section.values.keys() == section.lines.keys()
