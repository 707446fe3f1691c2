# SPDX-License-Identifier: MIT
"""A port is opened on exactly one address, or it is said who has it."""

import os
import socket

import pytest

from decnet.engine import listener
from decnet.engine.handover import key_of
from decnet.engine.listener import first_free_port, listening_addresses, open_listener, owner_of
from decnet.engine.messages import Key
from decnet.errors import HostError, InUseError
from tests.support.handover import new_key, open_files


def test_listener_is_bound_to_its_address_alone() -> None:
    key = new_key()
    with open_listener(key) as found, socket.create_connection(key):
        assert key_of(found) == key
        found.accept()[0].close()
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection(("127.0.0.1", key.port))


def test_listener_of_ipv6_does_not_take_ipv4() -> None:
    with socket.create_server(("::1", 0), family=socket.AF_INET6) as probe:
        port = probe.getsockname()[1]
    with open_listener(Key("::1", port)) as found:
        assert key_of(found) == Key("::1", port)
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection(("127.0.0.1", port))


def test_port_in_use_names_who_has_it_and_leaks_nothing() -> None:
    key, before = new_key(), open_files()
    with open_listener(key), pytest.raises(InUseError) as caught:
        open_listener(key)
    assert f"{key.address}:{key.port}: process {os.getpid()} (" in caught.value.message
    assert "another port" in caught.value.remedy
    assert open_files() == before


def test_owner_on_all_addresses_is_found() -> None:
    with socket.create_server(("0.0.0.0", 0)) as everywhere:
        assert f"process {os.getpid()} " in owner_of(Key("127.9.9.9", everywhere.getsockname()[1]))


def test_owner_on_ipv6_is_found() -> None:
    with socket.create_server(("::1", 0), family=socket.AF_INET6) as found:
        assert f"process {os.getpid()} " in owner_of(Key("::1", found.getsockname()[1]))


def test_owner_that_cannot_be_seen_is_said_to_be_another_account() -> None:
    assert owner_of(new_key()) == "a process of another account"


def test_address_that_the_host_does_not_have_is_refused() -> None:
    with pytest.raises(HostError, match=r"192\.0\.2\.1:80 cannot be opened"):
        open_listener(Key("192.0.2.1", 80))


def test_addresses_that_listen_are_known() -> None:
    key = new_key()
    assert key.address not in listening_addresses()
    with open_listener(key):
        assert key.address in listening_addresses()


def test_ports_are_free_from_the_first_with_the_capability_and_from_where_the_kernel_says_without(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(listener, "_effective_capabilities", lambda: 1 << 10)
    assert first_free_port() == 0
    monkeypatch.setattr(listener, "_effective_capabilities", lambda: ~(1 << 10) & 0xFFFF)
    with open("/proc/sys/net/ipv4/ip_unprivileged_port_start", encoding="ascii") as said:  # noqa: PTH123 - read as the kernel says it
        assert first_free_port() == int(said.read())
