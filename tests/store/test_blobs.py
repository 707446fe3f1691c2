# SPDX-License-Identifier: MIT
"""A captured file comes out of a hostile folder whole and right, or not at all."""

import errno
import hashlib
import os
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from decnet.errors import DamagedError, DiskFullError
from decnet.spool.sealed_file import HEAD_BYTES, FrameSealer
from decnet.store import blobs

PRIVATE = X25519PrivateKey.generate()
CONTENT = b"malware" * 1000
SHA256 = hashlib.sha256(CONTENT).hexdigest()
SIZE = HEAD_BYTES + len(CONTENT) + 16


def sealed(content: bytes) -> bytes:
    """Return a captured file as it lies on the disk."""
    sealer = FrameSealer(PRIVATE.public_key())
    return sealer.head + sealer.seal(0, content)


def take(spool: Path, folder: Path, *, limit: int = 1 << 20, floor: int = 0) -> int:
    """Copy the captured file."""
    return blobs.take(spool, folder, SHA256, limit, private_key=PRIVATE, floor=floor)


@pytest.fixture
def spool(tmp_path: Path) -> Path:
    """Return a spool with one captured file."""
    folder = tmp_path / "spool" / "blobs"
    folder.mkdir(parents=True)
    (folder / SHA256).write_bytes(sealed(CONTENT))
    return folder.parent


def leftovers(folder: Path) -> list[Path]:
    """Return the files in a folder."""
    return [path for path in folder.rglob("*") if path.is_file()]


def test_file_is_copied_once_under_its_hash(tmp_path: Path, spool: Path) -> None:
    target = tmp_path / "kept"
    assert take(spool, target) == SIZE
    path = blobs.path_of(target, SHA256)
    assert (path.stat().st_size, leftovers(target)) == (SIZE, [path])
    with blobs.open_content(target, SHA256, PRIVATE) as content:
        assert content.read() == CONTENT
    assert CONTENT[:7] not in path.read_bytes()
    (spool / "blobs" / SHA256).unlink()
    assert take(spool, target) == SIZE
    assert blobs.digest(path, PRIVATE) == SHA256
    with pytest.raises(DamagedError):
        blobs.digest(path, X25519PrivateKey.generate())


def test_last_room_of_the_disk_is_left_to_evidence(tmp_path: Path, spool: Path) -> None:
    with pytest.raises(DiskFullError):
        take(spool, tmp_path / "kept", floor=1 << 60)
    assert leftovers(tmp_path / "kept") == []
    assert take(spool, tmp_path / "kept", floor=1) == SIZE


STRANGER = FrameSealer(X25519PrivateKey.generate().public_key())
WRONG = {
    "other": sealed(b"else"),
    "clear": CONTENT,
    "torn": sealed(CONTENT)[:-1],
    "other key": STRANGER.head + STRANGER.seal(0, CONTENT),
}


def swap(path: Path, kind: str, outside: Path) -> None:
    """Put something else in the place of a captured file, or of its folder."""
    path.unlink()
    if kind in WRONG:
        path.write_bytes(WRONG[kind])
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


@pytest.mark.parametrize(
    "kind",
    [*WRONG, "link", "fifo", "folder", "missing", "no folder", "linked folder"],
)
def test_file_that_is_not_right_is_refused(tmp_path: Path, spool: Path, kind: str) -> None:
    """And no descriptor is left open, or a hostile spool would use them all up."""
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / SHA256).write_bytes(sealed(CONTENT))
    swap(spool / "blobs" / SHA256, kind, outside)
    before = open_files()
    with pytest.raises(DamagedError):
        take(spool, tmp_path / "kept")
    assert (leftovers(tmp_path / "kept"), open_files()) == ([], before)


def open_files() -> int:
    """Return how many descriptors this process has."""
    return len(list(Path("/proc/self/fd").iterdir()))


def test_file_that_is_too_large_is_refused(tmp_path: Path, spool: Path) -> None:
    with pytest.raises(DamagedError, match="larger"):
        take(spool, tmp_path / "kept", limit=100)
    assert leftovers(tmp_path / "kept") == []


@pytest.mark.root
def test_file_of_somebody_else_is_refused(tmp_path: Path, spool: Path) -> None:
    os.chown(spool / "blobs" / SHA256, 12345, -1)
    with pytest.raises(DamagedError):
        take(spool, tmp_path / "kept")


def test_full_disk_is_said_so_and_leaves_nothing(tmp_path: Path, spool: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fsync(_file: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", fsync)
    with pytest.raises(DiskFullError):
        take(spool, tmp_path / "kept")
    assert leftovers(tmp_path / "kept") == []
