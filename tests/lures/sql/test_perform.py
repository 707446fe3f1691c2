# SPDX-License-Identifier: MIT
"""Statements do on a world what they do in a database."""

import pytest

from tests.lures.mysql.database import Statements

SETUP = (
    "CREATE TABLE people (id INT PRIMARY KEY AUTO_INCREMENT, name VARCHAR(20), age INT, town VARCHAR(10) DEFAULT 'here')",
    "INSERT INTO people (name, age) VALUES ('Ann', 30), ('bob', 25), ('Cleo', NULL), ('ann', 41)",
    "CREATE TABLE pets (owner INT, name VARCHAR(20))",
    "INSERT INTO pets VALUES (1, 'Rex'), (1, 'Tom'), (2, 'Kit'), (9, 'Nobody')",
)
QUERIES = {
    "SELECT name FROM people WHERE age > 26 ORDER BY age DESC": ["ann", "Ann"],
    "SELECT name FROM people WHERE name = 'ANN'": ["Ann", "ann"],
    "SELECT name FROM people WHERE age IS NULL": ["Cleo"],
    "SELECT name FROM people WHERE age IN (25, 41) AND name LIKE '%b%'": ["bob"],
    "SELECT name FROM people ORDER BY age LIMIT 2": ["Cleo", "bob"],
    "SELECT name FROM people ORDER BY 1 LIMIT 1, 2": ["ann", "bob"],
    "SELECT COUNT(*) FROM people": ["4"],
    "SELECT COUNT(age) FROM people": ["3"],
    "SELECT SUM(age) FROM people": ["96"],
    "SELECT AVG(age) FROM people": ["32.0000"],
    "SELECT MAX(name) FROM people WHERE id > 99": [None],
    "SELECT town FROM people GROUP BY town HAVING COUNT(*) > 3": ["here"],
    "SELECT COUNT(*) FROM people GROUP BY LOWER(name) ORDER BY 1": ["1", "1", "2"],
    "SELECT p.name FROM people p JOIN pets t ON t.owner = p.id ORDER BY t.name": ["bob", "Ann", "Ann"],
    "SELECT t.name FROM people p, pets t WHERE p.id = t.owner AND p.name = 'bob'": ["Kit"],
    "SELECT p.name FROM people p LEFT JOIN pets t ON t.owner = p.id WHERE t.owner IS NULL": ["Cleo", "ann"],
    "SELECT t.name FROM people p RIGHT JOIN pets t ON t.owner = p.id WHERE p.id IS NULL": ["Nobody"],
    "SELECT name FROM people p WHERE EXISTS (SELECT 1 FROM pets WHERE owner = p.id)": ["Ann", "bob"],
    "SELECT name FROM people WHERE id NOT IN (SELECT owner FROM pets)": ["Cleo", "ann"],
    "SELECT (SELECT COUNT(*) FROM pets WHERE owner = p.id) FROM people p": ["2", "1", "0", "0"],
    "SELECT name FROM people UNION SELECT name FROM pets ORDER BY name LIMIT 3": ["Ann", "bob", "Cleo"],
    "SELECT 1 UNION ALL SELECT 1": ["1", "1"],
    "SELECT x FROM (SELECT age * 2 x FROM people) t WHERE x > 55": ["60", "82"],
    "WITH old AS (SELECT * FROM people WHERE age > 28) SELECT COUNT(*) FROM old": ["2"],
    "SELECT DISTINCT town FROM people": ["here"],
    "SELECT GROUP_CONCAT(name ORDER BY name DESC SEPARATOR '-') FROM pets": ["Tom-Rex-Nobody-Kit"],
    "SELECT @n := 5": ["5"],
    "SELECT people.name FROM people WHERE id=-1 OR 1=1 LIMIT 1": ["Ann"],
}


@pytest.fixture
def statements() -> Statements:
    found = Statements()
    for text in SETUP:
        found.run(text)
    return found


@pytest.mark.parametrize(("query", "values"), QUERIES.items())
def test_query_finds(statements: Statements, query: str, values: list[str | None]) -> None:
    assert [row[0] for row in statements.run(query)] == values


def test_rows_change_and_go(statements: Statements) -> None:
    assert statements.run("UPDATE people SET age = age + 1, town = 'there' WHERE age < 35") == 2
    assert statements.run("SELECT age FROM people WHERE town = 'there'") == [("31",), ("26",)]
    assert statements.run("DELETE FROM people WHERE town = 'there' ORDER BY id LIMIT 1") == 1
    assert statements.run("INSERT INTO people (name) SELECT name FROM pets") == 4
    assert statements.one("LAST_INSERT_ID()") == "5"
    assert statements.run("TRUNCATE people") == 0
    assert statements.run("SELECT * FROM people") == []


def test_a_key_that_is_taken_is_refused_replaced_or_updated(statements: Statements) -> None:
    assert statements.run("INSERT INTO people (id) VALUES (7), (1)") == "1062 (23000) Duplicate entry '1' for key 'PRIMARY'"
    assert statements.one("(SELECT COUNT(*) FROM people)") == "4"
    assert statements.run("INSERT IGNORE INTO people (id, name) VALUES (1, 'no'), (8, 'yes')") == 1
    assert statements.run("REPLACE INTO people (id, name) VALUES (1, 'new')") == 2
    update = "INSERT INTO people (id, age) VALUES (1, 5) ON DUPLICATE KEY UPDATE age = VALUES(age) + 1"
    assert statements.run(update) == 2
    assert statements.run("SELECT name, age FROM people WHERE id = 1") == [("new", "6")]


def test_tables_are_made_changed_and_dropped(statements: Statements) -> None:
    assert statements.run("CREATE TABLE copy AS SELECT id, name FROM people") == 4
    assert statements.run("ALTER TABLE copy ADD COLUMN x INT DEFAULT 7, DROP COLUMN name, RENAME TO other") == 0
    assert statements.run("SELECT * FROM other WHERE id = 1") == [("1", "7")]
    assert statements.run("SHOW COLUMNS FROM other LIKE 'x'") == [("x", "int(11)", "YES", "", "7", "")]
    assert statements.run("DROP TABLE other") == 0
    assert statements.run("CREATE DATABASE mine") == 1
    assert statements.run("CREATE TABLE mine.t (a INT)") == 0
    assert statements.run("DROP DATABASE mine") == 1


def test_a_planted_table_is_changed_in_one_world_only() -> None:
    one, other = Statements(), Statements()
    name = one.instance.dataset.tables[0].name
    before = other.run(f"SELECT COUNT(*) FROM {name}")
    one.run(f"DELETE FROM {name}")
    assert one.run(f"SELECT COUNT(*) FROM {name}") == [("0",)]
    assert other.run(f"SELECT COUNT(*) FROM {name}") == before


def test_a_world_has_bounds(statements: Statements) -> None:
    statements.run("CREATE TABLE big (a LONGTEXT)")
    answers = [statements.run("INSERT INTO big VALUES (REPEAT('x', 900000))") for _ in range(6)]
    assert answers[0] == 1
    assert answers[-1] == "1114 (HY000) The table '(temporary)' is full"
    statements.run("DROP TABLE big")
    statements.run("CREATE TABLE big (a LONGTEXT)")
    assert statements.run("INSERT INTO big VALUES (REPEAT('x', 900000))") == 1
