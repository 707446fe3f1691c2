# SPDX-License-Identifier: MIT
"""
Who a decoy pretends to be, and what follows from it.

Everything that a lure invents (keys, users, uptime, serial numbers) comes from ``Persona.derive`` so that it is the same at
every visit, differs between two decoys of one archetype, and agrees between the lures of one decoy.
"""

import hashlib
from dataclasses import dataclass, field

_DAY = 86400


@dataclass(frozen=True, kw_only=True)
class Persona:
    """
    The identity data of one decoy.

    ``os`` is the pretty name ("Debian GNU/Linux 11 (bullseye)"), ``os_id`` that of os-release ("debian"), ``kernel`` the
    release that uname prints. ``software`` maps a lure to what it claims to be ("OpenSSH_8.4p1 Debian-5+deb11u3").
    ``seed`` is the decoy's own; it never leaves the host. ``booted_at`` is in seconds since the epoch.
    """

    hostname: str
    domain: str
    os: str
    os_id: str
    os_version: str
    codename: str
    kernel: str
    kernel_build: str
    architecture: str
    vendor: str
    model: str
    seed: str
    booted_at: int
    cpus: int = 2
    memory_bytes: int = 4 * 1024**3
    software: dict[str, str] = field(default_factory=dict)

    @property
    def installed_at(self) -> int:
        """When the system was installed, in seconds since the epoch."""
        return self.booted_at - self.between("installed", 90, 600) * _DAY - self.between("second", 0, _DAY)

    def derive(self, purpose: str, size: int = 32) -> bytes:
        """Return ``size`` bytes that belong to this decoy and this purpose, always the same."""
        return hashlib.shake_256(f"{self.seed}\0{purpose}".encode()).digest(size)

    def choose(self, purpose: str, choices: tuple[str, ...]) -> str:
        """Return one of ``choices``, always the same for this decoy and purpose."""
        return choices[int.from_bytes(self.derive(purpose, 8)) % len(choices)]

    def between(self, purpose: str, low: int, high: int) -> int:
        """Return a number from ``low`` to ``high``, both included, always the same for this decoy and purpose."""
        return low + int.from_bytes(self.derive(purpose, 8)) % (high - low + 1)


@dataclass(frozen=True, kw_only=True)
class Decoy:
    """A host that we pretend exists; ``addresses`` are IPv4 and IPv6, ``mac`` may be empty (loopback)."""

    name: str
    archetype: str
    persona: Persona
    addresses: tuple[str, ...]
    mac: str = ""
