# SPDX-License-Identifier: MIT
"""A captured file comes out of a hostile folder whole and right, or not at all."""

import errno
import hashlib
import os
from pathlib import Path

import pytest

from decnet.errors import DamagedError, DiskFullError
from decnet.store import blobs

CONTENT = b"malware" * 1000
SHA256 = hashlib.sha256(CONTENT).hexdigest()


@pytest.fixture
def spool(tmp_path: Path) -> Path:
    """Return a spool with one captured file."""
    folder = tmp_path / "spool" / "blobs"
    folder.mkdir(parents=True)
    (folder / SHA256).write_bytes(CONTENT)
    return folder.parent


def leftovers(folder: Path) -> list[Path]:
    """Return the files in a folder."""
    return [path for path in folder.rglob("*") if path.is_file()]


def test_file_is_copied_once_under_its_hash(tmp_path: Path, spool: Path) -> None:
    target = tmp_path / "kept"
    assert blobs.take(spool, target, SHA256, 1 << 20) == len(CONTENT)
    path = blobs.path_of(target, SHA256)
    assert (path.read_bytes(), leftovers(target)) == (CONTENT, [path])
    (spool / "blobs" / SHA256).unlink()
    assert blobs.take(spool, target, SHA256, 1 << 20) == len(CONTENT)
    assert blobs.digest(path) == SHA256


def test_last_room_of_the_disk_is_left_to_evidence(tmp_path: Path, spool: Path) -> None:
    with pytest.raises(DiskFullError):
        blobs.take(spool, tmp_path / "kept", SHA256, 1 << 20, floor=1 << 60)
    assert leftovers(tmp_path / "kept") == []
    assert blobs.take(spool, tmp_path / "kept", SHA256, 1 << 20, floor=1) == len(CONTENT)


def swap(path: Path, kind: str, outside: Path) -> None:
    """Put something else in the place of a captured file, or of its folder."""
    path.unlink()
    if kind == "other":
        path.write_bytes(b"else")
    elif kind == "link":
        path.symlink_to(outside / SHA256)
    elif kind == "fifo":
        os.mkfifo(path)
    elif kind == "folder":
        path.mkdir()
    elif kind != "missing":
        path.parent.rmdir()
    if kind == "linked folder":
        path.parent.symlink_to(outside)


@pytest.mark.parametrize("kind", ["other", "link", "fifo", "folder", "missing", "no folder", "linked folder"])
def test_file_that_is_not_right_is_refused(tmp_path: Path, spool: Path, kind: str) -> None:
    """And no descriptor is left open, or a hostile spool would use them all up."""
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / SHA256).write_bytes(CONTENT)
    swap(spool / "blobs" / SHA256, kind, outside)
    before = open_files()
    with pytest.raises(DamagedError):
        blobs.take(spool, tmp_path / "kept", SHA256, 1 << 20)
    assert (leftovers(tmp_path / "kept"), open_files()) == ([], before)


def open_files() -> int:
    """Return how many descriptors this process has."""
    return len(list(Path("/proc/self/fd").iterdir()))


def test_file_that_is_too_large_is_refused(tmp_path: Path, spool: Path) -> None:
    with pytest.raises(DamagedError, match="larger"):
        blobs.take(spool, tmp_path / "kept", SHA256, 100)
    assert leftovers(tmp_path / "kept") == []


@pytest.mark.root
def test_file_of_somebody_else_is_refused(tmp_path: Path, spool: Path) -> None:
    os.chown(spool / "blobs" / SHA256, 12345, -1)
    with pytest.raises(DamagedError):
        blobs.take(spool, tmp_path / "kept", SHA256, 1 << 20)


def test_full_disk_is_said_so_and_leaves_nothing(tmp_path: Path, spool: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def write(_file: int, _data: bytes) -> int:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "write", write)
    with pytest.raises(DiskFullError):
        blobs.take(spool, tmp_path / "kept", SHA256, 1 << 20)
    assert leftovers(tmp_path / "kept") == []
