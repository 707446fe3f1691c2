# SPDX-License-Identifier: MIT
"""Sockets go to the decoys service alone: its unit under systemd, our own account elsewhere."""

import os

import pytest

from decnet.engine import admission
from decnet.engine.admission import admitting
from decnet.engine.messages import HandoverError
from decnet.host.peer import Peer


def peer(uid: int, unit: str = "") -> Peer:
    """Return a process."""
    return Peer(uid=uid, gid=0, pid=4711, unit=unit)


def test_process_of_our_account_is_admitted() -> None:
    admitting("decoys")(peer(os.geteuid()))


def test_process_of_another_account_is_refused() -> None:
    with pytest.raises(HandoverError, match=f"process 4711 is of the user {os.geteuid() + 1}, not of {os.geteuid()}"):
        admitting("decoys")(peer(os.geteuid() + 1))


def test_under_systemd_only_the_unit_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(admission, "this_process", lambda: peer(900, "decnet-agent.service"))
    admit = admitting("decoys")
    admit(peer(901, "decnet-decoys.service"))
    for stranger in (peer(900), peer(900, "decnet-web.service"), peer(0, "ssh.service")):
        with pytest.raises(HandoverError, match=r"not of decnet-decoys\.service"):
            admit(stranger)
