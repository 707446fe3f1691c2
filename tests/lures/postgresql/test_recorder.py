# SPDX-License-Identifier: MIT
"""What of statements is kept, and that no secret is part of a body."""

import pytest

from decnet.lures.postgresql.recorder import redacted, secrets_in


@pytest.mark.parametrize(
    ("statement", "username", "secret"),
    [
        ("alter user postgres with password 'x1'", "postgres", "x1"),
        ("CREATE ROLE \"Eve\" LOGIN ENCRYPTED PASSWORD 'it''s'", "Eve", "it's"),
        ("alter role a password $q$dollars$q$", "a", "dollars"),
        ("select dblink_connect('host=198.51.100.7 user=postgres password=hidden')", "", "hidden"),
        ("create user mapping for a server s options (user 'x', password 'mapped')", "", "mapped"),
        ("copy t from program 'curl http://u:webpass@198.51.100.7/x'", "u", "webpass"),
        ("copy t from program 'echo rooted | sudo -S id'", "", "rooted"),
        ("alter role a password 'unended", "a", "unended"),
    ],
)
def test_secret_is_found_and_taken_out(statement: str, username: str, secret: str) -> None:
    found = list(secrets_in(statement))
    assert secret in [one.secret for one in found]
    assert username in [one.username for one in found]
    shown = redacted(statement, found)
    assert secret not in shown
    assert secret.replace("'", "''") not in shown


@pytest.mark.parametrize(
    ("statement", "shown"),
    [
        ("alter role a password 'e'", "alter role a password '[secret]'"),
        ("alter role a password ' '; copy t from program 'id'", "alter role a password '[secret]'; copy t from program 'id'"),
        ("select dblink_connect('host=h password=a')", "select dblink_connect('host=h password=[secret]')"),
        ("copy t from program 'curl http://u:e@h/e'", "copy t from program 'curl http://u:[secret]@h/e'"),
        ("alter role a password 'secret'; alter role b password 'cre'",
         "alter role a password '[secret]'; alter role b password '[secret]'"),
    ],
)  # fmt: skip
def test_short_secret_hides_nothing_else(statement: str, shown: str) -> None:
    assert redacted(statement, list(secrets_in(statement))) == shown


@pytest.mark.parametrize("statement", ["select 1", "select password from users", "select * from pg_shadow"])
def test_plain_statement_has_none(statement: str) -> None:
    assert list(secrets_in(statement)) == []


def test_hostile_statement_takes_no_time() -> None:
    for piece in ("role ", "password ", "password '", "password=", "program 'echo a|"):
        list(secrets_in(piece * 20_000))
