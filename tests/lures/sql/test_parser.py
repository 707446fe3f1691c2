# SPDX-License-Identifier: MIT
"""Statements are read as they were meant."""

import pytest

from decnet.lures.mysql.dialect import MysqlDialect
from decnet.lures.mysql.product import Product
from decnet.lures.sql import node
from decnet.lures.sql.parser import Parser
from decnet.lures.sql.problem import SqlError
from tests.lures.mysql.database import exhaust
from tests.support.decoys import persona

DIALECT = MysqlDialect(Product.of(persona()))


def parse(text: str) -> node.Statement:
    """Return the first statement of a text."""
    found: node.Statement = exhaust(Parser(text, DIALECT).statement())
    return found


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("SELECT 1", node.Query), ("(SELECT 1) UNION (SELECT 2)", node.Query), ("INSERT INTO t VALUES (1)", node.Insert),
        ("REPLACE t SET a = 1", node.Insert), ("UPDATE t SET a = 1", node.Update), ("DELETE FROM t", node.Delete),
        ("CREATE TABLE t (a INT)", node.CreateTable), ("CREATE DATABASE d", node.CreateDatabase), ("DROP TABLE IF EXISTS t",
        node.Drop),
        ("CREATE UNIQUE INDEX i ON t (a)", node.CreateIndex), ("CREATE OR REPLACE VIEW v AS SELECT 1", node.CreateView),
        ("ALTER TABLE t ADD a INT", node.AlterTable), ("TRUNCATE TABLE t", node.Truncate), ("START TRANSACTION",
        node.Transaction),
        ("EXPLAIN SELECT 1", node.Explain),
    ],
)  # fmt: skip
def test_statement_is_of_its_kind(text: str, kind: type) -> None:
    assert isinstance(parse(text), kind)


def test_and_binds_closer_than_or_and_not_closer_than_and() -> None:
    query = parse("SELECT 1 OR 2 AND NOT 3 = 4")
    assert isinstance(query, node.Query)
    assert isinstance(query.first, node.Select)
    chain = query.first.items[0].value
    assert isinstance(chain, node.Chain)
    assert chain.operator == "or"
    assert isinstance(chain.operands[1], node.Chain)
    assert chain.operands[1].source == "2 AND NOT 3 = 4"


def test_a_statement_ends_at_a_semicolon_and_another_begins() -> None:
    parser = Parser(";; SELECT 1; ;SELECT 2;", DIALECT)
    count = 0
    while parser.is_more():
        exhaust(parser.statement())
        count += 1
    assert count == 2


@pytest.mark.parametrize(
    "text", ["SELECT 1 2", "SELECT FROM", "INSERT t (a VALUES (1)", "DROP", "CREATE TABLE t (", "SELECT (1", "x"]
)
def test_what_is_no_statement_is_a_mistake(text: str) -> None:
    with pytest.raises(SqlError):
        parse(text)
