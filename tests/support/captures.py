# SPDX-License-Identifier: MIT
"""What passes on the lab's network, seen from the host's side of the bridge."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from scripts.lib.lab.lab import Lab
from scripts.lib.lab.network import BRIDGE
from tests.support.beside import Beside, beside

# asked with a number of seconds, it says which packets it has seen, and waits as long for a first one
_PROGRAM = f"""\
import select, socket, sys, time
packets = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(3))
packets.bind(("{BRIDGE}", 0))
print("listening", flush=True)
seen = []
def collect(seconds):
    deadline = time.monotonic() + seconds
    while select.select([packets], [], [], max(0, deadline - time.monotonic()))[0]:
        seen.append(packets.recv(4096))
        deadline = 0
while line := sys.stdin.readline():
    collect(float(line))
    print(*(packet[:54].hex() for packet in seen), flush=True)
"""


@dataclass(frozen=True)
class Capture:
    """A program that listens on the bridge."""

    program: Beside

    def packets(self, *, wait_seconds: float = 0) -> list[str]:
        """Return the beginning of every packet so far, in hexadecimal; wait so long for one where there is none yet."""
        return self.program.ask(str(wait_seconds)).split()


@contextmanager
def captured(lab: Lab) -> Iterator[Capture]:
    """Listen while the block runs; there has to be a machine, and the network with it."""
    with beside(lab.outside_command(["python3", "-c", _PROGRAM]), "listening") as program:
        yield Capture(program)
