# SPDX-License-Identifier: MIT
"""Names mean what they mean to vsftpd, and who is locked into a folder does not get out of it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from decnet.lures.ftp.place import Files
from decnet.lures.shell.filesystem import Filesystem, Tree, User
from decnet.lures.shell.node import folder


def filesystem() -> Filesystem:
    """Return a small tree."""
    root = Filesystem(Tree(folder(0)))
    for path in ("/etc", "/home", "/home/me", "/home/me/in", "/srv", "/srv/ftp", "/srv/ftp/pub", "/root"):
        root.mkdir(path)
    root.chmod("/root", 0o700)
    root.write("/etc/passwd", b"secret")
    root.symlink("/etc", "/srv/ftp/out")
    root.symlink("in", "/home/me/link")
    return root


def at_home() -> Files:
    """Return the view of somebody who sees everything."""
    return Files(filesystem().bound(User(1000, 1000)), "/home/me")


def locked_in() -> Files:
    """Return the view of anonymous."""
    return Files(filesystem().bound(User(115, 121)), "/srv/ftp", root="/srv/ftp")


def test_folder_is_the_real_one_after_a_link() -> None:
    files = at_home()
    files.change(b"link")
    assert files.cwd == "/home/me/in"
    files.change(b"~")
    assert files.cwd == "/home/me"


@pytest.mark.parametrize("name", [b"", b"nope", b"/etc/passwd", b"/root", b"~root"])
def test_folder_that_cannot_be_entered_changes_nothing(name: bytes) -> None:
    files = at_home()
    with pytest.raises(OSError):  # noqa: PT011 - each for a reason of its own
        files.change(name)
    assert files.cwd == "/home/me"


def test_names_are_repeated_as_they_were_sent() -> None:
    files = at_home()
    assert [files.shown(name) for name in (b"a", b"/a", b"../a", b"")] == [b"/home/me/a", b"/a", b"/home/me/../a", b"/home/me/"]
    assert [files.shown(name) for name in (b"~/a", b"~a")] == [b"/home/me/a", b"/home/me/~a"]
    files.change(b"/")
    assert files.shown(b"a") == b"/a"


def test_only_regular_files_are_files() -> None:
    files = at_home()
    assert files.file(b"/etc/passwd").size == 6
    with pytest.raises(OSError, match="Invalid argument"):
        files.file(b"in")


def test_top_is_where_anonymous_ends() -> None:
    files = locked_in()
    for name in (b"..", b"/", b"/../../..", b"~"):
        files.change(name)
        assert files.cwd == "/"
    assert (files.above("/srv/ftp"), files.above("/srv/ftp/pub")) == ("/srv/ftp", "/srv/ftp/pub/..")
    with pytest.raises(OSError):  # noqa: PT011 - the link leads out
        files.change(b"out")


@given(st.lists(st.sampled_from([b"..", b"pub", b"/", b".", b"~", b"", b"etc", b"\0", b"\xff"])).map(b"/".join))
def test_no_name_leads_out(name: bytes) -> None:
    files = locked_in()
    if name:
        assert files.real(name).startswith("/srv/ftp")
