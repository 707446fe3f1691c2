# SPDX-License-Identifier: MIT
"""Shells inside the shell: sh, bash, busybox, su, sudo, chroot, screen."""

import re

from decnet.lures.shell.accounts import Account
from decnet.lures.shell.interpreter import Interpreter
from decnet.lures.shell.invocation import Invocation, Options, curly, reason
from decnet.lures.shell.parser import Parser
from decnet.lures.shell.state import State
from decnet.lures.shell.syntax import IncompleteError, ScriptError

MAX_SCRIPT_LINES = 20_000
REFUSED_SECONDS = 2.2
_APPLETS = (
    "[, [[, acpid, adjtimex, ar, arch, arp, arping, ash, awk, basename, bc, blkdiscard, blockdev, brctl, "
    "bunzip2, bzcat, bzip2, cal, "
    "cat, chgrp, chmod, chown, chpasswd, chroot, clear, cmp, cp, cpio, cttyhack, cut, date, dd, df, diff, "
    "dirname, dmesg, du, echo, "
    "egrep, env, expr, false, fdisk, find, fold, free, ftpget, ftpput, getopt, grep, groups, gunzip, gzip, "
    "head, hostname, httpd, id, "
    "ifconfig, ip, kill, killall, last, less, ln, logger, login, ls, lsmod, lzcat, md5sum, mkdir, mknod, "
    "mktemp, more, mount, mt, mv, "
    "nameif, nc, netstat, nl, nologin, nslookup, od, openvt, paste, patch, pidof, ping, printf, ps, pwd, "
    "readlink, reset, rev, rm, "
    "rmdir, route, sed, seq, sh, sha1sum, sha256sum, shred, sleep, sort, stat, strings, stty, su, sync, "
    "sysctl, tac, tail, tar, tee, "
    "telnet, test, tftp, time, timeout, top, touch, tr, traceroute, true, tty, umount, uname, uniq, unzip, "
    "uptime, usleep, vi, watch, "
    "wc, wget, which, who, whoami, xargs, xxd, yes, zcat"
)


def child_of(call: Invocation, name: str, dialect: str, source: str, account: Account | None = None) -> Interpreter:
    """Return a new shell that inherits the environment."""
    shell = call.shell
    child = shell.fork(account=account)
    kept = {variable: value for variable in shell.state.exported if (value := shell.state.get(variable)) is not None}
    child.state = State(
        variables=dict(kept),
        exported=set(kept),
        name=name,
        dialect=dialect,
        source=source,
        cwd=shell.state.cwd,
        depth=shell.state.depth,
    )
    child.state.variables |= {"IFS": " \t\n", "PS1": r"\u@\h:\w\$ " if dialect == "bash" else "$ ", "PS2": "> "}
    child.state.depth += 1
    child.state.variables |= call.machine.shell_variables(child.account.uid)
    return child


async def shell(call: Invocation) -> int:
    """``sh``, ``bash``, ``dash``: a command, a script, the standard input, or another prompt."""
    base = call.name.rsplit("/", 1)[-1].lstrip("-")
    dialect = "bash" if "bash" in base else "sh"
    arguments = list(call.arguments)
    flags = ""
    while arguments and re.fullmatch(r"[-+][a-zA-Z]+|--[a-z]*", arguments[0]):
        flag = arguments.pop(0)
        if flag == "--version":
            call.line(f"GNU bash, version {call.machine.release.bash} ({call.machine.shell_variables(0)['MACHTYPE']})")
            return 0
        flags += flag.lstrip("-+") if not flag.startswith("--") else ""
        if "o" in flag[1:] and arguments:
            arguments.pop(0)
    if "c" in flags:
        if not arguments:
            return call.fail("-c: option requires an argument", 2)
        child = child_of(call, arguments[1] if len(arguments) > 1 else base, dialect, "command")
        child.state.arguments = arguments[2:]
        _set_flags(child, flags)
        return await child.ended(child.run_text(arguments[0]))
    if arguments and "s" not in flags:
        return await _file(call, arguments, dialect, flags)
    child = child_of(call, base, dialect, "file")
    child.state.arguments = arguments
    _set_flags(child, flags)
    if call.stdin.is_terminal and call.stdout.is_terminal:
        child.state.source = "interactive"
        call.shell.session.enter(child)
        return 0
    return await child.ended(_from_input(child))


def _set_flags(child: Interpreter, flags: str) -> None:
    child.state.options.update({"e": "errexit", "x": "xtrace", "u": "nounset"}[flag] for flag in flags if flag in "exu")


async def _file(call: Invocation, arguments: list[str], dialect: str, flags: str) -> int:
    path = call.absolute(arguments[0])
    try:
        data = call.filesystem.read(path)
    except OSError as error:
        if dialect == "sh":
            call.error(f"{call.name}: 0: cannot open {arguments[0]}: No such file")
            return 2
        return call.fail(f"{arguments[0]}: {reason(error)}", 127)
    if b"\0" in data[:80]:
        return call.fail(f"{arguments[0]}: cannot execute binary file", 126)
    return await call.shell.run_script(data, arguments, dialect, flags)


async def _from_input(child: Interpreter) -> int:
    """Run what comes from the standard input, a command as soon as it is complete."""
    pending = ""
    for _ in range(MAX_SCRIPT_LINES):
        line = await child.stdin.line()
        pending += line.decode("utf-8", "surrogateescape")
        if not line and not pending:
            break
        if line and len(pending) < 65536 and _is_unfinished(pending):
            continue
        await child.run_text(pending)
        pending = ""
        if not line:
            break
    return child.state.status


def _is_unfinished(text: str) -> bool:
    parser = Parser(text)
    try:
        while parser.next_command() is not None:
            pass
    except IncompleteError:
        return True
    except ScriptError:
        return False
    return text.endswith("\\\n")


async def busybox(call: Invocation) -> int:
    """``busybox``: an applet, the list of them, or the error that bots look for."""
    if not call.arguments:
        call.line(f"BusyBox v{call.machine.release.busybox} multi-call binary.")
        call.line(
            "BusyBox is copyrighted by many authors between 1998-2015.\n"
            "Licensed under GPLv2. See source distribution for detailed"
        )
        call.line("copyright notices.\n\nUsage: busybox [function [arguments]...]\n   or: busybox --list\n")
        call.line("Currently defined functions:\n\t" + _APPLETS)
        return 0
    name = call.arguments[0].rsplit("/", 1)[-1]
    if name == "--list":
        call.out(_APPLETS.replace(", ", "\n") + "\n")
        return 0
    programs = call.shell.session.programs
    if name not in f", {_APPLETS}, ".split(", ") or (name not in programs and name not in ("[", "test", "pwd")):
        call.error(f"{call.arguments[0]}: applet not found")
        return 127
    call.argv = [name, *call.arguments[1:]]
    if name in programs:
        return await call.shell.run_program(programs[name], call.argv)
    return await call.shell.call(call.argv)


async def ask_secret(call: Invocation, prompt: str, mechanism: str, username: str) -> bytes | None:
    """Ask for a password without echo, or read it from a pipe; tell it; ``None`` at the end of input."""
    session = call.shell.session
    if call.stdin.is_terminal and session.terminal is not None:
        session.flush()
        line = await session.terminal.read_line(prompt, echo=False)
        session.terminal.write(b"\n")
    else:
        call.stderr.write(prompt.encode())
        line = await call.stdin.line() or None
    if line is None:
        return None
    secret = line.rstrip(b"\r\n")
    if secret:
        session.secret(mechanism, username, secret)
    return secret


async def switch_user(call: Invocation) -> int:
    """``su``: root becomes anybody; others are asked and refused."""
    words = list(call.arguments)
    command: str | None = None
    is_login = False
    names: list[str] = []
    while words:
        word = words.pop(0)
        if word in ("-", "-l", "--login"):
            is_login = True
        elif word in ("-c", "--command", "-s", "--shell") and words:
            value = words.pop(0)
            command = value if word in ("-c", "--command") else command
        elif not word.startswith("-"):
            names.append(word)
    name = names[0] if names else "root"
    account = call.shell.accounts.by_name(name)
    if account is None:
        return call.fail(f"user {name} does not exist or the user entry does not contain all the required fields")
    if call.shell.account.uid != 0:
        await ask_secret(call, "Password: ", "su", name)
        await call.shell.pause(REFUSED_SECONDS)
        return call.fail("Authentication failure")
    if account.shell.endswith(("nologin", "false")):
        call.line("This account is currently not available.")
        return 1
    return await become(call, account, command, is_login=is_login)


async def become(call: Invocation, account: Account, command: str | None, *, is_login: bool) -> int:
    """Start a shell of another account."""
    child = child_of(call, "-bash" if is_login else "bash", "bash", "interactive" if command is None else "command", account)
    child.state.variables |= {"HOME": account.home, "SHELL": account.shell, "USER": account.name, "LOGNAME": account.name}
    if is_login and child.filesystem.is_folder(account.home):
        child.state.cwd = account.home
        child.state.set("PWD", account.home)
    if command is not None:
        child.state.name = "bash"
        return await child.ended(child.run_text(command))
    if call.stdin.is_terminal and call.stdout.is_terminal:
        call.shell.session.enter(child)
        return 0
    child.state.source = "file"
    return await child.ended(_from_input(child))


_SUDO = {"user": "u", "login": "i", "shell": "s", "list": "l", "stdin": "S"}


async def as_root(call: Invocation) -> int:
    """``sudo``: for members of the group sudo, after any password that is not refused by chance of the persona."""
    options = call.options("AbEHhiKklnPSsVvg:p:u:C:", _SUDO, in_order=True)
    me = call.shell.account
    if not options.operands and "isvlkKV" not in options:
        call.error("usage: sudo -h | -K | -k | -V\nusage: sudo -v [-AknS] [-g group] [-h host] [-p prompt] [-u user]")
        return 1
    if "kK" in options and not options.operands:
        return 0
    code = 0
    if me.uid != 0:
        code = await _permitted(call, me, is_silent="n" in options, prompt=options.get("p", f"[sudo] password for {me.name}: "))
    if code:
        return code
    if "l" in options:
        _list_permissions(call, me)
        return 0
    return await _run_as(call, options)


def _list_permissions(call: Invocation, me: Account) -> None:
    host = call.machine.hostname
    call.line(f"Matching Defaults entries for {me.name} on {host}:\n    env_reset, mail_badpass,")
    call.line("    secure_path=/usr/local/sbin\\:/usr/local/bin\\:/usr/sbin\\:/usr/bin\\:/sbin\\:/bin\n")
    call.line(f"User {me.name} may run the following commands on {host}:\n    (ALL : ALL) ALL")


async def _run_as(call: Invocation, options: Options) -> int:
    name, operands = options.get("u", "root"), options.operands
    account = call.shell.accounts.by_name(name)
    if account is None:
        return call.fail(f"unknown user: {name}")
    if not operands:
        return 0 if "v" in options else await become(call, account, None, is_login="i" in options)
    child = child_of(call, "bash", "bash", "command", account)
    child.state.cwd = call.shell.state.cwd
    me = call.shell.account
    given = {
        "PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "USER": account.name, "LOGNAME": account.name,
        "HOME": account.home, "SUDO_USER": me.name, "SUDO_UID": str(me.uid), "SUDO_COMMAND": " ".join(operands),
    }  # fmt: skip
    child.state.variables |= given
    child.state.exported.update(given)
    if "is" in options:
        return await child.ended(child.run_text(" ".join(operands)))
    if child.find(operands[0]) is None:
        return call.fail(f"{operands[0]}: command not found")
    return await child.call_program(operands)


async def _permitted(call: Invocation, me: Account, *, is_silent: bool, prompt: str) -> int:
    if is_silent:
        return call.fail("a password is required")
    if me.name not in call.shell.session.sudoers:
        for attempt in range(3):
            secret = await ask_secret(call, prompt, "sudo", me.name)
            if secret is None:
                call.error("")
                return call.fail("no password was provided")
            groups = [group.name for group in call.shell.accounts.groups_of(me)]
            if "sudo" in groups and secret:
                call.shell.session.sudoers.add(me.name)
                return 0
            if secret:
                call.error(f"{me.name} is not in the sudoers file.  This incident will be reported.")
                return 1
            await call.shell.pause(REFUSED_SECONDS)
            if attempt == 2:
                return call.fail("3 incorrect password attempts")
            call.error("Sorry, try again.")
    return 0


async def multiplexer(call: Invocation) -> int:
    """``screen`` and ``script``: a shell that looks the same; with a command, that."""
    if "-ls" in call.arguments or "-list" in call.arguments:
        call.line(f"No Sockets found in /run/screen/S-{call.shell.account.name}.\n")
        return 1
    words = [word for word in call.arguments if not word.startswith("-")]
    if "-dmS" in call.arguments or "-S" in call.arguments:
        words = words[1:]
    if any(argument.startswith("-d") for argument in call.arguments):
        if words:
            call.shell.start(" ".join(words))
        return 0
    if words:
        return await call.shell.call_program(words)
    call.argv = ["bash"]
    return await shell(call)


async def change_root(call: Invocation) -> int:
    """``chroot``."""
    if call.shell.account.uid:
        return call.fail(f"cannot change root directory to '{''.join(call.arguments[:1])}': Operation not permitted", 125)
    return call.fail(f"failed to run command {curly('/bin/bash')}: No such file or directory", 127)


PROGRAMS = {
    "bash": shell, "dash": shell, "sh": shell, "ash": shell, "busybox": busybox, "su": switch_user, "runuser": switch_user,
    "sudo": as_root, "screen": multiplexer, "script": multiplexer, "chroot": change_root,
}  # fmt: skip
