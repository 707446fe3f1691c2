# SPDX-License-Identifier: MIT
"""The writer's folder is its own, or it is refused."""

import os
from pathlib import Path

import pytest

from decnet.errors import DamagedError, HostError, InUseError
from decnet.spool.folder import Folder
from decnet.spool.segment import segment_name
from tests.support.hostile import NAMES

PATH = Path("host") / "decoys"


def test_folder_is_made_for_the_group_to_read(tmp_path: Path) -> None:
    Folder(tmp_path / PATH).close()
    assert (tmp_path / PATH).stat().st_mode & 0o7777 == 0o2750


def test_lock_ends_with_the_folder(tmp_path: Path) -> None:
    folder = Folder(tmp_path / PATH)
    with pytest.raises(InUseError):
        Folder(tmp_path / PATH)
    folder.close()
    Folder(tmp_path / PATH).close()


@pytest.mark.parametrize("kind", ["link", "file", "fifo"])
def test_folder_that_is_none_is_refused(tmp_path: Path, kind: str) -> None:
    path = tmp_path / PATH
    path.parent.mkdir()
    if kind == "link":
        path.symlink_to(tmp_path)
    elif kind == "file":
        path.touch()
    else:
        os.mkfifo(path)
    with pytest.raises(DamagedError) as error:
        Folder(path)
    assert str(path) in error.value.remedy


@pytest.mark.root
def test_folder_and_files_of_somebody_else_are_refused(tmp_path: Path) -> None:
    path = tmp_path / PATH
    Folder(path).close()
    os.chown(path / "lock", 12345, -1)
    with pytest.raises(DamagedError, match="lock"):
        Folder(path)
    os.chown(path, 12345, -1)
    with pytest.raises(DamagedError, match="12345"):
        Folder(path)


@pytest.mark.parametrize("name", NAMES)
def test_name_that_somebody_chose_is_no_part_of_the_command(tmp_path: Path, name: bytes) -> None:
    """The journal shows this sentence to root."""
    Folder(tmp_path / PATH).close()
    os.mkfifo(os.fsencode(tmp_path / PATH) + b"/" + name)
    with pytest.raises(DamagedError) as error:
        Folder(tmp_path / PATH)
    assert error.value.remedy == f"ls -lab {tmp_path / PATH}"
    assert error.value.message.isascii()
    assert error.value.message.isprintable()


@pytest.mark.root
def test_root_is_not_told_to_take_the_spool_of_a_service(tmp_path: Path) -> None:
    """Given to root, it would be lost to the service."""
    Folder(tmp_path / PATH).close()
    os.chown(tmp_path / PATH, 12345, -1)
    with pytest.raises(DamagedError) as error:
        Folder(tmp_path / PATH)
    assert "chown" not in error.value.remedy
    assert "12345" in error.value.remedy


def test_file_with_a_second_name_is_refused(tmp_path: Path) -> None:
    """A hard link could be written through."""
    Folder(tmp_path / PATH).close()
    outside = tmp_path / "outside"
    outside.touch()
    os.link(outside, tmp_path / PATH / segment_name(1))
    with pytest.raises(DamagedError):
        Folder(tmp_path / PATH)


def test_segment_has_its_header_when_it_has_its_name(tmp_path: Path) -> None:
    folder = Folder(tmp_path / PATH)
    os.close(folder.create(7, b"header\n"))
    assert folder.segments() == {7: 7}
    assert (tmp_path / PATH / segment_name(7)).stat().st_mode & 0o777 == 0o640
    (tmp_path / PATH / (segment_name(8) + ".new")).touch()
    folder.close()
    Folder(tmp_path / PATH).close()
    assert not (tmp_path / PATH / (segment_name(8) + ".new")).exists()


def test_scan_counts_lines_and_believes_no_garbage(tmp_path: Path) -> None:
    folder = Folder(tmp_path / PATH)
    file = folder.create(7, b"header\n")
    os.write(
        file,
        b'{"sequence":7,"blob":"aa"}\n[]\nnull\n{"sequence":"x"}\n\xff\n{"sequence":null,"blob":3}\n{"sequence":12',
    )
    os.close(file)
    scan = folder.scan(7)
    assert (scan.lines, scan.last, scan.named) == (7, 7, {"aa": 7})
    folder.close()


def test_reserve_is_real_room(tmp_path: Path) -> None:
    folder = Folder(tmp_path / PATH)
    assert folder.set_reserve_aside(65536)
    assert (tmp_path / PATH / "reserve").stat().st_blocks * 512 >= 65536
    folder.close()


def test_place_where_nothing_can_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "host").touch()
    with pytest.raises((DamagedError, HostError)):
        Folder(tmp_path / PATH)
