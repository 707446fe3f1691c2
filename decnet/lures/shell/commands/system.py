# SPDX-License-Identifier: MIT
"""Commands that tell what the machine is: uname, id, uptime, free, df, lscpu, dmesg."""

import re
import time

from decnet.lures.shell.accounts import Account
from decnet.lures.shell.invocation import Invocation, curly
from decnet.lures.shell.text import log

MINUTE, HOUR, DAY = 60, 3600, 86400


async def system_name(call: Invocation) -> int:
    """``uname`` and ``arch``."""
    persona = call.machine.persona
    if call.name.endswith("arch"):
        call.line(persona.architecture)
        return 0
    long = {"all": "a", "kernel-name": "s", "nodename": "n", "kernel-release": "r", "machine": "m", "operating-system": "o"}
    options = call.options("asnrvmpio", {**long, "kernel-version": "v"})
    values = {
        "s": "Linux", "n": call.machine.hostname, "r": persona.kernel, "v": persona.kernel_build, "m": persona.architecture,
        "p": "unknown", "i": "unknown", "o": "GNU/Linux",
    }  # fmt: skip
    wanted = "snrvmo" if "a" in options else "".join(letter for letter in "snrvmpio" if letter in options) or "s"
    call.line(" ".join(values[letter] for letter in wanted))
    return 0


async def identity(call: Invocation) -> int:
    """``id``."""
    options = call.options("gGnruz", {"user": "u", "group": "g", "groups": "G", "name": "n"})
    accounts = call.shell.accounts
    account: Account | None = call.shell.account
    if options.operands:
        account = accounts.by_name(options.operands[0])
    if account is None:
        return call.fail(f"{curly(options.operands[0])}: no such user")
    groups = accounts.groups_of(account)
    if "u" in options:
        call.line(account.name if "n" in options else str(account.uid))
    elif "g" in options or "G" in options:
        shown = groups if "G" in options else groups[:1]
        call.line(" ".join(group.name if "n" in options else str(group.gid) for group in shown))
    else:
        listed = ",".join(f"{group.gid}({group.name})" for group in groups)
        call.line(f"uid={account.uid}({account.name}) gid={groups[0].gid}({groups[0].name}) groups={listed}")
    return 0


async def who_am_i(call: Invocation) -> int:
    """``whoami`` and ``logname``."""
    call.line(call.shell.account.name)
    return 0


async def groups(call: Invocation) -> int:
    """Print the groups: ``groups``."""
    accounts = call.shell.accounts
    for name in call.arguments or [""]:
        account = accounts.by_name(name) if name else call.shell.account
        if account is None:
            return call.fail(f"{curly(name)}: no such user")
        listed = " ".join(group.name for group in accounts.groups_of(account))
        call.line(f"{name} : {listed}" if name else listed)
    return 0


async def host_name(call: Invocation) -> int:
    """``hostname``, ``dnsdomainname``."""
    machine = call.machine
    if call.name.endswith("domainname"):
        call.line(machine.persona.domain or "(none)")
        return 0
    options = call.options("aAdfFiIsy", {"fqdn": "f", "long": "f", "short": "s", "ip-address": "i", "all-ip-addresses": "I"})
    if options.operands:
        return call.fail("you must be root to change the host name") if call.shell.account.uid else 0
    texts = {
        "f": machine.domain_name,
        "d": machine.persona.domain,
        "i": "127.0.1.1",
        "I": f"{machine.address} {machine.address6}".strip() + " ",
    }
    call.line(next((text for letter, text in texts.items() if letter in options), machine.hostname))
    return 0


async def host_control(call: Invocation) -> int:
    """``hostnamectl``."""
    machine, persona = call.machine, call.machine.persona
    call.out(
        f"   Static hostname: {machine.hostname}\n         Icon name: computer-server\n           Chassis: server\n"
        f"        Machine ID: {machine.identifier('machine').replace('-', '')}\n"
        f"           Boot ID: {machine.identifier('boot ' + str(int(machine.booted_at))).replace('-', '')}\n"
        f"  Operating System: {persona.os}\n            Kernel: Linux {persona.kernel}\n"
        f"      Architecture: {persona.architecture.replace('_', '-')}\n"
    )
    return 0


def uptime_text(seconds: float) -> str:
    """Return how long the machine is up, as ``uptime`` writes it."""
    days, rest = divmod(int(seconds), DAY)
    hours, minutes = rest // HOUR, rest % HOUR // MINUTE
    head = f"{days} day{'s' if days != 1 else ''}, " if days else ""
    return head + (f"{hours:>2}:{minutes:02d}" if hours else f"{minutes} min")


def load_line(call: Invocation) -> str:
    """Return the first line of ``uptime``, ``w`` and ``top``."""
    users = 1 if call.shell.session.terminal else 0
    one, five, fifteen = call.machine.load()
    up = uptime_text(call.machine.uptime)
    now = time.strftime("%H:%M:%S", time.gmtime(call.machine.now()))
    return f" {now} up {up},  {users} user{'s' if users != 1 else ''},  load average: {one:.2f}, {five:.2f}, {fifteen:.2f}"


async def uptime(call: Invocation) -> int:
    """``uptime``."""
    if "-p" in call.arguments:
        days, rest = divmod(int(call.machine.uptime), DAY)
        call.line(f"up {days // 7} weeks, {days % 7} days, {rest // HOUR} hours, {rest % HOUR // MINUTE} minutes")
    elif "-s" in call.arguments:
        call.line(time.strftime("%Y-%m-%d %H:%M:%S", time.gmtime(call.machine.booted_at)))
    else:
        call.line(load_line(call))
    return 0


async def who(call: Invocation) -> int:
    """``w``, ``who``, ``users``."""
    session, name = call.shell.session, call.name.rsplit("/", 1)[-1]
    began = time.gmtime(session.began_at)
    user = session.processes[-1].user if session.processes else call.shell.account.name
    has_terminal = session.terminal is not None
    if name == "w":
        call.line(load_line(call))
        call.line("USER     TTY      FROM             LOGIN@   IDLE   JCPU   PCPU WHAT")
        if has_terminal:
            call.line(
                f"{user[:8]:<8} pts/0    {session.peer_address[:16]:<16} {time.strftime('%H:%M', began)}    "
                "0.00s  0.03s  0.00s w"
            )
    elif has_terminal:
        text = (
            user
            if name == "users"
            else f"{user:<8} pts/0        {time.strftime('%Y-%m-%d %H:%M', began)} ({session.peer_address})"
        )
        call.line(text)
    return 0


async def last_logins(call: Invocation) -> int:
    """``last`` and ``lastlog``."""
    machine, session = call.machine, call.shell.session
    if call.name.endswith("lastlog"):
        call.line("Username         Port     From             Latest")
        for account in call.shell.accounts.all():
            call.line(f"{account.name:<33} **Never logged in**")
        return 0
    if session.terminal:
        began = time.strftime("%a %b %e %H:%M", time.gmtime(session.began_at))
        call.line(f"{call.shell.account.name[:8]:<8} pts/0        {session.peer_address[:16]:<16} {began}   still logged in")
    neighbour = machine.neighbours()[-1][0]
    for at in range(machine.persona.between("logins", 3, 7)):
        moment = session.began_at - 86_400 * (at * 4 + 1) - machine.persona.between(f"login {at}", 0, 50_000)
        if moment < machine.booted_at + 300:
            break
        shown, end = (
            time.strftime("%a %b %e %H:%M", time.gmtime(moment)),
            time.strftime("%H:%M", time.gmtime(moment + 1500 + at * 60)),
        )
        call.line(
            f"{(machine.administrator, 'root')[at % 2][:8]:<8} pts/0        {neighbour:<16} {shown} - {end}  (00:{25 + at})"
        )
    booted = time.strftime("%a %b %e %H:%M", time.gmtime(machine.booted_at))
    call.line(f"reboot   system boot  {machine.persona.kernel[:16]:<16} {booted}   still running")
    call.line(f"\nwtmp begins {time.strftime('%a %b %e %H:%M:%S %Y', time.gmtime(machine.booted_at))}")
    return 0


async def kernel_log(call: Invocation) -> int:
    """``dmesg``."""
    if call.shell.account.uid:
        return call.fail("read kernel buffer failed: Operation not permitted")
    call.out(log.kernel(call.machine))
    return 0


async def journal(call: Invocation) -> int:
    """``journalctl``."""
    if "--vacuum" in " ".join(call.arguments) or "--rotate" in call.arguments:
        call.line("Vacuuming done, freed 0B of archived journals from /var/log/journal.")
        return 0
    call.line(
        f"-- Journal begins at {time.strftime('%a %Y-%m-%d %H:%M:%S UTC', time.gmtime(call.machine.booted_at))}, ends now. --"
    )
    call.out(log.syslog(call.machine))
    return 0


async def locale(call: Invocation) -> int:
    """``locale``, ``getconf``, ``systemd-detect-virt``, ``timedatectl``."""
    name = call.name.rsplit("/", 1)[-1]
    if name == "systemd-detect-virt":
        call.line("none")
        return 1
    if name == "timedatectl":
        now = time.strftime("%a %Y-%m-%d %H:%M:%S UTC", time.gmtime(call.machine.now()))
        call.line(
            f"               Local time: {now}\n           Universal time: {now}\n"
            "                Time zone: Etc/UTC (UTC, +0000)"
        )
        return 0
    if name == "getconf":
        call.line(
            {"LONG_BIT": "64", "PAGESIZE": "4096", "_NPROCESSORS_ONLN": str(call.machine.persona.cpus)}.get(
                "".join(call.arguments), "undefined"
            )
        )
        return 0
    call.line("LANG=en_US.UTF-8\nLANGUAGE=")
    for title in ("CTYPE", "NUMERIC", "TIME", "COLLATE", "MESSAGES"):
        call.line(f'LC_{title}="en_US.UTF-8"')
    call.line("LC_ALL=")
    return 0


async def kernel_settings(call: Invocation) -> int:
    """``sysctl``."""
    code = 0
    for argument in call.arguments:
        if argument.startswith("-"):
            continue
        name, equals, value = argument.partition("=")
        path = "/proc/sys/" + re.sub(r"[./]", "/", name)
        if not call.filesystem.exists(path):
            code = call.fail(f"cannot stat {path}: No such file or directory", 255)
        elif equals:
            call.line(f"{name} = {value}") if not call.shell.account.uid else call.fail(f'permission denied on key "{name}"')
        else:
            call.line(f"{name} = {call.read(path).decode().strip()}")
    return code


PROGRAMS = {
    "uname": system_name, "arch": system_name, "id": identity, "whoami": who_am_i, "logname": who_am_i,
    "groups": groups, "hostname": host_name, "dnsdomainname": host_name, "domainname": host_name,
    "hostnamectl": host_control, "uptime": uptime, "w": who, "who": who, "users": who, "last": last_logins,
    "lastlog": last_logins, "dmesg": kernel_log, "journalctl": journal, "locale": locale, "getconf": locale,
    "systemd-detect-virt": locale, "timedatectl": locale, "sysctl": kernel_settings,
}  # fmt: skip
