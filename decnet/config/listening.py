# SPDX-License-Identifier: MIT
"""Where a service listens, as one writes it: ``127.0.0.1:8443``, ``[::1]:8443``."""

import re
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address
from typing import Final

_LISTEN: Final = re.compile(r"(\[(?P<six>[0-9A-Fa-f:.]+)\]|(?P<four>[0-9.]+)):(?P<port>[1-9][0-9]{0,4})")
_HIGHEST_PORT: Final = 65535


@dataclass(frozen=True)
class Listening:
    """An address of this host, or the one that stands for all of them, and a port."""

    address: IPv4Address | IPv6Address
    port: int

    @property
    def reached(self) -> str:
        """The address at which something on this host finds it."""
        if not self.address.is_unspecified:
            return str(self.address)
        return "127.0.0.1" if isinstance(self.address, IPv4Address) else "::1"

    @property
    def url(self) -> str:
        """What a browser on this host opens."""
        here = "localhost" if self.address.is_unspecified else str(self.address)
        return f"https://{f'[{here}]' if ':' in here else here}:{self.port}/"


def parse(text: str) -> Listening:
    """Return what ``text`` says; raise ``ValueError`` for a name too, as it may mean another address tomorrow."""
    found = _LISTEN.fullmatch(text)
    if not found or int(found["port"]) > _HIGHEST_PORT:
        raise ValueError(f"no address and port: {text!r}")
    address: IPv4Address | IPv6Address = IPv6Address(found["six"]) if found["six"] else IPv4Address(found["four"])
    return Listening(address, int(found["port"]))
