# SPDX-License-Identifier: MIT
"""What a run notes is there for the next one, until one ends."""

from pathlib import Path

from decnet.install.journal import Journal
from decnet.install.layout import JOURNAL
from decnet.install.tree import Tree


def test_facts_outlive_the_run_that_noted_them(tmp_path: Path) -> None:
    first = Journal(Tree(tmp_path))
    assert not first.is_open
    first.begin("1.0", "manual")
    first.note("step", "stop")
    first.note("was-active", "decnet-bus.service", "decnet-agent.service")
    second = Journal(Tree(tmp_path))
    assert (second.is_open, second.step) == (True, "stop")
    assert second.facts("was-active") == ["decnet-bus.service", "decnet-agent.service"]


def test_end_leaves_nothing(tmp_path: Path) -> None:
    journal = Journal(Tree(tmp_path))
    journal.begin("1.0", "manual")
    journal.end()
    assert not Journal(Tree(tmp_path)).is_open
    assert Tree(tmp_path).look(JOURNAL) is None


def test_no_facts_are_no_line(tmp_path: Path) -> None:
    journal = Journal(Tree(tmp_path))
    journal.note("stopped")
    assert not journal.is_open


def test_fact_that_is_taken_back_is_gone_for_the_next_run(tmp_path: Path) -> None:
    journal = Journal(Tree(tmp_path))
    journal.begin("1.0", "manual")
    journal.note("restore", "/backup")
    journal.forget("restore")
    assert Journal(Tree(tmp_path)).facts("restore") == []


def test_numbers_are_told_with_their_places(tmp_path: Path) -> None:
    journal = Journal(Tree(tmp_path))
    journal.begin("1.0", "manual")
    journal.note("left-uid", "user 998", "decoys 997")
    assert journal.numbers("left-uid") == [{"user": 998}, {"decoys": 997}]
    assert journal.numbers("left-gid") == []
