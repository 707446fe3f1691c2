# SPDX-License-Identifier: MIT
"""Sockets go to the decoys service alone: its unit under systemd, our own account elsewhere."""

import asyncio
import os
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from decnet.engine import admission
from decnet.engine.admission import admitting
from decnet.engine.messages import HandoverError
from decnet.host.peer import Peer
from tests.support.handover import Agents, new_key, post


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


def test_peer_that_is_hidden_from_a_unit_is_known_by_the_folder_of_its_socket(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """A folder that the unit could write is no proof: it could have put the socket there itself."""
    monkeypatch.setattr(admission, "this_process", lambda: peer(901, "decnet-decoys.service"))
    admitting("agent", folder=Path("/proc/sys"))(peer(900))
    for folder, stranger in ((tmp_path, peer(900)), (Path("/proc/sys"), peer(900, "decnet-web.service"))):
        with pytest.raises(HandoverError, match=r"not of decnet-agent\.service"):
            admitting("agent", folder=folder)(stranger)


STRANGER = (
    "import os, socket, struct, sys\n"
    "os.setgid(65534); os.setuid(65534)\n"
    "peer = socket.socket(socket.AF_UNIX); peer.connect(sys.argv[1])\n"
    'body = b\'{"type": "hello", "versions": [1], "program": "x"}\'\n'
    "peer.sendall(struct.pack('!IH', len(body), 0) + body)\n"
    "data, descriptors, _, _ = socket.recv_fds(peer, 65536, 253)\n"
    "print(len(descriptors), data[6:].decode())\n"
)


@pytest.mark.root
async def test_real_process_of_another_account_is_told_why_and_gets_no_socket() -> None:
    with TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)  # noqa: ASYNC240 - a temporary folder of the test
        agents = Agents(Path(folder) / "handover.sock")
        async with agents.lending(post(new_key()), admit=admitting("decoys")) as lender:
            process = await asyncio.create_subprocess_exec(
                sys.executable, "-c", STRANGER, str(agents.path), stdout=asyncio.subprocess.PIPE
            )
            said, _ = await asyncio.wait_for(process.communicate(), 20)
            assert said.startswith(b'0 {"type":"end","reason":"process ')
            assert b"is of the user 65534, not of 0" in said
            assert (lender.visitor_pid, lender.refused) == (0, 1)
