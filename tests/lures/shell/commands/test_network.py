# SPDX-License-Identifier: MIT
"""Commands about the network."""

import pytest

from tests.lures.shell.sessions import said

TABLE = [
    ("ip route | wc -l", 0, "2\n"),
    ("ifconfig lo | head -2", 0, ("lo: flags=73<UP,LOOPBACK,RUNNING>  mtu 65536\n        inet 127.0.0.1  netmask 255.0.0.0\n")),
    (
        "route -n | head -2",
        0,
        ("Kernel IP routing table\nDestination     Gateway         Genmask         Flags Metric Ref    Use Iface\n"),
    ),
    ("ss -tln | head -1", 0, "Netid State  Recv-Q Send-Q Local Address:Port   Peer Address:Port Process\n"),
    (
        "netstat -tln | head -2",
        0,
        (
            "Active Internet connections (only servers)\n"
            "Proto Recv-Q Send-Q Local Address           Foreign Address         State\n"
        ),
    ),
    ("ping -c 1 127.0.0.1 | head -1", 0, "PING 127.0.0.1 (127.0.0.1) 56(84) bytes of data.\n"),
]


@pytest.mark.parametrize(("line", "code", "output"), TABLE)
async def test_network_answers_as_the_real_ones(line: str, code: int, output: str) -> None:
    """Exit code and output, errors last, of a line in an empty folder."""
    assert await said(line) == (code, output)
