# SPDX-License-Identifier: MIT
"""The names and addresses that this host has, as the kernel tells them without a privilege."""

import re
import socket
from ipaddress import IPv4Address, IPv6Address
from pathlib import Path

Address = IPv4Address | IPv6Address

ROUTES = Path("/proc/self/net/fib_trie")
SIX = Path("/proc/self/net/if_inet6")
_LOCAL = re.compile(r"\|-- (\d+\.\d+\.\d+\.\d+)\n\s+/32 host LOCAL")


def own_names() -> list[str]:
    """Return the name of this host, whole and its first label."""
    name = socket.gethostname()
    return list(dict.fromkeys([name, name.partition(".")[0]]))


def own_addresses(routes: Path = ROUTES, six: Path = SIX) -> list[Address]:
    """Return every address of this host, loopback first; those of IPv6 that count on one link only are left out."""
    found: set[Address] = {IPv4Address(text) for text in _LOCAL.findall(_text(routes))}
    found |= {IPv6Address(bytes.fromhex(line.split()[0])) for line in _text(six).splitlines()}
    return sorted((one for one in found if not one.is_link_local), key=lambda one: (not one.is_loopback, one.version, int(one)))


def _text(path: Path) -> str:
    """Return what the kernel says; nothing where it does not know the protocol."""
    try:
        return path.read_text(encoding="ascii")
    except OSError:
        return ""
