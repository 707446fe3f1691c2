# SPDX-License-Identifier: MIT
"""AUTH, HELLO and ACL: who may come in."""

import hashlib
import re
import secrets
from typing import Any

from decnet.domain.captured import text
from decnet.domain.evidence import Credential
from decnet.lures.redis.call import Account, Call, Handler, integer
from decnet.lures.redis.resp import OK, ReplyError, Simple

_NAME = re.compile(rb"[^\s\x00]{1,256}")
_RULES = re.compile(
    r"on|off|nopass|resetpass|reset|resetkeys|allkeys|resetchannels|allchannels|allcommands|nocommands|clearselectors|"
    r"sanitize-payload|skip-sanitize-payload|[~&].*|%(?:R|W|RW)~.*"
)
_MAX_ACCOUNTS = 64
_NOTHING_SET = (
    "ERR AUTH <password> called without any password configured for the default user. "
    "Are you sure your configuration is correct?"
)


def _refused(call: Call) -> ReplyError:
    """Return the refusal of a login."""
    words = "invalid username-password pair" + (" or user is disabled." if call.instance.version >= (6, 2) else "")
    return ReplyError(f"WRONGPASS {words}")


def _log_in(call: Call, name: bytes, password: bytes, place: str) -> None:
    """Let a client in, or refuse; recorded either way."""
    account = call.world.accounts.get(name.decode("utf-8", "surrogateescape"))
    accepted = account is not None and account.admits(password)
    body = Credential(mechanism="auth", username=text(name), accepted=accepted, detail={"command": place})
    call.record(body, password)
    if account is None or not accepted:
        raise _refused(call)
    call.client.user = account.name
    call.client.trusted = True


def _note_refused(call: Call, name: bytes, password: bytes, place: str) -> None:
    """Record a login that cannot succeed."""
    call.record(Credential(mechanism="auth", username=text(name), accepted=False, detail={"command": place}), password)


def auth(call: Call) -> str:
    """Log in by a password, or by a name and a password."""
    if len(call.arguments) > 3:
        _note_refused(call, call.key, b" ".join(call.arguments[2:]), "AUTH")
        raise ReplyError("ERR syntax error")
    name, password = (b"default", call.key) if len(call.arguments) == 2 else (call.key, call.arguments[2])
    if len(call.arguments) == 2 and call.world.accounts["default"].open:
        _note_refused(call, b"default", password, "AUTH")
        raise ReplyError(_NOTHING_SET)
    _log_in(call, name, password, "AUTH")
    return OK


def hello(call: Call) -> dict[bytes, Any]:
    """Agree on a protocol, log in and take a name in one command."""
    protocol = call.client.protocol
    if len(call.arguments) > 1:
        late = "ERR Protocol version is not an integer or out of range"
        protocol = integer(call.key, late if call.instance.version >= (6, 2) else "NOPROTO unsupported protocol version")
        if protocol not in (2, 3):
            if call.word(2) == "auth" and len(call.arguments) > 4:
                _note_refused(call, call.arguments[3], call.arguments[4], "HELLO")
            raise ReplyError("NOPROTO unsupported protocol version")
    name = _hello_options(call)
    if not call.client.trusted:
        raise ReplyError(
            "NOAUTH HELLO must be called with the client already authenticated, otherwise the HELLO <proto> AUTH "
            "<user> <pass> option "
            "can be used to authenticate the client and select the RESP protocol version at the same time"
        )
    call.client.protocol = protocol
    if name is not None:
        call.client.name = name
    role = b"slave" if call.world.master else b"master"
    if call.instance.version >= (7, 0, 0):
        role = b"replica" if call.world.master else b"master"
    return {
        b"server": b"redis", b"version": call.instance.version_text.encode(), b"proto": protocol, b"id": call.client.id,
        b"mode": b"standalone", b"role": role, b"modules": [],
    }  # fmt: skip


def _hello_options(call: Call) -> str | None:
    """Follow AUTH, return the name of SETNAME."""
    index, name = 2, None
    while index < len(call.arguments):
        word = call.word(index)
        if word == "auth" and index + 2 < len(call.arguments):
            _log_in(call, call.arguments[index + 1], call.arguments[index + 2], "HELLO")
            index += 3
        elif word == "setname" and index + 1 < len(call.arguments):
            name = call.arguments[index + 1].decode("latin-1")
            index += 2
        else:
            shown = call.arguments[index].decode("latin-1")[:128]
            raise ReplyError(f"ERR Syntax error in HELLO option '{shown}'")
    return name


def whoami(call: Call) -> bytes:
    """Return the name of the account."""
    return call.client.user.encode("utf-8", "surrogateescape")


def _describe(account: Account) -> str:
    """Return the line of an account."""
    passwords = " nopass" if account.open else "".join(f" #{digest}" for digest in account.digests)
    return f"user {account.name} {'on' if account.enabled else 'off'}{passwords} {account.rules}"


def list_(call: Call) -> list[str]:
    """List the accounts."""
    return [_describe(account) for _, account in sorted(call.world.accounts.items())]


def users(call: Call) -> list[str]:
    """List the names of the accounts."""
    return sorted(call.world.accounts)


def getuser(call: Call) -> dict[bytes, Any] | None:
    """Describe an account."""
    account = call.world.accounts.get(call.arguments[2].decode("utf-8", "surrogateescape"))
    if account is None:
        return None
    flags = ["on" if account.enabled else "off", *(["nopass"] if account.open else [])]
    rules = account.rules.split(" ")
    keys = " ".join(rule for rule in rules if rule.startswith("~"))
    channels = " ".join(rule for rule in rules if rule.startswith("&"))
    commands = " ".join(rule for rule in rules if rule[:1] in "+-")
    if not call.instance.is_late:
        flags += ["allkeys", "allcommands"]
        return {b"flags": flags, b"passwords": account.digests, b"commands": commands, b"keys": [keys[1:]]}
    return {
        b"flags": flags, b"passwords": account.digests, b"commands": commands, b"keys": keys, b"channels": channels,
        b"selectors": [],
    }  # fmt: skip


def setuser(call: Call) -> str:
    """Make or change an account; a password in it is a credential."""
    name = call.arguments[2].decode("utf-8", "surrogateescape")
    if not _NAME.fullmatch(call.arguments[2]):
        raise ReplyError("ERR Usernames can't contain spaces or null characters")
    if name not in call.world.accounts and len(call.world.accounts) >= _MAX_ACCOUNTS:
        raise ReplyError("OOM command not allowed when used memory > 'maxmemory'.")
    old = call.world.accounts.get(name) or Account(name=name, enabled=False, rules="resetchannels -@all")
    account = Account(name=name, digests=list(old.digests), enabled=old.enabled, open=old.open, rules=old.rules)
    for rule in call.arguments[3:]:
        _apply(call, account, rule)
    call.world.accounts[name] = account
    return OK


def _apply(call: Call, account: Account, rule: bytes) -> None:
    """Apply one rule of ACL SETUSER."""
    shown = rule.decode("utf-8", "surrogateescape")
    if rule[:1] in (b">", b"<"):
        digest = hashlib.sha256(rule[1:]).hexdigest()
        account.digests = [other for other in account.digests if other != digest] + ([digest] if rule[:1] == b">" else [])
        account.open = False
    elif rule[:1] == b"#" and re.fullmatch(rb"#[0-9a-f]{64}", rule):
        account.digests.append(shown[1:])
    elif not (_RULES.fullmatch(shown) or _is_command_rule(call, shown)):
        reason = "Unknown command or category name in ACL" if shown[:1] in "+-" else "Syntax error"
        raise ReplyError(f"ERR Error in ACL SETUSER modifier '{shown[:256]}': {reason}")
    else:
        _switch(account, shown)


def _is_command_rule(call: Call, rule: str) -> bool:
    """Whether a rule allows or forbids a command or a category that there is."""
    if rule[:1] not in ("+", "-"):
        return False
    name = rule[1:].lower()
    return name in call.instance.rows or name in ("@all", *(f"@{category}" for category in categories(call)))


def _switch(account: Account, rule: str) -> None:
    """Apply a rule that is no password."""
    if rule in ("on", "off"):
        account.enabled = rule == "on"
    elif rule in ("nopass", "resetpass", "reset"):
        account.digests, account.open = [], rule == "nopass"
    else:
        replaced = {"allkeys": "~*", "allchannels": "&*", "allcommands": "+@all", "nocommands": "-@all"}.get(rule, rule)
        kept = [other for other in account.rules.split(" ") if other not in ("resetchannels", "-@all")]
        account.rules = " ".join(sorted({*kept, replaced}, key=_rule_order))[:1024]


def _rule_order(rule: str) -> int:
    """Return where a rule stands in the line of an account: keys, channels, commands."""
    return "~%&+-".find(rule[:1])


def deluser(call: Call) -> int:
    """Remove accounts."""
    names = [name.decode("utf-8", "surrogateescape") for name in call.arguments[2:]]
    if "default" in names:
        raise ReplyError("ERR The 'default' user cannot be removed")
    return sum(call.world.accounts.pop(name, None) is not None for name in names)


def categories(call: Call) -> list[str]:
    """Return the names of all categories of commands."""
    return list(dict.fromkeys(category for row in call.instance.rows.values() for category in row.categories))


def cat(call: Call) -> list[str]:
    """List the categories, or the commands of one."""
    if len(call.arguments) == 2:
        return categories(call)
    name = call.word(2)
    found = [row.name for row in call.instance.rows.values() if name in row.categories]
    if not found:
        raise ReplyError(f"ERR Unknown category '{call.arguments[2].decode('latin-1')[:128]}'")
    return found


def genpass(call: Call) -> str:
    """Make a password."""
    bits = call.integer(2) if len(call.arguments) > 2 else 256
    if not 0 < bits <= 4096:
        raise ReplyError(
            "ERR ACL GENPASS argument must be the number of bits for the output password, a positive number up to 4096"
        )
    return secrets.token_hex(512)[: (bits + 3) // 4]


def no_file(call: Call) -> None:
    """Refuse to read or write a file of accounts."""
    del call
    raise ReplyError(
        "ERR This Redis instance is not configured to use an ACL file. You may want to specify users via the ACL "
        "SETUSER command "
        "and then issue a CONFIG REWRITE (assuming you have a Redis configuration file set) in order to store users "
        "in the Redis "
        "configuration."
    )


def log(call: Call) -> object:
    """Show no failed logins, or forget them."""
    return OK if call.word(2) == "reset" else []


def dryrun(call: Call) -> Simple:
    """Say that a command would be allowed."""
    if call.arguments[2].decode("utf-8", "surrogateescape") not in call.world.accounts:
        raise ReplyError(f"ERR User '{call.arguments[2].decode('latin-1')[:128]}' not found")
    return OK


ACCESS: dict[str, Handler] = {
    "auth": auth, "hello": hello, "acl|whoami": whoami, "acl|list": list_, "acl|users": users, "acl|getuser": getuser,
    "acl|setuser": setuser, "acl|deluser": deluser, "acl|cat": cat, "acl|genpass": genpass, "acl|load": no_file,
    "acl|save": no_file, "acl|log": log, "acl|dryrun": dryrun,
}  # fmt: skip
