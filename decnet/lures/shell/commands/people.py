# SPDX-License-Identifier: MIT
"""Commands about accounts and their secrets: passwd, chpasswd, useradd, ssh-keygen."""

import base64
import hashlib
import time

from decnet.lures.shell.accounts import GROUP, PASSWD, SHADOW, Account
from decnet.lures.shell.commands.shells import ask_secret
from decnet.lures.shell.invocation import Invocation, Options

FIRST_USER = 1000


def _locked(call: Invocation) -> int:
    """Say that only root may."""
    name = call.name.rsplit("/", 1)[-1]
    call.error(f"{name}: Permission denied.\n{name}: cannot lock /etc/passwd; try again later.")
    return 1


def store(call: Invocation, username: str, secret: bytes) -> None:
    """Put a new hash into /etc/shadow; it does not lead back to the password."""
    accounts = call.shell.accounts
    line = accounts.shadow_line(username) or f"{username}:*:19000:0:99999:7:::"
    fields = line.split(":")
    salt = call.shell.random.randbytes(16)
    digest = hashlib.pbkdf2_hmac("sha256", secret, salt, 1000)
    letters = bytes.maketrans(b"+=", b"./")
    fields[1] = "$y$j9T$" + "$".join(base64.b64encode(part).translate(letters).decode().rstrip(".") for part in (salt, digest))
    fields[2] = str(int(call.machine.now() // 86400))
    accounts.replace_line(SHADOW, username, ":".join(fields))


async def password(call: Invocation) -> int:
    """``passwd``."""
    options = call.options(
        "adeluSn:x:w:i:q", {"delete": "d", "lock": "l", "unlock": "u", "status": "S", "expire": "e", "stdin": "=s"}
    )
    me = call.shell.account
    name = options.operands[0] if options.operands else me.name
    if call.shell.accounts.by_name(name) is None:
        return call.fail(f"user '{name}' does not exist")
    if me.uid and name != me.name:
        return call.fail(f"You may not view or modify password information for {name}.")
    if "S" in options:
        call.line(f"{name} P {time.strftime('%m/%d/%Y', time.gmtime(call.machine.installed_at))} 0 99999 7 -1")
        return 0
    if "dlue" in options:
        call.line("passwd: password expiry information changed.")
        return 0
    return await _new_password(call, name)


async def _new_password(call: Invocation, name: str) -> int:
    if call.shell.account.uid:
        call.line(f"Changing password for {name}.")
        await ask_secret(call, "Current password: ", "passwd", name)
    secrets = [await ask_secret(call, prompt, "passwd", name) for prompt in ("New password: ", "Retype new password: ")]
    if not secrets[0] or secrets[0] != secrets[1]:
        call.error("Sorry, passwords do not match." if secrets[0] else "No password supplied")
        call.error("passwd: Authentication token manipulation error\npasswd: password unchanged")
        return 10
    store(call, name, secrets[0])
    call.error("passwd: password updated successfully")
    return 0


async def passwords(call: Invocation) -> int:
    """``chpasswd``: lines of name and password."""
    data = await call.stdin.all(65536)
    code = 0
    for number, line in enumerate(data.splitlines()[:200], 1):
        name, colon, secret = line.partition(b":")
        username = name.decode("utf-8", "replace")
        if secret:
            call.shell.session.secret("chpasswd", username, secret)
        if call.shell.account.uid:
            continue
        if not colon:
            code = call.fail(f"line {number}: missing new password")
        elif call.shell.accounts.by_name(username) is None:
            code = call.fail(f"(user {username}) pam_chauthtok() failed, error:\nAuthentication token manipulation error")
            call.fail(f"(line {number}, user {username}) password not changed")
        else:
            store(call, username, secret)
    if call.shell.account.uid:
        call.error("chpasswd: cannot lock /etc/passwd; try again later.")
        return 1
    return code


_ADD_USER = {
    "create-home": "m", "shell": "s", "home": "d", "home-dir": "d", "groups": "G", "gid": "g", "uid": "u", "non-unique": "o",
    "password": "p", "system": "r", "disabled-password": "=d", "gecos": "c", "no-create-home": "M", "ingroup": "g",
    "force-badname": "=b",
}  # fmt: skip


async def add_user(call: Invocation) -> int:
    """``useradd`` and ``adduser``."""
    options = call.options("b:c:d:De:f:g:G:k:K:lmMNop:rs:u:Uqh", _ADD_USER)
    if call.shell.account.uid:
        return _locked(call)
    if not options.operands:
        call.error("Usage: useradd [options] LOGIN\n       useradd -D")
        return 2
    name = options.operands[0][:32]
    if call.shell.accounts.by_name(name) is not None:
        return call.fail(f"user '{name}' already exists", 9)
    if not name.replace("_", "").replace("-", "").replace(".", "").isalnum() or ":" in name:
        return call.fail(f"invalid user name '{name}'", 3)
    if "p" in options:
        call.shell.session.secret("useradd", name, options.get("p").encode("utf-8", "surrogateescape"))
    account = _new_account(call, options, name)
    is_interactive = call.name.endswith("adduser")
    _write_account(call, account, has_home="m" in options or is_interactive)
    for group in options.get("G").split(","):
        _join(call, name, group)
    return await _interview(call, account) if is_interactive else 0


def _new_account(call: Invocation, options: Options, name: str) -> Account:
    taken = {account.uid for account in call.shell.accounts.all()}
    text = options.get("u")
    uid = int(text[:9]) if text.isdecimal() else next(uid for uid in range(FIRST_USER, FIRST_USER + 3000) if uid not in taken)
    shell = options.get("s", "/bin/sh" if call.name.endswith("useradd") else "/bin/bash")
    return Account(name, uid, uid, options.get("c").replace(":", ""), options.get("d", f"/home/{name}"), shell)


def _write_account(call: Invocation, account: Account, *, has_home: bool) -> None:
    if has_home:
        call.machine.add_account(call.shell.session.filesystem, account, made_at=call.machine.now())
        return
    accounts, name = call.shell.accounts, account.name
    accounts.replace_line(PASSWD, name, account.line)
    accounts.replace_line(GROUP, name, f"{name}:x:{account.gid}:")
    accounts.replace_line(SHADOW, name, f"{name}:!:{int(call.machine.now() // 86400)}:0:99999:7:::")


async def _interview(call: Invocation, account: Account) -> int:
    name = account.name
    call.line(f"Adding user `{name}' ...\nAdding new group `{name}' ({account.gid}) ...")
    call.line(f"Adding new user `{name}' ({account.uid}) with group `{name}' ...\nCreating home directory `{account.home}' ...")
    call.line("Copying files from `/etc/skel' ...")
    secret = await ask_secret(call, "New password: ", "passwd", name)
    await ask_secret(call, "Retype new password: ", "passwd", name)
    if secret:
        store(call, name, secret)
        call.error("passwd: password updated successfully")
    return 0


def _join(call: Invocation, name: str, group_name: str) -> None:
    accounts = call.shell.accounts
    group = next((one for one in accounts.groups() if one.name == group_name), None)
    if group is not None and name not in group.members:
        members = ",".join((*group.members, name))
        accounts.replace_line(GROUP, group_name, f"{group_name}:x:{group.gid}:{members}")


async def change_user(call: Invocation) -> int:
    """``usermod``, ``gpasswd``, ``chsh``, ``chage``."""
    options = call.options(
        "ac:d:e:f:g:G:l:LmM:op:s:u:UE:I:h", {"append": "a", "groups": "G", "shell": "s", "password": "p", "login": "l"}
    )
    if call.shell.account.uid:
        return _locked(call)
    name = options.operands[-1] if options.operands else call.shell.account.name
    account = call.shell.accounts.by_name(name)
    if account is None:
        return call.fail(f"user '{name}' does not exist", 6)
    if "p" in options:
        call.shell.session.secret("usermod", name, options.get("p").encode("utf-8", "surrogateescape"))
    for group in options.get("G").split(",") if "G" in options else ():
        _join(call, name, group)
    if "s" in options or "d" in options or "u" in options:
        uid = int(options.get("u")[:9]) if options.get("u").isdecimal() else account.uid
        changed = Account(
            name, uid, account.gid, account.comment, options.get("d", account.home), options.get("s", account.shell)
        )
        call.shell.accounts.replace_line(PASSWD, name, changed.line)
    return 0


async def remove_user(call: Invocation) -> int:
    """``userdel``, ``deluser``, ``groupadd``, ``groupdel``."""
    options = call.options("frRg:", {"force": "f", "remove": "r", "remove-home": "r"})
    if call.shell.account.uid:
        return _locked(call)
    kind, name = call.name.rsplit("/", 1)[-1], (options.operands or [""])[0]
    accounts = call.shell.accounts
    if kind in ("groupadd", "addgroup"):
        taken = {group.gid for group in accounts.groups()}
        gid = next(gid for gid in range(FIRST_USER, FIRST_USER + 3000) if gid not in taken)
        accounts.replace_line(GROUP, name, f"{name}:x:{gid}:")
        return 0
    if kind == "groupdel":
        accounts.replace_line(GROUP, name, None)
        return 0
    if accounts.by_name(name) is None:
        return call.fail(f"user '{name}' does not exist", 6)
    for path in (PASSWD, SHADOW, GROUP):
        accounts.replace_line(path, name, None)
    return 0


async def entries(call: Invocation) -> int:
    """``getent``."""
    words = call.arguments
    if not words:
        call.error("getent: wrong number of arguments")
        return 1
    rows: list[str] = []
    if words[0] in ("passwd", "group"):
        accounts = call.shell.accounts
        rows = [one.line for one in (accounts.all() if words[0] == "passwd" else accounts.groups())]
        rows = [row for row in rows if len(words) == 1 or row.split(":")[0] in words[1:] or row.split(":")[2] in words[1:]]
    elif words[0] == "shadow" and call.shell.account.uid == 0:
        rows = call.read(SHADOW).decode().splitlines()
    elif words[0] == "hosts":
        rows = [f"{call.machine.address}     {call.machine.domain_name}"]
    call.out("".join(row + "\n" for row in rows))
    return 0 if rows else 2


async def make_key(call: Invocation) -> int:
    """``ssh-keygen``: writes a pair that looks right and opens nothing."""
    options = call.options("b:C:f:N:t:P:qlyRpeiF:E:", {})
    kind = options.get("t", "rsa")
    path = options.get("f")
    session = call.shell.session
    if not path:
        path = f"{call.shell.state.get('HOME')}/.ssh/id_{kind}"
        if session.terminal is not None and call.stdin.is_terminal:
            call.line(f"Generating public/private {kind} key pair.")
            session.flush()
            answer = await session.terminal.read_line(f"Enter file in which to save the key ({path}): ")
            path = (answer or b"").decode("utf-8", "replace").strip() or path
            for prompt in ("Enter passphrase (empty for no passphrase): ", "Enter same passphrase again: "):
                secret = await session.terminal.read_line(prompt, echo=False)
                if secret:
                    session.secret("ssh-keygen", call.shell.account.name, secret)
                session.terminal.write(b"\n")
    random = call.shell.random
    body = base64.b64encode(b"openssh-key-v1\0" + random.randbytes(380)).decode()
    lines = "\n".join(body[at : at + 70] for at in range(0, len(body), 70))
    private = f"-----BEGIN OPENSSH PRIVATE KEY-----\n{lines}\n-----END OPENSSH PRIVATE KEY-----\n"
    names = {"ed25519": b"\0\0\0\x0bssh-ed25519\0\0\0 ", "rsa": b"\0\0\0\x07ssh-rsa\0\0\0\x03\x01\0\x01\0\0\x01\x81\0"}
    blob = names.get(kind, names["rsa"]) + random.randbytes(32 if kind == "ed25519" else 384)
    comment = options.get("C", f"{call.shell.account.name}@{call.machine.hostname}")
    public = f"{'ssh-ed25519' if kind == 'ed25519' else 'ssh-rsa'} {base64.b64encode(blob).decode()} {comment}\n"
    call.filesystem.write(call.absolute(path), private.encode(), mode=0o600)
    call.filesystem.write(call.absolute(path) + ".pub", public.encode("utf-8", "surrogateescape"))
    if "q" not in options:
        print_ = base64.b64encode(hashlib.sha256(blob).digest()).decode().rstrip("=")
        call.line(f"Your identification has been saved in {path}\nYour public key has been saved in {path}.pub")
        call.line(f"The key fingerprint is:\nSHA256:{print_} {comment}")
    return 0


PROGRAMS = {
    "passwd": password, "chpasswd": passwords, "useradd": add_user, "adduser": add_user, "usermod": change_user,
    "gpasswd": change_user,
    "chsh": change_user, "chage": change_user, "userdel": remove_user, "deluser": remove_user, "groupadd": remove_user,
    "addgroup": remove_user, "groupdel": remove_user, "getent": entries, "ssh-keygen": make_key,
}  # fmt: skip
