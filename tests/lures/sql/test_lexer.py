# SPDX-License-Identifier: MIT
"""Words are cut as each dialect writes them."""

import pytest

from decnet.lures.sql.lexer import MYSQL, POSTGRES, Lexer, Lexicon
from decnet.lures.sql.problem import Kind, SqlError


def words(text: str, lexicon: Lexicon = MYSQL, version: int = 100_523) -> list[tuple[str, str]]:
    """Return the kinds and texts of all words."""
    lexer = Lexer(text, lexicon, version=version)
    found = []
    while (token := lexer.token()).kind != "end":
        found.append((token.kind, token.text))
    return found


@pytest.mark.parametrize(
    ("text", "kind", "content"),
    [
        ("'it''s'", "string", "it's"), (r"'a\tb'", "string", "a\tb"), ('"x"', "string", "x"), ("`a``b`", "quoted", "a`b"),
        ("0x4142", "hex", "0x4142"), ("x'41'", "hex", "x'41'"), ("1.5e-3", "number", "1.5e-3"), ("2fa", "name", "2fa"),
        ("@a", "variable", "@a"), ("@@global.version", "system", "@@global.version"), ("<=>", "operator", "<=>"),
        ("/*!40101 x*/", "name", "x"), ("/* x */ y", "name", "y"), ("# x\ny", "name", "y"), ("-- x\ny", "name", "y"), ("?",
        "parameter", "?"),
    ],
)  # fmt: skip
def test_a_word_of_mysql_is_known(text: str, kind: str, content: str) -> None:
    assert words(text) == [(kind, content)]


@pytest.mark.parametrize(
    ("text", "kind", "content"),
    [
        ('"A""b"', "quoted", 'A"b'), (r"'a\n'", "string", r"a\n"), (r"E'a\n\x41'", "string", "a\nA"), ("$$it's$$", "string",
        "it's"),
        ("$x$a$$b$x$", "string", "a$$b"), ("$1", "parameter", "$1"), ("::", "operator", "::"), ("!~*", "operator", "!~*"),
        ("--x\ny", "name", "y"),
    ],
)  # fmt: skip
def test_a_word_of_postgresql_is_known(text: str, kind: str, content: str) -> None:
    assert words(text, POSTGRES) == [(kind, content)]


def test_comments_for_later_servers_and_for_mysql_alone_are_passed() -> None:
    assert words("/*!99999 a*/ b") == [("name", "b")]
    assert words("/*M!100100 a*/ b") == [("name", "a"), ("name", "b")]
    assert words("/*M!100100 a*/ b", version=80_036) == [("name", "b")]
    assert words("/*!80000 a*/ b", version=80_036) == [("name", "a"), ("name", "b")]


@pytest.mark.parametrize("text", ["'a", '"a', "`a", "\x01", "$x$a"])
def test_what_is_no_word_is_wrong_where_it_begins(text: str) -> None:
    with pytest.raises(SqlError) as error:
        words("\n " + text, POSTGRES if text.startswith("$") else MYSQL)
    assert error.value.kind is Kind.SYNTAX
    assert error.value.arguments == (text, 2, 2)
