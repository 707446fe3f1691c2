# SPDX-License-Identifier: MIT
"""Opens listening sockets, and finds out who has the port where that fails."""

import errno
import os
import socket
from collections.abc import Iterator
from ipaddress import IPv4Address, IPv6Address
from pathlib import Path

from decnet.domain.captured import visible
from decnet.engine.messages import Key, show
from decnet.errors import HostError, InUseError

BACKLOG = 512
PROC = Path("/proc")
_LISTEN = "0A"
_BIND_SERVICE = 10


def open_listener(key: Key) -> socket.socket:
    """
    Bind and listen on a key.

    Raises ``InUseError`` where somebody else listens there, ``HostError`` where the kernel refuses for another reason.
    """
    try:
        return listen(key, BACKLOG)
    except OSError as error:
        raise _refusal(key, error) from error


def listen(key: Key, backlog: int) -> socket.socket:
    """Bind and listen on a key; raises ``OSError`` without looking for who is in the way."""
    family = socket.AF_INET6 if ":" in key.address else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM | socket.SOCK_NONBLOCK)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if family == socket.AF_INET6:
            listener.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        listener.bind(key)
        listener.listen(backlog)
    except OSError:
        listener.close()
        raise
    return listener


def first_free_port() -> int:
    """Return the first port that this process may bind: 0 with CAP_NET_BIND_SERVICE, else as the kernel is set (ip(7))."""
    if _effective_capabilities() >> _BIND_SERVICE & 1:
        return 0
    try:
        return int((PROC / "sys/net/ipv4/ip_unprivileged_port_start").read_text(encoding="ascii"))
    except (OSError, ValueError):
        return 1024


def listening_addresses() -> set[str]:
    """Return the addresses on which anybody on this host listens."""
    return {key.address for key, _ in _listening()}


def owner_of(key: Key) -> str:
    """Return who listens where ``key`` would be, as far as this process may know: ``process 812 (redis-server)``."""
    everywhere = Key("::" if ":" in key.address else "0.0.0.0", key.port)  # noqa: S104 - looked for, not bound
    inodes = {inode for other, inode in _listening() if other in (key, everywhere, Key("::", key.port))}
    for pid in (entry.name for entry in PROC.iterdir() if entry.name.isdecimal()):
        if inodes & _sockets_of(pid):
            return f"process {pid} ({_name_of(pid)})"
    return "a process of another account"


def _refusal(key: Key, error: OSError) -> HostError | InUseError:
    """Return the error that says why a key cannot be had, and what mends it."""
    where = show(key)
    if error.errno == errno.EADDRINUSE:
        owner = owner_of(key)
        return InUseError(f"somebody else listens on {where}: {owner}", remedy="stop it, or set another port for the lure")
    if error.errno == errno.EACCES:
        return HostError(f"{where} needs CAP_NET_BIND_SERVICE", remedy="set [agent] port_shift, or a port from 1024")
    if error.errno in (errno.EMFILE, errno.ENFILE):
        return HostError(f"no file can be opened for {where}: the limit is reached", remedy="raise the limit of open files")
    return HostError(f"{where} cannot be opened: {error.strerror}", remedy="decnet doctor")


def _listening() -> Iterator[tuple[Key, str]]:
    """Yield every listening TCP socket of this network namespace with its inode (proc(5), /proc/net/tcp)."""
    for name in ("tcp", "tcp6"):
        try:
            lines = (PROC / "net" / name).read_text(encoding="ascii").splitlines()[1:]
        except OSError:
            continue
        for line in lines:
            fields = line.split()
            if fields[3] == _LISTEN:
                address, _, port = fields[1].partition(":")
                yield Key(_address(address), int(port, 16)), fields[9]


def _address(text: str) -> str:
    """Return an address that the kernel printed as words in the order of this machine's bytes."""
    words = [bytes.fromhex(text[start : start + 8])[::-1] for start in range(0, len(text), 8)]
    packed = b"".join(words)
    return str(IPv6Address(packed) if len(words) > 1 else IPv4Address(packed))


def _sockets_of(pid: str) -> set[str]:
    """Return the inodes of the sockets of a process; none where it may not be looked at."""
    try:
        with os.scandir(PROC / pid / "fd") as descriptors:
            targets = [_target(descriptor.path) for descriptor in descriptors]
    except OSError:
        return set()
    return {target[len("socket:[") : -1] for target in targets if target.startswith("socket:[")}


def _target(path: str) -> str:
    """Return where a descriptor leads; nothing where it is closed meanwhile."""
    try:
        return os.readlink(path)  # noqa: PTH115 - the target is no path
    except OSError:
        return ""


def _name_of(pid: str) -> str:
    """Return the name of a process."""
    try:
        return visible((PROC / pid / "comm").read_text(encoding="utf-8", errors="replace").strip())
    except OSError:
        return "gone meanwhile"


def _effective_capabilities() -> int:
    """Return the capabilities that this process has in effect (proc(5), CapEff)."""
    for line in (PROC / "self/status").read_text(encoding="ascii", errors="replace").splitlines():
        if line.startswith("CapEff:"):
            return int(line.split()[1], 16)
    return 0
