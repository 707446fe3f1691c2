# SPDX-License-Identifier: MIT
"""An upload is evidence first, and then a file of the decoy."""

import errno

import pytest

from decnet.lures.shell.transfer import SPARSE_LIMIT, Upload, place_of, record_download
from tests.lures.ssh import desk
from tests.support.lures import MemoryPen


def test_upload_is_recorded_before_the_decoy_has_it() -> None:
    """Where the decoy has no room, the evidence is complete all the same."""
    pen, place = MemoryPen(), desk.place()
    place.filesystem.tree.max_bytes = place.filesystem.tree.used_bytes
    upload = Upload(desk.session(pen), place, "/tmp/x")
    assert upload.write(0, b"payload")
    with pytest.raises(OSError, match=r"No space left") as full:
        upload.close()
    assert full.value.errno == errno.ENOSPC
    assert pen.blobs[pen.bodies("file")[0].sha256] == b"payload"


def test_more_than_fits_is_still_captured() -> None:
    pen = MemoryPen()
    upload = Upload(desk.session(pen), desk.place(), "/tmp/x")
    chunk = bytes(1 << 20)
    fits = [upload.write(offset, chunk) for offset in range(0, SPARSE_LIMIT + (2 << 20), 1 << 20)]
    assert fits == [True] * 32 + [False] * 2
    with pytest.raises(OSError, match=r"No space left"):
        upload.close()
    assert pen.bodies("file")[0].size == SPARSE_LIMIT + (2 << 20)


def test_closing_twice_records_once() -> None:
    pen = MemoryPen()
    upload = Upload(desk.session(pen), desk.place(), "/tmp/x")
    upload.write(0, b"a")
    upload.close()
    upload.close()
    assert len(pen.bodies("file")) == 1


def test_empty_file_is_made_and_no_evidence() -> None:
    pen, place = MemoryPen(), desk.place()
    Upload(desk.session(pen), place, "/tmp/x").close()
    assert place.filesystem.read("/tmp/x") == b""
    assert pen.bodies("file") == []


def test_times_stay_after_closing() -> None:
    place = desk.place()
    upload = Upload(desk.session(MemoryPen()), place, "/tmp/x")
    upload.write(0, b"a")
    upload.times = (1_000_000_000, 1_000_000_001)
    upload.close()
    assert place.filesystem.stat("/tmp/x").modified == 1_000_000_000


def test_users_work_in_their_homes_with_their_rights() -> None:
    files = desk.filesystem()
    assert place_of(files, "root").home == "/root"
    assert place_of(files, "eve").path(b"x") == "/home/eve/x"
    stranger = place_of(files, "mallory")
    assert stranger.home == "/"
    with pytest.raises(OSError, match="Permission denied"):
        stranger.filesystem.write("/etc/passwd", b"")


def test_download_keeps_no_copy() -> None:
    pen = MemoryPen()
    record_download(desk.session(pen), "/etc/passwd", b"root")
    assert pen.blobs == {}
    assert pen.bodies("file")[0].direction == "download"
