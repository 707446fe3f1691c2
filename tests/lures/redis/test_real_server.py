# SPDX-License-Identifier: MIT
"""The redis lure answers as a real Redis 7.0 does, byte for byte, command after command."""

import asyncio
import re
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from decnet.lures.redis.resp import split_words
from tests.lures.redis.cache import cache, packed, read_reply
from tests.support.clients import run
from tests.support.lures import serving

pytestmark = pytest.mark.client

COMMANDS = """
PING
PING hello
PING a b
ECHO hi
ECHO
FLUSHALL
DBSIZE
SET a 1
SET a 2 NX
SET a 2 XX
SET a 3 GET
SET b 1 EX 100
SET b 1 EX 0
SET b 1 EX x
SET b 1 PX
SET b 1 FOO
SET b 1 NX XX
SET b 1 EX 10 KEEPTTL
SET b
GET a
GET nokey
GET
GET a b
SETNX a 1
SETNX c 5
SETEX d 100 x
SETEX d 0 x
PSETEX d 100000 x
GETSET a new
GETDEL c
GETEX a
GETEX a PERSIST
GETEX a FOO
MSET a 1 b 2
MSET a
MSET a 1 b
MSETNX a 1 zz 2
MGET a b nokey
APPEND a xyz
STRLEN a
STRLEN nokey
INCR a
SET n 10
INCR n
DECR n
INCRBY n 5
DECRBY n 3
INCRBY n x
INCRBYFLOAT n 0.5
INCRBYFLOAT n abc
INCRBYFLOAT f 3.0e3
GETRANGE a 0 1
GETRANGE a -2 -1
GETRANGE a 5 1
SETRANGE a 1 ZZ
SETRANGE a -1 ZZ
SETRANGE a 536870912 x
SETBIT bits 7 1
SETBIT bits 7 2
SETBIT bits x 1
GETBIT bits 7
GETBIT bits 100
BITCOUNT bits
BITCOUNT bits 0 0
BITCOUNT bits 0
EXISTS a b nokey a
TYPE a
TYPE nokey
EXPIRE a 100
EXPIRE a 100 NX
EXPIRE a 100 FOO
EXPIRE nokey 100
EXPIRE a x
TTL a
TTL nokey
PTTL nokey
PERSIST a
PERSIST a
TTL a
EXPIRE b -1
EXISTS b
SET e x
OBJECT ENCODING e
OBJECT ENCODING n
OBJECT ENCODING nokey
OBJECT REFCOUNT a
OBJECT FOO a
RENAME nokey x
RENAME a a2
RENAMENX a2 n
COPY a2 a3
COPY a2 a3
COPY a2 a3 REPLACE
MOVE a3 0
MOVE a3 99
SELECT 1
SELECT 16
SELECT x
DBSIZE
SELECT 0
SWAPDB 0 x
KEYS nomatch*
SCAN 0 MATCH a2
SCAN x
SCAN 0 COUNT 0
SCAN 0 FOO
HSET h f 1 g 2
HSET h f
HSET h
HSET h f 3
HGET h f
HGET h nof
HMGET h f g z
HGETALL h
HGETALL nokey
HKEYS h
HVALS h
HLEN h
HEXISTS h f
HDEL h f z
HINCRBY h g 5
HINCRBY h g x
HINCRBYFLOAT h g 1.5
HINCRBY h g 1
HSETNX h g 1
HSTRLEN h g
HMSET h a 1
GET h
LPUSH h x
HSET n f 1
OBJECT ENCODING h
HSCAN h 0
LPUSH l a b c
RPUSH l z
LRANGE l 0 -1
LRANGE l 0
LRANGE l x 1
LLEN l
LLEN nokey
LINDEX l 0
LINDEX l 99
LSET l 0 q
LSET l 99 q
LSET nokey 0 q
LINSERT l BEFORE a mid
LINSERT l FOO a mid
LREM l 0 mid
LTRIM l 0 2
LPOP l
RPOP l
LPOP nokey
LPOP l 5
LPOP l 5
LPOP l -1
LPUSHX l a
RPOPLPUSH nokey l
RPUSH l 1 2 3
LMOVE l l LEFT RIGHT
LMOVE l l UP RIGHT
LPOS l 2
OBJECT ENCODING l
BLPOP l 1
SADD s a
SADD s a b c
SMEMBERS nokey
SADD is 3 1 2
SMEMBERS is
SISMEMBER s a
SMISMEMBER s a zz
SCARD s
SREM s a zz
SPOP nokey
SPOP s -1
SINTER s nokey
SINTERSTORE dst is is
SDIFF is nokey
OBJECT ENCODING is
OBJECT ENCODING s
ZADD z 1 a 2 b 3.5 c
ZADD z NX XX 1 a
ZADD z GT LT 1 a
ZADD z x a
ZADD z 1
ZADD z INCR 5 a
ZADD z CH 9 a
ZRANGE z 0 -1
ZRANGE z 0 -1 WITHSCORES
ZRANGE z 0 -1 FOO
ZREVRANGE z 0 0 WITHSCORES
ZRANGEBYSCORE z -inf +inf
ZRANGEBYSCORE z (2 9 WITHSCORES LIMIT 0 1
ZRANGEBYSCORE z x 9
ZSCORE z c
ZSCORE z nom
ZMSCORE z a nom
ZCARD z
ZCOUNT z 2 3
ZRANK z a
ZRANK z nom
ZREVRANK z a
ZINCRBY z 1.5 b
ZINCRBY z x b
ZPOPMIN z
ZPOPMAX z 1
ZPOPMIN z -1
ZREM z b c
OBJECT ENCODING z
foo
foo bar baz
'f o' "b'ar"
LONG
foo "\\r\\n\\xff"
CONFIG
CONFIG GET
CONFIG GET dbfilename
CONFIG GET nosuch
CONFIG SET
CONFIG SET a
CONFIG SET foo bar
CONFIG SET port abc
CONFIG SET dir /nonexistent/x
CONFIG SET dbfilename a/b
CONFIG SET dbfilename x.rdb
CONFIG GET dbfilename
CONFIG SET dbfilename dump.rdb
CONFIG SET maxmemory 1mb
CONFIG GET maxmemory
CONFIG SET maxmemory 0
CONFIG SET maxmemory x
CONFIG SET daemonize yes
CONFIG FOO
CONFIG RESETSTAT
CONFIG SET dir /tmp
CONFIG GET dir
AUTH x
AUTH a b
AUTH a b c
AUTH
ACL WHOAMI
ACL LIST
ACL USERS
ACL GETUSER default
ACL GETUSER nobody
ACL CAT foo
ACL FOO
ACL SETUSER
ACL SETUSER eve on >pw ~* &* +@all
ACL LIST
ACL USERS
ACL SETUSER eve +foo
ACL SETUSER eve foo
ACL DELUSER eve nobody
ACL DELUSER default
ACL SAVE
HELLO 4
HELLO x
HELLO 2 AUTH a
HELLO 2 AUTH a b
CLIENT FOO
CLIENT GETNAME
CLIENT SETNAME bob
CLIENT GETNAME
CLIENT SETNAME "a b"
CLIENT KILL 1.2.3.4:5
CLIENT KILL ID 999999
CLIENT KILL FOO 1
CLIENT NO-EVICT on
CLIENT NO-EVICT foo
CLIENT PAUSE x
CLIENT
COMMAND COUNT
COMMAND FOO
COMMAND GETKEYS GET a
COMMAND GETKEYS PING
COMMAND GETKEYS FOO
MULTI
SET t 1
INCR t
GET
EXEC
MULTI
SET t 1
INCR t
LPUSH t x
EXEC
MULTI
MULTI
WATCH a
DISCARD
DISCARD
EXEC
WATCH t
SET t 9
MULTI
GET t
EXEC
UNWATCH
EVAL "return 1" 0
EVAL "return 'x'" 0
EVAL "return {1,2,'a'}" 0
EVAL "return ARGV[1]" 0 v
EVAL "return KEYS[1]" 1 k
EVAL "return {KEYS[1],ARGV[1]}" 1 k v
EVAL "return redis.call('set','ek','ev')" 0
EVAL "return redis.call('get',KEYS[1])" 1 ek
EVAL "return redis.call('get','l')" 0
EVAL "return redis.call('foo')" 0
EVAL "return redis.call('get')" 0
EVAL "return redis.status_reply('fine')" 0
EVAL "return redis.error_reply('BAD thing')" 0
EVAL "return nil" 0
EVAL "return true" 0
EVAL "return 'a'..'b'..1" 0
EVAL "return 3.7" 0
EVAL "return os.execute('id')" 0
EVAL "return package.loadlib('x','y')" 0
EVAL "return 1" x
EVAL "return 1" 5
EVAL "return 1" -1
EVAL
EVALSHA abc 0
SCRIPT LOAD "return 7"
SCRIPT EXISTS abc e0e1f9fabfc9d4800c877a703b823ac0578ff8db
EVALSHA e0e1f9fabfc9d4800c877a703b823ac0578ff8db 0
SCRIPT FLUSH
SCRIPT FOO
SCRIPT KILL
SCRIPT LOAD
PUBLISH c m
PUBSUB CHANNELS
PUBSUB NUMSUB c
PUBSUB NUMPAT
PUBSUB FOO
SUBSCRIBE c
SUBSCRIBE c
GET a
PING
PSUBSCRIBE d*
UNSUBSCRIBE
PUNSUBSCRIBE
UNSUBSCRIBE
RESET
SAVE
BGREWRITEAOF x
BGSAVE foo
SHUTDOWN foo
SHUTDOWN SAVE NOSAVE
SHUTDOWN ABORT
SLAVEOF a
SLAVEOF 1.2.3.4 x
REPLICAOF 1.2.3.4 99999
SLAVEOF NO ONE
ROLE
SLAVEOF 127.0.0.1 1
SLAVEOF 127.0.0.1 1
SET ro 1
DEL t
GET t
SLAVEOF NO ONE
MODULE LIST
MODULE LOAD /nonexistent.so
MODULE UNLOAD x
MODULE FOO
DEBUG FOO
DEBUG SLEEP 0
DEBUG OBJECT nokey
SLOWLOG LEN
SLOWLOG FOO
MEMORY USAGE nokey
MEMORY FOO
MEMORY DOCTOR
LATENCY LATEST
LATENCY DOCTOR
LATENCY FOO
LOLWUT
CLUSTER INFO
FAILOVER
WAIT 0 0
DUMP nokey
RESTORE rk 0 xx
RESTORE t 0 xx
RESTORE rk -1 xx
MIGRATE 1.1.1.1 6379 nokey 0 10
SORT is
SORT is DESC
SORT s
SORT t
OBJECT FREQ t
MONITOR x
FUNCTION LIST
TIME x
FLUSHDB FOO
FLUSHDB ASYNC
DBSIZE
RANDOMKEY
LASTSAVE x
""
"""


@asynccontextmanager
async def real_server(folder: Path) -> AsyncIterator[int]:
    """Run a real redis-server in a folder until the block ends; yield its port."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    options = ["--port", str(port), "--bind", "127.0.0.1", "--save", "", "--dir", str(folder)]
    options += [
        "--enable-protected-configs",
        "yes",
        "--enable-debug-command",
        "yes",
        "--enable-module-command",
        "yes",
        "--slowlog-log-slower-than",
        "-1",
    ]
    process = await asyncio.create_subprocess_exec("redis-server", *options, stdout=asyncio.subprocess.PIPE)
    try:
        assert process.stdout
        async with asyncio.timeout(30):
            while b"Ready to accept connections" not in await process.stdout.readline():
                pass
        yield port
    finally:
        process.kill()
        await process.wait()


async def talk(port: int, commands: list[list[bytes]]) -> list[bytes]:
    """Send commands one by one and return the reply to each."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    replies = []
    for command in commands:
        writer.write(packed(*command))
        async with asyncio.timeout(10):
            reply = await read_reply(reader)
            for _ in range(2 if command[0].lower() == b"unsubscribe" and b"c" in reply and len(command) > 5 else 0):
                reply += await read_reply(reader)
        replies.append(reply)
    writer.close()
    await writer.wait_closed()
    return replies


def comparable(reply: bytes) -> bytes:
    """Return a reply without times that go on."""
    return re.sub(rb"(:9999\d\d|:99\d\d\d|:100)\r\n", b":TTL\r\n", reply)


def field_names(reply: bytes) -> list[bytes]:
    """Return the section titles and field names of an INFO, the keyspace left out."""
    names = [line.partition(b":")[0] for line in reply.split(b"\r\n")[1:] if line]
    return [name for name in names if not name.startswith(b"db")]


async def test_info_has_the_fields_of_the_real_server(tmp_path: Path) -> None:
    """Names, their order and the sections are those of the real server, also when it follows a master."""
    commands = [[b"INFO"], [b"INFO", b"everything"], [b"INFO", b"memory", b"cpu"], [b"INFO", b"nosuch"]]
    async with real_server(tmp_path) as port:
        expected = await talk(port, commands)
    async with serving(cache("7.0.15")) as served:
        replies = await talk(served.port, commands)
    for want, got in zip(expected, replies, strict=True):
        wanted = [name for name in field_names(want) if not name.startswith((b"errorstat", b"cmdstat", b"latency_percentiles"))]
        assert field_names(got) == [name for name in wanted if name not in (b"# Commandstats", b"# Latencystats")]


async def test_lure_replies_as_the_real_server(tmp_path: Path) -> None:
    version = await run("redis-server", "--version")
    assert b"v=7.0.15" in version.stdout
    lines = [line.replace("LONG", "FOO " + "a" * 140 + " b") for line in COMMANDS.strip().splitlines() if line != '""']
    commands = [words for line in lines if (words := split_words(line.encode()))]
    assert len(commands) > 300
    async with real_server(tmp_path) as port:
        expected = await talk(port, commands)
    async with serving(cache("7.0.15")) as served:
        replies = await talk(served.port, commands)
    differences = [
        f"{line}\n  want {want!r}\n  got  {got!r}"
        for line, want, got in zip(lines, expected, replies, strict=True)
        if comparable(want) != comparable(got)
    ]
    assert not differences, f"{len(differences)} of {len(lines)}\n" + "\n".join(differences)
