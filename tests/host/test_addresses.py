# SPDX-License-Identifier: MIT
"""``decnet.host.addresses``: what the kernel says about this host."""

from ipaddress import ip_address
from pathlib import Path

from decnet.host.addresses import own_addresses, own_names

ROUTES = """\
Main:
  +-- 0.0.0.0/0 3 0 5
     |-- 10.1.2.0
        /24 link UNICAST
     |-- 10.1.2.3
        /32 host LOCAL
     |-- 10.1.2.255
        /32 link BROADCAST
     |-- 127.0.0.1
        /32 host LOCAL
     |-- 169.254.7.7
        /32 host LOCAL
"""
SIX = """\
20010db8000000000000000000000017 02 40 00 80     eth0
fe800000000000000000000000000001 02 40 20 80     eth0
00000000000000000000000000000001 01 80 10 80       lo
"""


def test_addresses_of_this_host_are_found_loopback_first(tmp_path: Path) -> None:
    (tmp_path / "routes").write_text(ROUTES)
    (tmp_path / "six").write_text(SIX)
    found = own_addresses(tmp_path / "routes", tmp_path / "six")
    assert [str(one) for one in found] == ["127.0.0.1", "::1", "10.1.2.3", "2001:db8::17"]


def test_a_kernel_without_a_protocol_has_no_address_of_it(tmp_path: Path) -> None:
    assert own_addresses(tmp_path / "none", tmp_path / "neither") == []


def test_this_host_has_a_name_and_its_loopback_address() -> None:
    assert own_names()[0]
    assert ip_address("127.0.0.1") in own_addresses()
