# SPDX-License-Identifier: MIT
"""What was applied last is read as it was written."""

from pathlib import Path

from decnet.catalog import Role
from decnet.install.identity import Identity
from decnet.install.layout import APPLIED, STATE
from decnet.install.record import Record, read, write
from decnet.install.tree import Tree


def test_record_is_read_as_it_was_written_and_written_once(tmp_path: Path) -> None:
    tree = Tree(tmp_path)
    tree.make_folder(STATE, 0o700)
    found = Record(
        identity=Identity(user="honey", group="secops", role=Role.AGENT),
        version="1.0",
        uids={"user": 900, "decoys": 901},
        gids={"group": 902},
        created=frozenset({"honey", "honey-decoys"}),
        joined=frozenset({"honey secops"}),
        enabled=frozenset({"decnet.target"}),
    )
    write(tree, found)
    assert read(tree) == found
    before = tree.look(APPLIED)
    write(tree, found)
    assert tree.look(APPLIED) == before


def test_nothing_was_applied_before_the_first_time(tmp_path: Path) -> None:
    assert read(Tree(tmp_path)) is None
