# SPDX-License-Identifier: MIT
"""Installed as honey of secops, the whole system knows no other identity; and what that identity may do to the services."""

import itertools
import json
import re
from collections.abc import Iterable

import pytest

from decnet.catalog import SERVICES
from decnet.install.render import AS_ROOT, VERBS
from tests.support.packaged import HONEY, UNITS, Packaged
from tests.support.sources import expect_none

pytestmark = [pytest.mark.lab, pytest.mark.bookworm]

ISOLATED = set(HONEY.isolated_accounts.values())
KNOWN = {"root", HONEY.user, HONEY.group, *ISOLATED}
PLACES = ("/etc/decnet", "/run/decnet", "/run/decnet-handover", "/var/lib/decnet", "/var/lib/decnet-package", "/var/log/decnet")
# what a package shipped, what was rendered, and what the services made since
OURS = (
    '{ dpkg --listfiles decnet | while read -r path; do case $path in *decnet*) echo "$path";; esac; done; '
    f"find /etc -path '*decnet*'; find {' '.join(PLACES)}; }} | sort -u | "
    "while read -r path; do stat --format '%U %G %n' \"$path\"; done"
)
Methods = dict[str, tuple[str, ...]]
# verbs of systemd's manager, and how they are called; the unit stands for {}
METHODS = {
    "start": ("StartUnit", "ss", "{}", "replace"),
    "stop": ("StopUnit", "ss", "{}", "replace"),
    "restart": ("RestartUnit", "ss", "{}", "replace"),
    "reload": ("ReloadUnit", "ss", "{}", "replace"),
    "reset-failed": ("ResetFailedUnit", "s", "{}"),
}
FORBIDDEN = {
    "kill": ("KillUnit", "ssi", "{}", "all", "15"),
    "set-property": ("SetUnitProperties", "sba(sv)", "{}", "true", "1", "CPUWeight", "t", "7"),
    "enable": ("EnableUnitFiles", "asbb", "1", "{}", "false", "false"),
    "disable": ("DisableUnitFiles", "asb", "1", "{}", "false"),
    "mask": ("MaskUnitFiles", "asbb", "1", "{}", "true", "false"),
    "daemon-reload": ("Reload", ""),
    "transient": ("StartTransientUnit", "ssa(sv)a(sa(sv))", "decnet-x.service", "replace", "0", "0"),
}
# runs calls that it reads as JSON, each with the user who makes it, and prints the complaints
ASKING = """\
import json, subprocess, sys
manager = ["org.freedesktop.systemd1", "/org/freedesktop/systemd1", "org.freedesktop.systemd1.Manager"]
calls = [["runuser", "-u", user, "--", "busctl", "call", *manager, *words] for user, *words in json.load(sys.stdin)]
print(json.dumps([subprocess.run(call, capture_output=True, text=True).stderr for call in calls]))
"""
STRANGER = "[Service]\nExecStart=/usr/bin/sleep 1d\nExecReload=/usr/bin/true\n"


def test_every_file_belongs_to_the_identity(honey: Packaged) -> None:
    lines = [line.split(" ", 2) for line in honey.machine.output("sh", "-c", OURS).splitlines()]
    assert len(lines) > 1000
    expect_none([" ".join(line) for line in lines if not {line[0], line[1]} <= KNOWN])
    shipped = [line for line in lines if line[2].startswith(("/opt", "/usr", "/etc"))]
    expect_none([" ".join(line) for line in shipped if line[:2] != ["root", "root"]])
    nobodys = honey.machine.output("find", "/", "-xdev", "(", "-nouser", "-o", "-nogroup", ")", "-print")
    assert nobodys == ""


def test_there_is_no_account_but_those_of_the_identity(honey: Packaged) -> None:
    text = honey.machine.output("sh", "-c", "getent passwd; getent group")
    expect_none([line for line in text.splitlines() if "decnet" in line.split(":")[0]])
    assert honey.machine.output("id", "-Gn", HONEY.user).split() in ([HONEY.group], [HONEY.user, HONEY.group])
    for account in ISOLATED:
        assert honey.machine.output("id", "-Gn", account) == account


def test_every_unit_and_every_process_has_the_identity(honey: Packaged) -> None:
    names = honey.machine.output("systemctl", "list-unit-files", "--no-legend", "decnet*.service").split()[::3]
    assert set(names) == {*UNITS, *AS_ROOT}
    for name in names:
        shown = honey.machine.output("systemctl", "show", "--property=User,Group,SupplementaryGroups", name)
        found = dict(line.split("=", 1) for line in shown.splitlines())
        row = next((row for row in SERVICES if name == f"decnet-{row.name}.service"), None)
        user, group = (HONEY.account(row.account), HONEY.group_of(row.account)) if row else ("root", "root")
        assert found == {"User": user, "Group": group, "SupplementaryGroups": ""}
        if row:
            owners = honey.machine.output("ps", "-o", "user:32=,group:32=,supgrp:64=", "-p", str(honey.process(row.name)))
            assert owners.split() == [user, group, group]


def test_no_rule_names_another_identity(honey: Packaged) -> None:
    """What systemd, polkit and logrotate read in the end, with everything that masks what the package ships."""
    output = honey.machine.output
    sysusers = effective(output("systemd-sysusers", "--cat-config"), "sysusers.d/decnet")
    assert {word for line in sysusers for word in line.split()[1 : 3 if line[0] == "m" else 2]} == KNOWN - {"root"}
    tmpfiles = effective(output("systemd-tmpfiles", "--cat-config"), "tmpfiles.d/decnet")
    assert {word for line in tmpfiles for word in line.split()[3:5]} == KNOWN - {"honey-netns"}
    rotation = output("cat", "/etc/logrotate.d/decnet")
    created = re.findall(r"^\s*create \d+ (\S+) (\S+)$", rotation, re.MULTILINE)
    assert set(created) == {(HONEY.account(row.account), HONEY.group) for row in SERVICES}
    assert not re.search(r"^\s*su ", rotation, re.MULTILINE)
    rule = output("cat", "/etc/polkit-1/rules.d/50-decnet-workers.rules")
    assert re.findall(r'isInGroup\("(.*?)"\)', rule) == [HONEY.group]
    assert set(json.loads(re.findall(r"var alone = (\[.*?\]);", rule)[0])) == ISOLATED


def effective(text: str, name: str) -> list[str]:
    """Return the lines that count of a file of ours, from what systemd shows of all of them."""
    sections = [section.splitlines() for section in re.split(r"^# (?=/\S+$)", text, flags=re.MULTILINE) if section.strip()]
    ours = [section for section in sections if name in section[0]]
    assert [section[0].startswith("/etc/") for section in ours] == [True]
    return [line for line in ours[0][1:] if line.strip() and not line.startswith("#")]


def test_every_service_s_heartbeat_arrives(honey: Packaged) -> None:
    beats = {row["service"]: row["state"] for row in honey.lines("services")}
    assert beats == {row.name: "ok" for row in SERVICES}


def test_the_bus_is_for_members_of_the_group(honey: Packaged) -> None:
    machine = honey.machine
    stat = ("stat", "--format=%U:%G %a", "/run/decnet", "/run/decnet/bus.sock")
    assert machine.output(*stat).splitlines() == ["honey:secops 2750", "honey:secops 660"]
    machine.run(["useradd", "--groups", HONEY.group, "reader"])
    dial = "import socket; socket.socket(socket.AF_UNIX).connect('/run/decnet/bus.sock')"
    assert machine.run(["python3", "-c", dial], user="reader", check=False).returncode == 0
    for user in ("nobody", *ISOLATED):
        refused = machine.run(["python3", "-c", dial], user=user, check=False)
        assert "PermissionError" in refused.stderr, user


def complaints(honey: Packaged, methods: Methods, users: Iterable[str], units: Iterable[str]) -> dict[str, str]:
    """Let each of the users ask systemd to do each of these to each unit; return what was said to whom."""
    calls = list(itertools.product(users, methods, units))
    asked = [[user, *(word.format(unit) for word in methods[verb])] for user, verb, unit in calls]
    said = json.loads(honey.machine.run(["python3", "-c", ASKING], stdin=json.dumps(asked), deadline_seconds=180).stdout)
    return dict(zip(map(" ".join, calls), said, strict=True))


@pytest.fixture(scope="module")
def users(honey: Packaged) -> Packaged:
    """Give a machine with a member of the group, a stranger, and units that are none of ours."""
    machine = honey.machine
    machine.run(["useradd", "--groups", HONEY.group, "member"])
    machine.run(["useradd", "stranger"])
    machine.put("/etc/systemd/system/ssh.service", STRANGER)
    machine.put("/etc/systemd/system/decnet-other.service", STRANGER)
    machine.run(["systemctl", "daemon-reload"])
    machine.run(["systemctl", "start", "ssh.service", "decnet-other.service"])
    return honey


def test_polkit_lets_members_of_the_group_do_five_things_to_our_services(users: Packaged) -> None:
    assert set(METHODS) == set(VERBS)
    for verb in ("stop", "start", "restart", "reload", "reset-failed"):
        method = {verb: METHODS[verb]}
        assert set(complaints(users, method, (HONEY.user, "member"), UNITS).values()) == {""}, verb
        users.machine.run(["systemctl", "stop" if verb == "stop" else "start", *UNITS])
        expect_refusals(complaints(users, method, (*ISOLATED, "stranger"), UNITS))
    users.machine.run(["systemctl", "start", "decnet.target"])
    users.until_well()


def test_polkit_lets_nobody_do_anything_to_other_units(users: Packaged) -> None:
    before = users.processes()
    others = ("ssh.service", "decnet-other.service", *AS_ROOT, "decnet.target", "decnet-master.target")
    expect_refusals(complaints(users, METHODS, (HONEY.user, "member", *ISOLATED, "stranger"), others))
    assert users.processes() == before


def test_polkit_lets_nobody_change_what_a_unit_is(users: Packaged) -> None:
    everybody = (HONEY.user, "member", *ISOLATED, "stranger")
    expect_refusals(complaints(users, FORBIDDEN, everybody, ("decnet-bus.service", "ssh.service")))


def expect_refusals(said: dict[str, str]) -> None:
    """Fail where one of the calls was not refused for want of an authentication."""
    expect_none([f"{call}: {words!r}" for call, words in said.items() if "authentication" not in words])
    assert said
