# SPDX-License-Identifier: MIT
"""Names and lines of a spool."""

import os
from pathlib import Path

import pytest

from decnet.domain.evidence import Command, File, Opened, Request, now
from decnet.spool.segment import encode_content, encode_place, end_line, opened, segment_name, segments, sha256_in, split_line
from tests.support.spools import origin

SHA256 = "ab" * 32


def test_segments_are_found_in_their_order_and_nothing_else_is(tmp_path: Path) -> None:
    for name in (segment_name(10), segment_name(9), "lock", "1.jsonl", segment_name(7) + ".new", "x" + segment_name(8)):
        (tmp_path / name).touch()
    with opened(tmp_path) as folder:
        assert segments(folder) == [9, 10]


def test_folder_that_is_a_link_is_not_opened(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(tmp_path)
    with pytest.raises(OSError, match="link"), opened(tmp_path / "link"):
        pass


def test_line_is_one_line_whatever_it_holds() -> None:
    content = encode_content(Command(command="a\nb]\0\r\u2028\uef80"), b"\n")
    hostile = origin(session='a\nb","content":"x')
    place = encode_place(id_="i", host="h", writer="w", sequence=1, at=now(), origin=hostile, kind="command", blob="b1" * 16)
    line = end_line(place, content)
    assert split_line(line[:-1]) == (place, content)
    assert line.count(b"\n") == 1
    assert line.endswith(b"\n")


@pytest.mark.parametrize(("name", "found"), [(SHA256, SHA256), ("../" * 10, ""), (SHA256.upper(), ""), (SHA256 + "\n", "")])
def test_only_a_sha256_names_a_captured_file(name: str, found: str) -> None:
    """Anything else could lead a copy out of its folder."""
    assert sha256_in(File(path="x", direction="upload", sha256=name, size=1)) == found
    assert sha256_in(Request(method="PUT", target="/", version="1.1", headers=[], status=200, body_sha256=name)) == found
    assert sha256_in(Opened()) == ""


def test_opened_gives_the_descriptor_back(tmp_path: Path) -> None:
    with opened(tmp_path) as folder:
        os.fstat(folder)
    with pytest.raises(OSError, match="descriptor"):
        os.fstat(folder)
