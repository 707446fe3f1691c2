# SPDX-License-Identifier: MIT
"""Who may be at the other end of the hand-over socket: the other one of the two services, and nobody else."""

import os
from collections.abc import Callable
from pathlib import Path

from decnet.engine.messages import HandoverError
from decnet.host.peer import Peer, this_process


def admitting(service: str, *, folder: Path | None = None) -> Callable[[Peer], None]:
    """
    Return a check that lets only ``service`` pass and raises ``HandoverError`` for everybody else.

    Where we are a systemd unit of decnet the peer has to be that service's unit, whatever its account; elsewhere, in a
    checkout, it has to be of our own account. A unit from which other processes are hidden (``ProtectProc=``) cannot see
    the peer's: who dials then trusts the ``folder`` of the socket, which must be out of its own reach.
    """
    ourselves = this_process()
    unit = f"decnet-{service}.service"

    def admit(peer: Peer) -> None:
        if ourselves.unit.startswith("decnet-"):
            if not peer.unit and folder is not None and not os.access(folder, os.W_OK):
                return
            if peer.unit != unit:
                raise HandoverError(f"process {peer.pid} is of {peer.unit or 'no unit'}, not of {unit}")
        elif peer.uid != ourselves.uid:
            raise HandoverError(f"process {peer.pid} is of the user {peer.uid}, not of {ourselves.uid}")

    return admit
