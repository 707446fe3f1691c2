# SPDX-License-Identifier: MIT
"""No statement raises what is not declared, and none keeps others from running for long."""

import random
import time
from collections.abc import Generator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from decnet.lures.mysql.dialect import MysqlDialect
from decnet.lures.mysql.parser import MysqlParser
from decnet.lures.mysql.product import Product
from decnet.lures.sql.perform import perform
from decnet.lures.sql.problem import SqlError
from tests.lures.mysql.database import Statements
from tests.support.decoys import persona

DIALECT = MysqlDialect(Product.of(persona()))
WORDS = [
    "select",
    "insert",
    "into",
    "values",
    "update",
    "set",
    "delete",
    "from",
    "where",
    "and",
    "or",
    "not",
    "in",
    "like",
    "between",
    "is",
    "null",
    "union",
    "all",
    "join",
    "left",
    "on",
    "using",
    "group",
    "by",
    "having",
    "order",
    "limit",
    "offset",
    "case",
    "when",
    "then",
    "else",
    "end",
    "cast",
    "as",
    "signed",
    "exists",
    "(",
    ")",
    ",",
    ".",
    "*",
    "+",
    "-",
    "/",
    "%",
    "=",
    "<>",
    "<",
    ">",
    ";",
    "'",
    '"',
    "`",
    "@a",
    "@@version",
    ":=",
    "1",
    "0",
    "1.5",
    "1e5",
    "0x41",
    "'x'",
    "`a`",
    "customers",
    "id",
    "name",
    "count",
    "sum",
    "concat",
    "if",
    "sleep(",
    "interval",
    "day",
    "create",
    "table",
    "drop",
    "alter",
    "show",
    "tables",
    "/*",
    "*/",
    "/*!",
    "--",
    "#",
    "\n",
    "distinct",
    "exists",
    "?",
    "with",
    "as",
    "regexp",
]
COSTLY = (
    "SELECT " + "(" * 5000 + "1" + ")" * 5000,
    "SELECT " + "NOT " * 3000 + "1",
    "SELECT " + "-" * 3000 + "1",
    "SELECT " + "1+" * 2500 + "1",
    "SELECT " + "CASE WHEN 1 THEN " * 500 + "1" + " END" * 500,
    "SELECT " + "(SELECT " * 60 + "1" + ")" * 60,
    "SELECT * FROM " + "(SELECT * FROM " * 30 + "(SELECT 1) a" + ") a" * 30,
    "SELECT " + ",".join(["1"] * 5000),
    "SELECT REPEAT('a', 1000000) FROM information_schema.columns",
    "SELECT COUNT(*) FROM information_schema.columns a, information_schema.columns b, information_schema.columns c",
    "SELECT (SELECT COUNT(*) FROM information_schema.columns b WHERE b.table_name > a.engine) FROM information_schema.tables a",
    "SELECT REPEAT('a', 1000) LIKE CONCAT(REPEAT('%a', 300), 'b') FROM information_schema.columns",
    "SELECT REPEAT('a', 60) REGEXP '(a+)+$'",
    "SELECT BENCHMARK(1000000000, MD5('a'))",
    "SELECT '" + "a" * 1_000_000,
    "SELECT /*" * 10_000,
    "/*!" * 20_000,
    "/*" + "*" * 100_000,
    "SELECT 1e400",
    "SELECT 99999999999999999999 * 99999999999999999999 * 99999999999999999999",
    "SELECT DATE_ADD(NOW(), INTERVAL 99999999999 YEAR), FROM_UNIXTIME(1e300), SEC_TO_TIME(-1e300), 1 << 1e300, CHAR(1e300)",
)


def attempt(statements: Statements, text: str) -> float:
    """Run every statement of a text; return the longest time, of this thread, without letting others run."""
    longest, started = 0.0, time.thread_time()

    def running(generator: Generator[None, None, Any]) -> Any:
        nonlocal longest, started
        while True:
            started = time.thread_time()
            try:
                next(generator)
            except StopIteration as stopped:
                return stopped.value
            finally:
                longest = max(longest, time.thread_time() - started)

    try:
        parser = MysqlParser(text, DIALECT)
        while parser.is_more():
            statements.context.begin()
            running(perform(statements.context, running(parser.statement())))
    except SqlError:
        statements.bodies.clear()
    return longest


@pytest.mark.parametrize("text", COSTLY, ids=range(len(COSTLY)))
def test_costly_statement_lets_others_run(text: str) -> None:
    assert attempt(Statements(), text) < 0.25


@given(st.text(max_size=200))
def test_any_text_is_a_statement_or_a_mistake(text: str) -> None:
    attempt(SHARED, text)


@given(st.lists(st.sampled_from(WORDS), max_size=40))
def test_words_in_any_order_are_a_statement_or_a_mistake(words: list[str]) -> None:
    attempt(SHARED, " ".join(words))


def test_cut_and_mixed_statements_are_mistakes_at_worst() -> None:
    drawn = random.Random(7)
    whole = [
        "SELECT a.id, COUNT(*) c FROM users a LEFT JOIN orders b ON a.id = b.id WHERE a.id IN (1) GROUP BY a.id HAVING c",
        "INSERT INTO t (a, b) VALUES (1, 'x'), (2, DEFAULT) ON DUPLICATE KEY UPDATE a = VALUES(a)",
        "CREATE TABLE t (id INT AUTO_INCREMENT, a ENUM('x','y') NOT NULL DEFAULT 'x', PRIMARY KEY (id), KEY k (a(3)))",
        "ALTER TABLE t ADD COLUMN b DECIMAL(5,2), MODIFY a TEXT, RENAME TO u",
        "SELECT CASE WHEN 1 THEN CAST('1' AS SIGNED) END, EXTRACT(DAY FROM NOW()), TRIM('y') UNION SELECT 1,2 LIMIT 1,2",
    ]
    for _ in range(400):
        text = drawn.choice(whole)
        start = drawn.randrange(len(text))
        attempt(SHARED, text[:start] + drawn.choice(whole)[drawn.randrange(20) :] if drawn.random() < 0.5 else text[:start])


SHARED = Statements()
