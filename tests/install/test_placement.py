# SPDX-License-Identifier: MIT
"""Rendered files get to their places, and nobody's edits are lost."""

from pathlib import Path

import pytest

from decnet.install.layout import STAGED, STATE
from decnet.install.manifest import Entry
from decnet.install.placement import Kind, compare, effective, keep_previous, previous, proposal, put, take_all_away
from decnet.install.tree import Tree

RULE = "/etc/polkit-1/rules.d/50-x.rules"
DROP_IN = "/etc/systemd/system/x.service.d/10-x.conf"


def entry(path: str, text: str = "ours\n", mode: int = 0o644) -> Entry:
    return Entry(path=path, mode=mode, content=text.encode())


@pytest.fixture
def tree(tmp_path: Path) -> Tree:
    """Return a root in which both files are in place."""
    tree = Tree(tmp_path)
    tree.make_folder(STATE, 0o700)
    place(tree, entry(RULE), entry(DROP_IN))
    return tree


def place(tree: Tree, *wanted: Entry, force: bool = False) -> list[Kind]:
    """Put a set into place and return what that took."""
    changes = effective(tree, compare(tree, wanted, force=force))
    put(tree, wanted, changes)
    return [change.kind for change in changes]


def test_same_set_again_is_no_change(tree: Tree) -> None:
    assert place(tree, entry(RULE), entry(DROP_IN)) == []


def test_new_text_and_new_mode_replace_ours(tree: Tree) -> None:
    assert place(tree, entry(RULE, "new\n"), entry(DROP_IN, mode=0o600)) == [Kind.REPLACE, Kind.REPLACE]
    assert tree.text(RULE) == "new\n"


def test_deleted_file_is_written_again(tree: Tree) -> None:
    tree.remove(RULE)
    assert place(tree, entry(RULE), entry(DROP_IN)) == [Kind.WRITE]


def test_edited_file_stays_and_ours_goes_beside_it_once(tree: Tree) -> None:
    tree.write(RULE, b"mine\n", 0o644)
    assert place(tree, entry(RULE), entry(DROP_IN)) == [Kind.KEEP]
    assert place(tree, entry(RULE), entry(DROP_IN)) == []
    assert (tree.text(RULE), tree.text(proposal(RULE))) == ("mine\n", "ours\n")


def test_file_that_an_operator_masked_by_a_link_stays_a_link(tree: Tree) -> None:
    tree.remove(DROP_IN)
    tree.stage_link("/etc/systemd/system/x.service.d", "10-x.conf", "/dev/null")
    assert place(tree, entry(RULE), entry(DROP_IN)) == [Kind.KEEP]
    assert tree.target(DROP_IN) == "/dev/null"


def test_force_takes_what_was_edited(tree: Tree) -> None:
    tree.write(RULE, b"mine\n", 0o644)
    assert place(tree, entry(RULE), entry(DROP_IN), force=True) == [Kind.REPLACE]
    assert tree.text(RULE) == "ours\n"


def test_file_that_is_not_wanted_goes_and_an_edited_one_stays(tree: Tree) -> None:
    tree.write(RULE, b"mine\n", 0o644)
    assert sorted(place(tree)) == [Kind.LEAVE, Kind.REMOVE]
    assert tree.text(RULE) == "mine\n"
    assert tree.names("/etc/systemd/system") == []
    assert place(tree) == []


def test_files_of_a_run_that_was_killed_count_as_ours(tree: Tree) -> None:
    """The run died after the renames and before its manifest: nobody edited anything."""
    wanted = (entry(RULE, "new\n"), entry(DROP_IN))
    put(tree, wanted, compare(tree, wanted))
    (tree.root / STATE[1:] / "manifest").rename(tree.root / STATE[1:] / "manifest.next")
    assert place(tree, entry(RULE, "newer\n"), entry(DROP_IN)) == [Kind.REPLACE]


def test_nothing_staged_is_left(tree: Tree) -> None:
    assert tree.look(STAGED) is None


def test_kept_set_is_read_as_it_was(tree: Tree) -> None:
    keep_previous(tree, ())
    place(tree, entry(RULE, "new\n"))
    assert previous(tree) == [entry(RULE), entry(DROP_IN)]


def test_everything_is_taken_away_but_what_was_edited(tree: Tree) -> None:
    tree.write(RULE, b"mine\n", 0o644)
    assert take_all_away(tree, edited=False) == [RULE]
    assert (tree.text(RULE), tree.look(DROP_IN)) == ("mine\n", None)


def test_everything_is_taken_away_where_that_was_said(tree: Tree) -> None:
    tree.write(RULE, b"mine\n", 0o644)
    assert take_all_away(tree, edited=True) == []
    assert tree.look(RULE) is None


def test_proposal_is_where_no_program_reads_it() -> None:
    assert proposal("/etc/logrotate.d/decnet") == "/etc/decnet/logrotate.decnet-new"
    assert proposal(RULE) == f"{RULE}.decnet-new"
