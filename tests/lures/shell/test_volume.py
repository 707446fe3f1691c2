# SPDX-License-Identifier: MIT
"""A session's tree: what it shares, what it copies, what it may take."""

import errno

import pytest

from decnet.lures.shell.node import file, folder
from decnet.lures.shell.volume import Tree, error


def image() -> Tree:
    """Return a tree with one folder and one file."""
    root = folder(0.0)
    root.entries["etc"] = folder(0.0)
    root.entries["etc"].entries["name"] = file(b"x", 0.0)
    return Tree(root, max_bytes=10, max_files=3)


def test_what_is_changed_is_copied_and_the_image_stays() -> None:
    tree = image()
    shared = tree.root
    own = tree.own(["etc", "name"])
    own.content = bytearray(b"changed")

    assert shared.entries["etc"].entries["name"].data == b"x"
    assert tree.root.entries["etc"].entries["name"] is own
    assert tree.own(["etc", "name"]) is own


def test_bytes_and_files_have_bounds() -> None:
    tree = image()
    tree.take(size=10, files=3)

    for size, files in ((1, 0), (0, 1)):
        with pytest.raises(OSError, match="No space left") as caught:
            tree.take(size=size, files=files)
        assert caught.value.errno == errno.ENOSPC
    tree.take(size=-5)
    tree.take(size=5)


def test_an_error_is_the_kernels() -> None:
    found = error(errno.ENOENT, "/x")

    assert (type(found), found.strerror, found.filename) == (FileNotFoundError, "No such file or directory", "/x")
