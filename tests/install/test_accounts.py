# SPDX-License-Identifier: MIT
"""Accounts are made once, by systemd's own program, and root is never one of them."""

from pathlib import Path

import pytest

from decnet.host.process import CommandFailed
from decnet.install import accounts
from decnet.install.failure import InvalidError
from decnet.install.host import Host
from decnet.install.identity import Identity
from decnet.install.tree import Tree
from tests.support.images import Image, image

LINES = 'g secops -\nu honey - "x"\nm honey secops\nu honey-decoys -\nu honey-netns -\n'
IDENTITY = Identity(user="honey", group="secops")


@pytest.fixture
def root(tmp_path: Path) -> Image:
    """Return a system without decnet's accounts."""
    return image(tmp_path / "root", packaged=False)


def listening(root: Image, said: list[str]) -> Host:
    """Return a host whose words are kept."""
    return Host(tree=Tree(root.root), variables={}, say=said.append)


def add(root: Image, path: str, line: str) -> None:
    """Add a line to a file of accounts."""
    file = root.root / path
    file.write_text(file.read_text(encoding="utf-8") + line + "\n", encoding="utf-8")


@pytest.mark.root
def test_missing_accounts_are_named_and_made(root: Image) -> None:
    wanted = ["user honey", "user honey-decoys", "user honey-netns", "group secops", "member honey secops"]
    assert accounts.missing(root.host.tree, IDENTITY) == wanted
    accounts.make(root.host, LINES)
    assert accounts.missing(root.host.tree, IDENTITY) == []
    uids, gids = accounts.numbers(root.host.tree, IDENTITY)
    assert uids == {"user": root.uid("honey"), "decoys": root.uid("honey-decoys"), "netns": root.uid("honey-netns")}
    assert gids["group"] == root.gid("secops")


@pytest.mark.root
def test_account_of_a_person_that_somebody_locked_stays_locked(root: Image) -> None:
    add(root, "etc/passwd", "honey:x:1000:1000::/:/bin/sh")
    add(root, "etc/shadow", "honey:!x:19000:0:99999:7::1:")
    accounts.make(root.host, LINES)
    assert "honey:!x:19000:0:99999:7::1:" in root.text("etc/shadow")
    assert "user honey" not in accounts.missing(root.host.tree, IDENTITY)


def test_groups_that_an_identity_has_not_are_named(root: Image) -> None:
    add(root, "etc/group", "secops:x:300:honey")
    add(root, "etc/group", "docker:x:301:alice,honey")
    add(root, "etc/group", "tape:x:302:honey-decoys")
    assert accounts.others(root.host.tree, IDENTITY) == [("honey", "docker"), ("honey-decoys", "tape")]


@pytest.mark.root
def test_longest_names_can_be_made_and_longer_ones_not(root: Image) -> None:
    longest = Identity(user="u" * 24, group="g" * 31)
    accounts.make(root.host, f"g {longest.group} -\nu {longest.decoys_user} -\n")
    assert root.uid(longest.decoys_user)
    for line in (f"g {longest.group}x -\n", f"u {longest.decoys_user}x -\n"):
        with pytest.raises(CommandFailed):
            accounts.make(root.host, line)


@pytest.mark.root
def test_membership_is_left_and_others_stay(root: Image) -> None:
    accounts.make(root.host, LINES + "g ops -\nm honey ops\n")
    accounts.remove_member(root.host, "honey", "secops")
    assert (root.members("secops"), root.members("ops")) == ("", "honey")


@pytest.mark.root
def test_account_is_locked_and_an_unknown_one_passed_over(root: Image) -> None:
    accounts.make(root.host, LINES)
    accounts.lock(root.host, ["honey", "nobody-here"])
    line = next(line for line in root.text("etc/shadow").splitlines() if line.startswith("honey:"))
    assert line.split(":")[1].startswith("!")
    assert line.split(":")[7] == "1"


def test_account_that_is_root_under_another_name_is_refused(root: Image) -> None:
    add(root, "etc/passwd", "honey:x:0:0::/:/bin/sh")
    with pytest.raises(InvalidError, match="uid 0"):
        accounts.examine(root.host, IDENTITY)


def test_account_that_stands_for_nobody_is_refused(root: Image) -> None:
    with pytest.raises(InvalidError, match="uid 65534"):
        accounts.examine(root.host, Identity(user="nobody", group="secops"))


@pytest.mark.parametrize(
    ("uid", "word"), [(1000, "account of a person"), (33, "not made for decnet"), (61184, "account of a person")]
)
def test_account_that_is_somebody_elses_is_said(root: Image, uid: int, word: str) -> None:
    add(root, "etc/passwd", f"honey:x:{uid}:{uid}::/:/usr/sbin/nologin")
    said: list[str] = []
    accounts.examine(listening(root, said), IDENTITY)
    assert word in said[0]


@pytest.mark.root
def test_account_that_decnet_made_or_was_told_before_is_no_word_worth(root: Image) -> None:
    root = image(root.root.with_name("packaged"))
    root.run("apply")
    assert "account" not in root.run("check").stderr
    add(root, "etc/passwd", "www-data:x:33:33::/:/usr/sbin/nologin")
    assert "not made for decnet" in root.run("set", "DECNET_USER=www-data").stderr
    assert "not made for decnet" not in root.run("check").stderr


def test_group_that_is_roots_is_refused(root: Image) -> None:
    add(root, "etc/group", "secops:x:0:")
    with pytest.raises(InvalidError, match="gid 0"):
        accounts.examine(root.host, IDENTITY)


def test_isolated_account_in_the_group_is_refused(root: Image) -> None:
    add(root, "etc/passwd", "honey-decoys:x:900:900::/:/bin/false")
    add(root, "etc/group", "secops:x:901:honey,honey-decoys")
    with pytest.raises(InvalidError, match="faces attackers") as raised:
        accounts.examine(root.host, IDENTITY)
    assert raised.value.remedy == f"chroot {root.root} gpasswd -d honey-decoys secops"
    assert Host(tree=Tree(), variables={}).command("gpasswd", "-d", "a b") == "gpasswd -d 'a b'"


def test_docker_without_its_group_is_refused(root: Image) -> None:
    with pytest.raises(InvalidError, match="no group docker"):
        accounts.examine(root.host, Identity(docker=True))


@pytest.mark.parametrize(("group", "word"), [("sudo", "as good as root"), ("adm", "wide choice")])
def test_group_that_gives_much_away_is_said(root: Image, group: str, word: str) -> None:
    said: list[str] = []
    accounts.examine(listening(root, said), Identity(group=group))
    assert word in said[0]


def test_ordinary_group_is_no_word_worth(root: Image) -> None:
    said: list[str] = []
    accounts.examine(listening(root, said), IDENTITY)
    assert said == []


def test_running_system_is_asked_for_its_accounts() -> None:
    tree = Tree()
    assert accounts.user(tree, "root") == accounts.User(name="root", uid=0, gid=0)
    assert accounts.gid(tree, "root") == 0
    assert accounts.user(tree, "nobody-of-this-name") is None
    assert accounts.gid(tree, "nobody-of-this-name") is None


def test_numbers_of_missing_accounts_are_an_error(root: Image) -> None:
    with pytest.raises(InvalidError, match="no account"):
        accounts.numbers(root.host.tree, IDENTITY)
