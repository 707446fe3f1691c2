# SPDX-License-Identifier: MIT
"""SHOW and the catalogue tell the same of the same tables."""

import pytest

from decnet.lures.sql.outcome import Rows
from tests.lures.mysql.database import MARIADB, MYSQL, Statements

BOTH = pytest.mark.parametrize("version", [MARIADB, MYSQL])
SHOWN = ("DATABASES", "TABLES", "FULL TABLES", "TABLE STATUS", "VARIABLES", "GLOBAL STATUS", "GRANTS", "PROCESSLIST",
         "FULL PROCESSLIST",
         "ENGINES", "PLUGINS", "CHARACTER SET", "COLLATION LIKE 'utf8%'", "WARNINGS", "TRIGGERS", "EVENTS", "PROCEDURE STATUS",
         "MASTER STATUS", "SLAVE STATUS", "OPEN TABLES", "CREATE DATABASE mysql", "ENGINE INNODB STATUS",
         "VARIABLES WHERE Variable_name = 'version'", "COLUMNS FROM user IN mysql", "INDEX FROM mysql.db")  # fmt: skip
ASKED = ("version", "version_comment", "hostname", "datadir", "basedir", "port", "sql_mode", "tx_isolation",
         "secure_file_priv", "plugin_dir",
         "max_allowed_packet", "character_set_client", "collation_connection", "auto_increment_increment", "wait_timeout",
         "time_zone",
         "system_time_zone", "lower_case_table_names", "init_connect", "license", "interactive_timeout",
         "net_write_timeout")  # fmt: skip


@BOTH
@pytest.mark.parametrize("what", SHOWN)
def test_show_has_an_answer(version: str, what: str) -> None:
    assert isinstance(Statements(version).outcome(f"SHOW {what}"), Rows)


@pytest.mark.parametrize("name", ASKED)
def test_variable_that_drivers_ask_for_is_there(name: str) -> None:
    statements = Statements(MARIADB)
    assert statements.run(f"SELECT @@{name}")[0][0] is not None
    assert statements.run(f"SHOW VARIABLES LIKE '{name}'")


def test_mysql_asks_by_another_name() -> None:
    assert Statements(MYSQL).one("@@transaction_isolation") == "REPEATABLE-READ"
    assert Statements(MYSQL).run("SELECT @@tx_isolation") == "1193 (HY000) Unknown system variable 'tx_isolation'"


@BOTH
def test_the_catalogue_knows_what_show_knows(version: str) -> None:
    statements = Statements(version)
    name = statements.instance.dataset.name
    tables = [row[0] for row in statements.run("SHOW TABLES")]
    assert tables == sorted(table.name for table in statements.instance.dataset.tables)
    query = f"SELECT table_name FROM information_schema.tables WHERE table_schema = '{name}'"
    assert sorted(row[0] for row in statements.run(query)) == tables
    for table in tables:
        shown = [row[:2] for row in statements.run(f"DESCRIBE {table}")]
        query = (
            "SELECT column_name, column_type FROM information_schema.columns WHERE table_schema = DATABASE() AND table_name = "
        )
        assert statements.run(f"{query}'{table}' ORDER BY ordinal_position") == shown
        assert all(f"`{column}` {type_}" in statements.run(f"SHOW CREATE TABLE {table}")[0][1] for column, type_ in shown)


@BOTH
def test_what_show_says_a_table_is_makes_the_same_table(version: str) -> None:
    statements = Statements(version)
    statements.run("CREATE DATABASE other")
    for table in [row[0] for row in statements.run("SHOW TABLES")]:
        made = statements.run(f"SHOW CREATE TABLE {table}")[0][1]
        statements.context.database = "other"
        assert statements.run(made) == 0
        assert statements.run(f"SHOW CREATE TABLE {table}")[0][1].partition(" AUTO")[0] == made.partition(" AUTO")[0]
        statements.context.database = statements.instance.dataset.name


@BOTH
def test_every_table_of_the_catalogue_can_be_read(version: str) -> None:
    statements = Statements(version)
    for (name,) in statements.run(
        "SELECT DISTINCT table_name FROM information_schema.columns WHERE table_schema = 'information_schema'"
    ):
        assert isinstance(statements.run(f"SELECT * FROM information_schema.{name}"), list), name


def test_hashes_are_those_of_the_accounts() -> None:
    statements = Statements(MARIADB)
    assert statements.run("SELECT password FROM mysql.user WHERE user = 'root' AND host = '%'") == [
        (statements.one("PASSWORD('secret')"),)
    ]
