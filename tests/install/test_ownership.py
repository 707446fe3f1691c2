# SPDX-License-Identifier: MIT
"""Files change hands only where they carry a number of ours, and nothing outside is reached."""

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from decnet.install.failure import InvalidError
from decnet.install.ownership import Moves, back, forth, hand_over, hand_over_all
from decnet.install.tree import Tree

pytestmark = pytest.mark.root

USER, OLD, NEW, THIRD = 4001, 4010, 4011, 4012


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """Return the folder of a service's data in a root."""
    folder = tmp_path / "var/lib/decnet"
    folder.mkdir(parents=True)
    return folder


def owned(path: Path, uid: int = USER, gid: int = OLD) -> Path:
    """Make a file that belongs to somebody."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("x", encoding="utf-8")
    os.chown(path, uid, gid)
    return path


def regroup(data: Path, said: list[str] | None = None) -> int:
    """Give the files of the old group to the new one."""
    moves = Moves(gids={OLD: NEW}, ours=frozenset({USER}))
    return hand_over(Tree(data.parents[2]), "/var/lib/decnet", moves, (said if said is not None else []).append)


def gid(path: Path) -> int:
    return path.lstat().st_gid


def test_files_and_folders_of_the_old_group_go_to_the_new_one(data: Path) -> None:
    file = owned(data / "store/decnet.db")
    os.chown(data / "store", USER, OLD)
    regroup(data)
    assert (gid(file), gid(data / "store")) == (NEW, NEW)


def test_file_of_a_third_group_stays(data: Path) -> None:
    file = owned(data / "theirs", gid=THIRD)
    regroup(data)
    assert gid(file) == THIRD


def test_link_that_a_service_planted_leads_nowhere(data: Path, tmp_path: Path) -> None:
    target = owned(tmp_path / "etc/shadow", uid=0)
    folder = owned(tmp_path / "elsewhere/file").parent
    (data / "evil").symlink_to(target)
    (data / "below").symlink_to(folder)
    regroup(data)
    assert (gid(target), gid(folder / "file")) == (OLD, OLD)


def test_second_name_of_somebody_elses_file_stays(data: Path, tmp_path: Path) -> None:
    """Alice lets the old group write her file, so a service may link it into its folder; it is still hers."""
    theirs = owned(tmp_path / "home/notes", uid=THIRD)
    (data / "mine").hardlink_to(theirs)
    regroup(data)
    assert gid(theirs) == OLD


def test_second_name_of_our_own_file_is_changed(data: Path) -> None:
    file = owned(data / "segment")
    (data / "again").hardlink_to(file)
    regroup(data)
    assert gid(file) == NEW


def test_socket_and_queue_are_changed_without_being_opened(data: Path) -> None:
    path = data / "queue"
    os.mkfifo(path)
    os.chown(path, USER, OLD)
    regroup(data)
    assert gid(path) == NEW


def test_name_that_a_terminal_would_obey_is_shown_harmless(data: Path) -> None:
    deep = data
    for _ in range(40):
        deep = deep / "\x1b[2J"
    deep.mkdir(parents=True)
    said: list[str] = []
    regroup(data, said)
    assert "deeper" in said[0]
    assert said[0].isprintable()


def test_folders_deeper_than_ours_are_left_and_told(data: Path) -> None:
    deep = data
    for _ in range(40):
        deep = deep / "d"
    file = owned(deep / "file")
    said: list[str] = []
    regroup(data, said)
    assert gid(file) == OLD
    assert "deeper" in said[0]


def test_data_folder_that_is_a_link_ends_the_walk(data: Path, tmp_path: Path) -> None:
    theirs = owned(tmp_path / "theirs/file")
    data.rmdir()
    data.symlink_to(theirs.parent)
    with pytest.raises(Exception, match="links are not followed"):
        regroup(data)
    assert gid(theirs) == OLD


def test_missing_folder_has_nothing_to_change(tmp_path: Path) -> None:
    (tmp_path / "var").mkdir()
    assert hand_over(Tree(tmp_path), "/var/lib/decnet", Moves(gids={OLD: NEW}), print) == 0


def test_folder_with_a_disk_of_its_own_is_walked_and_one_inside_it_is_not(data: Path) -> None:
    """The operator mounts one on a folder of ours, as for the store; further down nobody has a reason to."""
    store, inside = data / "store", data / "store/inside"
    store.mkdir()
    with disk(store):
        file = owned(store / "decnet.db")
        inside.mkdir()
        with disk(inside):
            other = owned(inside / "file")
            hand_over_all(Tree(data.parents[2]), Moves(gids={OLD: NEW}, ours=frozenset({USER})), print)
            assert (gid(file), gid(other)) == (NEW, OLD)


@contextmanager
def disk(folder: Path) -> Iterator[None]:
    """Mount a file system on a folder."""
    subprocess.run(["mount", "-t", "tmpfs", "tmpfs", str(folder)], check=True)
    try:
        yield
    finally:
        subprocess.run(["umount", str(folder)], check=True)


def test_second_walk_changes_nothing(data: Path) -> None:
    owned(data / "file")
    assert regroup(data) == 1
    assert regroup(data) == 0


def test_moves_of_a_new_group_know_whose_files_are_ours() -> None:
    moves = forth([{"user": USER}], [{"group": OLD}], ({"user": USER}, {"group": NEW}))
    assert moves == Moves(gids={OLD: NEW}, ours=frozenset({USER}))
    assert back(({"user": USER}, {"group": NEW}), ({"user": USER}, {"group": OLD})) == Moves(
        gids={NEW: OLD}, ours=frozenset({USER})
    )


def test_number_that_would_become_two_is_refused() -> None:
    with pytest.raises(InvalidError, match="the place of another"):
        forth([{"user": 1, "netns": 2}], [], ({"user": 2, "netns": 3}, {}))
