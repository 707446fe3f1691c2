# SPDX-License-Identifier: MIT
"""A captured file comes out of a hostile folder whole and right, or not at all."""

import errno
import hashlib
import os
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from decnet.errors import DamagedError, DiskFullError, HostError, NotFoundError
from decnet.spool.sealed_file import HEAD_BYTES, FrameSealer
from decnet.store import blobs
from decnet.store.blobs import Opener, Taken
from decnet.store.keys import Box, Keys

PRIVATE = X25519PrivateKey.generate()
KEYS = Keys(sealing=PRIVATE, store=bytes(32), comparison=bytes(32))
SOURCE = "5a" * 16
CONTENT = b"malware" * 1000
SHA256 = hashlib.sha256(CONTENT).hexdigest()
NAME = Box(KEYS).blob_name(SHA256)


def sealed(content: bytes) -> bytes:
    """Return a captured file as it lies on the disk."""
    sealer = FrameSealer(PRIVATE.public_key())
    return sealer.head + sealer.seal(0, content, is_last=True)


def take(spool: Path, folder: Path, *, limit: int = 1 << 20, floor: int = 0, sha256: str = SHA256) -> Taken:
    """Copy the captured file."""
    return blobs.take(spool, folder, SOURCE, Opener(PRIVATE, Box(KEYS), limit), sha256=sha256, floor=floor)


@pytest.fixture
def spool(tmp_path: Path) -> Path:
    """Return a spool with one captured file."""
    folder = tmp_path / "spool" / "blobs"
    folder.mkdir(parents=True)
    (folder / SOURCE).write_bytes(sealed(CONTENT))
    return folder.parent


def leftovers(folder: Path) -> list[Path]:
    """Return the files in a folder."""
    return [path for path in folder.rglob("*") if path.is_file()]


def test_file_is_copied_once_under_its_hash(tmp_path: Path, spool: Path) -> None:
    target = tmp_path / "kept"
    path = blobs.path_of(target, NAME)
    size = len(sealed(CONTENT))
    assert take(spool, target) == Taken(SHA256, NAME, size)
    assert (path.stat().st_size, leftovers(target)) == (size, [path])
    with blobs.open_content(target, NAME, KEYS) as content:
        assert content.read() == CONTENT
    assert CONTENT[:7] not in path.read_bytes()
    (spool / "blobs" / SOURCE).unlink()
    assert take(spool, target) == Taken(SHA256, NAME, size)
    assert blobs.is_whole(path, KEYS)


def test_file_whose_record_cannot_be_read_is_kept_under_its_own_hash(tmp_path: Path, spool: Path) -> None:
    assert take(spool, tmp_path / "kept", sha256="").name == NAME


def test_content_that_was_changed_is_not_shown(tmp_path: Path, spool: Path) -> None:
    """Anybody may seal to the public key; only the ingester can name a file after what it holds."""
    target = tmp_path / "kept"
    take(spool, target)
    path = blobs.path_of(target, NAME)
    for wrong in (sealed(b"forged"), sealed(CONTENT)[:HEAD_BYTES], b""):
        path.write_bytes(wrong)
        with pytest.raises(DamagedError):
            blobs.open_content(target, NAME, KEYS)
    path.unlink()
    with pytest.raises(NotFoundError):
        blobs.open_content(target, NAME, KEYS)


@pytest.mark.parametrize("code", [errno.EMFILE, errno.EIO, errno.EACCES])
def test_host_that_cannot_read_now_is_no_damage(
    tmp_path: Path, spool: Path, monkeypatch: pytest.MonkeyPatch, code: int
) -> None:
    """Damage would let the writer delete what is whole."""
    real = os.open

    def fail(path: str, flags: int, *arguments: int, dir_fd: int | None = None) -> int:
        if path == SOURCE:
            raise OSError(code, os.strerror(code))
        return real(path, flags, *arguments, dir_fd=dir_fd)

    monkeypatch.setattr(os, "open", fail)
    with pytest.raises(HostError):
        take(spool, tmp_path / "kept")


def test_last_room_of_the_disk_is_left_to_evidence(tmp_path: Path, spool: Path) -> None:
    with pytest.raises(DiskFullError):
        take(spool, tmp_path / "kept", floor=1 << 60)
    assert leftovers(tmp_path / "kept") == []
    assert take(spool, tmp_path / "kept", floor=1).name == NAME


STRANGER = FrameSealer(X25519PrivateKey.generate().public_key())
WRONG = {
    "other": sealed(b"else"),
    "clear": CONTENT,
    "torn": sealed(CONTENT)[:-1],
    "other key": STRANGER.head + STRANGER.seal(0, CONTENT, is_last=True),
}


def swap(path: Path, kind: str, outside: Path) -> None:
    """Put something else in the place of a captured file, or of its folder."""
    path.unlink()
    if kind in WRONG:
        path.write_bytes(WRONG[kind])
    elif kind == "link":
        path.symlink_to(outside / SOURCE)
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
    (outside / SOURCE).write_bytes(sealed(CONTENT))
    swap(spool / "blobs" / SOURCE, kind, outside)
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
    os.chown(spool / "blobs" / SOURCE, 12345, -1)
    with pytest.raises(DamagedError):
        take(spool, tmp_path / "kept")


def test_full_disk_is_said_so_and_leaves_nothing(tmp_path: Path, spool: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fsync(_file: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", fsync)
    with pytest.raises(DiskFullError):
        take(spool, tmp_path / "kept")
    assert leftovers(tmp_path / "kept") == []
