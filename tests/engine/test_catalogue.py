# SPDX-License-Identifier: MIT
"""The archetypes of the package are right, complete, and made of what the lures can be."""

from importlib.resources import files

import pytest

from decnet.domain.archetype import invent, parse_releases
from decnet.engine.catalogue import ARCHETYPES, RELEASES, check_lure, shelf
from decnet.lures.registry import LURES
from decnet.lures.ssh.algorithms import profile


def test_list_of_archetypes_is_the_folder() -> None:
    names = {
        entry.name.removesuffix(".ini") for entry in (files("decnet") / "archetypes").iterdir() if entry.name.endswith(".ini")
    }
    assert names == {*ARCHETYPES, RELEASES}


@pytest.mark.parametrize("name", ARCHETYPES)
def test_every_archetype_is_read_and_can_be_drawn(name: str) -> None:
    archetype = shelf().archetypes[name]
    for number in range(20):
        persona = invent(archetype, seed=str(number), domain="lan", now=1_800_000_000, taken=())
        assert set(persona.software) == set(archetype.lures)
        assert name not in persona.hostname


def test_every_release_claims_a_version_of_openssh_that_can_be_imitated_completely() -> None:
    """Newer ones offer a key exchange that the lure lacks, and their clients would see which one."""
    releases = parse_releases((files("decnet") / "archetypes" / f"{RELEASES}.ini").read_text(), RELEASES, [])
    claimed = {release.software["ssh"] for release in releases.values()}
    assert claimed
    assert [software for software in claimed if not software.startswith("OpenSSH_") or profile(software).missing] == []


def test_every_lure_can_be_chosen() -> None:
    assert shelf().ports == {lure.name: lure.port for lure in LURES}


@pytest.mark.parametrize("port", ["0", "65536", "-1", "http", "", "99999999999999999999", "\u0661"])
def test_port_that_is_none_is_refused(port: str) -> None:
    assert [key for key, _ in check_lure("ssh", {"port": port})] == ["port"]


def test_lure_that_does_not_exist_is_refused_with_a_suggestion() -> None:
    assert check_lure("rediss", {}) == [("", "there is no lure 'rediss'; did you mean 'redis'?")]


def test_option_of_a_lure_is_checked_by_the_lure() -> None:
    assert check_lure("redis", {"port": "6380", "password": "x"}) == []
    assert "did you mean 'password'" in check_lure("redis", {"pasword": "x"})[0][1]
