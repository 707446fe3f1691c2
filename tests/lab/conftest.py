# SPDX-License-Identifier: MIT
"""
Fixtures of the tests that need booted machines. Such a test has the mark ``lab``; where the lab cannot be had, it fails.

``machine`` boots as many as a test asks for. ``suite`` is trixie, and bookworm too for a test that has the mark of that name.
"""

import os
from collections.abc import Callable, Generator, Iterator
from pathlib import Path

import pytest

from scripts.lib.lab.folder import Folder
from scripts.lib.lab.lab import Lab
from scripts.lib.lab.machine import Machine
from scripts.lib.lab.record import Process
from tests.support.machines import Machines, last_words, machines
from tests.support.packaged import Packaged
from tests.support.packages import built
from tests.support.releases import Releases
from tests.support.repositories import SEEN_AT, Signer, install_previous, signer

SUITES = ("trixie", "bookworm")
TIMEOUT_SECONDS = 900
HERE = Path(__file__).parent


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run a test that asks for the suite on Debian 13, and on Debian 12 where it says so; one may name its own."""
    named = any("suite" in mark.args[0] for mark in metafunc.definition.iter_markers("parametrize"))
    if "suite" in metafunc.fixturenames and not named:
        both = metafunc.definition.get_closest_marker("bookworm")
        metafunc.parametrize("suite", SUITES if both else SUITES[:1], indirect=True, scope="session")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Give the tests here the time that machines need; a base may have to be built first."""
    for item in items:
        if HERE in item.path.parents and item.get_closest_marker("lab") and not item.get_closest_marker("timeout"):
            item.add_marker(pytest.mark.timeout(TIMEOUT_SECONDS))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Function) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Let the machines of a test that failed speak, before they are removed."""
    report = yield
    if report.failed:
        for name, value in item.funcargs.items():
            spoke = value.booted if isinstance(value, Machines) else [value] if isinstance(value, Machine) else []
            report.sections += [(f"machine of the fixture {name}", last_words(machine)) for machine in spoke]
    return report


@pytest.fixture(scope="session")
def suite(request: pytest.FixtureRequest) -> str:
    """Name the Debian on which the test runs."""
    name: str = request.param
    return name


@pytest.fixture(scope="session")
def lab() -> Iterator[Lab]:
    """Give the lab of this run, with a network of its own; should we be killed, the next run removes what we made."""
    lab = Lab(Folder(), say=print, owner=Process.this(), network=f"test-{os.getpid()}")
    lab.sweep()
    yield lab
    for left in lab.machines():
        if left.record.owner == lab.owner:
            lab.stop(left.name)


@pytest.fixture
def machine(lab: Lab) -> Iterator[Machines]:
    """Boot machines that are removed when the test ends: ``machine(suite=suite)``."""
    with machines(lab) as boot:
        yield boot


@pytest.fixture(scope="session")
def releases(suite: str, tmp_path_factory: pytest.TempPathFactory) -> Releases:
    """Build the package of this checkout; other versions are made of it when they are asked for."""
    folder = tmp_path_factory.mktemp(f"releases-{suite}")
    return Releases(built(suite, folder), folder)


@pytest.fixture(scope="session")
def keys(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Signer]:
    """Give the key that signs the repositories of this run."""
    with signer(tmp_path_factory.mktemp("keys")) as found:
        yield found


@pytest.fixture(scope="session")
def previous(
    lab: Lab, suite: str, releases: Releases, keys: Signer, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Machine]:
    """Install the version before for honey of secops, decoys with it: ground for the machines of upgrades."""
    repository = keys.repository(tmp_path_factory.mktemp(f"first-{suite}"), releases.previous)
    with machines(lab) as boot:
        machine = boot(suite=suite, binds={repository: SEEN_AT})
        install_previous(machine, repository)
        Packaged(machine).deploy()
        machine.power_off()
        machine.become_layer()
        yield machine


@pytest.fixture
def served(
    machine: Machines, previous: Machine, releases: Releases, keys: Signer, tmp_path: Path
) -> Callable[[Path], Packaged]:
    """Boot machines that have the version before, and whose repository has another one."""
    folder = tmp_path / "repository"
    folder.mkdir()

    def boot(package: Path) -> Packaged:
        repository = keys.repository(folder, releases.previous, package)
        found = Packaged(machine(on=previous, binds={repository: SEEN_AT}))
        found.settle()
        found.machine.apt("update")
        return found

    return boot


@pytest.fixture
def upgradable(machine: Machines, previous: Machine) -> Packaged:
    """Boot a machine that has the version before, everything well."""
    found = Packaged(machine(on=previous))
    found.settle()
    return found
