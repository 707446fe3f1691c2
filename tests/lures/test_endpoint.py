# SPDX-License-Identifier: MIT
"""The ends of a connection are written in one way only."""

from decnet.domain.evidence import Endpoint
from decnet.lures.endpoint import endpoint_of


def test_ipv4_in_ipv6_is_told_as_ipv4() -> None:
    assert endpoint_of(("::ffff:192.0.2.7", 5, 0, 0)) == Endpoint(address="192.0.2.7", port=5)
    assert endpoint_of(("fe80::1%eth0", 5, 0, 2)) == Endpoint(address="fe80::1", port=5)
