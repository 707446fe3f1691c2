# SPDX-License-Identifier: MIT
"""Nothing leaves the root, and nothing is half there."""

import os
import subprocess
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from decnet.errors import HostError
from decnet.install.tree import Tree


@pytest.fixture
def tree(tmp_path: Path) -> Tree:
    """Return an empty root."""
    (tmp_path / "root/etc").mkdir(parents=True)
    return Tree(tmp_path / "root")


def test_file_is_written_with_its_mode_whatever_the_mask(tree: Tree) -> None:
    tree.write("/etc/a", b"1", 0o664)
    state = tree.look("/etc/a")
    assert state is not None
    assert (state.st_mode & 0o7777, tree.read("/etc/a")) == (0o664, b"1")


def test_link_on_the_way_is_an_error(tree: Tree, tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    (tree.root / "etc/decnet").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(HostError, match="links are not followed"):
        tree.write("/etc/decnet/package.conf", b"", 0o644)
    with pytest.raises(HostError):
        tree.make_folder("/etc/decnet/config.ini.d", 0o755)
    assert list((tmp_path / "elsewhere").iterdir()) == []


def test_link_at_the_end_is_replaced_and_its_target_stays(tree: Tree, tmp_path: Path) -> None:
    target = tmp_path / "target"
    target.write_text("theirs", encoding="utf-8")
    (tree.root / "etc/a").symlink_to(target)
    tree.write("/etc/a", b"ours", 0o644)
    assert target.read_text(encoding="utf-8") == "theirs"
    assert tree.read("/etc/a") == b"ours"


def test_link_is_not_read(tree: Tree, tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("x", encoding="utf-8")
    (tree.root / "etc/a").symlink_to(tmp_path / "secret")
    with pytest.raises(HostError):
        tree.read("/etc/a")


def test_folders_on_the_way_are_made_for_everybody_to_enter(tree: Tree) -> None:
    assert tree.make_folder("/etc/a/b/c", 0o700)
    assert [path.stat().st_mode & 0o777 for path in (tree.root / "etc/a", tree.root / "etc/a/b/c")] == [0o755, 0o700]
    assert not tree.make_folder("/etc/a/b/c", 0o700)


def test_removing_a_folder_removes_links_in_it_and_not_what_they_lead_to(tree: Tree, tmp_path: Path) -> None:
    theirs = tmp_path / "theirs"
    theirs.mkdir()
    (theirs / "file").touch()
    tree.make_folder("/etc/a/b", 0o755)
    (tree.root / "etc/a/link").symlink_to(theirs)
    tree.remove_all("/etc/a")
    assert tree.names("/etc") == []
    assert (theirs / "file").exists()


def test_what_a_killed_write_left_is_swept_away(tree: Tree) -> None:
    (tree.root / "etc/.a.decnet-unfinished").touch()
    (tree.root / "etc/b").touch()
    tree.sweep("/etc")
    assert tree.names("/etc") == ["b"]


def test_empty_folder_goes_and_a_full_one_stays(tree: Tree) -> None:
    tree.make_folder("/etc/a", 0o755)
    tree.write("/etc/a/b", b"", 0o644)
    assert not tree.remove_empty("/etc/a")
    assert tree.remove("/etc/a/b")
    assert tree.remove_empty("/etc/a")
    assert not tree.remove("/etc/a/b")


def test_link_is_staged_moved_and_read(tree: Tree) -> None:
    tree.stage_link("/etc", "x", "/usr/lib/y")
    tree.move("/etc/x", "/etc/new/y")
    assert tree.target("/etc/new/y") == "/usr/lib/y"
    assert tree.target("/etc/x") is None


def test_folders_that_are_nested_deeper_than_calls_or_descriptors_go(tree: Tree) -> None:
    here = os.open(tree.root / "etc", os.O_RDONLY)
    for name in ("a", *("b" * 40 for _ in range(3000))):
        os.mkdir(name, dir_fd=here)
        below = os.open(name, os.O_RDONLY, dir_fd=here)
        os.close(here)
        here = below
    os.close(here)
    tree.write("/etc/kept", b"", 0o644)
    try:
        tree.remove_all("/etc/a")
        assert tree.names("/etc") == ["kept"]
    finally:
        # what pytest would remove itself it removes by recursion
        subprocess.run(["rm", "-rf", tree.root / "etc"], check=True)


def test_removing_goes_on_where_somebody_else_is_faster(tree: Tree) -> None:
    tree.make_folder("/etc/a", 0o755)
    for name in range(2000):
        (tree.root / f"etc/a/{name}").touch()
    with ThreadPoolExecutor() as together:
        list(together.map(tree.remove_all, ["/etc/a"] * 4))
    assert tree.names("/etc") == []


def test_files_are_told_from_folders_that_hold_none(tree: Tree) -> None:
    tree.make_folder("/etc/a/b", 0o755)
    assert tree.holds_only_folders("/etc/a")
    tree.write("/etc/a/b/c", b"", 0o644)
    assert not tree.holds_only_folders("/etc/a")


def test_removing_everything_takes_files_too_and_nothing_is_no_error(tree: Tree) -> None:
    tree.make_folder("/etc/a/b", 0o755)
    tree.write("/etc/a/b/c", b"", 0o644)
    tree.write("/etc/a/d", b"", 0o644)
    tree.remove_all("/etc/a/d")
    tree.remove_all("/etc/a/nothing")
    assert tree.names("/etc/a") == ["b"]
    tree.remove_all("/etc/a")
    assert tree.names("/etc") == []
