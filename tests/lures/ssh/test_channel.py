# SPDX-License-Identifier: MIT
"""A channel takes few variables and answers what sshd answers."""

from typing import Any

import pytest
from asyncssh.packet import SSHPacket, String

from decnet.lures.ssh.channel import VARIABLE_BYTES, VARIABLES, Channel


@pytest.fixture
def channel() -> Channel:
    """Return a channel without a connection."""
    made = Channel.__new__(Channel)
    made.environment = {}
    return made


def ask(channel: Channel, name: bytes, value: bytes) -> bool:
    answer: Any = channel._process_env_request(SSHPacket(String(name) + String(value)))
    return bool(answer)


def test_language_is_taken_and_nothing_else(channel: Channel) -> None:
    """AcceptEnv of Debian is LANG LC_*."""
    assert ask(channel, b"LANG", b"de_DE.UTF-8")
    assert ask(channel, b"LC_ALL", b"\xff")
    assert not ask(channel, b"LD_PRELOAD", b"/tmp/x.so")
    assert not ask(channel, b"LANGUAGE", b"de")
    assert channel.environment == {"LANG": "de_DE.UTF-8", "LC_ALL": "\udcff"}


def test_variables_are_bounded(channel: Channel) -> None:
    assert not ask(channel, b"LC_X", b"x" * VARIABLE_BYTES)
    taken = [ask(channel, b"LC_%d" % number, b"") for number in range(VARIABLES + 1)]
    assert taken == [True] * VARIABLES + [False]


def test_agent_and_x11_are_refused(channel: Channel) -> None:
    assert channel._process_x11_req_request(SSHPacket(b"")) is False
    assert channel._process_auth_agent_req_at_openssh_dot_com_request(SSHPacket(b"")) is False
