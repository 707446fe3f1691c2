# SPDX-License-Identifier: MIT
"""What package.conf may say, and what becomes of it."""

from pathlib import PurePosixPath

import pytest

from decnet.catalog import Role
from decnet.errors import ConfigError
from decnet.install.identity import KEYS, Identity, from_values, parse, pinned_name, values_of, written


def test_written_identity_reads_back_as_itself() -> None:
    identity = Identity(
        user="honey",
        group="secops",
        role=Role.AGENT,
        docker=True,
        web_listen="10.0.0.1:443",
        host_name="edge-7",
        start=False,
        restart_on_upgrade=False,
        skip_backup=True,
        force_upgrade=True,
        install_dir=PurePosixPath("/srv/decnet"),
        venv_dir=PurePosixPath("/srv/decnet/.venv"),
    )
    assert set(values_of(identity)) == set(KEYS)
    values, warnings = parse(written(identity))
    assert (from_values(values), warnings) == (identity, [])


def test_comments_order_and_strange_lines_stay() -> None:
    text = "# ours\nDECNET_GROUP=decnet\n\nPROXY=x\nwhat is this\nDECNET_USER=decnet\nDECNET_HOST_NAME=old\n"
    lines = written(Identity(user="honey", group="secops"), text).splitlines()
    assert lines[:6] == ["# ours", "DECNET_GROUP=secops", "", "PROXY=x", "what is this", "DECNET_USER=honey"]
    assert "DECNET_ROLE=master" in lines
    assert not any("HOST_NAME" in line for line in lines)


def test_line_that_is_no_value_is_told_and_ignored() -> None:
    values, warnings = parse("DECNET_NOSE='x'\nwhat is this\nDECNET_NOSE=1\n  # a comment\nDECNET_ROLE=agent\n")
    assert values == {"DECNET_ROLE": "agent"}
    assert [warning.split()[1] for warning in warnings] == ["1", "2", "3"]
    assert "DECNET_NOSE" in warnings[2]


@pytest.mark.parametrize(
    "line",
    [
        "DECNET_GROUP=secops # team",
        "DECNET_GROUP='secops'",
        "DECNET_GROUP=a b",
        "DECNET_GROUP = secops",
        " DECNET_GROUP=secops",
        "export DECNET_GROUP=secops",
        "DECNET_GROUP=secops\r",
    ],
)
def test_line_of_a_key_that_is_not_as_it_has_to_be_is_an_error(line: str) -> None:
    """The default group instead would give the evidence to others; debconf's script reads none of these lines, either."""
    with pytest.raises(ConfigError, match=r"line 2 of package\.conf is not DECNET_GROUP=VALUE"):
        parse(f"# mine\n{line}\nDECNET_GROUP=ops\n")


def test_empty_value_means_the_default() -> None:
    assert from_values({"DECNET_USER": "", "DECNET_DOCKER": ""}, Identity(user="honey", docker=True)) == Identity()


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"DECNET_USER": "root"}, "'root' cannot be the user"),
        ({"DECNET_GROUP": "root"}, "'root' cannot be the group"),
        ({"DECNET_USER": "Honey"}, "small letter"),
        ({"DECNET_USER": "-x"}, "small letter"),
        ({"DECNET_USER": "1x"}, "small letter"),
        ({"DECNET_GROUP": "x; rm -rf /"}, "small letter"),
        ({"DECNET_USER": "a\nb"}, "small letter"),
        ({"DECNET_USER": "a" * 25}, "at most 24 characters"),
        ({"DECNET_GROUP": "a" * 32}, "at most 31 characters"),
        ({"DECNET_GROUP": "decnet-decoys"}, "must stay alone"),
        ({"DECNET_ROLE": "boss"}, "no role"),
        ({"DECNET_DOCKER": "maybe"}, "neither yes nor no"),
        ({"DECNET_WEB_LISTEN": "8443"}, "ADDRESS:PORT"),
        ({"DECNET_WEB_LISTEN": "127.0.0.1:65536"}, "ADDRESS:PORT"),
        ({"DECNET_WEB_LISTEN": "127.0.0.1:0"}, "ADDRESS:PORT"),
        ({"DECNET_WEB_LISTEN": "127.0.0.1:08443"}, "ADDRESS:PORT"),
        ({"DECNET_WEB_LISTEN": "127.0.0.256:8443"}, "ADDRESS:PORT"),
        ({"DECNET_WEB_LISTEN": "::1:8443"}, "ADDRESS:PORT"),
        ({"DECNET_WEB_LISTEN": "[::1]"}, "ADDRESS:PORT"),
        ({"DECNET_WEB_LISTEN": "[127.0.0.1]:8443"}, "ADDRESS:PORT"),
        ({"DECNET_WEB_LISTEN": "[::g]:8443"}, "ADDRESS:PORT"),
        ({"DECNET_WEB_LISTEN": "panel.example:8443"}, "ADDRESS:PORT"),
        ({"DECNET_HOST_NAME": "a_b"}, "letters, digits and hyphens"),
        ({"DECNET_INSTALL_DIR": "opt/decnet"}, "absolute path"),
        ({"DECNET_VENV_DIR": "/opt/../etc"}, "absolute path"),
        ({"DECNET_VENV_DIR": "/opt/a b"}, "absolute path"),
        ({"DECNET_NOSE": "x"}, "no key DECNET_NOSE"),
    ],
)
def test_what_must_not_reach_a_rendered_file_is_refused_with_a_remedy(values: dict[str, str], message: str) -> None:
    with pytest.raises(ConfigError, match=message) as refusal:
        from_values(values)
    assert refusal.value.remedy


@pytest.mark.parametrize("listen", ["127.0.0.1:8443", "0.0.0.0:1", "[::1]:8443", "[2001:db8::10.0.0.1]:65535"])
def test_address_and_port_of_both_families_can_be_written_down(listen: str) -> None:
    identity = from_values({"DECNET_WEB_LISTEN": listen})
    values, warnings = parse(written(identity))
    assert warnings == []
    assert from_values(values).web_listen == listen


def test_longest_user_leaves_room_for_the_accounts_that_are_named_after_it() -> None:
    identity = Identity(user="a" * 24, group="g" * 31)
    assert {len(identity.decoys_user), len(identity.account("netns"))} == {31, 30}


@pytest.mark.parametrize(
    ("machine", "pinned"),
    [
        ("edge-7.example.org", ""),
        ("edge", ""),
        ("my_host.lan", "my-host"),
        ("_x_", "x"),
        ("", "localhost"),
        ("a" * 70, "a" * 63),
    ],
)
def test_name_that_no_record_can_have_is_pinned_to_one_that_it_can(machine: str, pinned: str) -> None:
    assert pinned_name(machine) == pinned
    Identity(host_name=pinned)


def test_accounts_follow_the_user() -> None:
    identity = Identity(user="honey", group="secops")
    assert (identity.decoys_user, identity.account("netns")) == ("honey-decoys", "honey-netns")
    assert (identity.account(""), identity.group_of("")) == ("honey", "secops")
    assert (identity.account("decoys"), identity.group_of("decoys")) == ("honey-decoys", "honey-decoys")
