# SPDX-License-Identifier: MIT
"""The talk with the service manager."""

import os
import socket
from pathlib import Path

import pytest

from decnet.runtime import notify


def test_nothing_is_sent_where_no_manager_listens(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("NOTIFY_SOCKET", raising=False)
    notify.ready()
    monkeypatch.setenv("NOTIFY_SOCKET", str(tmp_path / "gone"))
    notify.ready()


def test_lines_reach_an_abstract_socket(monkeypatch: pytest.MonkeyPatch) -> None:
    name = f"decnet-test-{os.getpid()}"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.bind(f"\0{name}")
        monkeypatch.setenv("NOTIFY_SOCKET", f"@{name}")
        notify.status("5 decoys")
        assert manager.recv(100) == b"STATUS=5 decoys"


@pytest.mark.parametrize(
    ("microseconds", "process", "seconds"),
    [("", "", None), ("x", "", None), ("30000000", "", 15.0), ("30000000", "1", None), ("30000000", str(os.getpid()), 15.0)],
)
def test_watchdog_is_petted_twice_in_its_time(
    monkeypatch: pytest.MonkeyPatch, microseconds: str, process: str, seconds: float | None
) -> None:
    monkeypatch.setenv("WATCHDOG_USEC", microseconds)
    monkeypatch.setenv("WATCHDOG_PID", process)
    assert notify.watchdog_seconds() == seconds
