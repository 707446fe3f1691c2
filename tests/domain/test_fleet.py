# SPDX-License-Identifier: MIT
"""A fleet file is read completely, and everything wrong with its text is named."""

from decnet.domain.fleet import parse, request_of
from decnet.domain.problem import Problem


def problems_of(text: str) -> list[str]:
    """Return what is wrong with a text."""
    problems: list[Problem] = []
    parse(text, "f.ini", problems)
    return [*map(str, problems)]


def test_fleet_reads_decoys_and_the_settings_of_their_lures() -> None:
    problems: list[Problem] = []
    text = "[fleet]\nname=office\n[decoy web]\narchetype=web-server\naddress=127.20.0.9, ::1\nlures=ssh\n"
    text += "[decoy web/ssh]\nport=2222\n"
    fleet = parse(text, "f.ini", problems)
    assert problems == []
    assert (fleet.name, fleet.domain) == ("office", "lan")
    (decoy,) = fleet.decoys
    assert (decoy.addresses, decoy.lures, decoy.names()) == (("127.20.0.9", "::1"), ("ssh",), ["web"])
    assert decoy.settings["ssh"].values == {"port": "2222"}


def test_count_numbers_the_names() -> None:
    fleet = parse("[fleet]\nname=x\n[decoy web]\narchetype=a\ncount=3\n", "f.ini", [])
    assert fleet.decoys[0].names() == ["web-1", "web-2", "web-3"]


def test_fleet_names_all_mistakes_at_once() -> None:
    text = "[fleet]\nnam=x\n[decoy Web]\ncuont=2\n[decoy b]\narchetype=a\ncount=none\n[decoy c/ssh]\nport=1\n[decoys]\n"
    assert problems_of(text) == [
        "f.ini:2: [fleet]: there is no key 'nam'; did you mean 'name'?",
        "f.ini:3: [decoy Web]: 'Web' is no name of a decoy: a-z, 0-9 and hyphens inside, at most 48",
        "f.ini:3: [decoy Web]: the key archetype is missing; decnet archetypes lists them",
        "f.ini:4: [decoy Web]: there is no key 'cuont'; did you mean 'count'?",
        "f.ini:7: [decoy b]: count: 'none' is no number from 1 to 100000",
        "f.ini:8: [decoy c/ssh]: there is no section [decoy c]",
        "f.ini:10: [decoys]: there is no section 'decoys'; did you mean 'decoy NAME'?",
        "f.ini:1: [fleet]: the key name is missing",
    ]


def test_empty_fleet_is_a_mistake() -> None:
    assert "f.ini: a fleet has at least one section [decoy NAME]" in problems_of("[fleet]\nname = x\n")


def test_two_sections_of_one_decoy_are_a_mistake() -> None:
    text = "[fleet]\nname=x\n[decoy a]\narchetype=b\n[decoy a]\narchetype=c\n"
    assert problems_of(text) == ["f.ini:5: [decoy a]: this section is there twice, first on line 3"]


def test_count_is_never_larger_than_anybody_means() -> None:
    assert problems_of("[fleet]\nname=x\n[decoy a]\narchetype=b\ncount=99999999999999999999\n")


def test_fleet_is_never_larger_than_anybody_means() -> None:
    """A few lines would otherwise ask for more decoys than memory holds before anything else refuses them."""
    problems: list[Problem] = []
    text = "[fleet]\nname=x\n" + "".join(f"[decoy {name}]\narchetype=b\ncount=60000\n" for name in "ab")
    assert parse(text, "f.ini", problems).decoys == ()
    assert [*map(str, problems)] == ["f.ini: a fleet has at most 100000 decoys, this one 120000"]


def test_request_by_number_is_a_fleet_named_for_its_archetype() -> None:
    fleet = request_of("web-server", 2)
    assert fleet.name == "web-server"
    assert fleet.decoys[0].names() == ["web-server-1", "web-server-2"]
