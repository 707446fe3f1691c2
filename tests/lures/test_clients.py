# SPDX-License-Identifier: MIT
"""Each lure by the clients that people have: the evidence holds what they sent, to the byte, and nothing else."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psycopg
import pymysql
import pytest

from decnet.domain.captured import raw
from decnet.domain.evidence import Command, Credential, File, Request
from decnet.domain.persona import Decoy
from decnet.lures.ftp.options import FtpOptions
from decnet.lures.ftp.server import Ftp
from decnet.lures.https.options import HttpsOptions
from decnet.lures.https.server import Https
from decnet.lures.lure import Lure
from decnet.lures.mysql.options import MysqlOptions
from decnet.lures.mysql.server import Mysql
from decnet.lures.postgresql.options import PostgresqlOptions
from decnet.lures.postgresql.server import Postgresql
from decnet.lures.telnet.options import TelnetOptions
from decnet.lures.telnet.server import Telnet
from tests.support.clients import run
from tests.support.decoys import decoy, persona
from tests.support.lures import MemoryPen, Served, serving
from tests.support.terminals import sitting

pytestmark = pytest.mark.client
USER, PASSWORD, WRONG = "root", "p'ä $\\ss", "wröng"
EVERY_BYTE = bytes(range(256)) * 300
SQL = "SELECT 'it''s grün', \"x;\", '\\\\' -- ?"
LIBPQ = {"PGSSLMODE": "require", "PGGSSENCMODE": "disable"}
"""libpq would try a wrong password again without TLS."""
ACCOUNTS = (f"{USER}:{PASSWORD}",)
SOFTWARE = {
    "telnet": "netkit-telnetd 0.17",
    "https": "nginx/1.18.0",
    "ftp": "vsFTPd 3.0.3",
    "mysql": "8.0.36-0ubuntu0.20.04.1",
    "postgresql": "PostgreSQL 13.14 (Debian 13.14-0+deb11u1) on x86_64-pc-linux-gnu",
}


@dataclass
class Evidence:
    """What of a visit is kept: logins with their secrets and outcome, what was said, and files by their paths."""

    logins: list[tuple[str, bytes, bool]] = field(default_factory=list)
    said: list[bytes] = field(default_factory=list)
    files: dict[str, bytes] = field(default_factory=dict)


def kept(pen: MemoryPen) -> Evidence:
    """Return what a pen wrote."""
    found = Evidence()
    for _, body, secret in pen.records:
        if isinstance(body, Credential):
            found.logins.append((body.username, secret or b"", body.accepted))
        elif isinstance(body, Command):
            found.said.append(raw(body.command))
            found.files |= {name: raw(value) for name, value in body.detail.items() if name.startswith("$")}
        elif isinstance(body, Request):
            found.said.append(f"{body.method} {body.target}".encode())
            found.files |= {"body": pen.blobs[body.body_sha256]} if body.body_sha256 else {}
        elif isinstance(body, File):
            found.files[body.path] = pen.blobs[body.sha256]
    return found


async def by_telnet(served: Served, _: Path) -> None:
    async with sitting("telnet", "-K", served.host, str(served.port)) as seat:
        for words, keys in (
            ("login: ", USER), ("Password: ", WRONG), ("login: ", USER), ("Password: ", PASSWORD),
            ("# ", "echo 'grün'  \"$HOME\" > /tmp/\\x"), ("# ", "exit"),
        ):  # fmt: skip
            await seat.until(words.encode())
            seat.type(f"{keys}\r".encode())
        await seat.ended()


async def by_curl(served: Served, folder: Path) -> None:
    (folder / "body").write_bytes(EVERY_BYTE)
    place = f"https://{served.host}:{served.port}/upload?a=%00&b=c"
    finished = await run(
        "curl", "-sS", "-k", "-u", f"{USER}:{PASSWORD}", "--data-binary", f"@{folder}/body", "-H", "Content-Type: x/y", place
    )
    assert finished.code == 0, finished.stderr


async def by_lftp(served: Served, folder: Path) -> None:
    (folder / "sent").write_bytes(EVERY_BYTE)
    names = ("ftp:ssl-allow", "ftp:use-site-utime", "ftp:use-site-utime2")
    settings = "; ".join(("set cmd:fail-exit yes", "set net:max-retries 1", *(f"set {name} no" for name in names)))
    login = f"open --env-password -u {USER} ftp://{served.host}:{served.port}"
    script = f"{settings}; {login}; put {folder}/sent -o /srv/grün"
    finished = await run("lftp", "--norc", "-c", script, environment={"LFTP_PASSWORD": PASSWORD})
    assert finished.code == 0, finished.stderr


async def by_mysql(served: Served, _: Path) -> None:
    argv = ("mysql", "--no-defaults", "--comments", "-h", served.host, "-P", str(served.port), "-u", USER)
    for password, code in ((WRONG, 1), (PASSWORD, 0)):
        assert (await run(*argv, f"--password={password}", "-e", SQL)).code == code


async def by_psql(served: Served, _: Path) -> None:
    argv = ("psql", "-X", "-h", served.host, "-p", str(served.port), "-U", USER, "-d", "postgres", "-c", "SELECT 'grün\\'")
    for password, code in ((WRONG, 2), (PASSWORD, 0)):
        assert (await run(*argv, environment={"PGPASSWORD": password, **LIBPQ})).code == code


async def by_pymysql(served: Served, _: Path) -> None:
    def work(password: str) -> None:
        place = {"host": served.host, "port": served.port, "user": USER, "ssl_disabled": True}
        with pymysql.connect(password=password.encode(), **place) as connection, connection.cursor() as cursor:
            cursor.execute("SELECT %s", ("it's grün\0",))

    with pytest.raises(pymysql.err.OperationalError):
        await asyncio.to_thread(work, WRONG)
    await asyncio.to_thread(work, PASSWORD)


async def by_psycopg(served: Served, _: Path) -> None:
    def work(password: str) -> None:
        place: dict[str, Any] = {"host": served.host, "port": served.port, "user": USER, "dbname": "postgres"}
        with psycopg.connect(password=password, sslmode="require", gssencmode="disable", **place) as connection:
            connection.execute("SELECT %s::text", ("it's grün",))

    with pytest.raises(psycopg.OperationalError):
        await asyncio.to_thread(work, WRONG)
    await asyncio.to_thread(work, PASSWORD)


@dataclass(frozen=True)
class Visit:
    """A client at a lure; ``expected`` is what has to be kept of it."""

    make: Callable[[Decoy], Lure]
    attack: Callable[[Served, Path], Awaitable[None]]
    expected: Evidence


RIGHT = (USER, PASSWORD.encode(), True)
BOTH = [(USER, WRONG.encode(), False), RIGHT]
FTP = ["FEAT", f"USER {USER}", "PASS [secret]", "PWD", "TYPE I", "PASV", "STOR /srv/grün", "QUIT"]


def mysql(one: Decoy) -> Mysql:
    """Return a MySQL 8, which asks for the password itself where its digest is not enough."""
    return Mysql(one, MysqlOptions(accounts=ACCOUNTS, access="open"))


def postgresql(one: Decoy) -> Postgresql:
    """Return a PostgreSQL that asks for the password itself."""
    return Postgresql(one, PostgresqlOptions(accounts=ACCOUNTS, authentication="password"))


VISITS = {
    "telnet": Visit(
        lambda one: Telnet(one, TelnetOptions(accounts=ACCOUNTS, failure_seconds=0, record_terminal=False)),
        by_telnet,
        Evidence(BOTH, ["echo 'grün'  \"$HOME\" > /tmp/\\x".encode(), b"exit"], {"/tmp/x": "grün /root\n".encode()}),
    ),
    "curl": Visit(
        lambda one: Https(one, HttpsOptions()),
        by_curl,
        Evidence([(USER, PASSWORD.encode(), False)], [b"POST /upload?a=%00&b=c"], {"body": EVERY_BYTE}),
    ),
    "lftp": Visit(
        lambda one: Ftp(one, FtpOptions(accounts=ACCOUNTS)),
        by_lftp,
        Evidence([RIGHT], [line.encode() for line in FTP], {"/srv/grün": EVERY_BYTE}),
    ),
    "mysql": Visit(mysql, by_mysql, Evidence(BOTH, [SQL.encode()])),
    "psql": Visit(postgresql, by_psql, Evidence(BOTH, ["SELECT 'grün\\'".encode()])),
    "pymysql": Visit(
        mysql, by_pymysql, Evidence(BOTH, [b"SET NAMES utf8mb4", b"SET AUTOCOMMIT = 0", "SELECT 'it\\'s grün\\0'".encode()])
    ),
    "psycopg": Visit(
        postgresql,
        by_psycopg,
        Evidence(BOTH, [b"BEGIN", b"SELECT $1::text", b"COMMIT"], {"$1": "it's grün".encode()}),
    ),
}  # fmt: skip


@pytest.mark.parametrize("client", VISITS)
async def test_what_a_client_sent_is_kept_and_nothing_else(client: str, tmp_path: Path) -> None:
    visit = VISITS[client]
    async with serving(visit.make(decoy(persona=persona(software=SOFTWARE)))) as served:
        await visit.attack(served, tmp_path)
        for _ in served.sessions:
            await served.session_ended()
    found = kept(served.pen)
    assert found.logins == visit.expected.logins
    assert found.said == visit.expected.said
    assert found.files == visit.expected.files
    assert {session.reason for session in served.pen.ended} <= {"client", "lure"}
