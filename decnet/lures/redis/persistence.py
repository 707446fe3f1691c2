# SPDX-License-Identifier: MIT
"""Saving, replication, modules: where the usual attacks write a file or bring in code."""

import re
import time
from pathlib import PurePosixPath

from decnet.domain.captured import text
from decnet.domain.evidence import Download
from decnet.lures.redis.call import Call, Handler
from decnet.lures.redis.keyspace import Hash, Value
from decnet.lures.redis.resp import OK, ReplyError, Simple

_URL = re.compile(rb"(?:https?|ftp|tftp|rsync)://[^\s'\"<>|;&`)\\\x00-\x1f\x7f-\xff]{1,2000}", re.IGNORECASE)
_TOOLS = (b"curl", b"wget", b"tftp", b"fetch", b"lwp-download", b"python", b"php", b"ftpget")
_MAX_URLS = 32
_MODULE_REFUSED = (
    'ERR {0} command not allowed. If the {1} option is set to "local", you can run it from a local connection, '
    "otherwise you need "
    "to set this option in the configuration file, and then restart the server."
)
_DEFAULT_FILE = ("/var/lib/redis", "dump.rdb")


def values_of(value: Value) -> list[bytes]:
    """Return the texts that a value is made of."""
    if isinstance(value, bytes):
        return [value]
    if isinstance(value, Hash):
        return [item for pair in value.items() for item in pair]
    return list(value)


def note_downloads(call: Call, data: bytes) -> None:
    """Record the addresses that a text would have fetched."""
    for match in list(_URL.finditer(data))[:_MAX_URLS]:
        before = data[max(0, match.start() - 64) : match.start()].rpartition(b"\n")[2]
        tool = next((name.decode() for name in _TOOLS if name in before), "")
        call.record(Download(url=text(match[0]), tool=tool or "redis"), None)


def _save(call: Call) -> None:
    """Pretend to write the database; what an attacker wrote elsewhere is kept as the file that it would be."""
    folder, name = call.world.config["dir"], call.world.config["dbfilename"]
    is_elsewhere = (folder, name) != _DEFAULT_FILE
    if is_elsewhere or call.world.changes:
        content = _content(call)
        note_downloads(call, content)
        if content and is_elsewhere:
            path = str(PurePosixPath(folder) / name)
            call.capture(content, text(path.encode("utf-8", "surrogateescape")))
    call.world.changes = 0
    call.world.last_save_at = int(time.time())


def _content(call: Call) -> bytes:
    """Return the values that the attacker set, the planted ones left out."""
    planted = call.world.planted
    return b"".join(
        item
        for number, database in sorted(call.world.keyspace.databases.items())
        for key, entry in database.entries.items()
        if planted.get((number, key)) is not entry
        for item in values_of(entry.value)
    )


def save(call: Call) -> str:
    """Write the database."""
    _save(call)
    return OK


def bgsave(call: Call) -> Simple:
    """Write the database in the background."""
    if call.word(1) not in ("", "schedule") or len(call.arguments) > 2:
        raise ReplyError("ERR syntax error")
    _save(call)
    return Simple("Background saving started")


def bgrewriteaof(call: Call) -> Simple:
    """Write the log of commands."""
    del call
    return Simple("Background append only file rewriting started")


def lastsave(call: Call) -> int:
    """Return when the database was written."""
    return call.world.last_save_at


def shutdown(call: Call) -> str | None:
    """Go away: the connection closes, the decoy stays."""
    words = {call.word(index) for index in range(1, len(call.arguments))}
    allowed = {"nosave", "save"} | ({"now", "force", "abort"} if call.instance.is_late else set())
    if words - allowed or {"save", "nosave"} <= words:
        raise ReplyError("ERR syntax error")
    if "abort" in words:
        raise ReplyError("ERR No shutdown in progress.")
    if "nosave" not in words:
        _save(call)
    call.client.closing = True
    return None


def replicaof(call: Call) -> str:
    """Follow a master, in words; the address is kept."""
    host, port = call.arguments[1:3]
    if host.lower() == b"no" and port.lower() == b"one":
        call.world.master = None
        return OK
    if not port.isdigit() or len(port) > 5 or int(port) > 65535:
        late = "ERR Invalid master port"
        raise ReplyError(late if call.instance.version >= (6, 2) else "ERR value is not an integer or out of range")
    name = host.decode("utf-8", "surrogateescape")[:255]
    if call.world.master == (name, port.decode()):
        return Simple("OK Already connected to specified master")
    call.record(Download(url=f"redis://{text(name.encode('utf-8', 'surrogateescape'))}:{port.decode()}", tool=call.name), None)
    call.world.master = (name, port.decode())
    return OK


def role(call: Call) -> list[object]:
    """Return the part in a replication."""
    if call.world.master:
        host, port = call.world.master
        return [b"slave", host, int(port), b"connect", -1]
    return [b"master", 0, []]


def refuse_closed(call: Call, name: str) -> None:
    """Refuse a command that Redis 7 keeps closed by default."""
    if call.instance.is_late and call.instance.options.protected:
        option = "enable-module-command" if name == "MODULE" else "enable-debug-command"
        raise ReplyError(_MODULE_REFUSED.format(name, option))


def module_load(call: Call) -> str:
    """Load a module: one that the attacker brought is there, others are not."""
    refuse_closed(call, "MODULE")
    path = call.arguments[2]
    target = str(PurePosixPath(call.world.config["dir"]) / call.world.config["dbfilename"])
    brought = path.decode("utf-8", "surrogateescape") in (target, "./" + call.world.config["dbfilename"])
    call.record(Download(url=text(path), tool="module load"), None)
    if not (brought and call.world.master) and not (brought and call.world.config["dbfilename"] != "dump.rdb"):
        raise ReplyError("ERR Error loading the extension. Please check the server logs.")
    if "system" not in call.world.modules:
        call.world.modules.append("system")
    return OK


def module_list(call: Call) -> list[object]:
    """List the modules."""
    refuse_closed(call, "MODULE")
    rows: list[object] = []
    for name in call.world.modules:
        row: dict[bytes, object] = {b"name": name, b"ver": 1}
        rows.append(row | ({b"path": call.world.config["dbfilename"], b"args": []} if call.instance.is_late else {}))
    return rows


def module_unload(call: Call) -> str:
    """Unload a module."""
    refuse_closed(call, "MODULE")
    name = call.arguments[2].decode("utf-8", "surrogateescape")
    if name not in call.world.modules:
        raise ReplyError("ERR Error unloading module: no such module with that name")
    call.world.modules.remove(name)
    return OK


def system(call: Call) -> bytes:
    """Answer ``system.exec`` and ``system.rev`` of the module that the usual attack brings in."""
    note_downloads(call, b" ".join(call.arguments[1:]))
    return b"" if call.name == "system.rev" else shell_output(call, b" ".join(call.arguments[1:]))


def shell_output(call: Call, command: bytes) -> bytes:
    """Return what the first commands of an intruder would print."""
    persona = call.instance.persona
    known = {
        b"id": "uid=0(root) gid=0(root) groups=0(root)\n",
        b"whoami": "root\n",
        b"hostname": f"{persona.hostname}\n",
        b"uname -a": f"Linux {persona.hostname} {persona.kernel} {persona.kernel_build} {persona.architecture} GNU/Linux\n",
        b"uname": "Linux\n",
        b"pwd": f"{call.world.config['dir']}\n",
    }
    return known.get(command.strip(), "").encode("utf-8", "surrogateescape")


PERSISTENCE: dict[str, Handler] = {
    "save": save, "bgsave": bgsave, "bgrewriteaof": bgrewriteaof, "lastsave": lastsave, "shutdown": shutdown,
    "replicaof": replicaof, "slaveof": replicaof, "role": role, "module|load": module_load, "module|list": module_list,
    "module|unload": module_unload, "system.exec": system, "system.rev": system,
}  # fmt: skip
