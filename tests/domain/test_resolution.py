# SPDX-License-Identifier: MIT
"""A fleet becomes decoys with addresses and personas that stay; what cannot be is refused as a whole."""

from dataclasses import replace

import pytest

from decnet.domain.desired import DesiredState
from decnet.errors import PlanError
from tests.support.fleets import GROUND, resolved

HEAD = "[fleet]\nname = test\n"
WEB = "[decoy web]\narchetype = web-server\n"


def refused(text: str, before: DesiredState | None = None) -> list[str]:
    """Return the problems with which a fleet is refused."""
    with pytest.raises(PlanError) as caught:
        resolved(text, before)
    return [line.strip() for line in caught.value.message.splitlines()[1:]]


def test_decoys_without_addresses_get_the_first_free_ones() -> None:
    decoys = resolved(HEAD + WEB + "count = 3\n", busy=("127.20.0.2",)).decoys
    assert [entry.decoy.addresses for entry in decoys] == [("127.20.0.1",), ("127.20.0.3",), ("127.20.0.4",)]


def test_decoy_gets_the_lures_of_its_archetype_on_their_standard_ports() -> None:
    (entry,) = resolved(HEAD + WEB).decoys
    assert [(lure.name, lure.port) for lure in entry.lures] == [("ssh", 22), ("http", 80)]


def test_settings_of_a_lure_replace_those_of_the_archetype() -> None:
    (entry,) = resolved(HEAD + WEB + "lures = ssh\n[decoy web/ssh]\nport = 2022\nbanner = x\n").decoys
    assert [(lure.port, lure.options) for lure in entry.lures] == [(2022, {"banner": "x"})]


def test_second_deployment_of_the_same_file_changes_nothing() -> None:
    first = resolved(HEAD + WEB + "count = 3\n")
    assert resolved(HEAD + WEB + "count = 3\n", first) == first


def test_decoy_keeps_its_identity_when_others_come_and_go() -> None:
    first = resolved(HEAD + WEB + "count = 3\n")
    second = resolved(HEAD + WEB + "count = 2\n[decoy new]\narchetype = linux-server\n", first)
    assert second.decoys[:2] == first.decoys[:2]
    assert second.decoys[2].decoy.addresses == ("127.20.0.3",)


def test_two_decoys_of_one_archetype_are_two_machines() -> None:
    one, two = resolved(HEAD + WEB + "count = 2\n").decoys
    assert one.decoy.persona.seed != two.decoy.persona.seed
    assert one.decoy.persona.hostname != two.decoy.persona.hostname


def test_another_lure_does_not_change_the_persona_but_adds_its_software() -> None:
    first = resolved(HEAD + WEB)
    (entry,) = resolved(HEAD + WEB + "lures = ssh, http, redis\n", first).decoys
    before = first.decoys[0].decoy.persona
    assert entry.decoy.persona == replace(before, software={**before.software, "redis": "6.0.16"})


def test_another_archetype_draws_a_new_persona_from_the_same_seed() -> None:
    first = resolved(HEAD + WEB)
    (entry,) = resolved(HEAD + WEB.replace("web-server", "linux-server"), first).decoys
    assert entry.decoy.persona.seed == first.decoys[0].decoy.persona.seed
    assert set(entry.decoy.persona.software) == {"ssh"}


def test_decoys_of_other_fleets_stay() -> None:
    first = resolved(HEAD + WEB)
    both = resolved("[fleet]\nname = other\n[decoy x]\narchetype = linux-server\n", first)
    assert [entry.name for entry in both.decoys] == ["web", "x"]
    assert both.decoys[0] == first.decoys[0]


def test_asked_host_name_is_used_and_kept() -> None:
    first = resolved(HEAD + WEB + "hostname = payroll\n")
    assert first.decoys[0].decoy.persona.hostname == "payroll"
    assert resolved(HEAD + WEB + "hostname = payroll\n", first) == first


def test_unknown_names_are_refused_all_at_once() -> None:
    text = (
        HEAD
        + "[decoy a]\narchetype = web-sever\n[decoy b]\narchetype = web-server\nlures = ssh, htpp\n[decoy b/ssh]\nbaner = x\n"
    )
    assert refused(text) == [
        "fleet.ini:4: [decoy a]: there is no archetype 'web-sever'; did you mean 'web-server'?",
        "fleet.ini:7: [decoy b]: there is no lure 'htpp'; did you mean 'http'?",
        "fleet.ini:9: [decoy b/ssh]: baner: there is no such option",
    ]


def test_two_decoys_on_one_address_are_refused() -> None:
    text = (
        HEAD + "[decoy a]\narchetype=linux-server\naddress=127.20.0.5\n[decoy b]\narchetype=linux-server\naddress=127.20.0.5\n"
    )
    assert refused(text) == ["fleet.ini:8: [decoy b]: 127.20.0.5 is already the address of the decoy a"]


def test_address_of_another_fleet_is_refused() -> None:
    before = resolved(HEAD + WEB + "address = 127.20.0.5\n")
    text = "[fleet]\nname=other\n[decoy b]\narchetype=linux-server\naddress=127.20.0.5\n"
    assert refused(text, before) == ["fleet.ini:5: [decoy b]: 127.20.0.5 is already the address of the decoy web"]


def test_there_is_only_one_loopback_address_of_ipv6_but_it_has_many_ports() -> None:
    text = HEAD + "[decoy a]\narchetype=linux-server\naddress=::1\n[decoy b]\narchetype=linux-server\naddress=::1\n"
    expected = "there is only one ::1, and port 22 of ::1 is already that of a/ssh; set port in [decoy b/ssh]"
    assert refused(text) == [f"fleet.ini:6: [decoy b]: {expected}"]
    assert len(resolved(text + "[decoy b/ssh]\nport = 2222\n").decoys) == 2


def test_two_lures_of_a_decoy_on_one_port_are_refused() -> None:
    text = HEAD + WEB + "[decoy web/ssh]\nport = 80\n"
    message = "port 80 of the address of web is already that of web/ssh; set port in [decoy web/http]"
    assert refused(text) == [f"fleet.ini:3: [decoy web]: {message}"]


@pytest.mark.parametrize("address", ["127.20.0", "10.0.0.1", "::2", "127.0.0.1; rm -rf"])
def test_address_that_is_none_or_not_of_this_engine_is_refused(address: str) -> None:
    (problem,) = refused(HEAD + WEB + f"address = {address}\n")
    assert problem.startswith("fleet.ini:5: [decoy web]: ")


def test_one_host_name_for_several_decoys_is_refused() -> None:
    (problem,) = refused(HEAD + WEB + "count = 2\nhostname = one\n")
    assert "cannot be that of several" in problem


def test_host_name_of_two_decoys_is_refused() -> None:
    text = HEAD + "[decoy a]\narchetype=linux-server\nhostname=x\n[decoy b]\narchetype=linux-server\nhostname=x\n"
    assert refused(text) == ["fleet.ini:8: [decoy b]: two decoys would call themselves x"]


def test_names_that_a_count_makes_twice_are_refused() -> None:
    text = HEAD + "[decoy a]\narchetype=linux-server\ncount=2\n[decoy a-1]\narchetype=linux-server\n"
    assert refused(text) == ["fleet.ini:6: [decoy a-1]: two decoys would be called a-1"]


def test_wrong_number_of_addresses_is_refused() -> None:
    (problem,) = refused(HEAD + WEB + "count = 3\naddress = 127.20.0.1, 127.20.0.2\n")
    assert "2 addresses for 3 decoys" in problem


def test_addresses_of_both_families_go_to_their_decoys() -> None:
    text = HEAD + "[decoy a]\narchetype=linux-server\naddress=127.20.0.1, ::1\n"
    assert resolved(text).decoys[0].decoy.addresses == ("127.20.0.1", "::1")


def test_settings_of_a_lure_that_the_decoy_does_not_speak_are_refused() -> None:
    (problem,) = refused(HEAD + WEB + "[decoy web/redis]\n")
    assert "the decoy has no lure 'redis'" in problem


def test_more_decoys_than_sockets_are_refused() -> None:
    ground = replace(GROUND, pool="127.20.0.0/16")
    with pytest.raises(PlanError, match="200 lures on their addresses are more than the 100 sockets"):
        resolved(HEAD + WEB + "count = 100\n", ground=ground)


def test_full_pool_is_refused() -> None:
    problems = refused(HEAD + WEB + "count = 7\n")
    assert problems == ["fleet.ini:3: [decoy web]: there is no address left in 127.20.0.0/29 for web-7"]
