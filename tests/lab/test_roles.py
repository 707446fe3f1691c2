# SPDX-License-Identifier: MIT
"""A host that is told to be an agent: the services of that role, and no other one."""

import pytest

from decnet.catalog import SERVICES, Role, services_of
from decnet.install.render import unit_of
from tests.support.machines import Machines
from tests.support.packaged import Packaged
from tests.support.repositories import SEEN_AT, Repository

CERTIFICATE = "/var/lib/decnet/web/dashboard.pem"

pytestmark = [pytest.mark.lab, pytest.mark.bookworm]


def test_an_agent_has_the_services_of_its_role_alone_and_comes_back_with_them(
    machine: Machines, repository: Repository, suite: str
) -> None:
    packaged = Packaged(machine(suite=suite, binds={repository.folder: SEEN_AT}))
    booted = packaged.machine
    packaged.trust(repository)
    booted.run(["debconf-set-selections"], stdin="decnet decnet/role select agent\n")
    packaged.install()
    expect_agent(packaged)
    booted.reboot()
    expect_agent(packaged)


def test_a_host_that_becomes_an_agent_has_no_api_and_no_dashboard_and_has_them_again_as_a_master(plain: Packaged) -> None:
    booted, certificate = plain.machine, plain.machine.pull(CERTIFICATE)
    evidence = list(plain.records())
    booted.run(["decnet", "configure", "set", "DECNET_ROLE=agent"], deadline_seconds=180)
    expect_agent(plain)
    # the target of before would bring what it wants back
    booted.run(["systemctl", "restart", "decnet.target"])
    expect_agent(plain)
    assert not plain.has("/run/decnet/api.sock")
    assert booted.output("ss", "-Hltn", "sport = :8443") == ""
    booted.run(["decnet", "configure", "set", "DECNET_ROLE=master"], deadline_seconds=180)
    plain.until_well()
    assert set(plain.shown("ActiveState").values()) == {"active"}
    booted.run(["decnet", "doctor"])
    assert booted.pull(CERTIFICATE) == certificate
    assert list(plain.records())[: len(evidence)] == evidence


def expect_agent(packaged: Packaged) -> None:
    """Fail unless the services of an agent are well and nothing else runs."""
    booted = packaged.machine
    wanted = {unit_of(row): "active" if Role.AGENT in row.roles else "inactive" for row in SERVICES}
    assert set(wanted.values()) == {"active", "inactive"}
    packaged.until_well()
    rows = packaged.lines("services")
    assert [(row["service"], row["state"]) for row in rows] == [(row.name, "ok") for row in services_of(Role.AGENT)]
    states = booted.run(["systemctl", "is-active", *wanted], check=False).stdout.split()
    assert dict(zip(wanted, states, strict=True)) == wanted
    targets = [f"decnet{name}.target" for name in ("", "-agent", "-master")]
    assert booted.run(["systemctl", "is-active", *targets], check=False).stdout.split() == ["active", "active", "inactive"]
    assert booted.failed_units() == []
    booted.run(["decnet", "doctor"])
