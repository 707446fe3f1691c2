# SPDX-License-Identifier: MIT
"""Who is at the other end: what the kernel says, and which part of a control group is a unit of the system."""

import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from decnet.errors import HostError
from decnet.host import peer as module
from decnet.host.peer import peer_of, this_process, unit_in, unit_of, user_of


@pytest.mark.parametrize(
    ("group", "unit"),
    [
        ("/system.slice/decnet-api.service", "decnet-api.service"),
        ("/system.slice/system-decnet.slice/decnet-bus.service", "decnet-bus.service"),
        ("/system.slice/decnet-agent.service/payload", "decnet-agent.service"),
        ("/decnet-api.service", "decnet-api.service"),
        ("/user.slice/user-1000.slice/session-2.scope", "session-2.scope"),
        ("/user.slice/user-1000.slice/user@1000.service/app.slice/decnet-api.service", "user@1000.service"),
        ("/system.slice/docker-0123.scope/system.slice/decnet-api.service", "docker-0123.scope"),
        ("/docker/0123/system.slice/decnet-api.service", ""),
        ("/", ""),
        ("", ""),
        ("/system.slice", ""),
        ("/init.scope", "init.scope"),
        ("/../../decnet-api.service", ""),
    ],
)
def test_unit_is_the_first_part_below_the_slices(group: str, unit: str) -> None:
    """What a user, a container or a unit puts below its own group may be called anything, and counts for nothing."""
    assert unit_in(group) == unit


@pytest.mark.parametrize(
    ("group", "unit"),
    [
        ("/machine.slice/lab.scope/system.slice/decnet-api.service", "decnet-api.service"),
        ("/machine.slice/lab.scope-2/system.slice/decnet-api.service", ""),
        ("/system.slice/decnet-api.service", ""),
    ],
)
def test_unit_is_looked_for_below_the_group_of_this_systemd(group: str, unit: str) -> None:
    assert unit_in(group, root="/machine.slice/lab.scope") == unit


@pytest.mark.parametrize(
    "lines",
    [
        "0::/system.slice/decnet-bus.service\n",
        "12:cpu:/\n1:name=systemd:/system.slice/decnet-bus.service\n0::/system.slice/decnet-bus.service\n",
        "12:cpu:/\n1:name=systemd:/system.slice/decnet-bus.service\n0::/\n",
        "1:name=systemd:/system.slice/decnet-bus.service\n",
    ],
)
def test_unit_is_found_in_every_layout_of_control_groups(lines: str, tmp_path: Path) -> None:
    for pid, text in (("1", "0::/init.scope\n"), ("4711", lines)):
        (tmp_path / pid).mkdir()
        (tmp_path / pid / "cgroup").write_text(text)
    assert unit_of(4711, proc=tmp_path) == "decnet-bus.service"


def test_unit_of_a_process_that_is_gone_is_empty(tmp_path: Path) -> None:
    assert unit_of(4711, proc=tmp_path) == ""


def test_unit_of_a_garbled_file_is_empty(tmp_path: Path) -> None:
    (tmp_path / "4711").mkdir()
    (tmp_path / "4711" / "cgroup").write_bytes(b"\xff\n::\nnonsense\n0::decnet-api.service\n")
    assert unit_of(4711, proc=tmp_path) == ""


def test_peer_is_the_process_that_connected() -> None:
    left, right = socket.socketpair()
    with left, right:
        found = peer_of(left)
    assert (found.uid, found.gid, found.pid) == (os.geteuid(), os.getegid(), os.getpid())
    assert found == this_process()


@pytest.mark.parametrize("number", [module._SO_PEERPIDFD, 9999], ids=["offered or not", "never offered"])
def test_peer_that_is_gone_is_refused(number: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its process number may belong to somebody else already, so nothing that is read about it counts."""
    monkeypatch.setattr(module, "_SO_PEERPIDFD", number)
    path = str(tmp_path / "s")
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(path)
        listener.listen()
        script = "import socket, sys; socket.socket(socket.AF_UNIX).connect(sys.argv[1])"
        subprocess.run([sys.executable, "-c", script, path], check=True, timeout=20)
        connection, _ = listener.accept()
        with connection:
            assert user_of(connection) == os.geteuid()
            with pytest.raises(HostError, match="left before"):
                peer_of(connection)


def test_peer_leaves_no_descriptor_open() -> None:
    left, right = socket.socketpair()
    with left, right:
        before = len(list(Path("/proc/self/fd").iterdir()))
        for _ in range(10):
            peer_of(left)
        assert len(list(Path("/proc/self/fd").iterdir())) == before
