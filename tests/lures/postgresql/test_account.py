# SPDX-License-Identifier: MIT
"""Who is let in."""

from decnet.lures.postgresql.account import WEAK, accounts
from decnet.lures.postgresql.options import PostgresqlOptions
from tests.support.decoys import decoy, persona


def test_superuser_has_a_weak_password_of_the_decoy() -> None:
    one = accounts(decoy(persona=persona(seed="a")), PostgresqlOptions())
    assert one["postgres"] in WEAK
    assert accounts(decoy(persona=persona(seed="a")), PostgresqlOptions()) == one


def test_options_decide() -> None:
    assert accounts(decoy(), PostgresqlOptions(accounts=("a:b:c",))) == {"a": "b:c"}
    assert accounts(decoy(), PostgresqlOptions(answer="denial")) == {}
