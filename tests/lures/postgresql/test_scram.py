# SPDX-License-Identifier: MIT
"""SCRAM-SHA-256 on the server's side, by the example of RFC 7677 and by what is malformed."""

import base64

import pytest

from decnet.lures.postgresql.report import Report
from decnet.lures.postgresql.scram import MECHANISM, PLUS, Exchange, verifier

SALT = base64.b64decode("W22ZaJ0SNY7soEsUEjb6gQ==")
NONCE = "%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0"
FIRST = b"n,,n=user,r=rOprNGfwEbeRWgbNEkqO"
FINAL = b"c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ="


def exchange(password: str | None = "pencil", certificate_hash: bytes = b"") -> Exchange:
    """Return the exchange of RFC 7677, section 3."""
    return Exchange(SALT, NONCE, verifier(password, SALT) if password else None, certificate_hash)


def test_example_of_the_standard_is_verified() -> None:
    one = exchange()
    challenge = one.begin(MECHANISM, FIRST)
    assert challenge == b"r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096"
    assert one.end(FINAL) == b"v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4="
    assert one.sent["proof"] == "dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ="


@pytest.mark.parametrize("password", ["other", None])
def test_wrong_password_and_unknown_role_fail_alike(password: str | None) -> None:
    one = exchange(password)
    one.begin(MECHANISM, FIRST)
    assert one.end(FINAL) is None


@pytest.mark.parametrize(
    ("mechanism", "first", "words"),
    [
        ("SCRAM-SHA-1", FIRST, "client selected an invalid SASL authentication mechanism"),
        (PLUS, FIRST, "client selected an invalid SASL authentication mechanism"),
        (MECHANISM, b"", "malformed SCRAM message"),
        (MECHANISM, b"zzzz", "malformed SCRAM message"),
        (MECHANISM, b"n,,x", "malformed SCRAM message"),
        (MECHANISM, b"p=tls-unique,,n=,r=abc", "malformed SCRAM message"),
    ],
)
def test_first_message_that_is_none_is_refused(mechanism: str, first: bytes, words: str) -> None:
    with pytest.raises(Report) as raised:
        exchange().begin(mechanism, first)
    assert raised.value.message == words
    assert raised.value.severity == "FATAL"


@pytest.mark.parametrize(
    ("final", "words"),
    [
        (b"", "malformed SCRAM message"),
        (b"c=biws,r=abc,p=AAAA", "invalid SCRAM response"),
        (b"c=AAAA,r=abc,p=AAAA", "SCRAM channel binding check failed"),
        (FINAL[:-8], "malformed SCRAM message"),
    ],
)
def test_last_message_that_does_not_belong_to_the_first_is_refused(final: bytes, words: str) -> None:
    one = exchange()
    one.begin(MECHANISM, FIRST)
    with pytest.raises(Report) as raised:
        one.end(final)
    assert raised.value.message == words


def test_binding_is_demanded_where_there_is_a_certificate() -> None:
    bound = exchange(certificate_hash=b"x" * 32)
    with pytest.raises(Report) as raised:
        bound.begin(MECHANISM, FIRST.replace(b"n,,", b"y,,", 1))
    assert raised.value.message == "SCRAM channel binding negotiation error"
    with pytest.raises(Report):
        exchange(certificate_hash=b"x" * 32).begin(PLUS, FIRST)
