# SPDX-License-Identifier: MIT
"""What a login shows before the first prompt."""

import time

from decnet.lures.shell.session import Session

_LAST_FIRST = 11


def greeting(session: Session) -> bytes:
    """
    Return the system's line, the message of the day and the last login.

    sshd tells the last login itself, at the end; login(1) has pam_lastlog do it: before the message in its configuration up to
    Debian 11, after it since.
    """
    machine = session.machine
    persona = machine.persona
    system = f"Linux {machine.hostname} {persona.kernel} {persona.kernel_build} {persona.architecture}\n"
    if persona.os_id == "ubuntu":
        system = ""
    try:
        message = session.filesystem.read("/etc/motd").decode("utf-8", "surrogateescape")
    except OSError:
        message = ""
    parts = [system + message, last_login(session)]
    is_old = persona.os_id == "ubuntu" or int(persona.os_version.split(".")[0] or 0) <= _LAST_FIRST
    if is_old and not session.arrival.is_ssh:
        parts.reverse()
    return "".join(parts).encode("utf-8", "surrogateescape")


def last_login(session: Session) -> str:
    """Return the line of the last login: the administrator's, from the neighbourhood."""
    machine = session.machine
    ago = machine.persona.between("last login", 9_000, 190_000)
    moment = max(machine.now() - ago, machine.booted_at + 60) // 86400 * 86400 + ago % 30_000 + 28_000
    moment = min(moment, machine.now() - 400)
    neighbour = machine.neighbours()[-1][0]
    if session.arrival.is_ssh:
        return f"Last login: {time.strftime('%a %b %e %H:%M:%S %Y', time.gmtime(moment))} from {neighbour}\n"
    return f"Last login: {time.strftime('%a %b %e %H:%M:%S UTC %Y', time.gmtime(moment))} from {neighbour} on pts/0\n"
