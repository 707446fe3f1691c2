# SPDX-License-Identifier: MIT
"""A folder is scanned at once, with the rights of who looks."""

import pytest

from decnet.lures.shell.filesystem import Filesystem, Tree, User
from decnet.lures.shell.node import folder


def tree() -> Filesystem:
    """Return root's view of a folder with a file, a folder and a link."""
    root = Filesystem(Tree(folder(0), now=lambda: 5.0))
    root.mkdir("/d")
    root.write("/d/b", b"xyz")
    root.mkdir("/d/a")
    root.symlink("b", "/d/c")
    return root


def test_scan_says_of_each_name_what_lstat_says() -> None:
    root = tree()
    found = dict(root.scan("/d"))
    assert list(found) == ["a", "b", "c"]
    assert found == {name: root.lstat(f"/d/{name}") for name in found}


def test_scan_needs_the_right_to_read_for_names_and_to_enter_for_what_they_are() -> None:
    root = tree()
    stranger = root.bound(User(1000, 1000))
    root.chmod("/d", 0o744)
    assert list(stranger.scan("/d")) == []
    root.chmod("/d", 0o711)
    with pytest.raises(PermissionError):
        list(stranger.scan("/d"))


def test_scan_of_no_folder_fails_as_the_kernel_would() -> None:
    with pytest.raises(NotADirectoryError):
        list(tree().scan("/d/b"))
    with pytest.raises(FileNotFoundError):
        list(tree().scan("/nope"))
