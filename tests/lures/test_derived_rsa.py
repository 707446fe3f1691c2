# SPDX-License-Identifier: MIT
"""RSA keys follow from the seed and the purpose alone."""

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding

from decnet.lures.derived_rsa import rsa_key
from tests.support.decoys import persona


@pytest.mark.parametrize("bits", [1024, 2048])
def test_a_key_has_its_bits_and_signs(bits: int) -> None:
    key = rsa_key(persona(), "test", bits)
    assert key.key_size == bits
    key.public_key().verify(key.sign(b"x", padding.PKCS1v15(), hashes.SHA256()), b"x", padding.PKCS1v15(), hashes.SHA256())


def test_keys_differ_by_decoy_and_by_purpose_and_stay() -> None:
    moduli = [
        rsa_key(persona(seed=seed), purpose, 1024).public_key().public_numbers().n
        for seed, purpose in (("a", "x"), ("a", "y"), ("b", "x"), ("a", "x"))
    ]
    assert len(set(moduli)) == 3
    assert moduli[0] == moduli[3]
