# SPDX-License-Identifier: MIT
"""What of statements is kept, and that no secret is part of a body."""

import pytest

from decnet.domain.evidence import Command, Credential
from decnet.lures.lure import Session
from decnet.lures.postgresql.recorder import MAX_SECRETS, MAX_SHOWN, Recorder, redacted, secrets_in
from tests.support.lures import MemoryPen
from tests.support.spools import origin


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


def kept(*statements: str, **values: str) -> MemoryPen:
    """Return what a recorder makes of statements, or of one with values."""
    pen = MemoryPen()
    recorder = Recorder(Session(connection=None, origin=origin(), pen=pen, idle_seconds=1, byte_limit=1))  # type: ignore[arg-type]  # no socket is needed
    for statement in statements:
        if values:
            recorder.note_bound(statement, values, 1024)
        else:
            recorder.note(statement)
    recorder.finish()
    return pen


def told(pen: MemoryPen) -> str:
    """Return all bodies as text."""
    return str([body for _, body, _ in pen.records])


def test_secrets_that_are_too_many_are_counted_and_in_no_body() -> None:
    statement = "".join(f"alter role a password 'hidden-{number:04}';" for number in range(MAX_SECRETS + 20))
    for pen in (kept(statement), kept("select $1", value=statement[:2000] + "x" * 5000)):
        assert "hidden-" not in told(pen)
    pen = kept(statement)
    assert len([body for body in pen.bodies("credential") if isinstance(body, Credential)]) == MAX_SECRETS
    counted = [body for body in pen.bodies("command") if isinstance(body, Command) and body.command == "(further secrets)"]
    assert [body.detail["count"] for body in counted] == ["20"]


def test_what_moves_up_where_secrets_were_taken_out_is_not_shown() -> None:
    """Only the beginning of a statement is searched, so only that may be shown."""
    statement = f"alter role a password '{'x' * 9000}';".ljust(MAX_SHOWN + 100) + "alter role b password 'hidden';"
    assert "hidden" not in told(kept(statement))


def test_secret_that_is_cut_is_not_shown_in_part() -> None:
    assert "hid" not in told(kept("select $1", value="x" * 990 + " password='hidden" + "y" * 100 + "'"))


def test_long_statements_that_begin_alike_are_each_kept() -> None:
    beginning = "select '" + "x" * MAX_SHOWN
    pen = kept(*(f"{beginning}{number}'" for number in range(6)))
    assert len(pen.bodies("file")) == 6
