# SPDX-License-Identifier: MIT
"""Captured files: kept whole, or kept in part and said so."""

import errno
import hashlib
import os
import random
from itertools import accumulate, pairwise
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from decnet.config.model import Disk, Spool
from decnet.domain.evidence import Blob
from decnet.spool.capture import BlobFile, BlobFolder, sync_blobs
from decnet.spool.sealed_file import FRAME_BYTES, content

PRIVATE = X25519PrivateKey.generate()


def blob_folder(path: Path, disk: Disk | None = None, **settings: Any) -> BlobFolder:
    """Return a started folder."""
    folder = BlobFolder(path / "blobs", Spool(**settings), disk or Disk(blob_floor_bytes=0), PRIVATE.public_key())
    folder.start()
    return folder


def kept(folder: BlobFolder, *pieces: bytes) -> Blob:
    """Capture a file that arrives in pieces."""
    captured = BlobFile(folder)
    for piece in pieces:
        captured.write(piece)
    return captured.finish()


def opened(folder: BlobFolder, blob: Blob) -> bytes:
    """Return what a file of the folder holds."""
    with content((folder.path / folder.name_of(blob.sha256)).open("rb"), PRIVATE) as file:
        return file.read()


def on_disk(folder: BlobFolder) -> int:
    """Return what the files take."""
    return sum(path.stat().st_size for path in folder.path.iterdir())


def names(folder: BlobFolder) -> list[str]:
    """Return what lies in the folder."""
    return sorted(path.name for path in folder.path.iterdir())


def test_file_is_kept_under_its_hash_and_readable_by_the_group(tmp_path: Path) -> None:
    folder = blob_folder(tmp_path)
    blob = kept(folder, b"mal", b"ware")
    assert (blob.sha256, blob.size, blob.truncated) == (hashlib.sha256(b"malware").hexdigest(), 7, False)
    assert opened(folder, blob) == b"malware"
    path = folder.path / folder.name_of(blob.sha256)
    assert b"malware" not in path.read_bytes()
    assert blob.sha256 != path.name
    assert path.stat().st_mode & 0o777 == 0o640
    assert folder.waiting_bytes == on_disk(folder) > 7


@given(st.lists(st.integers(min_value=0, max_value=3 * FRAME_BYTES), max_size=6), st.integers(0, 4 * FRAME_BYTES))
def test_file_of_any_size_in_any_pieces_comes_back(sizes: list[int], bound: int) -> None:
    whole = random.Random(0).randbytes(sum(sizes))
    ends = list(accumulate(sizes, initial=0))
    with TemporaryDirectory() as place:
        folder = blob_folder(Path(place), blob_bytes=max(bound, 1))
        blob = kept(folder, *(whole[begin:end] for begin, end in pairwise(ends)))
        assert opened(folder, blob) == whole[: max(bound, 1)]
        assert blob.sha256 == hashlib.sha256(whole[: max(bound, 1)]).hexdigest()
        assert folder.waiting_bytes == on_disk(folder)


def test_same_content_is_kept_once(tmp_path: Path) -> None:
    folder = blob_folder(tmp_path)
    first, second = kept(folder, b"same"), kept(folder, b"sa", b"me")
    assert first == second
    assert (names(folder), folder.waiting_bytes) == ([folder.name_of(first.sha256)], on_disk(folder))


def test_empty_file_is_a_file(tmp_path: Path) -> None:
    folder = blob_folder(tmp_path)
    blob = kept(folder)
    assert (blob.size, blob.truncated, names(folder)) == (0, False, [folder.name_of(blob.sha256)])
    assert opened(folder, blob) == b""


def test_size_of_a_short_file_is_not_told(tmp_path: Path) -> None:
    folder = blob_folder(tmp_path)
    for word in (b"", b"short", b"a longer password"):
        kept(folder, word)
    assert len({path.stat().st_size for path in folder.path.iterdir()}) == 1


def test_file_beyond_its_bound_is_cut_and_counted_to_its_end(tmp_path: Path) -> None:
    folder = blob_folder(tmp_path, blob_bytes=10)
    blob = kept(folder, b"0123456", b"789abc", b"def")
    assert (blob.size, blob.truncated) == (16, True)
    assert blob.sha256 == hashlib.sha256(b"0123456789").hexdigest()
    assert folder.truncated == 1


def test_files_that_arrive_together_share_one_quota(tmp_path: Path) -> None:
    folder = blob_folder(tmp_path, blobs_bytes=10)
    one, two = BlobFile(folder), BlobFile(folder)
    one.write(b"1234567")
    two.write(b"abcdefg")
    first, second = one.finish(), two.finish()
    assert (first.truncated, second.truncated) == (False, True)
    assert folder.waiting_bytes == on_disk(folder)
    assert (opened(folder, first), opened(folder, second)) == (b"1234567", b"abc")
    folder.remove(folder.name_of(first.sha256))
    folder.remove(folder.name_of(second.sha256))
    assert (folder.waiting_bytes, names(folder)) == (0, [])
    assert not kept(folder, b"again").truncated


def test_disk_with_little_room_is_left_to_evidence(tmp_path: Path) -> None:
    folder = blob_folder(tmp_path, disk=Disk(blob_floor_bytes=1 << 60))
    blob = kept(folder, b"malware")
    assert (blob.size, blob.truncated, blob.sha256) == (7, True, "")
    assert (names(folder), folder.waiting_bytes) == ([], 0)


def test_head_that_finds_no_room_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = blob_folder(tmp_path)
    real = os.write
    monkeypatch.setattr(os, "write", lambda file, data: real(file, data[:10]))
    blob = kept(folder, b"malware" * FRAME_BYTES)
    monkeypatch.undo()
    assert (blob.sha256, blob.truncated, names(folder), folder.waiting_bytes) == ("", True, [], 0)
    assert opened(folder, kept(folder)) == b""


def test_write_that_fails_ends_the_keeping_and_no_more(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = blob_folder(tmp_path)
    captured = BlobFile(folder)
    captured.write(b"g" * FRAME_BYTES)
    real = os.write

    def write(file: int, data: bytes) -> int:
        return real(file, data[: len(data) // 2])

    monkeypatch.setattr(os, "write", write)
    captured.write(b"lost" * FRAME_BYTES)
    monkeypatch.undo()
    captured.write(b"more" * FRAME_BYTES)
    blob = captured.finish()
    assert (blob.size, blob.truncated) == (9 * FRAME_BYTES, True)
    assert opened(folder, blob) == b"g" * FRAME_BYTES
    assert folder.waiting_bytes == on_disk(folder)


def test_last_frame_that_finds_no_room_is_counted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = blob_folder(tmp_path)
    captured = BlobFile(folder)
    captured.write(b"g" * FRAME_BYTES + b"lost")

    def write(_file: int, _data: bytes) -> int:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "write", write)
    blob = captured.finish()
    monkeypatch.undo()
    assert (blob.size, blob.truncated, folder.truncated) == (FRAME_BYTES + 4, True, 1)
    assert opened(folder, blob) == b"g" * FRAME_BYTES


def test_file_that_cannot_be_made_is_counted(tmp_path: Path) -> None:
    folder = blob_folder(tmp_path)
    folder.path.rmdir()
    blob = kept(folder, b"malware")
    assert (blob.sha256, blob.size, blob.truncated) == ("", 7, True)
    assert folder.waiting_bytes == 0


def test_finish_leaves_the_disk_to_the_group_sync(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An fsync(2) of 64 MiB on the event loop would hold up every other attacker."""
    synced: list[int] = []
    real = os.fsync

    def fsync(file: int) -> None:
        synced.append(os.fstat(file).st_ino)
        real(file)

    monkeypatch.setattr(os, "fsync", fsync)
    folder = blob_folder(tmp_path)
    blob = kept(folder, b"malware")
    gone = kept(folder, b"stored meanwhile")
    assert synced == []
    folder.remove(folder.name_of(gone.sha256))
    sync_blobs(folder.path, folder.take_unsynced())
    assert synced == [(folder.path / folder.name_of(blob.sha256)).stat().st_ino, folder.path.stat().st_ino]
    assert folder.take_unsynced() == []


def test_discarded_file_leaves_nothing(tmp_path: Path) -> None:
    folder = blob_folder(tmp_path)
    captured = BlobFile(folder)
    captured.write(b"malware")
    captured.discard()
    assert (names(folder), folder.waiting_bytes) == ([], 0)


def test_start_takes_stock_and_removes_what_was_half_written(tmp_path: Path) -> None:
    folder = blob_folder(tmp_path)
    blob = kept(folder, b"malware")
    half = BlobFile(folder)
    half.write(b"half")
    again = blob_folder(tmp_path)
    assert (names(again), again.waiting_bytes) == ([folder.name_of(blob.sha256)], on_disk(again))
    assert again.path.stat().st_mode & 0o7777 == 0o2750
