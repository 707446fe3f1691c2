# SPDX-License-Identifier: MIT
"""What would be done is known before anything is."""

from dataclasses import replace
from pathlib import Path

import pytest

from decnet.catalog import SERVICES, Role
from decnet.install.failure import InvalidError
from decnet.install.plan import changed_role, plan
from tests.support.images import Image, image

pytestmark = pytest.mark.root


@pytest.fixture
def root(tmp_path: Path) -> Image:
    """Return a configured system."""
    made = image(tmp_path / "root")
    made.run("apply")
    return made


def test_configured_system_has_an_empty_plan(root: Image) -> None:
    found = plan(root.host, {})
    assert found.is_empty
    assert found.lines() == []


def test_new_group_moves_files_and_changes_what_names_it(root: Image) -> None:
    found = plan(root.host, {"DECNET_GROUP": "secops"})
    assert found.changes_identity
    lines = "\n".join(found.lines())
    for word in (
        "make    group secops",
        "move    files of decnet:decnet to decnet:secops",
        "10-decnet-identity.conf",
        "polkit",
    ):
        assert word in lines


def test_same_values_again_leave_the_file_of_the_operator_alone(root: Image) -> None:
    conf = root.root / "etc/decnet/package.conf"
    conf.write_text("# mine\nDECNET_USER=decnet\n", encoding="utf-8")
    found = plan(root.host, {})
    assert not found.changes_conf


def test_change_of_the_role_takes_services_and_brings_none(root: Image) -> None:
    gone, come = changed_role(plan(root.host, {"DECNET_ROLE": "agent"}))
    assert {service.name for service in gone} == {row.name for row in SERVICES if Role.AGENT not in row.roles}
    assert come == []


def test_older_version_makes_it_an_upgrade(root: Image) -> None:
    applied = root.root / "var/lib/decnet-package/applied"
    applied.write_text(applied.read_text(encoding="utf-8").replace("version ", "version 0.0."), encoding="utf-8")
    assert plan(root.host, {}).is_upgrade


@pytest.mark.parametrize(
    ("asked", "lowest", "told"),
    [
        ({"DECNET_WEB_LISTEN": "0.0.0.0:443"}, "", True),
        ({"DECNET_WEB_LISTEN": "0.0.0.0:443"}, "443\n", False),
        ({"DECNET_WEB_LISTEN": "0.0.0.0:443", "DECNET_ROLE": "agent"}, "", False),
        ({"DECNET_WEB_LISTEN": "0.0.0.0:1024"}, "", False),
    ],
)
def test_port_that_the_dashboard_may_not_open_is_told_and_refused_to_nobody(
    root: Image, asked: dict[str, str], lowest: str, *, told: bool
) -> None:
    """An upgrade must not stop at a port that somebody wrote down long ago; the kernel may have been told to allow it."""
    if lowest:
        path = root.root / "proc/sys/net/ipv4/ip_unprivileged_port_start"
        path.parent.mkdir(parents=True)
        path.write_text(lowest, encoding="utf-8")
    said: list[str] = []
    plan(replace(root.host, say=said.append), asked)
    assert [line for line in said if "may not open a port below 1024" in line] == said
    assert bool(said) == told


def test_unknown_key_is_refused(root: Image) -> None:
    with pytest.raises(InvalidError, match="no key DECNET_COLOUR"):
        plan(root.host, {"DECNET_COLOUR": "red"})
