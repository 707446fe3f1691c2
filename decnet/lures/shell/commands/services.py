# SPDX-License-Identifier: MIT
"""Commands about services: systemctl, service, crontab."""

import time

from decnet.lures.shell.invocation import Invocation

_UNITS = {
    "cron": "Regular background program processing daemon", "dbus": "D-Bus System Message Bus",
    "rsyslog": "System Logging Service",
    "systemd-journald": "Journal Service", "systemd-logind": "User Login Management", "ssh": "OpenBSD Secure Shell server",
    "systemd-timesyncd": "Network Time Synchronization", "systemd-udevd": "Rule-based Manager for Device Events and Files",
    "networking": "Raise network interfaces", "getty@tty1": "Getty on tty1",
}  # fmt: skip
_DAEMONS = {
    "nginx": "A high performance web server and a reverse proxy server", "redis-server": "Advanced key-value store",
    "apache2": "The Apache HTTP Server", "inetd": "Internet superserver", "mariadbd": "MariaDB database server",
    "vsftpd": "vsftpd FTP server",
}  # fmt: skip


def _units(call: Invocation) -> dict[str, str]:
    running = {one.program for one in call.machine.listening}
    return {**_UNITS, **{name: text for name, text in _DAEMONS.items() if name in running}}


async def services(call: Invocation) -> int:
    """``systemctl`` and ``service``; ``reboot`` and its kin."""
    base = call.name.rsplit("/", 1)[-1]
    words = [word for word in call.arguments if not word.startswith("-")]
    if base in ("reboot", "poweroff", "halt", "shutdown"):
        return call.fail("Interactive authentication required.") if call.shell.account.uid else 0
    if base == "service":
        return _old_service(call, words)
    verb, name = (words[0] if words else "list-units"), _unit(words[1] if len(words) > 1 else "")
    if verb in ("list-units", "list-unit-files"):
        _list_units(call)
    elif verb not in ("daemon-reload", "reset-failed"):
        return _with_unit(call, verb, name)
    return 0


def _old_service(call: Invocation, words: list[str]) -> int:
    if "--status-all" in call.arguments:
        call.out("".join(f" [ + ]  {name}\n" for name in sorted(_units(call))))
        return 0
    if len(words) < 2:
        call.error("Usage: service < option > | --status-all | [ service_name [ command | --full-restart ] ]")
        return 1
    name = _unit(words[0])
    if not _has_unit(call, name):
        call.error(f"{name}: unrecognized service")
        return 1
    return _one_service(call, words[1], name)


def _with_unit(call: Invocation, verb: str, name: str) -> int:
    if _has_unit(call, name):
        return _one_service(call, verb, name)
    if verb == "status":
        call.error(f"Unit {name}.service could not be found.")
        return 4
    call.error(f"Failed to {verb} {name}.service: Unit {name}.service not found.")
    return 5


def _unit(word: str) -> str:
    name = word.removesuffix(".service")
    return {"sshd": "ssh", "redis": "redis-server", "mysql": "mariadbd"}.get(name, name)


def _has_unit(call: Invocation, name: str) -> bool:
    return name in _units(call) or call.filesystem.exists(f"/etc/systemd/system/{name}.service")


def _list_units(call: Invocation) -> None:
    call.line("  UNIT                        LOAD   ACTIVE SUB     DESCRIPTION")
    for unit, text in sorted(_units(call).items()):
        call.line(f"  {unit + '.service':<27} loaded active running {text}")


def _one_service(call: Invocation, verb: str, name: str) -> int:
    if verb in ("is-active", "is-enabled"):
        call.line("active" if verb == "is-active" else "enabled")
        return 0
    if verb != "status":
        if call.shell.account.uid:
            call.error(f"Failed to {verb} {name}.service: Interactive authentication required.")
            return 1
        if verb in ("enable", "disable"):
            call.error(
                f"Synchronizing state of {name}.service with SysV service script with /lib/systemd/systemd-sysv-install."
            )
        return 0
    process = next(
        (one for one in call.machine.processes if name.split("@", maxsplit=1)[0].removesuffix("d") in one.command), None
    )
    began = time.strftime("%a %Y-%m-%d %H:%M:%S UTC", time.gmtime(call.machine.booted_at + 4))
    days = int(call.machine.uptime // 86_400)
    call.line(
        f"● {name}.service - {_units(call).get(name, name)}\n     Loaded: loaded (/lib/systemd/system/{name}.service; enabled)"
    )
    call.line(
        f"     Active: active (running) since {began}; {days} days ago\n   Main PID: {process.pid if process else 412} ({name})"
    )
    call.line(f"      Tasks: 1 (limit: 4678)\n     Memory: 5.9M\n     CGroup: /system.slice/{name}.service")
    return 0


async def schedule(call: Invocation) -> int:
    """``crontab``: -l, -r, a file or the standard input; ``-e`` opens an editor that is left again."""
    options = call.options("elru:i")
    user = options.get("u") or call.shell.account.name
    if call.shell.account.uid and user != call.shell.account.name:
        call.error("must be privileged to use -u")
        return 1
    path, files = f"/var/spool/cron/crontabs/{user}", call.shell.session.filesystem
    if "l" in options:
        if not files.exists(path):
            call.error(f"no crontab for {user}")
            return 1
        call.stdout.write(files.read(path))
    elif "r" in options:
        if not files.exists(path):
            call.error(f"no crontab for {user}")
            return 1
        files.unlink(path)
    elif "e" in options:
        call.error(f"no crontab for {user} - using an empty one" if not files.exists(path) else "No modification made")
    else:
        source = options.operands[0] if options.operands else "-"
        data = await call.stdin.all() if source == "-" else call.read(source)
        files.write(path, data, mode=0o600)
        call.shell.session.journal.changed[path] = None
    return 0


PROGRAMS = {
    "systemctl": services, "service": services, "crontab": schedule,
}  # fmt: skip
