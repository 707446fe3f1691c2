# SPDX-License-Identifier: MIT
"""What no writer made is found, however many, deep and strangely named it is."""

import os
from pathlib import Path

import pytest

from decnet.spool.strangers import Stranger, strangers
from tests.support.hostile import NAMES
from tests.support.spools import deep


@pytest.fixture
def writer(tmp_path: Path) -> Path:
    """Return the folder of a writer with what a writer makes."""
    folder = tmp_path / "host" / "decoys"
    (folder / "blobs").mkdir(parents=True)
    for name in ("lock", "reserve", "00000000000000000001.jsonl", "blobs/0123"):
        (folder / name).touch()
    return folder


def test_what_writers_make_is_no_stranger(writer: Path) -> None:
    assert list(strangers(writer.parent.parent)) == []
    assert list(strangers(writer / "missing")) == []


@pytest.mark.parametrize("name", NAMES)
def test_entry_is_found_by_any_name(writer: Path, name: bytes) -> None:
    os.mkfifo(os.fsencode(writer) + b"/" + name)
    (writer / "blobs" / "link").symlink_to("/etc/passwd")
    found = [one.path for one in strangers(writer.parent.parent)]
    assert sorted(os.fsencode(path.name) for path in found) == sorted([name, b"link"])


def test_folder_of_nobody_is_named_and_not_entered(writer: Path) -> None:
    """The kernel takes no path that is as long as these, and no program has to enter what no writer makes."""
    for folder in (writer, writer / "blobs"):
        deep(folder, 30)
    assert {one.path for one in strangers(writer.parent.parent)} == {writer / ("d" * 200), writer / "blobs" / ("d" * 200)}


def test_look_ends_at_its_bound(writer: Path) -> None:
    for number in range(20):
        os.mkfifo(writer / f"x{number}")
    found = list(strangers(writer.parent.parent, most=10))
    assert found[0] == Stranger(writer, "holds more than 10 entries, and only so many were looked at")
    assert len(found) <= 11


def test_what_cannot_be_looked_at_is_said_so(tmp_path: Path) -> None:
    too_long = tmp_path / ("x" * 300)
    assert list(strangers(too_long)) == [Stranger(too_long, "cannot be looked into: File name too long")]
