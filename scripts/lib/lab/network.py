# SPDX-License-Identifier: MIT
"""
A network of the lab: a bridge in a network namespace of its own, so that nothing on it reaches the host or the world.

Each network uses the same private range, 10.87.0.0/16, for no two networks see each other. 10.87.0.1 is the bridge, the outside
of every machine; machines follow; 10.87.1.0 and up is free for the addresses of decoys.
"""

from collections.abc import Collection, Sequence
from ipaddress import IPv4Interface, IPv4Network
from pathlib import Path

from decnet.errors import HostError
from scripts.lib.lab.mounts import below, unmount_below
from scripts.lib.lab.program import finish

RANGE = IPv4Network("10.87.0.0/16")
OUTSIDE = str(RANGE[1])
MACHINES = [str(address) for address in RANGE.hosts()][1:254]
BRIDGE = "lab0"
NO_IPV6 = "/proc/sys/net/ipv6/conf/{}/disable_ipv6"


class Network:
    """One network; ``handle`` is the file that keeps its namespace alive."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.handle = folder / "namespace"
        self._made = folder / "made"

    @property
    def is_made(self) -> bool:
        """Say whether it is there as a whole."""
        return self._made.exists() and bool(below(self.folder))

    def make(self) -> None:
        """Make the namespace and its bridge, if they are not there; what somebody made half is made again."""
        if self.is_made:
            return
        self.remove()
        self.folder.mkdir(parents=True, exist_ok=True)
        self.handle.touch()
        finish("unshare", f"--net={self.handle}", "true")
        # the bridge and its ports stay silent: what a capture on them sees is from the machines
        for name in ("all", "default"):
            finish(*self.command(["tee", NO_IPV6.format(name)]), stdin="1")
        self._ip("link", "set", "lo", "up")
        self._ip("link", "add", BRIDGE, "type", "bridge", "stp_state", "0", "forward_delay", "0", "mcast_snooping", "0")
        self._ip("address", "add", f"{OUTSIDE}/{RANGE.prefixlen}", "dev", BRIDGE)
        self._ip("link", "set", BRIDGE, "up")
        self._made.touch()

    def remove(self) -> None:
        """Remove it; links that were left in it go with it."""
        unmount_below(self.folder)
        self._made.unlink(missing_ok=True)
        self.handle.unlink(missing_ok=True)
        if self.folder.is_dir():
            self.folder.rmdir()

    def command(self, argv: Sequence[str]) -> list[str]:
        """Return the command that runs a program of the host on this network, as an attacker beside the machines."""
        return ["nsenter", f"--net={self.handle}", "--", *argv]

    def _ip(self, *arguments: str) -> None:
        finish(*self.command(["ip", *arguments]))


def free_address(taken: Collection[str]) -> str:
    """Return an address that no machine has."""
    for address in MACHINES:
        if address not in taken:
            return address
    raise HostError(f"all {len(MACHINES)} addresses of the network are taken", remedy="scripts/lab stop --all")


def with_prefix(address: str) -> str:
    """Return an address with the length of the range's prefix."""
    return str(IPv4Interface(f"{address}/{RANGE.prefixlen}"))
