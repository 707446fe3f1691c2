# SPDX-License-Identifier: MIT
"""Passwords that stand in statements stand beside their record, and floods are counted."""

import pytest

from decnet.domain.evidence import Body, Command
from decnet.lures.sql.recorder import MAX_RECORDS, MAX_SECRETS, StatementRecorder, redacted, verb_of
from tests.support.lures import MemoryFile

SECRETS = {
    b"CREATE USER 'x'@'%' IDENTIFIED BY 'p1'": [b"p1"],
    b"GRANT ALL ON *.* TO x IDENTIFIED BY 'p''2' WITH GRANT OPTION": [b"p''2"],
    b"SET PASSWORD FOR 'x'@'%' = PASSWORD('p3')": [b"p3"],
    b"UPDATE mysql.user SET password=PASSWORD(\"p4\") WHERE user='root'": [b"p4"],
    b"UPDATE mysql.user SET authentication_string='p5', plugin='x'": [b"p5"],
    b"CHANGE MASTER TO MASTER_HOST='h', MASTER_PASSWORD='p6'": [b"p6"],
    b"ALTER USER postgres WITH ENCRYPTED PASSWORD 'p7'": [b"p7"],
    b"SET PASSWORD = 'p8": [b"p8"],
    b"PREPARE s FROM 'SET PASSWORD = \"p9\"'": [b"p9"],
    b"/* it's me */ SET PASSWORD = 'q1'": [b"q1"],
    b"-- it's me\nSET PASSWORD = 'q2'": [b"q2"],
    b"/*!50000 SET PASSWORD = 'q3' */": [b"q3"],
    b"SELECT 'nothing', passwords FROM t": [],
}


@pytest.mark.parametrize(("statement", "secrets"), SECRETS.items())
def test_password_is_taken_out(statement: bytes, secrets: list[bytes]) -> None:
    shown, found = redacted(statement)
    assert found == secrets
    assert all(secret not in shown for secret in secrets)


@pytest.mark.parametrize(
    "statement",
    [
        b"SELECT LOAD_FILE('/etc/passwd')",
        b"LOAD DATA INFILE '/etc/passwd' INTO TABLE t FIELDS TERMINATED BY ':'",
        b"SELECT table_name FROM t WHERE column_name='password' AND 'x'='x'",
        b"SELECT column_name FROM t WHERE column_name IN (\"password\",'passwd','pwd')",
        b"SELECT `password` FROM t WHERE name='password'; DROP TABLE t; SELECT 'x'",
    ],
)
def test_a_word_in_a_string_hides_nothing_behind_it(statement: bytes) -> None:
    assert redacted(statement) == (statement, [])


def test_a_hostile_statement_is_searched_in_time() -> None:
    for part in (b"password ", b"password(", b"identified ", b"password='", b"identified by ", b"'\"", b"\"'", b"/*", b"'\\"):
        redacted(b"password " + part * 20_000)


def test_records_repeat_and_flood_without_end() -> None:
    bodies: list[tuple[Body, bytes | None]] = []
    blobs: dict[str, bytes] = {}
    recorder = StatementRecorder(lambda body, secret: bodies.append((body, secret)), lambda: MemoryFile(blobs, 1 << 20))
    for _ in range(10):
        recorder.note(b"SELECT 1")
    recorder.note(b"SET PASSWORD = 'p'")
    recorder.note(b"SELECT '" + b"x" * 20_000 + b"'")
    for number in range(MAX_RECORDS + 50):
        recorder.note(b"SELECT %d" % number)
    recorder.finish()
    commands = [body for body, _ in bodies if isinstance(body, Command)]
    assert [secret for _, secret in bodies if secret] == [b"p"]
    assert commands[3].summary() == "SELECT 1"
    assert commands[3].detail == {"repeated": "7"}
    assert len(next(iter(blobs.values()))) == 20_009
    assert int(commands[-1].detail["count"]) > 50
    assert verb_of(b" /* x */ drop  table y") == "DROP TABLE"


def test_secrets_that_are_too_many_are_counted() -> None:
    bodies: list[tuple[Body, bytes | None]] = []
    recorder = StatementRecorder(lambda body, secret: bodies.append((body, secret)), lambda: MemoryFile({}, 1 << 20))
    for number in range(MAX_SECRETS + 5):
        recorder.note(b"SET PASSWORD = 'p%d'" % number)
    recorder.finish()
    assert len([secret for _, secret in bodies if secret]) == MAX_SECRETS
    commands = [body for body, _ in bodies if isinstance(body, Command)]
    assert [body.detail["count"] for body in commands if body.command == "(further secrets)"] == ["5"]


def test_a_string_without_an_end_keeps_its_last_letter() -> None:
    assert redacted(b"PREPARE s FROM \"SET PASSWORD = 'sec") == (b"PREPARE s FROM \"SET PASSWORD = '[secret]", [b"sec"])
    assert redacted(b"PREPARE s FROM 'SET PASSWORD = \"sec\"'") == (b"PREPARE s FROM 'SET PASSWORD = \"[secret]\"'", [b"sec"])
