# SPDX-License-Identifier: MIT
"""
Fixtures of the tests that need booted machines. Such a test has the mark ``lab``; where the lab cannot be had, it fails.

``machine`` boots as many as a test asks for. ``suite`` is trixie, and bookworm too for a test that has the mark of that name.
"""

import os
import time
from collections.abc import Callable, Generator, Iterator
from pathlib import Path

import pytest

from scripts.lib.lab.folder import Folder
from scripts.lib.lab.lab import Lab
from scripts.lib.lab.machine import Machine
from scripts.lib.lab.record import Process
from tests.support.captures import captured
from tests.support.machines import Machines, last_words, machines
from tests.support.packaged import HONEY, INSTALL, UNATTENDED, Installed, Packaged
from tests.support.packages import Package, built
from tests.support.releases import Releases
from tests.support.repositories import SEEN_AT, Repository, Signer, signing

SUITES = ("trixie", "bookworm")
TIMEOUT_SECONDS = 900
HERE = Path(__file__).parent
# whoever installs decnet from such a shell gets the same as everybody else
HARSH = {
    **UNATTENDED,
    "TERM": "dumb",
    "LC_ALL": "C",
    "VIRTUAL_ENV": "/srv/broken",
    "PYTHONPATH": "/srv/broken",
    "PATH": "/srv/broken:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
}
FACTS = {
    "failed": ("systemctl", "list-units", "--failed", "--plain", "--no-legend"),
    "services": ("decnet", "services"),
    "doctor": ("decnet", "doctor"),
    "enabled": ("systemctl", "is-enabled", "decnet.target"),
    "active": ("systemctl", "is-active", "decnet.target", "decnet-bus.service"),
}


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
            one = value.machine if isinstance(value, Packaged) else value
            spoke = one.booted if isinstance(one, Machines) else [one] if isinstance(one, Machine) else []
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
def package(suite: str, tmp_path_factory: pytest.TempPathFactory) -> Package:
    """Give the package of this checkout for the suite."""
    return built(suite, tmp_path_factory.mktemp(f"package-{suite}"))


@pytest.fixture(scope="session")
def releases(suite: str, package: Package, tmp_path_factory: pytest.TempPathFactory) -> Releases:
    """Give the package, and other versions, which are made of it when they are asked for."""
    return Releases(package, tmp_path_factory.mktemp(f"releases-{suite}"))


@pytest.fixture(scope="session")
def signer(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Signer]:
    """Give who signs the repositories of this run."""
    with signing(tmp_path_factory.mktemp("keys")) as found:
        yield found


@pytest.fixture(scope="session")
def repository(package: Package, signer: Signer, tmp_path_factory: pytest.TempPathFactory) -> Repository:
    """Give a signed repository that has the package."""
    return signer.repository(tmp_path_factory.mktemp("repository"), package.file)


@pytest.fixture(scope="session")
def previous(
    lab: Lab, suite: str, releases: Releases, signer: Signer, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Machine]:
    """Install the version before for honey of secops, decoys with it: ground for the machines of upgrades."""
    repository = signer.repository(tmp_path_factory.mktemp(f"first-{suite}"), releases.previous)
    with machines(lab) as boot:
        packaged = Packaged(boot(suite=suite, binds={repository.folder: SEEN_AT}), HONEY)
        packaged.trust(repository)
        packaged.answer_with_identity()
        packaged.install()
        packaged.deploy()
        packaged.until_well()
        packaged.machine.power_off()
        packaged.machine.become_layer()
        yield packaged.machine


@pytest.fixture
def served(
    machine: Machines, previous: Machine, releases: Releases, signer: Signer, tmp_path: Path
) -> Callable[[Path], Packaged]:
    """Boot machines that have the version before, and whose repository has another one."""

    def boot(package: Path) -> Packaged:
        repository = signer.repository(tmp_path / "repository", releases.previous, package)
        packaged = Packaged(machine(on=previous, binds={repository.folder: SEEN_AT}), HONEY)
        packaged.until_well()
        packaged.machine.apt("update")
        return packaged

    return boot


@pytest.fixture
def upgradable(machine: Machines, previous: Machine) -> Packaged:
    """Boot a machine that has the version before, everything well."""
    packaged = Packaged(machine(on=previous), HONEY)
    packaged.until_well()
    return packaged


@pytest.fixture(scope="session")
def default_installation(lab: Lab, suite: str, repository: Repository) -> Iterator[Installed]:
    """Install decnet without any answer, put a decoy up, attack it, boot again; all that left the machine is kept."""
    with machines(lab) as boot:
        packaged = Packaged(boot(suite=suite, binds={repository.folder: SEEN_AT}))
        with captured(lab) as capture:
            packaged.trust(repository)
            begun = time.monotonic()
            finished = packaged.install(check=False)
            seconds = time.monotonic() - begun
            facts = {name: packaged.machine.run(argv, check=False).stdout for name, argv in FACTS.items()}
            packaged.deploy()
            packaged.log_in("id")
            packaged.machine.reboot()
            packaged.until_well()
            packets = capture.packets()
        packaged.machine.power_off()
        packaged.machine.become_layer()
        yield Installed(packaged.machine, finished, seconds, facts, packets)


@pytest.fixture(scope="session")
def honey_installation(lab: Lab, suite: str, repository: Repository) -> Iterator[Installed]:
    """Install decnet as honey of secops, from a shell that could hardly be stranger."""
    with machines(lab) as boot:
        packaged = Packaged(boot(suite=suite, binds={repository.folder: SEEN_AT}), HONEY)
        packaged.trust(repository)
        packaged.answer_with_identity()
        packaged.machine.put("/srv/broken/python3", "#!/bin/sh\nexit 9\n", mode=0o755)
        packaged.machine.put("/srv/broken/jinja2.py", "raise SystemExit(9)\n")
        begun = time.monotonic()
        install = ["sh", "-c", 'umask 077; exec "$@" <&-', "sh", *INSTALL]
        finished = packaged.machine.run(install, environment=HARSH, check=False, deadline_seconds=300)
        seconds = time.monotonic() - begun
        facts = {name: packaged.machine.run(argv, check=False).stdout for name, argv in FACTS.items()}
        packaged.deploy()
        packaged.machine.power_off()
        packaged.machine.become_layer()
        yield Installed(packaged.machine, finished, seconds, facts, [])


@pytest.fixture(scope="module")
def plain(lab: Lab, default_installation: Installed) -> Iterator[Packaged]:
    """Give a machine of the module on which decnet is as it is without any answer."""
    with machines(lab) as boot:
        packaged = Packaged(boot(on=default_installation.layer, hostname=default_installation.layer.hostname))
        packaged.until_well()
        yield packaged


@pytest.fixture(scope="module")
def honey(lab: Lab, honey_installation: Installed) -> Iterator[Packaged]:
    """Give a machine of the module on which decnet is honey of secops."""
    with machines(lab) as boot:
        packaged = Packaged(boot(on=honey_installation.layer, hostname=honey_installation.layer.hostname), HONEY)
        packaged.until_well()
        yield packaged
