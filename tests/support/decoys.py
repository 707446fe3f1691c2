# SPDX-License-Identifier: MIT
"""Decoys for tests."""

from typing import Any

from decnet.domain.persona import Decoy, Persona

OPENSSH = "OpenSSH_8.4p1 Debian-5+deb11u3"


def persona(**overrides: Any) -> Persona:
    """Return a Debian 11 server; ``overrides`` replace fields."""
    fields: dict[str, Any] = {
        "hostname": "files01",
        "domain": "corp.example",
        "os": "Debian GNU/Linux 11 (bullseye)",
        "os_id": "debian",
        "os_version": "11",
        "codename": "bullseye",
        "kernel": "5.10.0-28-amd64",
        "kernel_build": "#1 SMP Debian 5.10.209-2 (2024-01-31)",
        "architecture": "x86_64",
        "vendor": "Dell Inc.",
        "model": "PowerEdge R440",
        "seed": "test seed",
        "booted_at": 1_790_000_000,
        "software": {"ssh": OPENSSH, "http": "nginx/1.18.0", "redis": "6.0.16"},
    }
    return Persona(**{**fields, **overrides})


def decoy(**overrides: Any) -> Decoy:
    """Return a decoy on 127.0.0.1; ``overrides`` replace fields of the decoy."""
    fields: dict[str, Any] = {"name": "files01", "archetype": "linux-server", "persona": persona(), "addresses": ("127.0.0.1",)}
    return Decoy(**{**fields, **overrides})
