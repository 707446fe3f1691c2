# SPDX-License-Identifier: MIT
"""
Who is at the other end of a UNIX socket, as the kernel says.

User, group and process come from ``SO_PEERCRED`` (unix(7)), the systemd unit from the control group of the process
(cgroups(7)). A process number may be used again after its owner's death: where the kernel offers ``SO_PEERPIDFD``
(Linux 6.5) the descriptor proves that the process whose group was read is still the one that connected.
"""

import os
import select
import socket
import struct
from dataclasses import dataclass
from pathlib import Path

from decnet.errors import HostError

_SO_PEERPIDFD = 77
_CREDENTIALS = struct.Struct("iII")
_UNIT_KINDS = (".service", ".scope", ".socket", ".mount", ".swap")
PROC = Path("/proc")


@dataclass(frozen=True, slots=True)
class Peer:
    """A process: its user, group, number and systemd unit; the unit is empty outside systemd, ``pid`` 0 if not visible here."""

    uid: int
    gid: int
    pid: int
    unit: str = ""


def peer_of(connection: socket.socket) -> Peer:
    """Return who connected to a UNIX socket; raise ``HostError`` where that process is already gone."""
    pid, uid, gid = _credentials(connection)
    descriptor = _process_of(connection, pid)
    if descriptor is None:
        return Peer(uid=uid, gid=gid, pid=pid, unit=unit_of(pid))
    try:
        unit = unit_of(pid)
        if _has_ended(descriptor):
            raise HostError(f"process {pid} left before it was known who it is")
    finally:
        os.close(descriptor)
    return Peer(uid=uid, gid=gid, pid=pid, unit=unit)


def user_of(connection: socket.socket) -> int:
    """Return the user who connected to a UNIX socket, whatever became of the process."""
    _, uid, _ = _credentials(connection)
    return uid


def _credentials(connection: socket.socket) -> tuple[int, int, int]:
    """Return process, user and group of whoever connected."""
    pid, uid, gid = _CREDENTIALS.unpack(connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, _CREDENTIALS.size))
    return pid, uid, gid


def this_process() -> Peer:
    """Return who we are ourselves."""
    return Peer(uid=os.geteuid(), gid=os.getegid(), pid=os.getpid(), unit=unit_of(os.getpid()))


def unit_of(pid: int, *, proc: Path = PROC) -> str:
    """Return the system unit of a process; empty where there is none or it cannot be read."""
    return unit_in(_group_of(pid, proc), root=_group_of(1, proc).removesuffix("/init.scope"))


def unit_in(group: str, *, root: str = "") -> str:
    """
    Return the system unit that a control group path belongs to; empty if it is none.

    The unit is the first part below the slices: what a user's own systemd, or a unit with a delegated group, puts below its
    unit may be called anything and counts for nothing. ``root`` is the group in which this systemd itself lives.
    """
    if not group.startswith(root.rstrip("/") + "/"):
        return ""
    for part in group.removeprefix(root.rstrip("/")).strip("/").split("/"):
        if not part.endswith(".slice"):
            return part if part.endswith(_UNIT_KINDS) else ""
    return ""


def _group_of(pid: int, proc: Path) -> str:
    """Return the control group of a process: the unified one, else the one named by systemd; empty if it cannot be read."""
    try:
        lines = (proc / str(pid) / "cgroup").read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return ""
    groups = {controllers: path for _, controllers, path in (line.split(":", 2) for line in lines if line.count(":") > 1)}
    unified, named = groups.get("", ""), groups.get("name=systemd", "")
    return named if unified in ("", "/") else unified


def _process_of(connection: socket.socket, pid: int) -> int | None:
    """Return a descriptor of the peer's process, or None where the kernel has none to give."""
    try:
        return connection.getsockopt(socket.SOL_SOCKET, _SO_PEERPIDFD)
    except OSError:
        pass
    try:
        return os.pidfd_open(pid) if pid else None
    except OSError as error:
        raise HostError(f"process {pid} left before it was known who it is") from error


def _has_ended(descriptor: int) -> bool:
    """Tell whether the process of a pidfd is over: the descriptor is readable then (pidfd_open(2))."""
    poll = select.poll()
    poll.register(descriptor, select.POLLIN)
    return bool(poll.poll(0))
