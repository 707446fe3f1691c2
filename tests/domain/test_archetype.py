# SPDX-License-Identifier: MIT
"""Archetypes are read strictly, and personas are drawn so that they stay and differ."""

from dataclasses import replace

from decnet.domain.archetype import complete, draw_hostname, invent, is_hostname, parse, parse_releases
from decnet.domain.persona import Persona
from decnet.domain.problem import Problem
from tests.support.fleets import NOW, archetype, check, release

RELEASES = """
[debian-11]
os = Debian GNU/Linux 11 (bullseye)
os_id = debian
os_version = 11
codename = bullseye
kernel = 5.10.0-28-amd64
kernel_build = #1 SMP Debian 5.10.209-2 (2024-01-31)
architecture = x86_64
ssh = OpenSSH_8.4p1 Debian-5+deb11u3
nginx = nginx/1.18.0
"""
ARCHETYPE = """
[archetype]
summary = A web server
releases = debian-11
hostnames = {word}{nn}
words = web

[products]
http = nginx

[hardware dell]
vendor = Dell Inc.
model = PowerEdge R440
cpus = 8, 16
memory_gib = 16

[lure ssh]
[lure http]
banner = hello
"""


def read(text: str) -> tuple[object, list[str]]:
    """Return the archetype of a text and what is wrong with it."""
    problems: list[Problem] = []
    releases = parse_releases(RELEASES, "releases.ini", problems)
    return parse(text, "web-server", "web.ini", releases=releases, check=check, problems=problems), [*map(str, problems)]


def drawn(seed: str, taken: tuple[str, ...] = ()) -> Persona:
    """Return a persona of the test archetype."""
    return invent(archetype(), seed=seed, domain="lan", now=NOW, taken=taken)


def test_parse_reads_a_whole_archetype() -> None:
    found, problems = read(ARCHETYPE)
    assert problems == []
    assert found is not None
    assert found.lures == {"ssh": {}, "http": {"banner": "hello"}}  # type: ignore[attr-defined]  # read returns object for brevity
    assert found.products == {"ssh": ("ssh",), "http": ("nginx",)}  # type: ignore[attr-defined]  # as above


def test_parse_names_every_mistake_with_its_line() -> None:
    text = ARCHETYPE.replace("debian-11", "debain-11").replace("banner", "bannr").replace("16\n", "many\n", 1)
    found, problems = read(text + "[lures x]\n")
    assert found is None
    assert problems == [
        "web.ini:19: [lure http]: there is no such option",
        "web.ini:4: [archetype]: there is no release 'debain-11'; did you mean 'debian-11'?",
        "web.ini:14: [hardware dell]: cpus: 'many' is no number above zero",
        "web.ini:20: [lures x]: there is no section 'lures x'; did you mean 'lure NAME'?",
    ]


def test_parse_refuses_a_lure_that_a_release_has_no_software_for() -> None:
    _, problems = read(ARCHETYPE + "[lure redis]\n")
    assert problems == ["web.ini:8: [products]: the release debian-11 has no redis for the lure redis"]


def test_parse_refuses_an_empty_text() -> None:
    assert read("")[1] == ["web.ini: there is no section [archetype]"]


def test_persona_of_a_seed_stays_the_same() -> None:
    assert drawn("one") == drawn("one")


def test_personas_of_two_seeds_differ() -> None:
    personas = [drawn(f"seed {number}") for number in range(20)]
    assert len({persona.booted_at for persona in personas}) == 20
    assert len({persona.model for persona in personas}) > 1
    assert len({persona.kernel_build for persona in personas}) > 1


def test_persona_has_software_of_its_own_release_only() -> None:
    assert drawn("one").software == {"ssh": "OpenSSH_8.4p1 Debian-5+deb11u3", "http": "nginx/1.18.0"}


def test_persona_booted_before_now_and_not_long_ago() -> None:
    for number in range(50):
        assert 0 < NOW - drawn(f"{number}").booted_at < 220 * 86400


def test_hostnames_of_many_decoys_are_all_different() -> None:
    taken: set[str] = set()
    for number in range(300):
        name = draw_hostname(archetype(), f"seed {number}", taken)
        assert name not in taken
        assert is_hostname(name)
        taken.add(name)


def test_hostname_is_never_one_that_is_taken() -> None:
    assert drawn("one", (drawn("one").hostname,)).hostname != drawn("one").hostname


def test_complete_adds_software_of_the_same_release() -> None:
    persona = complete(archetype(), drawn("one"), ["ssh", "redis"])
    assert persona.software["redis"] == release().software["redis"]


def test_complete_leaves_what_is_there() -> None:
    persona = replace(drawn("one"), software={"ssh": "own"})
    assert complete(archetype(), persona, ["ssh"]) is persona
