# SPDX-License-Identifier: MIT
"""Real clients against the mysql lure: Debian's mariadb and mariadb-dump, and PyMySQL."""

import asyncio
from collections.abc import Callable
from typing import Any

import pymysql
import pymysql.constants.CLIENT
import pytest

from tests.lures.mysql.database import MARIADB, MYSQL, database, exchange
from tests.support.clients import run
from tests.support.lures import Served, serving

pytestmark = pytest.mark.client
BOTH = pytest.mark.parametrize("version", [MARIADB, "10.3.39-MariaDB-0ubuntu0.20.04.2", MYSQL])


async def mysql(served: Served, *arguments: str, user: str = "root", password: str = "secret", stdin: bytes = b"") -> str:
    """Run the command line client and return what it prints."""
    argv = ("mariadb", "--no-defaults", "-h", served.host, "-P", str(served.port), "-u", user, f"-p{password}", *arguments)
    finished = await run(*argv, stdin=stdin)
    return finished.stdout.decode() + finished.stderr.decode()


async def with_pymysql(served: Served, work: Callable[[Any], Any], password: str = "secret", **options: Any) -> Any:
    """Let PyMySQL do some work in a thread of its own."""

    def connected() -> Any:
        connection = pymysql.connect(host=served.host, port=served.port, user="root", password=password, **options)
        with connection:
            return work(connection)

    return await asyncio.to_thread(connected)


@BOTH
async def test_the_client_looks_around(version: str) -> None:
    lure = database(version)
    name = lure.instance.dataset.name
    async with serving(lure) as served:
        shown = await mysql(served, "-e", f"SELECT VERSION(), CURRENT_USER(); SHOW DATABASES; USE {name}; SHOW TABLES; STATUS")
        assert version in shown
        assert "root@%" in shown
        assert name in shown
        assert all(table.name in shown for table in lure.instance.dataset.tables)
        await served.session_ended()
    *hello, said = served.pen.bodies("client")
    assert [(one.software, len(one.fingerprint)) for one in hello] == [("TLS client", 32)] * (version == MYSQL)
    assert said.detail["_client_name"] == "libmariadb"
    assert {"_os", "_pid"} <= said.detail.keys()
    assert [body.command for body in served.pen.bodies("command")][:2] == ["SELECT VERSION(), CURRENT_USER()", "SHOW DATABASES"]


@BOTH
async def test_a_wrong_password_is_refused_in_the_server_s_words(version: str) -> None:
    async with serving(database(version)) as served:
        for user in ("root", "nobody"):
            shown = await mysql(served, "-e", "select 1", user=user, password="guess")
            words = f"ERROR 1045 (28000): Access denied for user '{user}'@'127.0.0.1' (using password: YES)"
            assert words in shown
            await served.session_ended()
    tried = served.pen.bodies("credential")
    assert [(body.username, body.accepted) for body in tried] == [("root", False), ("nobody", False)]
    if version == MYSQL:
        assert served.pen.secrets() == [b"guess", b"guess"]
    else:
        assert all(len(bytes.fromhex(body.detail["response"])) == 20 for body in tried)


async def test_a_closed_server_refuses_every_password_and_another_refuses_every_address() -> None:
    async with serving(database(access="closed")) as served:
        assert "ERROR 1045 (28000)" in await mysql(served, "-e", "select 1")
    async with serving(database(access="host")) as served:
        assert (await exchange(served))[0][7:] == b"Host '127.0.0.1' is not allowed to connect to this MariaDB server"


async def test_a_dump_is_whole_and_can_be_read_back() -> None:
    lure = database()
    name = lure.instance.dataset.name
    async with serving(lure) as served:
        connect = ("--no-defaults", "-h", served.host, "-P", str(served.port), "-u", "root", "-psecret", "--skip-comments")
        dump = await run("mariadb-dump", *connect, name)
        assert dump.code == 0, dump.stderr
        assert await mysql(served, "-e", "CREATE DATABASE again") == ""
        assert await mysql(served, "again", stdin=dump.stdout) == ""
        again = await run("mariadb-dump", *connect, "again")
        assert again.stdout == dump.stdout
        everything = await run("mariadb-dump", *connect, "--all-databases")
        assert everything.code == 0, everything.stderr


async def test_who_asks_for_a_ransom_finds_his_note_on_the_next_connection() -> None:
    lure = database()
    name, first = lure.instance.dataset.name, lure.instance.dataset.tables[0].name
    async with serving(lure) as served:
        await mysql(
            served, name, "-e", f"DROP TABLE {first}; CREATE TABLE README (note TEXT); INSERT INTO README VALUES ('pay us')"
        )
        shown = await mysql(served, name, "-e", "SHOW TABLES; SELECT * FROM README")
        assert first not in shown.split()
        assert "pay us" in shown
        await mysql(served, "-e", f"DROP DATABASE {name}; CREATE DATABASE README_TO_RECOVER")
        shown = await mysql(served, "-e", "SHOW DATABASES")
        assert "README_TO_RECOVER" in shown
        assert name not in shown.split()
    assert f"DROP DATABASE {name}" in [body.command for body in served.pen.bodies("command")]


@BOTH
async def test_an_account_that_somebody_made_lets_him_in_again(version: str) -> None:
    async with serving(database(version)) as served:
        made = (
            "CREATE USER 'back'@'%' IDENTIFIED BY 'door'; GRANT ALL ON *.* TO 'back'@'%'; SET PASSWORD FOR 'root'@'%' = 'mine'"
        )
        assert await mysql(served, "-e", made) == ""
        assert "root@" in await mysql(served, "-e", "SELECT USER()", password="mine")
        assert "ERROR 1045" in await mysql(served, "-e", "SELECT USER()")
        assert "back@" in await mysql(served, "-e", "SELECT USER()", user="back", password="door")
    assert {b"door", b"mine"} <= set(served.pen.secrets())


@BOTH
async def test_pymysql_works(version: str) -> None:
    def work(connection: Any) -> list[Any]:
        found = []
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1, 2.5, NULL, %s", ("it's",))
            found.append(cursor.fetchall())
            cursor.execute("SELECT 1; SELECT 2")
            found.append((cursor.fetchall(), cursor.nextset(), cursor.fetchall()))
            cursor.execute("CREATE TABLE mine (id INT AUTO_INCREMENT PRIMARY KEY, a VARCHAR(20), b BLOB)")
            cursor.executemany("INSERT INTO mine (a, b) VALUES (%s, %s)", [("x", b"\0\xff"), ("ä", None)])
            found.append((cursor.rowcount, cursor.lastrowid))
            cursor.execute("SELECT * FROM mine")
            found.append(cursor.fetchall())
        connection.commit()
        connection.ping()
        return found

    lure = database(version)
    many = pymysql.constants.CLIENT.MULTI_STATEMENTS
    async with serving(lure) as served:
        found = await with_pymysql(served, work, database=lure.instance.dataset.name, client_flag=many)
    assert [str(value) for value in found[0][0]] == ["1", "2.5", "None", "it's"]
    assert found[1:] == [(((1,),), True, ((2,),)), (2, 1), ((1, "x", b"\0\xff"), (2, "ä", None))]


@pytest.mark.parametrize("password", ["guess", ""])
async def test_pymysql_s_password_is_taken_from_a_plain_connection(password: str) -> None:
    """MySQL 8 asks for the password itself, and the client encrypts it for the server's key."""
    async with serving(database(MYSQL)) as served:
        with pytest.raises(pymysql.err.OperationalError, match=r"Access denied for user 'root'@'127\.0\.0\.1'"):
            await with_pymysql(served, lambda _: None, password=password)
        await served.session_ended()
    assert served.pen.secrets() == ([b"guess"] if password else [])


async def test_prepared_statements_pass_in_the_binary_form() -> None:
    lure = database()
    statement = "PREPARE s FROM 'SELECT ? + 1, ?'; SET @a = 41, @b = 'x'; EXECUTE s USING @a, @b; DEALLOCATE PREPARE s"
    async with serving(lure) as served:
        assert "42\tx" in await mysql(served, "-N", "-e", statement)


async def test_a_sleep_lasts() -> None:
    async with serving(database()) as served:
        started = asyncio.get_running_loop().time()
        assert "0" in await mysql(served, "-N", "-e", "SELECT IF(1=1, SLEEP(1), 0)")
        assert asyncio.get_running_loop().time() - started >= 1
