# SPDX-License-Identifier: MIT
"""From a request to its reply: who may, how many arguments, transactions, and the handler."""

from typing import Any

from decnet.lures.redis.access import ACCESS
from decnet.lures.redis.call import Call, Handler
from decnet.lures.redis.catalogue import Row
from decnet.lures.redis.configuration import CONFIGURATION
from decnet.lures.redis.connection import CONNECTION, cluster
from decnet.lures.redis.generic import GENERIC
from decnet.lures.redis.hashes import HASHES
from decnet.lures.redis.information import info
from decnet.lures.redis.lists import LISTS
from decnet.lures.redis.persistence import PERSISTENCE
from decnet.lures.redis.pubsub import PUBSUB
from decnet.lures.redis.resp import NULL_ARRAY, OK, ReplyError, Simple
from decnet.lures.redis.scripting import SCRIPTING, evaluator
from decnet.lures.redis.sets import SETS
from decnet.lures.redis.sorted_sets import SORTED_SETS
from decnet.lures.redis.strings import STRINGS

_ALWAYS = ("auth", "hello", "quit", "reset")
_NEVER_QUEUED = ("exec", "discard", "multi", "watch", "quit", "reset")
_WHILE_SUBSCRIBED = (
    "ping",
    "quit",
    "reset",
    "subscribe",
    "psubscribe",
    "unsubscribe",
    "punsubscribe",
    "ssubscribe",
    "sunsubscribe",
)
_SHOWN = 128
_MAX_QUEUE = 1000
"""A transaction runs in one go, and nobody else is served meanwhile."""


def execute(call: Call) -> Any:
    """Return the reply to a request; errors are ``ReplyError`` objects, never raised."""
    call.world.commands += 1
    try:
        return _execute(call)
    except ReplyError as error:
        if call.client.queue is not None and call.name not in _NEVER_QUEUED:
            call.client.is_spoiled = True
        return error


def _execute(call: Call) -> Any:
    """Check a request and run it, or put it into the transaction."""
    if call.name == "quit":
        return CONNECTION["quit"](call)
    row = _row_of(call)
    if not call.client.trusted and call.name not in _ALWAYS:
        raise ReplyError("NOAUTH Authentication required.")
    client = call.client
    client.last_command = row.name
    if client.is_subscribed and client.protocol == 2 and call.name not in _WHILE_SUBSCRIBED:
        late = "(P|S)SUBSCRIBE / (P|S)UNSUBSCRIBE" if call.instance.is_late else "(P)SUBSCRIBE / (P)UNSUBSCRIBE"
        raise ReplyError(f"ERR Can't execute '{call.name}': only {late} / PING / QUIT / RESET are allowed in this context")
    if client.queue is not None and call.name not in _NEVER_QUEUED:
        if len(client.queue) >= _MAX_QUEUE:
            raise ReplyError("OOM command not allowed when used memory > 'maxmemory'.")
        call.charge(*call.arguments)
        client.queue.append(call.arguments)
        return Simple("QUEUED")
    return _run(call, row)


def _row_of(call: Call) -> Row:
    """Return the row of a command; raise ``ReplyError`` where it is unknown or has the wrong number of arguments."""
    rows, name = call.instance.rows, call.name
    row = rows.get(name)
    if row is None or "|" in name:
        if name.startswith("system.") and call.world.modules:
            return Row(name=name, arity=-2, since=(0,))
        raise ReplyError(_unknown(call))
    if name in call.instance.containers and len(call.arguments) > 1:
        row = _subcommand(call, row)
    if not row.takes(len(call.arguments)):
        raise _arity(call, row)
    return row


def _subcommand(call: Call, row: Row) -> Row:
    """Return the row of a subcommand."""
    found = call.instance.rows.get(f"{call.name}|{call.word(1)}")
    if found is not None:
        return found
    shown = call.arguments[1].decode("latin-1")[:_SHOWN]
    if call.instance.is_late:
        raise ReplyError(f"ERR unknown subcommand '{shown}'. Try {row.name.upper()} HELP.")
    raise ReplyError(f"ERR Unknown subcommand or wrong number of arguments for '{shown}'. Try {row.name.upper()} HELP.")


def _arity(call: Call, row: Row) -> ReplyError:
    """Return the error for a wrong number of arguments."""
    if "|" in row.name and not call.instance.is_late:
        shown = call.arguments[1].decode("latin-1")[:_SHOWN]
        return ReplyError(f"ERR Unknown subcommand or wrong number of arguments for '{shown}'. Try {call.name.upper()} HELP.")
    return ReplyError(f"ERR wrong number of arguments for '{row.name}' command")


def _unknown(call: Call) -> str:
    """Return the error for an unknown command, with the start of its arguments."""
    marks = ("'", "' ") if call.instance.is_late else ("`", "`, ")
    shown = ""
    for argument in call.arguments[1:]:
        if len(shown) >= _SHOWN:
            break
        shown += marks[0] + argument.decode("utf-8", "surrogateescape")[: _SHOWN - len(shown)] + marks[1]
    name = call.arguments[0].decode("utf-8", "surrogateescape")[:_SHOWN]
    return f"ERR unknown command {marks[0]}{name}{marks[0]}, with args beginning with: {shown}"


def _run(call: Call, row: Row) -> Any:
    """Run a command whose form is right."""
    if row.name.endswith("|help"):
        return _help(call)
    if call.world.master and "write" in row.flags and call.world.config.get("replica-read-only") == "yes":
        raise ReplyError("READONLY You can't write against a read only replica.")
    handler = HANDLERS.get(row.name)
    if handler is None:
        raise ReplyError(f"NOPERM this user has no permissions to run the '{row.name}' command")
    return handler(call)


def _help(call: Call) -> list[Simple]:
    """List the subcommands of a command."""
    name = call.name.upper()
    names = [row.name.partition("|")[2].upper() for row in call.instance.rows.values() if row.name.startswith(f"{call.name}|")]
    return [Simple(f"{name} <subcommand> [<arg> [value] [opt] ...]. Subcommands are:"), *map(Simple, names)]


def run_in_script(call: Call) -> Any:
    """Run a command for a script; raise ``ReplyError`` where it fails."""
    row = call.instance.rows.get(call.name)
    late = call.instance.is_late
    if row is None or "|" in call.name:
        raise ReplyError(
            "ERR Unknown Redis command called from script" if late else "Unknown Redis command called from Lua script"
        )
    if "noscript" in row.flags or call.name in call.instance.containers:
        words = "This Redis command is not allowed from script"
        raise ReplyError(f"ERR {words}" if late else f"{words}s")
    if not row.takes(len(call.arguments)):
        words = "Wrong number of args calling Redis command from script"
        raise ReplyError(f"ERR {words}" if late else words.replace("from", "From Lua"))
    return _run(call, row)


def multi(call: Call) -> str:
    """Begin a transaction."""
    if call.client.queue is not None:
        raise ReplyError("ERR MULTI calls can not be nested")
    call.client.queue, call.client.is_spoiled = [], False
    return OK


def discard(call: Call) -> str:
    """Forget a transaction."""
    if call.client.queue is None:
        raise ReplyError("ERR DISCARD without MULTI")
    call.client.queue = None
    call.client.watched.clear()
    return OK


def execute_queue(call: Call) -> Any:
    """Run a transaction."""
    client = call.client
    if client.queue is None:
        raise ReplyError("ERR EXEC without MULTI")
    queue, client.queue = client.queue, None
    watched, client.watched = client.watched, {}
    if client.is_spoiled:
        raise ReplyError("EXECABORT Transaction discarded because of previous errors.")
    if any(_watched_value(call, *place) != value for place, value in watched.items()):
        return NULL_ARRAY
    return [execute(Call(item, client, call.world, call.instance, call.record, call.capture)) for item in queue]


def _watched_value(call: Call, number: int, key: bytes) -> object:
    """Return something that differs once a key has changed."""
    entry = call.world.keyspace.database(number).entry(key)
    return None if entry is None else (id(entry), repr(entry.value))


def watch(call: Call) -> str:
    """Let the next transaction fail when keys change before it."""
    if call.client.queue is not None:
        raise ReplyError("ERR WATCH inside MULTI is not allowed")
    for key in call.arguments[1:65]:
        call.client.watched[call.client.database, key] = _watched_value(call, call.client.database, key)
    return OK


def unwatch(call: Call) -> str:
    """Watch no keys any more."""
    call.client.watched.clear()
    return OK


_EVALUATE = evaluator(run_in_script)
HANDLERS: dict[str, Handler] = {
    **STRINGS, **GENERIC, **HASHES, **LISTS, **SETS, **SORTED_SETS, **ACCESS, **CONFIGURATION, **PERSISTENCE, **SCRIPTING,
    **PUBSUB, **CONNECTION, "info": info, "eval": _EVALUATE, "evalsha": _EVALUATE, "eval_ro": _EVALUATE,
    "evalsha_ro": _EVALUATE,
    "multi": multi, "exec": execute_queue, "discard": discard, "watch": watch, "unwatch": unwatch, "cluster|info": cluster,
    "cluster|nodes": cluster, "cluster|slots": cluster, "cluster|shards": cluster, "cluster|myid": cluster,
}  # fmt: skip
