# SPDX-License-Identifier: MIT
"""What a spool holds is readable by the ingester alone, and only where it belongs."""

from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from decnet.errors import ConfigError, DamagedError
from decnet.spool.sealing import SEALED_KEY_BYTES, DataKey, new_key, open_key, purpose, read_public_key

PRIVATE = X25519PrivateKey.generate()
HERE = purpose("host", "decoys", 1)


@given(st.binary(), st.text(max_size=64))
def test_content_comes_back_with_the_right_key_and_record(content: bytes, record: str) -> None:
    key, sealed = new_key(PRIVATE.public_key(), HERE)
    ciphertext = DataKey(key).encrypt(content, record)
    assert DataKey(open_key(sealed, PRIVATE, HERE)).decrypt(ciphertext, record) == content
    assert len(sealed) == SEALED_KEY_BYTES


def test_content_moved_to_another_record_is_refused() -> None:
    key = DataKey(new_key(PRIVATE.public_key(), HERE)[0])
    with pytest.raises(DamagedError):
        key.decrypt(key.encrypt(b"hunter2", "one"), "two")


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
