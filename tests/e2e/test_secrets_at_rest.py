# SPDX-License-Identifier: MIT
"""Nothing that an attacker sent lies on a disk in clear, whichever way he sent it; who has the keys reads it all."""

import asyncio
import base64
import hashlib
import os
import secrets
import signal
import ssl
import string
from collections.abc import AsyncIterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import pytest
import pytest_asyncio

from decnet.store import blobs, keys
from tests.support.addresses import address
from tests.support.clear import forms, in_clear
from tests.support.clients import run, tell
from tests.support.installation import DEADLINE_SECONDS, Installation, Place, files, installed

PASSWORD = "planted-and-weak"
FLEET = f"""
[fleet]
name = proof

[decoy one]
archetype = linux-server
address = {address(13)}
lures = ssh, telnet, http, https, redis, postgresql, mysql, ftp

[decoy one/ssh]
accounts = root:{PASSWORD}

[decoy one/telnet]
accounts = root:{PASSWORD}
failure_seconds = 0

[decoy one/ftp]
accounts = root:{PASSWORD}

[decoy one/http]
site = portal

[decoy one/postgresql]
accounts = postgres:{PASSWORD}

[decoy one/https]
site = portal

[decoy one/mysql]
access = open
accounts = root:{PASSWORD}
"""
ALPHABET = string.ascii_letters + string.digits
OPTIONS = ("-o", "StrictHostKeyChecking=no", "-o", "UserKnownHostsFile=/dev/null", "-o", "LogLevel=ERROR")
LOGIN = ("-o", "PreferredAuthentications=password", "-o", "NumberOfPasswordPrompts=1", "-o", "ConnectTimeout=20")

SHELL = """
echo root:{chpasswd} | chpasswd
echo root:{file} > /tmp/x
chpasswd < /tmp/x
P={variable}
echo root:$P | chpasswd
echo {sudo} | sudo -S id
mysql -u root -p{mysql} -e 'select 1'
curl -u admin:{curl} http://198.51.100.7/
wget --password={wget} ftp://198.51.100.7/x
curl http://u:{url}@198.51.100.7/x
export SSHPASS={environment}
cat > /root/.my.cnf <<END
password={heredoc}
END
printf '%s\\n' {nested} | sh -c 'read x; echo "root:$x" | chpasswd'
echo {encoded} | base64 -d
# {comment}
'{unclosed}
"""
TERMINAL = """
read -s A
{read}
stty -echo
{silent}
stty echo
passwd
{passwd}
{passwd}
echo {echoed}
exit
"""
TELNET = f"""\
{{name}}
{{wrong}}
root
{PASSWORD}
read -s A
{{read}}
passwd
{{passwd}}
{{passwd}}
mysql -u root -p{{mysql}} -e 'select 1'
echo root:{{chpasswd}} | chpasswd
curl -u admin:{{curl}} http://198.51.100.7/
echo {{echoed}}
{{unfinished}}"""
ENVIRONMENT = "\0\0USER\x01{user}\x03TOKEN\x01{token}"
REDIS = """
AUTH {auth}
AUTH somebody {user}
HELLO 3 AUTH default {hello}
CONFIG SET requirepass {requirepass}
CONFIG SET masterauth {masterauth}
ACL SETUSER eve on >{acl} +@all
EVAL "return redis.call('AUTH','{eval}')" 0
SENTINEL SET mymaster auth-pass {sentinel}
MIGRATE 198.51.100.7 6379 key 0 1000 AUTH {migrate}
MULTI
AUTH {multi}
DISCARD
SET password {value}
MSET a {many} b 2
NONSENSE {nonsense}
AUTH one two three {arity}
"""
MYSQL = """
CREATE USER 'x'@'%' IDENTIFIED BY '{identified}';
SET PASSWORD FOR 'root'@'%' = PASSWORD('{password}');
GRANT ALL ON *.* TO 'x'@'%' IDENTIFIED BY '{grant}';
UPDATE mysql.user SET authentication_string = '{update}';
CHANGE MASTER TO MASTER_HOST='198.51.100.9', MASTER_PASSWORD='{master}';
SET @p = '{variable}';
SELECT '{value}' INTO OUTFILE '/tmp/{path}';
SELECT SLEEP(0), '{selected}' FROM nosuch;
CREATE TABLE mysql.x (a TEXT DEFAULT '{default}');
INSERT INTO mysql.x VALUES ('{inserted}'), (0x{hexadecimal:hex});
NONSENSE '{nonsense}
"""
RAW_REDIS = (
    "*2\r\n$4\r\nAUTH\r\n$24\r\n{bulk}\r\n*2\r\n$4\r\nAUTH\r\n$x\r\n{broken}\r\n",
    "*2\r\n$4\r\nAUTH\r\n$500\r\n{cut}",
    "AUTH {inline}\r\n",
    "AUTH {torn}",
)
POSTGRESQL = """
ALTER ROLE postgres PASSWORD '{alter}';
CREATE USER eve WITH ENCRYPTED PASSWORD E'{create}';
SELECT dblink_connect('host=198.51.100.7 password={dblink}');
SELECT set_config('a.b', '{setting}', false);
SELECT '{literal}' AS "{column}";
SELECT '{wrong}'::int;
CREATE TABLE t (v text);
COPY t FROM STDIN;
{copied}
\\.
COPY t FROM PROGRAM 'echo {program} | sudo -S id';
COPY (SELECT '{written}') TO '/tmp/x';
SELECT lo_from_bytea(0, '{large}');
PREPARE p AS SELECT $1::text;
EXECUTE p('{executed}');
DO $$ BEGIN RAISE NOTICE '{raised}'; END $$;
SELECT /* {remark} */ 1;
SELEC {nonsense};
SELECT '{unended}
"""
RAW_POSTGRESQL = (
    "\0\0\0\x40\0\3\0\0user\0{user}\0database\0shop\0\0\0\0\0",
    "\0\0\0\x48\0\3\0\0user\0a\0application_name\0{application}\0\0\0\0\0\0\0",
    "GET /?password={query} HTTP/1.1\r\n\r\n",
    "\0\0\2\0\0\3\0\0user\0password\0{torn}",
)
FTP = (
    "USER {user}\r\nPASS {password}\r\n",
    "PASS {early}\r\nACCT {account}\r\n",
    "pass {torn}",
    "PASX {misspelt}\r\n{nonsense}\r\nRETR {name}\r\n",
    f"USER root\r\nPASS {PASSWORD}\r\nSITE EXEC {{site}}\r\nMKD {{folder}}\r\nPORT {{port}}\r\n",
    f"USER root\r\nPASS {PASSWORD}\r\nPASS {{again}}\r\nACCT {{account2}}\r\n",
)
FORM = "application/x-www-form-urlencoded"
HTTP = (
    "GET /?password={query} HTTP/1.1\r\nHost: a\r\n\r\n",
    "GET / HTTP/1.1\r\nHost: a\r\nAuthorization: Basic {basic:basic}\r\n\r\n",
    "GET / HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer {bearer}\r\n\r\n",
    "GET / HTTP/1.1\r\nHost: a\r\nCookie: session={cookie}; password={cookie2}\r\n\r\n",
    "GET / HTTP/1.1\r\nHost: a\r\nReferer: http://x/?password={referer}\r\n\r\n",
    "GET / HTTP/1.1\r\nHost: a\r\nX-Whatever: {header}\r\n\r\n",
    "GET /{path} HTTP/1.1\r\nHost: {host}\r\nUser-Agent: {agent}\r\n\r\n",
    "GET http://u:{target}@a/ HTTP/1.1\r\nHost: a\r\n\r\n",
    "{method} / HTTP/1.1\r\nHost: a\r\n\r\n",
    "GET / HTTP/1.1\r\nHost: a\r\nAuthorization: Basic {cut:basic}",
    "NONSENSE\r\nAuthorization: Basic {after_nonsense:basic}\r\n\r\n",
    "GET / HTTP/1.1\r\nHost: a\r\nAuthorization: Basic {bad:basic}\r\nbroken {broken}\r\n\r\n",
    f"POST /x HTTP/1.1\r\nHost: a\r\nContent-Type: {FORM}\r\nContent-Length: 33\r\n\r\npassword={{form}}",
    'POST /api HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: 39\r\n\r\n{{"password": "{json}"}}',
    "POST /x HTTP/1.1\r\nHost: a\r\nContent-Type: text/plain\r\nContent-Length: 24\r\n\r\n{body}",
    "PUT /x HTTP/1.1\r\nHost: a\r\nContent-Length: 24\r\n\r\n{put}",
    "POST /x HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n18\r\n{chunk}\r\n0\r\n\r\n",
    "POST /x HTTP/1.1\r\nHost: a\r\nContent-Length: 500\r\n\r\n{short_body}",
)


@dataclass
class Sent:
    """The secrets of one way of sending, by name; each is used once, so that one found names its way."""

    way: str
    secrets: dict[str, str]

    @classmethod
    def of(cls, way: str, text: str) -> "Sent":
        """Make a secret of 24 letters for each field of a text."""
        names = {name for _, name, _, _ in string.Formatter().parse(text) if name}
        return cls(way, {name: "".join(secrets.choice(ALPHABET) for _ in range(24)) for name in names})

    def fill(self, text: str) -> bytes:
        """Return a text with the secrets in it."""
        return text.format(**{name: _Field(secret) for name, secret in self.secrets.items()}).encode()


class _Field(str):
    """A secret that can be written as HTTP's basic credentials, or in hexadecimal."""

    __slots__ = ()

    def __format__(self, spec: str) -> str:
        if spec == "hex":
            return self.encode().hex()
        return base64.b64encode(f"admin:{self}".encode()).decode() if spec == "basic" else str(self)


@pytest_asyncio.fixture
async def installation(tmp_path: Path) -> AsyncIterator[Installation]:
    fleet = tmp_path / "fleet.ini"
    fleet.write_text(FLEET)
    async with installed(tmp_path / "data", str(fleet)) as running:
        yield running


async def attack_ssh(place: Place, folder: Path) -> list[Sent]:
    """Log in, type, pipe, upload, name."""
    lines, terminal = Sent.of("ssh: lines", SHELL), Sent.of("ssh: terminal", TERMINAL)
    other = Sent.of("ssh", "{login}{user}{command}{scp}{name}{sftp}")
    found = other.secrets
    ssh = ("sshpass", "-e", "ssh", *OPTIONS, *LOGIN, "-p", str(place.port))
    root = (*ssh, f"root@{place.address}")
    planted = {"SSHPASS": PASSWORD}
    await run(*root, environment={"SSHPASS": found["login"]})
    await run(*ssh, f"{found['user']}@{place.address}", environment=planted)
    await run(*root, f"mysql -p{found['command']}", environment=planted)
    await run(*root, stdin=lines.fill(SHELL), environment=planted)
    await run(*root[:3], "-tt", *root[3:], stdin=terminal.fill(TERMINAL.replace("\n", "\r")), environment=planted)
    upload = folder / found["name"]
    upload.write_text(found["scp"])
    copy = ("sshpass", "-e", "scp", *OPTIONS, *LOGIN, "-P", str(place.port), str(upload), f"root@{place.address}:/tmp/")
    assert (await run(*copy, environment=planted)).code == 0
    upload.write_text(found["sftp"])
    sftp = ("sshpass", "-e", "sftp", *OPTIONS, *LOGIN, "-P", str(place.port), f"root@{place.address}")
    await run(*sftp, stdin=f"put {upload} /tmp/y\n".encode(), environment=planted)
    upload.unlink()
    return [lines, terminal, other]


async def attack_telnet(place: Place) -> list[Sent]:
    """Log in, type, hand over an environment; without a client that would keep anything to itself."""
    typed, handed = Sent.of("telnet", TELNET), Sent.of("telnet: environment", ENVIRONMENT)
    await tell(place.address, place.port, typed.fill(TELNET).replace(b"\n", b"\r\n"))
    negotiated = b"\xff\xfc\x18\xff\xfc \xff\xfc#\xff\xfb'\xff\xfa'" + handed.fill(ENVIRONMENT) + b"\xff\xf0"
    await tell(place.address, place.port, negotiated)
    return [typed, handed]


async def attack_redis(place: Place) -> list[Sent]:
    """Send commands with the real client, and what is no protocol without it."""
    lines = Sent.of("redis", REDIS)
    await run("redis-cli", "-h", place.address, "-p", str(place.port), stdin=lines.fill(REDIS))
    ways = [Sent.of(f"redis: raw {number}", text) for number, text in enumerate(RAW_REDIS)]
    for way, text in zip(ways, RAW_REDIS, strict=True):
        await tell(place.address, place.port, way.fill(text))
    return [lines, *ways]


async def attack_postgresql(place: Place) -> list[Sent]:
    """Log in and fail to, send statements with the real client, and what is no protocol without it."""
    lines, logins = Sent.of("postgresql", POSTGRESQL), Sent.of("postgresql: login", "{role}{name}")
    psql = ("psql", "-X", "-q", "-h", place.address, "-p", str(place.port))
    right = {"PGPASSWORD": PASSWORD, "PGGSSENCMODE": "disable"}
    await run(*psql, "-U", logins.secrets["role"], "-d", logins.secrets["name"], "-c", "select 1", environment=right)
    await run(*psql, "-U", "postgres", stdin=lines.fill(POSTGRESQL), environment=right)
    ways = [Sent.of(f"postgresql: raw {number}", text) for number, text in enumerate(RAW_POSTGRESQL)]
    for way, text in zip(ways, RAW_POSTGRESQL, strict=True):
        await tell(place.address, place.port, way.fill(text))
    return [lines, logins, *ways]


async def attack_mysql(place: Place) -> list[Sent]:
    """Log in with the real client, rightly and wrongly, and send statements."""
    lines, other = Sent.of("mysql", MYSQL), Sent.of("mysql: login", "{user}{password}{database}{torn}")
    client = ("mariadb", "--no-defaults", "--force", "-h", place.address, "-P", str(place.port))
    await run(*client, "-u", "root", f"-p{PASSWORD}", stdin=lines.fill(MYSQL))
    found = other.secrets
    await run(*client, "-u", found["user"], f"-p{found['password']}", found["database"])
    await tell(place.address, place.port, b"\x40\0\0\x01" + found["torn"].encode())
    del found["password"]  # of it only the answer to a challenge crosses the wire
    return [lines, other]


async def attack_ftp(place: Place, folder: Path) -> list[Sent]:
    """Send commands as they are, then log in, upload and rename with a real client."""
    ways = [Sent.of(f"ftp: raw {number}", text) for number, text in enumerate(FTP)]
    for way, text in zip(ways, FTP, strict=True):
        await tell(place.address, place.port, way.fill(text))
    other = Sent.of("ftp", "{login}{upload}{name}{renamed}")
    found = other.secrets
    url = f"ftp://{place.address}:{place.port}/"
    assert (await run("curl", "-sS", "-u", f"root:{found['login']}", url)).code == 67
    upload = folder / found["name"]
    upload.write_text(found["upload"])
    rename = ("-Q", f"-RNFR {upload.name}", "-Q", f"-RNTO {found['renamed']}")
    finished = await run("curl", "-sS", "-u", f"root:{PASSWORD}", "-T", str(upload), *rename, url)
    assert finished.code == 0, finished.stderr
    upload.unlink()
    return [*ways, other]


async def attack_http(place: Place) -> list[Sent]:
    """Send requests as they are."""
    ways = [Sent.of(f"http: {text.splitlines()[0]} {number}", text) for number, text in enumerate(HTTP)]
    for way, text in zip(ways, HTTP, strict=True):
        await tell(place.address, place.port, way.fill(text))
    return ways


async def attack_https(place: Place) -> list[Sent]:
    """Send the same requests through TLS, one without it, and a host's name that only TLS is told."""
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    ways = [Sent.of(f"https: {text.splitlines()[0]} {number}", text) for number, text in enumerate(HTTP)]
    for way, text in zip(ways, HTTP, strict=True):
        way.secrets["server name"] = Sent.of("", "{x}").secrets["x"]
        name = f"{way.secrets['server name']}.example"
        _, writer = await asyncio.open_connection(place.address, place.port, ssl=context, server_hostname=name)
        writer.write(way.fill(text))
        await writer.drain()
        writer.close()
        with suppress(OSError):
            await writer.wait_closed()
    plain = Sent.of("https: without TLS", HTTP[1])
    await tell(place.address, place.port, plain.fill(HTTP[1]))
    return [*ways, plain]


def by_name(ways: list[Sent]) -> dict[str, str]:
    """Return every secret, named by the way in which it was sent."""
    return {f"{way.way}: {name}": secret for way in ways for name, secret in way.secrets.items()}


def _is_in(text: bytes, secret: str) -> bool:
    """Whether a secret can be read in a text."""
    return any(form in text for form in forms(secret))


def test_search_finds_what_lies_in_clear(tmp_path: Path) -> None:
    """A search that could find nothing would prove nothing."""
    secret = Sent.of("way", "{x}").secrets["x"]
    bare = secret.encode()
    line = base64.b64encode(b'{"secret":"' + base64.b64encode(bare) + b'"}')
    name = hashlib.sha256(bare + b"\n").hexdigest().encode()
    shown = [bare, base64.b64encode(b"ro:" + bare + b"!!"), base64.b64encode(b"root" + bare), bare.hex().encode(), line, name]
    for number, form in enumerate(shown):
        (tmp_path / "file").write_bytes(b"before" + form + b"after")
        assert in_clear(tmp_path, {"x": secret}) == [f"x in {tmp_path / 'file'}"], number
    (tmp_path / "file").write_bytes(b"nothing")
    assert in_clear(tmp_path, {"x": secret}) == []


@pytest.mark.client
@pytest.mark.timeout(300)
async def test_nothing_that_was_sent_lies_in_clear_and_the_operator_reads_it_all(
    installation: Installation, tmp_path: Path
) -> None:
    """While everything waits in the spool, when it is in the store, and in a backup."""
    ingester = installation.supervisor.children["ingester"].pid
    os.kill(ingester, signal.SIGSTOP)
    try:
        ways = await attack_ssh(await installation.place("ssh", "one"), tmp_path)
        ways += await attack_telnet(await installation.place("telnet", "one"))
        ways += await attack_https(await installation.place("https", "one"))
        ways += await attack_redis(await installation.place("redis", "one"))
        ways += await attack_postgresql(await installation.place("postgresql", "one"))
        ways += await attack_mysql(await installation.place("mysql", "one"))
        ways += await attack_ftp(await installation.place("ftp", "one"), tmp_path)
        ways += await attack_http(await installation.place("http", "one"))
        assert in_clear(installation.folder, by_name(ways)) == []
    finally:
        os.kill(ingester, signal.SIGCONT)
    await _all_stored(installation)
    assert (await installation.command("store", "backup", str(installation.folder / "backup.db"))).code == 0
    assert in_clear(installation.folder, by_name(ways)) == []
    revealed = await _revealed(installation)
    unknown = [name for name, secret in by_name(ways).items() if not _is_in(revealed, secret)]
    assert unknown == []


async def _all_stored(installation: Installation) -> None:
    """Wait until the last session of the attack is closed in the store."""
    marker = await installation.place("http", "one")
    await tell(marker.address, marker.port, b"GET /the-end HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
    async with asyncio.timeout(DEADLINE_SECONDS):
        while True:
            rows = await installation.evidence("--kind", "request")
            if any(row["body"]["target"] == "/the-end" for row in rows):
                return


async def _revealed(installation: Installation) -> bytes:
    """Return everything that the keys open: records, their secrets, captured files."""
    finished = await installation.command("evidence", "list", "--reveal", "--limit", "1000000", "--format", "json")
    assert finished.code == 0
    loaded = keys.load(installation.config.paths.secrets)
    folder = installation.config.paths.blobs
    contents = []
    for path in files(folder):
        with blobs.open_content(folder, path.name, loaded) as content:
            contents.append(content.read())
    return b"\n".join([finished.stdout, *contents])
