# SPDX-License-Identifier: MIT
"""Statements that PostgreSQL alone knows."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from decnet.lures.postgresql.dialect import Postgres
from decnet.lures.postgresql.language import Reader, wish_of
from decnet.lures.postgresql.report import Report
from decnet.lures.sql.compiler import exhaust
from decnet.lures.sql.problem import SqlError


def wish(statement: str) -> Any:
    """Return what a statement wants."""
    found = wish_of(exhaust(Reader(statement, Postgres(130_000)).statement()))
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("statement", "verb", "names"),
    [
        ("SET LOCAL a.b TO 'x', y", "set", ("a.b",)),
        ("set time zone 'UTC'", "set", ("TimeZone",)),
        ("set session characteristics as transaction read only", "set transaction", ()),
        ("reset all", "reset", ("all",)),
        ("unlisten *", "unlisten", ("*",)),
        ("create or replace function s.f(a int) returns int as $$x$$ language sql", "create function", ("s.f",)),
        ("drop role if exists a, b", "drop role", ("a", "b")),
        ("alter user a rename to b", "alter role", ("a",)),
        ("create trusted language plpython3u", "create language", ("plpython3u",)),
        ("copy public.t (a, b) from stdin with (format csv, delimiter ';')", "copy", ("public", "t")),
        ("fetch forward 10 from c", "fetch", ("c",)),
        ("vacuum full analyze t", "passed", ()),
    ],
)
def test_statement_is_read(statement: str, verb: str, names: tuple[str, ...]) -> None:
    found = wish(statement)
    assert (found.verb, found.names) == (verb, names)


def test_copy_is_read_with_its_options() -> None:
    found = wish("copy (select 1) to program 'cat > /tmp/x' csv header delimiter ';'").detail
    assert (found["direction"], found["place"], found["path"]) == ("to", "program", "cat > /tmp/x")
    assert found["options"] == {"format": "csv", "header": "true", "delimiter": ";"}


@given(
    st.lists(
        st.sampled_from(
            [
                "copy",
                "set",
                "create",
                "alter",
                "drop",
                "role",
                "function",
                "to",
                "from",
                "program",
                "'x'",
                "(",
                ")",
                ",",
                ";",
                "=",
                "*",
                "a.b",
                "with",
                "as",
                "$$b$$",
            ]
        ),
        max_size=14,
    )
)
def test_any_words_are_a_statement_or_wrong(words: list[str]) -> None:
    try:
        exhaust(Reader(" ".join(words), Postgres(130_000)).statement())
    except (SqlError, Report):
        return
