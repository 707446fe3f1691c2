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


def test_what_a_newer_version_wrote_is_passed_over(tmp_path: Path) -> None:
    """After a downgrade the older version reads it."""
    tree = Tree(tmp_path)
    tree.make_folder(STATE, 0o700)
    text = "version 9.0\nidentity DECNET_USER=honey\nidentity DECNET_FUTURE=yes\nfuture fact\nuid user 900\nuid future 901\n"
    tree.write(APPLIED, text.encode(), 0o600)
    found = read(tree)
    assert found is not None
    assert (found.version, found.identity, found.uids["user"]) == ("9.0", Identity(user="honey"), 900)
