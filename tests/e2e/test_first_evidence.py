# SPDX-License-Identifier: MIT
"""From a checkout to the first evidence: real services, real clients, a real store."""

import secrets
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from tests.support.addresses import address, port
from tests.support.clients import run
from tests.support.installation import Installation, Place, files_with, installed
from tests.support.terminals import sitting

FLEET = f"""
[fleet]
name = proof

[decoy one]
archetype = linux-server
address = {address(11)}
lures = ssh, telnet, http, https, redis, ftp, postgresql, mysql

[decoy one/postgresql]
authentication = password

[decoy one/redis]
password = {{planted}}

[decoy two]
archetype = file-server
addresses = {address(12)}, ::1
lures = ssh, http

[decoy two/ssh]
port = {port(0)}

[decoy two/http]
port = {port(1)}
"""
SSH = (
    *("sshpass", "-e", "ssh", "-o", "StrictHostKeyChecking=no", "-o", "UserKnownHostsFile=/dev/null", "-o", "LogLevel=ERROR"),
    *("-o", "PreferredAuthentications=password", "-o", "NumberOfPasswordPrompts=1", "-o", "ConnectTimeout=20"),
)


@pytest_asyncio.fixture
async def installation(tmp_path: Path) -> AsyncIterator[Installation]:
    fleet = tmp_path / "fleet.ini"
    fleet.write_text(FLEET.format(planted="planted"))
    async with installed(tmp_path / "data", str(fleet)) as running:
        yield running


async def ssh(installation: Installation, decoy: str, user: str, password: str, *command: str) -> int:
    """Log in, or try to, with a real ssh."""
    place = await installation.place("ssh", decoy)
    finished = await run(*SSH, "-p", str(place.port), f"{user}@{place.address}", *command, environment={"SSHPASS": password})
    return finished.code


async def telnet(place: Place, password: str) -> None:
    """Try to log in with a real telnet."""
    async with sitting("telnet", place.address, str(place.port)) as seat:
        for words, keys in ((b"login: ", "root"), (b"Password: ", password)):
            await seat.until(words)
            seat.type(f"{keys}\r".encode())
        await seat.until(b"Login incorrect")


async def databases(installation: Installation, passwords: dict[str, str]) -> None:
    """Try to log in with real clients of ftp and of the databases."""
    ftp = await installation.place("ftp", "one")
    await run("curl", "-s", "-u", f"root:{passwords['ftp']}", f"ftp://{ftp.address}:{ftp.port}/")
    place = await installation.place("postgresql", "one")
    environment = {"PGPASSWORD": passwords["postgresql"], "PGGSSENCMODE": "disable", "PGSSLMODE": "require"}
    await run("psql", "-h", place.address, "-p", str(place.port), "-U", "postgres", "-c", "", environment=environment)
    place = await installation.place("mysql", "one")
    await run("mysql", "-h", place.address, "-P", str(place.port), "-uroot", f"-p{passwords['mysql']}", "-e", "")


@pytest.mark.client
async def test_credentials_of_every_lure_reach_the_store_and_lie_nowhere_in_clear(installation: Installation) -> None:
    """Each captured password is shown by --reveal and is in no file: not in spool, store, log, blobs or backup."""
    named = ("ssh", "telnet", "http", "https", "redis", "ftp", "postgresql", "mysql")
    captured = {lure: secrets.token_urlsafe(18) for lure in named}
    assert await ssh(installation, "one", "root", captured["ssh"], "true") != 0
    web = await installation.place("http", "one")
    await run("curl", "-s", "-u", f"admin:{captured['http']}", f"http://{web.address}:{web.port}/")
    secure = await installation.place("https", "one")
    await run("curl", "-s", "-k", "-u", f"admin:{captured['https']}", f"https://{secure.address}:{secure.port}/")
    await telnet(await installation.place("telnet", "one"), captured["telnet"])
    redis = await installation.place("redis", "one")
    await run("redis-cli", "-h", redis.address, "-p", str(redis.port), "-a", captured["redis"], "PING")
    await databases(installation, captured)
    backup = installation.folder / "backup.db"
    rows = await _credentials(installation, expected=len(named))
    assert {row["lure"] for row in rows} == set(named)
    assert (await installation.command("store", "backup", str(backup))).code == 0
    found = {row["lure"]: row["secret"] for row in rows if row.get("secret") in captured.values()}
    # what clients of MariaDB send is a digest of the password; MySQL asks for it itself
    assert found | {"mysql": captured["mysql"]} == captured
    for secret in captured.values():
        assert files_with(installation.folder, secret.encode()) == []
    assert backup.stat().st_mode & 0o777 == 0o600


async def _credentials(installation: Installation, expected: int) -> list[dict[str, str]]:
    """Return the credentials once there are as many as expected; the ingester wakes on its own."""
    finished = await installation.command("evidence", "tail", "--kind", "credential", "--from", "0", "--count", str(expected))
    assert finished.code == 0, finished.stderr.decode()
    return await installation.evidence("--kind", "credential")


@pytest.mark.client
async def test_ipv6_decoy_is_attacked_and_named_by_its_own_address(installation: Installation) -> None:
    rows = await installation.rows("status")
    places = [lure for row in rows if row["name"] == "two" for lure in row["lures"] if lure["address"] == "::1"]
    web = next(place for place in places if place["name"] == "http")
    await run("curl", "-s", "-g", f"http://[::1]:{web['port']}/six")
    await _evidence(installation, "request", 1)
    (request,) = [row for row in await installation.evidence("--kind", "request") if row["body"]["target"] == "/six"]
    assert (request["decoy"], request["address"]) == ("two", "::1")


async def _evidence(installation: Installation, kind: str, expected: int) -> None:
    """Wait until there is as much evidence of a kind as expected."""
    finished = await installation.command("evidence", "tail", "--kind", kind, "--from", "0", "--count", str(expected))
    assert finished.code == 0, finished.stderr.decode()


@pytest.mark.client
async def test_every_service_answers_and_stops_without_a_trace(tmp_path: Path) -> None:
    """All services say that they are well; after the stop no process and no socket is left."""
    async with installed(tmp_path / "data") as installation:
        assert (await installation.command("services")).code == 0
        pids = [child.pid for child in installation.supervisor.children.values()]
        sockets = sockets_in(tmp_path)
        assert sockets
    assert remaining(pids) == []
    assert sockets_in(tmp_path) == []


def sockets_in(folder: Path) -> list[Path]:
    """Return every socket under ``folder``."""
    return [path for path in folder.rglob("*") if path.is_socket()]


def remaining(pids: list[int]) -> list[int]:
    """Return the processes that still exist."""
    return [pid for pid in pids if Path(f"/proc/{pid}").exists()]
