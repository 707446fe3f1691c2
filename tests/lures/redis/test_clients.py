# SPDX-License-Identifier: MIT
"""Real clients against the redis lure: redis-cli and redis-py."""

import asyncio

import pytest
import redis.asyncio
import redis.exceptions

from tests.lures.redis.cache import cache
from tests.support.clients import run
from tests.support.lures import Served, serving

pytestmark = pytest.mark.client


async def cli(served: Served, *arguments: str, stdin: bytes = b"") -> str:
    """Run redis-cli and return what it prints."""
    finished = await run("redis-cli", "-h", served.host, "-p", str(served.port), *arguments, stdin=stdin)
    return finished.stdout.decode("utf-8", "replace") + finished.stderr.decode("utf-8", "replace")


@pytest.mark.parametrize("version", ["6.0.16", "7.0.15"])
async def test_redis_cli_looks_around(version: str) -> None:
    async with serving(cache(version)) as served:
        assert await cli(served, "set", "a", "b") == "OK\n"
        assert await cli(served, "get", "a") == "b\n"
        assert f"redis_version:{version}" in await cli(served, "info")
        assert await cli(served, "config", "get", "dir") == "dir\n/var/lib/redis\n"
        assert ":session:" in await cli(served, "--scan")
        assert "OK" in await cli(served, stdin=b"SET x 1\nGET x\nINFO server\nCOMMAND COUNT\nQUIT\n")
        assert await cli(served, "-3", "hgetall", "nokey") == "\n"
        assert "ERR unknown command" in await cli(served, "foo")


async def test_redis_cli_logs_in() -> None:
    async with serving(cache(password="letmein")) as served:
        assert "NOAUTH" in await cli(served, "get", "a")
        assert await cli(served, "--no-auth-warning", "--pass", "letmein", "ping") == "PONG\n"
        assert "WRONGPASS" in await cli(served, "--no-auth-warning", "--user", "eve", "--pass", "no", "ping")
        assert "PONG" in await cli(served, stdin=b"AUTH letmein\nPING\n")
    assert [(body.username, body.accepted) for body in served.pen.bodies("credential")] == [
        ("default", True), ("eve", False), ("default", True),
    ]  # fmt: skip
    assert served.pen.secrets() == [b"letmein", b"no", b"letmein"]


async def test_redis_cli_pipes_a_protocol_stream() -> None:
    stream = b"".join(b"*3\r\n$3\r\nSET\r\n$2\r\nk%d\r\n$1\r\nv\r\n" % index for index in range(10))
    async with serving(cache()) as served:
        assert "errors: 0, replies: 10" in await cli(served, "--pipe", stdin=stream)


async def test_redis_cli_writes_a_key_for_ssh() -> None:
    key = "\n\nssh-ed25519 AAAAC3Nza evil@host\n\n"
    async with serving(cache("6.0.16")) as served:
        await cli(served, "flushall")
        await cli(served, "-x", "set", "crackit", stdin=key.encode())
        for arguments in (
            ("config", "set", "dir", "/root/.ssh"),
            ("config", "set", "dbfilename", "authorized_keys"),
            ("save",),
        ):
            assert await cli(served, *arguments) == "OK\n"
    file = served.pen.bodies("file")[0]
    assert file.path == "/root/.ssh/authorized_keys"
    assert served.pen.blobs[file.sha256].strip() == key.encode().strip()


@pytest.mark.parametrize("protocol", [2, 3])
async def test_redis_py_works(protocol: int) -> None:
    async with serving(cache()) as served:
        client = redis.asyncio.Redis(host=served.host, port=served.port, protocol=protocol, decode_responses=True)
        assert await client.ping()
        assert await client.set("a", "1", ex=100)
        assert await client.get("a") == "1"
        assert await client.hset("h", mapping={"f": "1", "g": "2"}) == 2
        assert await client.hgetall("h") == {"f": "1", "g": "2"}
        assert await client.rpush("l", "a", "b") == 2
        assert await client.lrange("l", 0, -1) == ["a", "b"]
        assert await client.sadd("s", "x") == 1
        assert await client.smembers("s") == {"x"}
        assert await client.zadd("z", {"m": 1.5}) == 1
        scores = await client.zrange("z", 0, -1, withscores=True)
        assert [tuple(pair) for pair in scores] == [("m", 1.5)]
        assert (await client.info())["redis_version"] == "7.0.15"
        assert (await client.config_get("dbfilename")) == {"dbfilename": "dump.rdb"}
        assert "a" in [key async for key in client.scan_iter()]
        async with client.pipeline(transaction=True) as pipeline:
            pipeline.set("t", 1)
            pipeline.incr("t")
            pipeline.get("t")
            assert await pipeline.execute() == [True, 2, "2"]
        assert await client.eval("return redis.call('get', KEYS[1])", 1, "a") == "1"
        with pytest.raises(redis.exceptions.ResponseError):
            await client.incr("h")
        await client.aclose()


@pytest.mark.parametrize("protocol", [2, 3])
async def test_redis_py_publishes_and_subscribes(protocol: int) -> None:
    async with serving(cache()) as served:
        client = redis.asyncio.Redis(host=served.host, port=served.port, protocol=protocol, decode_responses=True)
        async with client.pubsub() as listener, asyncio.timeout(20):
            await listener.subscribe("news")
            await listener.psubscribe("n*")
            messages = listener.listen()
            assert [(await anext(messages))["type"] for _ in range(2)] == ["subscribe", "psubscribe"]
            assert await client.publish("news", "hello") == 2
            assert [(await anext(messages))["data"] for _ in range(2)] == ["hello", "hello"]
        await client.aclose()
