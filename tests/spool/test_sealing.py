# SPDX-License-Identifier: MIT
"""What a spool holds is readable by the ingester alone, and only where it belongs."""

from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from decnet.errors import ConfigError, DamagedError
from decnet.spool.sealing import (
    NONCE_BYTES,
    SEALED_KEY_BYTES,
    DataKey,
    fingerprint,
    new_key,
    open_key,
    padded,
    purpose,
    read_public_key,
    unpadded,
)

PRIVATE = X25519PrivateKey.generate()
HERE = purpose("host", "decoys", 1)


@given(st.binary(), st.binary(max_size=64))
def test_content_comes_back_with_the_right_key_and_record(content: bytes, place: bytes) -> None:
    key, sealed = new_key(PRIVATE.public_key(), HERE)
    ciphertext = DataKey(key).encrypt(content, place)
    assert DataKey(open_key(sealed, PRIVATE, HERE)).decrypt(ciphertext, place) == content
    assert len(sealed) == SEALED_KEY_BYTES


def test_one_content_never_looks_the_same_and_does_not_tell_its_length() -> None:
    key = DataKey(new_key(PRIVATE.public_key(), HERE)[0])
    once, again, longer = (key.encrypt(content, b"") for content in (b"hunter2", b"hunter2", b"hunter2-and-more"))
    assert once != again
    assert once[:NONCE_BYTES] != again[:NONCE_BYTES]
    assert len(once) == len(again) == len(longer)


@given(st.binary(max_size=200), st.integers(1, 300))
def test_padding_comes_off_as_it_came_on(data: bytes, block: int) -> None:
    assert unpadded(padded(data, block)) == data
    assert len(padded(data, block)) % block == 0


@pytest.mark.parametrize("data", [b"", b"\0", b"x", b"\x80x"])
def test_what_was_not_padded_is_refused(data: bytes) -> None:
    with pytest.raises(ValueError, match="not marked"):
        unpadded(data)


def test_fingerprint_tells_keys_apart() -> None:
    assert fingerprint(PRIVATE.public_key()) != fingerprint(X25519PrivateKey.generate().public_key())


def test_content_moved_to_another_record_is_refused() -> None:
    key = DataKey(new_key(PRIVATE.public_key(), HERE)[0])
    with pytest.raises(DamagedError):
        key.decrypt(key.encrypt(b"hunter2", b"one"), b"two")


@pytest.mark.parametrize("sealed", [b"", b"short", b"x" * 80])
def test_data_key_that_was_not_sealed_to_us_is_refused(sealed: bytes) -> None:
    with pytest.raises(DamagedError):
        open_key(sealed, PRIVATE, HERE)


def test_data_key_of_another_segment_is_refused() -> None:
    _, sealed = new_key(PRIVATE.public_key(), HERE)
    with pytest.raises(DamagedError):
        open_key(sealed, PRIVATE, purpose("host", "decoys", 2))


def test_public_key_is_read_from_its_file(tmp_path: Path) -> None:
    path = tmp_path / "sealing.pub"
    path.write_text(PRIVATE.public_key().public_bytes_raw().hex() + "\n")
    assert read_public_key(path).public_bytes_raw() == PRIVATE.public_key().public_bytes_raw()


@pytest.mark.parametrize("content", [None, "", "zz", "00" * 31])
def test_public_key_that_is_none_says_what_mends_it(tmp_path: Path, content: str | None) -> None:
    path = tmp_path / "sealing.pub"
    if content is not None:
        path.write_text(content)
    with pytest.raises(ConfigError) as error:
        read_public_key(path)
    assert error.value.remedy == "decnet secrets create"
