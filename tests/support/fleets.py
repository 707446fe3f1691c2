# SPDX-License-Identifier: MIT
"""Fleets for tests: what there is to choose from, and what a fleet file becomes."""

from collections.abc import Mapping
from itertools import count

from decnet.domain.archetype import Archetype, Hardware, Release
from decnet.domain.desired import DesiredDecoy, DesiredLure, DesiredState
from decnet.domain.fleet import parse
from decnet.domain.problem import Problem
from decnet.domain.resolution import Ground, Resolution, Shelf
from tests.support.decoys import decoy

NOW = 1_800_000_000
GROUND = Ground(engine="loopback", networks=("127.0.0.0/8", "::1/128"), pool="127.20.0.0/29", shared=("::1",), capacity=100)


def release(**overrides: str) -> Release:
    """Return a Debian 11 with ssh, nginx and redis."""
    fields = {
        "name": "debian-11",
        "os": "Debian GNU/Linux 11 (bullseye)",
        "os_id": "debian",
        "os_version": "11",
        "codename": "bullseye",
        "kernel": "5.10.0-28-amd64",
        "kernel_build": "#1 SMP Debian 5.10.209-2 (2024-01-31)",
        "architecture": "x86_64",
    }
    software = {"ssh": "OpenSSH_8.4p1 Debian-5+deb11u3", "nginx": "nginx/1.18.0", "redis": "6.0.16"}
    return Release(**{**fields, **overrides}, software=software)


def archetype(name: str = "web-server", lures: tuple[str, ...] = ("ssh", "http")) -> Archetype:
    """Return an archetype with two machines and a few host names."""
    return Archetype(
        name=name,
        summary="A web server",
        releases=(release(), release(name="debian-11.7", kernel_build="#1 SMP Debian 5.10.179-1 (2023-05-12)")),
        hardware=(
            Hardware(vendor="Dell Inc.", model="PowerEdge R440", cpus=(8, 16), memory=(16, 32)),
            Hardware(vendor="HPE", model="ProLiant DL360 Gen10", cpus=(16,), memory=(64,)),
        ),
        hostnames=("{word}{nn}", "{word}-{n}"),
        words=("web", "www"),
        products={lure: ("nginx",) if lure == "http" else (lure,) for lure in lures},
        lures={lure: {} for lure in lures},
    )


def check(lure: str, values: Mapping[str, str]) -> list[tuple[str, str]]:
    """Know one option, ``banner``, and the port."""
    del lure
    return [(key, "there is no such option") for key in values if key not in ("banner", "port")]


SHELF = Shelf(
    archetypes={"web-server": archetype(), "linux-server": archetype("linux-server", ("ssh",))},
    ports={"ssh": 22, "http": 80, "redis": 6379},
    check=check,
)


def resolved(
    text: str, before: DesiredState | None = None, *, ground: Ground = GROUND, busy: tuple[str, ...] = ()
) -> DesiredState:
    """Return the desired state that a fleet file makes of ``before``; raise what is wrong with it."""
    problems: list[Problem] = []
    resolution = Resolution(parse(text, "fleet.ini", problems), before or DesiredState(), SHELF, ground, busy)
    resolution.problems[:0] = problems
    seeds = count(1)
    return resolution.resolve(now=NOW, new_seed=lambda: f"seed {next(seeds)}")


def desired(name: str = "files01", *lures: DesiredLure, addresses: tuple[str, ...] = ("127.20.0.1",)) -> DesiredDecoy:
    """Return one desired decoy."""
    return DesiredDecoy(
        fleet="test", decoy=decoy(name=name, addresses=addresses), lures=lures or (DesiredLure(name="ssh", port=22),)
    )


def state(*decoys: DesiredDecoy) -> DesiredState:
    """Return a desired state of these decoys."""
    return DesiredState(decoys=decoys)
