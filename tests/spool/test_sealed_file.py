# SPDX-License-Identifier: MIT
"""A sealed file comes back whole to the ingester, and to nobody where somebody touched it."""

import hashlib
import io
from collections.abc import Callable

import pytest
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from decnet.errors import DamagedError
from decnet.spool.sealed_file import FRAME_BYTES, HEAD_BYTES, FrameSealer, content, digest, frames

PRIVATE = X25519PrivateKey.generate()
FRAME = FRAME_BYTES + 16


def sealed(*frames_of: bytes) -> bytes:
    """Return a sealed file of these frames."""
    sealer = FrameSealer(PRIVATE.public_key())
    last = len(frames_of) - 1
    return sealer.head + b"".join(sealer.seal(number, data, is_last=number == last) for number, data in enumerate(frames_of))


THREE = (b"a" * FRAME_BYTES, b"b" * FRAME_BYTES, b"rest\n")


def test_content_is_read_by_lines_and_hashed() -> None:
    whole = sealed(*THREE)
    assert digest(io.BytesIO(whole), PRIVATE) == hashlib.sha256(b"".join(THREE)).hexdigest()
    with content(io.BytesIO(sealed(b"one\ntwo\n")), PRIVATE) as lines:
        assert (lines.readline(), lines.readline(), lines.readline()) == (b"one\n", b"two\n", b"")


def test_stream_closes_its_file() -> None:
    file = io.BytesIO(sealed(b"x"))
    with content(file, PRIVATE) as stream:
        assert stream.read() == b"x"
    assert file.closed


def test_two_files_with_one_content_have_nothing_in_common() -> None:
    one, two = sealed(b"hunter2"), sealed(b"hunter2")
    assert one[HEAD_BYTES:] != two[HEAD_BYTES:]
    assert b"hunter2" not in one


@pytest.mark.parametrize(
    "change",
    [
        lambda _: b"",
        lambda file: file[: HEAD_BYTES - 1],
        lambda file: b"X" + file[1:],
        lambda file: file[:20] + b"XXXX" + file[24:],
        lambda file: file[:-1],
        lambda file: file[:-4] + b"XXXX",
        lambda file: file[:HEAD_BYTES] + file[HEAD_BYTES + FRAME : HEAD_BYTES + 2 * FRAME] + file[HEAD_BYTES + FRAME :],
        lambda file: file[:HEAD_BYTES] + file[HEAD_BYTES + FRAME :],
        lambda file: file + b"more",
    ],
)
def test_file_that_was_changed_is_refused(change: Callable[[bytes], bytes]) -> None:
    with pytest.raises(DamagedError):
        list(frames(io.BytesIO(change(sealed(*THREE))), PRIVATE))


def test_file_without_its_last_frames_has_another_hash() -> None:
    whole = sealed(*THREE)
    cut = whole[: HEAD_BYTES + FRAME]
    assert digest(io.BytesIO(cut), PRIVATE) == hashlib.sha256(THREE[0]).hexdigest()


def test_other_key_opens_nothing() -> None:
    with pytest.raises(DamagedError):
        list(frames(io.BytesIO(sealed(b"x")), X25519PrivateKey.generate()))
