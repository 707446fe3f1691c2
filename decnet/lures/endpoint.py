# SPDX-License-Identifier: MIT
"""The ends of a connection, as evidence names them."""

from ipaddress import IPv6Address, ip_address
from typing import Any

from decnet.domain.evidence import Endpoint


def endpoint_of(address: tuple[Any, ...]) -> Endpoint:
    """Return an endpoint of the socket interface: IPv6 without its zone, IPv4 in IPv6 as IPv4."""
    found = ip_address(str(address[0]).partition("%")[0])
    if isinstance(found, IPv6Address) and found.ipv4_mapped:
        found = found.ipv4_mapped
    return Endpoint(address=str(found), port=int(address[1]))
