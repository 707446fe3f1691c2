# SPDX-License-Identifier: MIT
"""How a path becomes a node."""

import pytest

from decnet.lures.shell.filesystem import Filesystem, User
from tests.lures.shell.sessions import MACHINE


def files() -> Filesystem:
    """Return a file system with links in it."""
    found = MACHINE.new_filesystem()
    found.mkdir("/d")
    found.write("/d/f", b"text")
    found.symlink("f", "/d/relative")
    found.symlink("/d", "/absolute")
    found.symlink("loop", "/loop")
    return found


@pytest.mark.parametrize(
    ("path", "resolved"),
    [
        ("/d/f", "/d/f"), ("/d/../d/./f", "/d/f"), ("/../..", "/"), ("/absolute/relative", "/d/f"), ("//d//f", "/d/f"),
        ("/d/new", "/d/new"),
    ],
)  # fmt: skip
def test_path_is_resolved(path: str, resolved: str) -> None:
    assert files().resolve(path) == resolved


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("/none/x", "No such file"), ("/d/f/x", "Not a directory"), ("/loop", "Too many levels"),
        ("/" + "a" * 300, "File name too long"),
        ("/a" * 3000, "File name too long"), ("/d/f/", "Not a directory"),
    ],
)  # fmt: skip
def test_a_wrong_path_is_the_kernels_error(path: str, words: str) -> None:
    with pytest.raises(OSError, match=words):
        files().node(path)


def test_rights_are_checked_on_the_way() -> None:
    found = files()
    found.chmod("/d", 0o700)
    stranger = found.bound(User(1000, 1000))

    with pytest.raises(PermissionError):
        stranger.read("/d/f")
    with pytest.raises(PermissionError):
        stranger.write("/new", b"")
    assert found.read("/d/f") == b"text"
    with pytest.raises(PermissionError):
        stranger.chmod("/etc", 0o777)
