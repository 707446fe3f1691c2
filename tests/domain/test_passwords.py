# SPDX-License-Identifier: MIT
"""Passwords are kept as hashes that take their time, and tickets are long and random."""

import pytest

from decnet.domain import passwords
from decnet.errors import PlanError


def test_password_is_right_for_its_own_hash_alone() -> None:
    kept = passwords.hashed("correct horse battery")
    assert kept.startswith("$argon2id$v=19$m=19456,t=2,p=1$")
    assert passwords.is_right("correct horse battery", kept)
    assert not passwords.is_right("correct horse batterz", kept)
    assert passwords.hashed("correct horse battery") != kept, "each has a salt of its own"


def test_any_text_of_json_is_a_password() -> None:
    odd = "\ud800 \x00 lone and null"
    assert passwords.is_right(odd, passwords.hashed(odd))


@pytest.mark.parametrize("password", ["short", "x" * 257, "\u20ac" * 100, "aaaaaaaaaaaaaaaa", "ababababababab"])
def test_bad_password_is_refused(password: str) -> None:
    with pytest.raises(PlanError):
        passwords.check(password)


def test_generated_password_is_a_good_one_and_never_the_same() -> None:
    made = {passwords.generated() for _ in range(100)}
    assert len(made) == 100
    for password in made:
        passwords.check(password)


def test_ticket_is_long_and_its_digest_does_not_tell_it() -> None:
    ticket = passwords.new_ticket(passwords.TOKEN_PREFIX)
    assert ticket.startswith("decnet_")
    assert len(ticket) > 45
    assert passwords.digest(ticket) != passwords.digest(passwords.new_ticket())
    assert len(passwords.digest("\udcff any bytes that a header holds")) == 32
