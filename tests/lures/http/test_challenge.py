# SPDX-License-Identifier: MIT
"""The password prompt has the form of RFC 7616 and 7617."""

from typing import Any

import pytest

from decnet.lures.http.challenge import challenge
from decnet.lures.http.options import HttpOptions
from tests.support.decoys import persona


def asked(**options: Any) -> str:
    return challenge(persona(), HttpOptions(**options))


def test_realm_is_quoted() -> None:
    assert asked(realm='a"b\\c') == 'Basic realm="a\\"b\\\\c"'


@pytest.mark.parametrize(("kind", "algorithm"), [("digest", "MD5"), ("digest-sha256", "SHA-256")])
def test_digest_names_its_algorithm_and_its_nonce_is_fresh(kind: str, algorithm: str) -> None:
    first, second = asked(authentication=kind), asked(authentication=kind)
    assert f'algorithm={algorithm}, qop="auth"' in first
    assert first != second
