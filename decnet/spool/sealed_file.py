# SPDX-License-Identifier: MIT
"""
A captured file as it lies on the disk: sealed to the ingester, in the spool and in the blob folder alike.

``MAGIC``, the sealed data key (``decnet.spool.sealing``), then frames: each holds ``FRAME_BYTES`` of the file, encrypted with
the frame's number as the nonce (ChaCha20-Poly1305, RFC 8439; the key belongs to this one file), so that frames cannot change
places. The last one is marked as such and padded, so that the size of a short file is not told. A full disk may leave a file
without it; whether a file is whole its sha256 tells, which stands in the record.
"""

import hashlib
import io
from collections.abc import Iterator
from typing import BinaryIO, Protocol

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305

from decnet.errors import DamagedError
from decnet.spool.sealing import NONCE_BYTES, SEALED_KEY_BYTES, new_key, open_key, padded, unpadded

MAGIC = b"decnet sealed 1\n"
FRAME_BYTES = 1 << 14
_TAG_BYTES = 16
_PADDED_BYTES = 512
_LAST = b"last"
_PURPOSE = b"decnet captured file"
_REMEDY = "decnet store check"
HEAD_BYTES = len(MAGIC) + SEALED_KEY_BYTES


class Readable(Protocol):
    """Anything that is read as a binary file is; only the end gives fewer bytes than were asked for."""

    def read(self, size: int, /) -> bytes:
        """Return the next ``size`` bytes."""


class FrameSealer:
    """Encrypts the frames of one new file; ``head`` is what stands before them."""

    def __init__(self, public_key: X25519PublicKey) -> None:
        key, sealed = new_key(public_key, _PURPOSE)
        self.head = MAGIC + sealed
        self._cipher = ChaCha20Poly1305(key)

    def seal(self, number: int, data: bytes, *, is_last: bool = False) -> bytes:
        """Return frame ``number``, counted from 0; no number may be given to two different frames."""
        nonce = number.to_bytes(NONCE_BYTES)
        if is_last:
            return self._cipher.encrypt(nonce, padded(data, _PADDED_BYTES), _LAST)
        return self._cipher.encrypt(nonce, data, None)


def frames(file: Readable, private_key: X25519PrivateKey) -> Iterator[bytes]:
    """Yield the content of a sealed file, frame by frame; raise ``DamagedError`` where it is none or was changed."""
    head = file.read(HEAD_BYTES)
    if len(head) < HEAD_BYTES or not head.startswith(MAGIC):
        raise DamagedError("the captured file is not sealed", remedy=_REMEDY)
    cipher = ChaCha20Poly1305(open_key(head[len(MAGIC) :], private_key, _PURPOSE))
    number = 0
    while frame := file.read(FRAME_BYTES + _TAG_BYTES):
        try:
            data = cipher.decrypt(number.to_bytes(NONCE_BYTES), frame, None)
        except (InvalidTag, ValueError):
            yield _last(cipher, number, frame)
            if file.read(1):
                raise DamagedError("something follows the last frame of the captured file", remedy=_REMEDY) from None
            return
        yield data
        number += 1


def _last(cipher: ChaCha20Poly1305, number: int, frame: bytes) -> bytes:
    """Return the content of the last frame."""
    try:
        return unpadded(cipher.decrypt(number.to_bytes(NONCE_BYTES), frame, _LAST))
    except (InvalidTag, ValueError) as error:
        raise DamagedError(f"frame {number} of the captured file was changed or is incomplete", remedy=_REMEDY) from error


def digest(file: Readable, private_key: X25519PrivateKey) -> str:
    """Return the sha256 of a sealed file's content; raises what ``frames`` raises."""
    found = hashlib.sha256()
    for frame in frames(file, private_key):
        found.update(frame)
    return found.hexdigest()


class _Content(io.RawIOBase):
    """The content of a sealed file as a stream."""

    def __init__(self, file: BinaryIO, private_key: X25519PrivateKey) -> None:
        self._file = file
        self._frames = frames(file, private_key)
        self._rest = b""

    def readable(self) -> bool:
        """Say that it can be read."""
        return True

    def readinto(self, target: memoryview) -> int:  # type: ignore[override]  # the buffer of io.BufferedReader
        """Fill ``target`` with what comes next; 0 at the end."""
        self._rest = self._rest or next(self._frames, b"")
        size = min(len(target), len(self._rest))
        target[:size] = self._rest[:size]
        self._rest = self._rest[size:]
        return size

    def close(self) -> None:
        """Close the file, too."""
        self._file.close()
        super().close()


def content(file: BinaryIO, private_key: X25519PrivateKey) -> io.BufferedReader:
    """Return a stream of a sealed file's content, which closes ``file``; reading raises what ``frames`` raises."""
    return io.BufferedReader(_Content(file, private_key), FRAME_BYTES)
