# SPDX-License-Identifier: MIT
"""``decnet.config.listening``: an address and a port, nothing else."""

from ipaddress import ip_address

import pytest

from decnet.config.listening import parse


@pytest.mark.parametrize(
    ("text", "address", "port", "url"),
    [
        ("127.0.0.1:8443", "127.0.0.1", 8443, "https://127.0.0.1:8443/"),
        ("[::1]:1", "::1", 1, "https://[::1]:1/"),
        ("0.0.0.0:65535", "0.0.0.0", 65535, "https://localhost:65535/"),
        ("[::]:443", "::", 443, "https://localhost:443/"),
    ],
)
def test_an_address_and_a_port_are_read(text: str, address: str, port: int, url: str) -> None:
    found = parse(text)
    assert (found.address, found.port, found.url) == (ip_address(address), port, url)


@pytest.mark.parametrize(
    "text", ["", "8443", "localhost:8443", "127.0.0.256:1", "1.2.3.4:0", "1.2.3.4:65536", "::1:80", "[::1]", " 1.2.3.4:1"]
)
def test_what_may_mean_another_address_tomorrow_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"address|Octet"):
        parse(text)
