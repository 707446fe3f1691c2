# SPDX-License-Identifier: MIT
"""
One decoy tells one story, whichever lure is asked: name, people, software, times, certificate, data.

And two decoys of one archetype tell two. Every release of the package is asked, by real clients, through every lure.
"""

import re
import ssl
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from cryptography import x509

from decnet.domain.archetype import complete, invent
from decnet.domain.persona import Decoy
from decnet.engine.catalogue import ARCHETYPES, shelf
from decnet.lures.loading import load
from decnet.lures.lure import Lure
from decnet.lures.options import options_of
from decnet.lures.postgresql.account import accounts
from decnet.lures.postgresql.options import PostgresqlOptions
from decnet.lures.registry import LURES
from decnet.lures.shell.facts import Facts
from decnet.lures.sql.dataset import dataset_of
from tests.support.clients import run
from tests.support.lures import Served, serving
from tests.support.terminals import sitting

pytestmark = pytest.mark.client
PASSWORD = "planted"
OPTIONS = {
    "ssh": {"accounts": f"root:{PASSWORD}", "failure_seconds": "0"},
    "telnet": {"accounts": f"root:{PASSWORD}"},
    "ftp": {"accounts": f"root:{PASSWORD}"},
    "mysql": {"accounts": f"root:{PASSWORD}", "access": "open"},
    "postgresql": {},
}
RELEASES = sorted({release.name for one in shelf().archetypes.values() for release in one.releases})
SECONDS = 30
"""By so much may clocks differ that are read one after another."""


def machine(release: str, seed: str = "one", archetype: str = "linux-server") -> Decoy:
    """Return a decoy of one release that has every lure of which the release has the software."""
    releases = {each.name: each for kind in shelf().archetypes.values() for each in kind.releases}
    kind = replace(shelf().archetypes[archetype], releases=(releases[release],), products={"http": ("nginx", "apache")})
    persona = invent(kind, seed=f"{release} {seed}", domain="corp.example", now=int(time.time()), taken=())
    persona = complete(replace(kind, products={}), persona, [lure.name for lure in LURES])
    persona = replace(persona, software={**persona.software, "https": persona.software["http"]})
    return Decoy(name=seed, archetype=archetype, persona=persona, addresses=("127.0.0.1",))


def made(name: str, decoy: Decoy) -> Lure:
    """Return a lure of a decoy."""
    row = next(lure for lure in LURES if lure.name == name)
    lure: Lure = load(row.implementation)(decoy, options_of(load(row.options), OPTIONS.get(name, {})))
    return lure


@dataclass
class Asked:
    """A decoy whose lures are all there; each method asks one of them by its real client."""

    decoy: Decoy
    served: dict[str, Served]
    folder: Path

    async def shell(self, command: str) -> str:
        """Return what a command shows by ssh."""
        at = self.served["ssh"]
        options = ("-F/dev/null", "-oStrictHostKeyChecking=no", "-oUserKnownHostsFile=/dev/null", "-oLogLevel=ERROR")
        argv = ("sshpass", "-p", PASSWORD, "ssh", *options, "-p", str(at.port), f"root@{at.host}", command)
        return (await run(*argv)).stdout.decode()

    async def telnet(self) -> str:
        """Return what telnet shows up to the first prompt of the shell."""
        at = self.served["telnet"]
        async with sitting("telnet", "-K", at.host, str(at.port)) as seat:
            shown = await seat.until(b"login: ")
            seat.type(b"root\r")
            await seat.until(b"Password: ")
            seat.type(f"{PASSWORD}\r".encode())
            return (shown + await seat.until(b"# ")).decode()

    async def mysql(self, statement: str, user: str = "root", password: str = PASSWORD) -> list[str]:
        """Return the values of the first row of a statement."""
        at = self.served["mysql"]
        argv = ("mysql", "--no-defaults", "-N", "-r", "-h", at.host, "-P", str(at.port), "-u", user, f"-p{password}", "-e")
        finished = await run(*argv, statement)
        return finished.stdout.decode().rstrip("\n").split("\t")

    async def psql(self, statement: str, user: str = "", password: str = "", database: str = "postgres") -> str:
        """Return the value of a statement."""
        at = self.served["postgresql"]
        superuser = accounts(self.decoy, PostgresqlOptions())["postgres"]
        argv = ("psql", "-X", "-A", "-t", "-h", at.host, "-p", str(at.port), "-U", user or "postgres", "-d", database, "-c")
        finished = await run(*argv, statement, environment={"PGPASSWORD": password or superuser, "PGGSSENCMODE": "disable"})
        return finished.stdout.decode().strip()

    async def ftp(self, path: str) -> str:
        """Return a file, or the listing of a folder, by ftp."""
        at = self.served["ftp"]
        return (await run("curl", "-sS", "-u", f"root:{PASSWORD}", f"ftp://{at.host}:{at.port}/{path}")).stdout.decode()

    async def redis(self) -> dict[str, str]:
        """Return what redis says of itself."""
        at = self.served["redis"]
        shown = (await run("redis-cli", "-h", at.host, "-p", str(at.port), "INFO")).stdout.decode()
        return dict(line.split(":", 1) for line in shown.split("\r\n") if ":" in line)

    async def web(self, scheme: str) -> str:
        """Return the head of a web server's answer."""
        at = self.served[scheme]
        return (await run("curl", "-sS", "-k", "-I", f"{scheme}://{at.host}:{at.port}/")).stdout.decode()

    async def certificate(self, lure: str = "https", *arguments: str) -> bytes:
        """Return the certificate of a lure."""
        at = self.served[lure]
        finished = await run("openssl", "s_client", "-connect", f"{at.host}:{at.port}", *arguments)
        pem = re.search(r"-----BEGIN CERT.*END CERTIFICATE-----", finished.stdout.decode(), re.DOTALL)
        assert pem, finished.stderr
        return ssl.PEM_cert_to_DER_cert(pem[0])


@asynccontextmanager
async def asked(decoy: Decoy, folder: Path) -> AsyncIterator[Asked]:
    """Serve all lures of a decoy."""
    async with AsyncExitStack() as stack:
        served = {name: await stack.enter_async_context(serving(made(name, decoy))) for name in decoy.persona.software}
        yield Asked(decoy, served, folder)


@pytest.fixture(params=RELEASES)
def decoy(request: pytest.FixtureRequest) -> Decoy:
    """A decoy of each release."""
    return machine(request.param)


async def test_name_kernel_and_release_are_the_same_by_every_lure(decoy: Decoy, tmp_path: Path) -> None:
    persona = decoy.persona
    async with asked(decoy, tmp_path) as one:
        assert (await one.shell("hostname; hostname -f; uname -r; cat /etc/os-release")).splitlines()[:4] == [
            persona.hostname, f"{persona.hostname}.{persona.domain}", persona.kernel, f'PRETTY_NAME="{persona.os}"',
        ]  # fmt: skip
        by_telnet = await one.telnet()
        assert f"{persona.hostname} login: " in by_telnet
        assert f"{persona.kernel} {persona.kernel_build}" in by_telnet or persona.os in by_telnet
        assert (await one.mysql("SELECT @@hostname, @@version_compile_machine")) == [persona.hostname, persona.architecture]
        assert (await one.ftp("/etc/hostname")).strip() == persona.hostname
        assert await one.psql("SELECT pg_read_file('/etc/hostname')") == persona.hostname
        assert (await one.redis())["os"] == f"Linux {persona.kernel} {persona.architecture}"
        certificate = x509.load_der_x509_certificate(await one.certificate())
        assert certificate.subject.rfc4514_string() == f"CN={persona.hostname}.{persona.domain}"


async def test_what_is_installed_is_what_the_lures_say_that_they_are(decoy: Decoy, tmp_path: Path) -> None:
    async with asked(decoy, tmp_path) as one:
        listed = await one.shell("dpkg-query -W")
        versions = dict(line.split("\t") for line in listed.splitlines())
        status = await one.ftp("/var/lib/dpkg/status")
        assert all(f"Package: {name}\n" in status and f"Version: {version}\n" in status for name, version in versions.items())
        banner = decoy.persona.software["ssh"]
        assert versions["openssh-server"] == "1:" + re.sub(r"OpenSSH_|[A-Z][a-z]+-", "", banner.replace(" ", "-"))
        said = await one.psql("SELECT version()")
        (name,) = [name for name in versions if name.startswith("postgresql-")]
        assert f"PostgreSQL {name.partition('-')[2]}." in said
        assert f"{versions[name]})" in said
        (name,) = [name for name in versions if re.match(r"(mysql|mariadb)-server-", name)]
        (version,) = await one.mysql("SELECT VERSION()")
        assert versions[name].removeprefix("1:") == version.replace("-MariaDB", "")
        assert (await one.redis())["redis_version"] in versions["redis-server"]
        heads = [await one.web(scheme) for scheme in ("http", "https")]
        ((server, number),) = {pair for head in heads for pair in re.findall(r"Server: (\w+)/([\d.]+)", head)}
        assert versions["apache2" if server == "Apache" else "nginx"].startswith(number)
        at = one.served["ftp"]
        greeting = (await run("curl", "-sv", "-u", "a:b", f"ftp://{at.host}:{at.port}/")).stderr.decode()
        (number,) = re.findall(r"\(vsFTPd ([\d.]+)\)", greeting)
        assert number in versions["vsftpd"]
        assert {"telnetd", "openbsd-inetd"} <= versions.keys()


async def test_the_release_is_one_of_its_day(decoy: Decoy, tmp_path: Path) -> None:
    """The point release, the package of its base and that of the kernel belong together."""
    async with asked(decoy, tmp_path) as one:
        release = decoy.persona.seed.split(maxsplit=1)[0]
        shown = (await one.shell("cat /etc/debian_version; uname -v; dpkg-query -W base-files 'linux-image-*'")).splitlines()
        if release.startswith("debian"):
            assert shown[0] == release.partition("-")[2]
            assert shown[2].endswith(f"deb11u{shown[0].partition('.')[2]}")
            assert all(line.split("\t")[1] in shown[1] for line in shown[3:])
            assert len(shown) == 5
        elif release.startswith("ubuntu"):
            assert shown[-1].endswith(f".{shown[1].partition('-')[0].removeprefix('#')}")


async def test_processes_are_one_each_and_those_that_the_lures_speak_of(decoy: Decoy, tmp_path: Path) -> None:
    async with asked(decoy, tmp_path) as one:
        rows = [line.split(None, 10) for line in (await one.shell("ps aux")).splitlines()[1:]]
        running = {int(row[1]): row[10] for row in rows}
        assert len(running) == len(rows)
        assert "redis-server" in running[int((await one.redis())["process_id"])]
        workers = await one.psql(
            "SELECT string_agg(pid || ' ' || backend_type, ',') FROM pg_stat_activity WHERE datname IS NULL"
        )
        for worker in workers.split(","):
            pid, _, kind = worker.partition(" ")
            assert running[int(pid)].endswith(kind)
        ports = await one.shell("ss -ltnp")
        for lure in LURES:
            (pid,) = re.findall(rf":{lure.port} .*pid=(\d+)", ports)
            assert int(pid) in running
        missing = await one.shell("for p in $(ps ax -o args= | grep -o '^/usr/[^ ]*'); do ls $p >/dev/null || echo $p; done")
        assert not [path for path in missing.splitlines() if re.search("mysqld|mariadbd|redis|vsftpd|nginx|apache|inetd", path)]


async def test_clocks_and_boots_agree(decoy: Decoy, tmp_path: Path) -> None:
    """A clock in UTC, a boot, and daemons that started with it: by shell, redis, mysql and postgresql."""
    booted_at = Facts(decoy).booted_at
    async with asked(decoy, tmp_path) as one:
        uptime, now, zone = (await one.shell("cut -d' ' -f1 /proc/uptime; date +%s; date +%Z")).split()
        assert abs(float(now) - float(uptime) - booted_at) < SECONDS
        assert zone == "UTC"
        shown, server = await one.mysql("SELECT @@system_time_zone, UNIX_TIMESTAMP()")
        assert shown == zone
        assert abs(int(server) - time.time()) < SECONDS
        (_, running) = await one.mysql("SHOW STATUS LIKE 'Uptime'")
        started = await one.psql("SELECT extract(epoch from pg_postmaster_start_time())::int, current_setting('TimeZone')")
        began, zone = started.split("|")
        assert zone == (await one.ftp("/etc/timezone")).strip()
        redis = time.time() - int((await one.redis())["uptime_in_seconds"])
        assert all(0 <= each - booted_at < SECONDS for each in (int(began), redis, time.time() - int(running)))


async def test_people_are_the_same_by_every_lure(decoy: Decoy, tmp_path: Path) -> None:
    """/etc/passwd is one file, and the owners that ftp names and the servers' accounts stand in it."""
    async with asked(decoy, tmp_path) as one:
        passwd = await one.shell("cat /etc/passwd")
        assert await one.ftp("/etc/passwd") == passwd
        assert (await one.mysql("SELECT LOAD_FILE('/etc/passwd')"))[0] == passwd.rstrip("\n")
        assert await one.psql("SELECT pg_read_file('/etc/passwd')") == passwd.strip()
        users = {line.split(":")[0]: line.split(":")[2] for line in passwd.splitlines()}
        assert {line.split(None, 3)[2] for line in (await one.ftp("/home/")).splitlines()} <= {*users, *users.values()}
        for folder, owner in (("/var/lib/mysql", "mysql"), ("/var/lib/redis", "redis"), ("/var/lib/postgresql", "postgres")):
            assert await one.shell(f"stat -c '%U %G' {folder}") == f"{owner} {owner}\n"
        who = await one.psql("CREATE TABLE w (v text); COPY w FROM PROGRAM 'id -u'; SELECT v FROM w")
        assert who.splitlines()[-1] == users["postgres"]


async def test_file_that_came_by_one_lure_is_there_by_the_others(tmp_path: Path) -> None:
    async with asked(machine("debian-11.9"), tmp_path) as one:
        await one.mysql("SELECT 'by mysql' INTO OUTFILE '/tmp/mysql'")
        await one.psql("COPY (SELECT 'by psql') TO '/tmp/psql'")
        await one.shell("echo by ssh > /tmp/ssh; chmod 644 /tmp/ssh")
        expected = {"mysql": "by mysql\n", "psql": "by psql\n", "ssh": "by ssh\n"}
        for name, content in expected.items():
            assert await one.shell(f"cat /tmp/{name}") == content
            assert await one.ftp(f"/tmp/{name}") == content
            assert "\t".join(await one.mysql(f"SELECT LOAD_FILE('/tmp/{name}')")) == content.strip()
            assert await one.psql(f"SELECT pg_read_file('/tmp/{name}')") == content.strip()
        assert await one.shell("stat -c '%U %a' /tmp/mysql") == "mysql 666\n"


async def test_password_that_lies_about_opens_the_databases(decoy: Decoy, tmp_path: Path) -> None:
    """The settings of an application name a database, an account and a password; both database lures know them."""
    async with asked(decoy, tmp_path) as one:
        text = await one.ftp("/var/www/intranet/.env")
        found = dict(line.split("=", 1) for line in text.splitlines())
        name, user, password = (found[f"DB_{key}"] for key in ("DATABASE", "USERNAME", "PASSWORD"))
        assert f"{user}@%" in await one.mysql("SELECT CURRENT_USER()", user, password)
        assert await one.psql("SELECT current_database()", user, password, name) == name
        table = dataset_of(decoy).tables[0].name
        (mine,) = await one.mysql(f"SELECT COUNT(*) FROM {name}.{table}", user, password)
        assert int(mine) == int(await one.psql(f"SELECT count(*) FROM {table}", user, password, name))
        script = await one.shell("cat /root/backup.sh")
        assert f"DB_PASS='{password}'" in script
        assert f"DB_USER={user}\n" in script
        assert f"$DB_PASS {name} |" in script


async def test_certificate_is_the_machines_as_old_as_it_and_the_same_for_its_servers(decoy: Decoy, tmp_path: Path) -> None:
    async with asked(decoy, tmp_path) as one:
        by_https = await one.certificate()
        assert await one.certificate("postgresql", "-starttls", "postgres") == by_https
        began = x509.load_der_x509_certificate(by_https).not_valid_before_utc.timestamp()
        assert abs(began - Facts(decoy).installed_at) < SECONDS


@pytest.mark.parametrize("archetype", ARCHETYPES)
async def test_two_decoys_of_one_archetype_differ(archetype: str, tmp_path: Path) -> None:
    """In name, keys, certificate, passwords and planted data, even where their release is one."""
    release = shelf().archetypes[archetype].releases[0].name
    told = []
    for seed in ("one", "two"):
        decoy = machine(release, seed, archetype)
        async with asked(decoy, tmp_path) as one:
            at, data = one.served["ssh"], dataset_of(decoy)
            keys = (await run("ssh-keyscan", "-T", "20", "-p", str(at.port), at.host)).stdout.split()
            rows = await one.psql(f"SELECT * FROM {data.tables[0].name}", data.account, data.password, data.name)
            told.append((
                decoy.persona.hostname, [key for key in keys if key[:4] == b"AAAA"], await one.certificate(), data.password,
                rows, await one.ftp("/srv/ftp/pub/inventory.txt"), (await one.redis())["run_id"],
                *[await one.shell(f"cat {path}") for path in ("/etc/machine-id", "/etc/shadow", "/root/backup.sh")],
            ))  # fmt: skip
    assert all(told[0])
    assert len(told[0][1]) == 3
    assert [left == right for left, right in zip(*told, strict=True)] == [False] * len(told[0])
