# SPDX-License-Identifier: MIT
"""What passes on the lab's network, seen from the host's side of the bridge."""

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from scripts.lib.lab.lab import Lab
from scripts.lib.lab.network import BRIDGE

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

    process: "subprocess.Popen[str]"

    def packets(self, *, wait_seconds: float = 0) -> list[str]:
        """Return the beginning of every packet so far, in hexadecimal; wait so long for one where there is none yet."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(f"{wait_seconds}\n")
        self.process.stdin.flush()
        return self.process.stdout.readline().split()


@contextmanager
def captured(lab: Lab) -> Iterator[Capture]:
    """Listen while the block runs; there has to be a machine, and the network with it."""
    command = lab.outside_command(["python3", "-c", _PROGRAM])
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "listening\n"
        try:
            yield Capture(process)
        finally:
            assert process.stdin is not None
            process.stdin.close()
