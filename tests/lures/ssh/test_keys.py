# SPDX-License-Identifier: MIT
"""Host keys follow from the seed alone."""

import pytest

from decnet.lures.ssh.keys import host_keys
from tests.support.decoys import persona

NOTED = [
    "SHA256:fXJ+7UohacfypsQnYBlzN8cvE47kJgzFUV6wwUTVv+Y",
    "SHA256:1Ax38fr3myo45pLL77mXqiREBFWsA/GfG//08vSBg8g",
    "SHA256:w8XW4l+doXKnJySRKjrWcl6JlEhs1SDUPn+T2FojUnQ",
]


def test_keys_stay_over_restarts_and_differ_between_decoys() -> None:
    """The fingerprints were noted once; a change would warn every attacker who came before."""
    mine = [key.get_fingerprint() for key in host_keys(persona(), 2048)]
    others = [key.get_fingerprint() for key in host_keys(persona(seed="another"), 2048)]
    assert mine == NOTED
    assert not set(mine) & set(others)


@pytest.mark.parametrize("bits", [2048, 3072])
def test_keys_sign_and_are_of_their_kinds(bits: int) -> None:
    keys = host_keys(persona(), bits)
    assert [key.get_algorithm() for key in keys] == ["ssh-rsa", "ecdsa-sha2-nistp256", "ssh-ed25519"]
    for key in keys:
        assert key.convert_to_public().verify(b"data", key.sign(b"data", key.sig_algorithms[0]))
    assert int.from_bytes(keys[0].public_data[-bits // 8 :]).bit_length() == bits
