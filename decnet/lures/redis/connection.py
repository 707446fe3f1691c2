# SPDX-License-Identifier: MIT
"""Commands about connections, and about the server and its commands."""

import time
from typing import Any

from decnet.lures.redis.call import Call, Client, Handler, integer
from decnet.lures.redis.catalogue import Row
from decnet.lures.redis.keyspace import TYPE_NAMES
from decnet.lures.redis.persistence import refuse_closed, values_of
from decnet.lures.redis.resp import OK, ReplyError, Several, Simple, Verbatim

_MAX_SLEEP_SECONDS = 30


def ping(call: Call) -> object:
    """Answer."""
    if len(call.arguments) > 2:
        raise ReplyError("ERR wrong number of arguments for 'ping' command")
    if call.client.is_subscribed and call.client.protocol == 2:
        return [b"pong", call.arguments[1] if len(call.arguments) > 1 else b""]
    return call.arguments[1] if len(call.arguments) > 1 else Simple("PONG")


def echo(call: Call) -> bytes:
    """Return the argument."""
    return call.key


def quit_(call: Call) -> str:
    """Close."""
    call.client.closing = True
    return OK


def reset(call: Call) -> Simple:
    """Make the connection as good as new."""
    client = call.client
    client.queue, client.database, client.protocol, client.name = None, 0, 2, ""
    client.watched.clear()
    client.channels.clear()
    client.patterns.clear()
    client.user = "default"
    client.trusted = call.world.accounts["default"].open
    return Simple("RESET")


def setname(call: Call) -> str:
    """Name the connection."""
    name = call.arguments[2]
    if any(not 33 <= byte <= 126 for byte in name):
        raise ReplyError("ERR Client names cannot contain spaces, newlines or special characters.")
    call.client.name = name.decode("ascii")
    return OK


def getname(call: Call) -> bytes | None:
    """Return the name of the connection."""
    return call.client.name.encode() or None


def client_id(call: Call) -> int:
    """Return the number of the connection."""
    return call.client.id


def _line(call: Call, client: Client) -> str:
    """Describe a connection."""
    age = int(time.time() - client.connected_at)
    command = client.last_command if call.instance.is_late else client.last_command.partition("|")[0]
    flags = "P" if client.is_subscribed else "x" if client.queue is not None else "N"
    local = f" laddr={client.local}" if call.instance.version >= (6, 2) else ""
    multi = len(client.queue) if client.queue is not None else -1
    subscriptions = f"sub={len(client.channels)} psub={len(client.patterns)}" + (" ssub=0" if call.instance.is_late else "")
    memory = (
        "argv-mem=10 multi-mem=0 rbs=1024 rbp=0 obl=0 oll=0 omem=0 tot-mem=22298"
        if call.instance.is_late
        else "obl=0 oll=0 omem=0"
    )
    tail = " redir=-1 resp=" + str(client.protocol) if call.instance.is_late else ""
    return (
        f"id={client.id} addr={client.address}{local} fd={8 + client.id % 7} name={client.name} age={age} idle=0 flags={flags} "
        f"db={client.database} {subscriptions} multi={multi} qbuf=26 qbuf-free=20448 {memory} events=r cmd={command} "
        f"user={client.user}{tail}\n"
    )


def client_list(call: Call) -> Verbatim:
    """Describe all connections."""
    lines = [_line(call, client) for client in call.world.clients.values()]
    return Verbatim("".join(lines).encode("utf-8", "surrogateescape"))


def client_info(call: Call) -> Verbatim:
    """Describe this connection."""
    return Verbatim(_line(call, call.client).encode("utf-8", "surrogateescape"))


def kill(call: Call) -> object:
    """Close connections of the same attacker."""
    if len(call.arguments) == 3:
        found = [client for client in call.world.clients.values() if client.address.encode() == call.arguments[2]]
        if not found:
            raise ReplyError("ERR No such client")
        found[0].closing = True
        return OK
    if call.word(2) not in ("id", "addr", "laddr", "type", "user", "skipme") or len(call.arguments) % 2:
        raise ReplyError("ERR syntax error")
    wanted = call.arguments[3]
    if call.word(2) == "id":
        integer(wanted, "ERR client-id should be greater than 0")
    matching = [client for client in call.world.clients.values() if wanted in (b"%d" % client.id, client.address.encode())]
    for client in matching:
        client.closing = client is not call.client
    return sum(client.closing for client in matching)


def switch(call: Call) -> str:
    """Turn something on or off that changes nothing here."""
    if call.word(2) not in ("on", "off"):
        raise ReplyError("ERR syntax error")
    return OK


def reply_mode(call: Call) -> object:
    """Choose whether replies are sent; they always are."""
    if call.word(2) not in ("on", "off", "skip"):
        raise ReplyError("ERR syntax error")
    return OK if call.word(2) == "on" else Several()


def pause(call: Call) -> str:
    """Promise to pause."""
    integer(call.arguments[2], "ERR timeout is not an integer or out of range")
    return OK


def fine(call: Call) -> str:
    """Answer that all is well."""
    del call
    return OK


def nothing(call: Call) -> list[Any]:
    """Return an empty list."""
    del call
    return []


def zero(call: Call) -> int:
    """Return none."""
    del call
    return 0


def _row(row: Row, *, late: bool) -> list[Any]:
    """Return what COMMAND says of a command."""
    flags = [Simple(flag) for flag in row.flags]
    described = [row.name, row.arity, flags, *row.keys, [Simple(f"@{category}") for category in row.categories]]
    return [*described, [], [], []] if late else described


def command(call: Call) -> list[Any]:
    """Describe all commands."""
    return [_row(row, late=call.instance.is_late) for row in call.instance.rows.values() if "|" not in row.name]


def command_info(call: Call) -> list[Any]:
    """Describe some commands."""
    if len(call.arguments) == 2:
        return command(call)
    rows = [call.instance.rows.get(argument.decode("latin-1").lower()) for argument in call.arguments[2:]]
    return [_row(row, late=call.instance.is_late) if row else None for row in rows]


def command_count(call: Call) -> int:
    """Count the commands."""
    return sum("|" not in name for name in call.instance.rows)


def command_docs(call: Call) -> dict[bytes, Any]:
    """Tell since when there are commands, and of which group they are."""
    rows = call.instance.rows
    wanted = [argument.decode("latin-1").lower() for argument in call.arguments[2:]] or [
        name for name in rows if "|" not in name
    ]
    return {
        name.encode(): {b"since": ".".join(map(str, rows[name].since)), b"group": rows[name].group, b"arity": rows[name].arity}
        for name in wanted
        if name in rows
    }


def command_list(call: Call) -> list[str]:
    """List the names of the commands."""
    return [name for name in call.instance.rows if "|" not in name]


def getkeys(call: Call) -> list[bytes]:
    """Return the keys of a command."""
    row = call.instance.rows.get(call.word(2))
    if row is None:
        raise ReplyError("ERR Invalid command specified")
    first, last, step = row.keys
    arguments = call.arguments[2:]
    keys = arguments[first : len(arguments) + last + 1 if last < 0 else last + 1 : step] if first else []
    if not keys:
        raise ReplyError("ERR The command has no key arguments")
    return keys


def time_(call: Call) -> list[bytes]:
    """Return the time in seconds and microseconds."""
    del call
    seconds, nanoseconds = divmod(time.time_ns(), 10**9)
    return [b"%d" % seconds, b"%d" % (nanoseconds // 1000)]


def debug(call: Call) -> object:
    """Follow the parts of DEBUG that attackers use."""
    refuse_closed(call, "DEBUG")
    word = call.word(1)
    if word == "sleep" and len(call.arguments) == 3:
        try:
            seconds = float(call.arguments[2])
        except ValueError:
            seconds = 0
        call.client.silent_until = time.time() + min(max(seconds, 0), _MAX_SLEEP_SECONDS)
        return OK
    if word in ("segfault", "panic", "restart", "crash-and-recover"):
        call.client.closing = True
        return Several()
    if word == "object" and len(call.arguments) == 3:
        return _debug_object(call)
    if word in ("jmap", "reload", "loadaof", "change-repl-id", "set-active-expire", "quicklist-packed-threshold"):
        return OK
    shown = call.arguments[1].decode("latin-1")[:128]
    late = f"ERR unknown subcommand or wrong number of arguments for '{shown}'. Try DEBUG HELP."
    raise ReplyError(late if call.instance.is_late else late.replace("unknown", "Unknown"))


def _debug_object(call: Call) -> Simple:
    """Describe how a value is held."""
    entry = call.database.entry(call.arguments[2])
    if entry is None:
        raise ReplyError("ERR no such key")
    address = int.from_bytes(call.instance.persona.derive(f"redis heap {call.arguments[2]!r}", 4)) & 0xFFFFF8
    length = sum(map(len, values_of(entry.value))) + 1
    kind = {"string": "raw"}.get(TYPE_NAMES[type(entry.value)], "listpack" if call.instance.is_late else "ziplist")
    seconds = int(time.time()) & 0xFFFFFF
    return Simple(
        f"Value at:0x7f{address:010x} refcount:1 encoding:{kind} serializedlength:{length} lru:{seconds} lru_seconds_idle:0"
    )


def memory_usage(call: Call) -> int | None:
    """Return about how much memory a key takes."""
    entry = call.database.entry(call.arguments[2])
    return None if entry is None else 56 + len(call.arguments[2]) + sum(len(item) + 2 for item in values_of(entry.value))


def memory_doctor(call: Call) -> Verbatim:
    """Find nothing wrong with the memory."""
    del call
    return Verbatim(
        b"Hi Sam, this instance is empty or is using very little memory, my issues detector can't be used in these conditions. "
        b"Please, leave for your mission on Earth and fill it with some data. The new Sam and I will be back to our "
        b"programming as "
        b"soon as I finished rebooting.\n"
    )


def latency_doctor(call: Call) -> Verbatim:
    """Say that nothing is measured."""
    del call
    return Verbatim(
        b"I'm sorry, Dave, I can't do that. Latency monitoring is disabled in this Redis instance. You may use \"CONFIG SET "
        b"latency-monitor-threshold <milliseconds>.\" in order to enable it. If we weren't in a deep space mission "
        b"I'd suggest to "
        b"take a look at https://redis.io/topics/latency-monitor.\n"
    )


def lolwut(call: Call) -> Verbatim:
    """Name the version."""
    return Verbatim(b"Redis ver. " + call.instance.version_text.encode() + b"\n")


def cluster(call: Call) -> None:
    """Say that there is no cluster."""
    del call
    raise ReplyError("ERR This instance has cluster support disabled")


def failover(call: Call) -> None:
    """Say that nobody could take over."""
    del call
    raise ReplyError("ERR FAILOVER requires connected replicas.")


def migrate(call: Call) -> Simple:
    """Find nothing to send, or nobody to send it to."""
    if not call.database.entry(call.arguments[3]):
        return Simple("NOKEY")
    raise ReplyError("IOERR error or timeout connecting to the client")


CONNECTION: dict[str, Handler] = {
    "ping": ping, "echo": echo, "quit": quit_, "reset": reset, "client|setname": setname, "client|getname": getname,
    "client|id": client_id, "client|list": client_list, "client|info": client_info, "client|kill": kill,
    "client|no-evict": switch, "client|reply": reply_mode, "client|pause": pause, "client|unpause": fine,
    "client|setinfo": fine, "client|tracking": switch, "client|getredir": zero, "client|unblock": zero, "command": command,
    "command|info": command_info, "command|count": command_count, "command|docs": command_docs, "command|list": command_list,
    "command|getkeys": getkeys, "time": time_, "debug": debug, "slowlog|get": nothing, "slowlog|len": zero,
    "slowlog|reset": fine, "latency|latest": nothing, "latency|history": nothing, "latency|reset": zero,
    "latency|doctor": latency_doctor, "memory|usage": memory_usage, "memory|doctor": memory_doctor, "memory|purge": fine,
    "monitor": fine, "lolwut": lolwut, "wait": zero, "replconf": fine, "failover": failover, "migrate": migrate,
    "function|list": nothing, "function|flush": fine, "readonly": cluster, "readwrite": cluster, "asking": cluster,
}  # fmt: skip
