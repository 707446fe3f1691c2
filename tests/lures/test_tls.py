# SPDX-License-Identifier: MIT
"""What is said of clients and of their failures in TLS."""

import ssl

import pytest

from decnet.domain.client_hello import ClientHello
from decnet.lures.tls import identified, reason_of


def failure(reason: str | None) -> ssl.SSLError:
    """Return an error as OpenSSL's binding raises it."""
    error = ssl.SSLError(1, "words")
    error.reason = reason  # type: ignore[assignment]  # there may be none
    return error


@pytest.mark.parametrize(
    ("reason", "words"),
    [
        ("NO_SHARED_CIPHER", "TLS failed: no shared cipher"),
        ("TLSV1_ALERT_UNKNOWN_CA", "the client ended TLS with the alert unknown ca"),
        ("SSLV3_ALERT_CERTIFICATE_UNKNOWN", "the client ended TLS with the alert certificate unknown"),
        (None, "TLS failed: unknown reason"),
    ],
)
def test_a_failure_is_told_in_words(reason: str | None, words: str) -> None:
    assert reason_of(failure(reason)) == words


def test_what_a_client_tells_is_bounded_and_grease_is_named() -> None:
    hello = ClientHello(
        version=0x0303,
        random=bytes(32),
        session=b"",
        ciphers=(0x2A2A, *range(5000)),
        compressions=b"\0",
        extensions=((0, b"\0\x06\0\0\x03a\xffb"), (43, b"\x04\x03\x04\x03\x03")),
    )
    known = identified(hello)
    assert known.fingerprint == hello.ja3_hash
    assert known.detail["server name"] == "a\uefffb"
    assert known.detail["versions"] == "TLS 1.3, TLS 1.2"
    assert known.detail["ciphers"].startswith("GREASE, 0, 1, 2")
    assert known.detail["ciphers"].count(",") < 200
