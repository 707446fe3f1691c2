# SPDX-License-Identifier: MIT
"""No target leads above the root."""

import pytest

from decnet.lures.http.location import resolve, split_absolute


@pytest.mark.parametrize(
    ("path", "resolved"),
    [
        (b"/", "/"),
        (b"//a///b", "/a/b"),
        (b"/a/./b/..", "/a/"),
        (b"/a/%2e%2e/b", "/b"),
        (b"/a%20b", "/a b"),
        (b"/%ff", "/\xff"),
        (b"/..", None),
        (b"/a/../../etc", None),
        (b"/%2e%2e%2fetc", None),
        (b"/%zz", None),
        (b"/%", None),
        (b"a", None),
        (b"", None),
    ],
)
def test_path_is_resolved_or_refused(path: bytes, resolved: str | None) -> None:
    assert resolve(path) == resolved


@pytest.mark.parametrize(
    ("target", "parts"),
    [
        (b"/x", (b"", b"/x")),
        (b"http://host:8080/x?y", (b"host:8080", b"/x?y")),
        (b"http://user:secret@host", (b"host", b"/")),
        (b"http://host?q", (b"host", b"/?q")),
        (b"*", (b"", b"*")),
    ],
)
def test_absolute_target_is_split(target: bytes, parts: tuple[bytes, bytes]) -> None:
    assert split_absolute(target) == parts
