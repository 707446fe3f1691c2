# SPDX-License-Identifier: MIT
"""What stands below deploy/ is what its sources make, and systemd takes it without a word."""

import os
import subprocess
import sys
from pathlib import Path, PurePosixPath

import pytest

from decnet.catalog import SERVICES, Service
from decnet.install.identity import Identity
from decnet.install.render import AS_ROOT, rendered, unit_of
from scripts.lib.deployed import deployed
from tests.support.sources import ROOT, files, text

BY_HAND = {"deploy/demo.ini"}
MADE = deployed()
EXPOSURE = {"agent": 25}
"""What a unit may reach in the tenths of systemd-analyze; every other one 1.5."""


@pytest.mark.parametrize("path", MADE)
def test_committed_file_is_what_its_sources_make(path: str) -> None:
    assert text(Path("deploy", path)) == MADE[path], "run scripts/render"


def test_nothing_else_stands_there() -> None:
    here = {str(path) for path in files() if path.parts[0] == "deploy" and path.parts[1] != "templates"}
    assert here == {f"deploy/{path}" for path in MADE} | BY_HAND


def test_every_documentation_has_its_page() -> None:
    pages = {Path(path).name for path in MADE if path.startswith("man/")}
    for path, content in MADE.items():
        for line in content.splitlines() if path.startswith("systemd/") else ():
            if line.startswith("Documentation="):
                assert {word[4:-3] + "." + word[-2] for word in line.partition("=")[2].split()} <= pages


@pytest.fixture(scope="module")
def units(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with the units, drop-ins in place, whose programs are there."""
    folder = tmp_path_factory.mktemp("units")
    venv = PurePosixPath(sys.prefix)
    for file in rendered(Identity(user="daemon", group="daemon", install_dir=venv, venv_dir=venv), complete=True):
        if file.path.is_relative_to("/etc/systemd/system") and not file.link:
            target = folder / file.path.relative_to("/etc/systemd/system")
            target.parent.mkdir(exist_ok=True)
            target.write_text(file.text)
    return folder


def analyze(units: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run systemd-analyze on the units of the folder before those of this machine."""
    environment = os.environ | {"SYSTEMD_UNIT_PATH": f"{units}:"}
    return subprocess.run(
        ["systemd-analyze", *arguments], cwd=ROOT, env=environment, capture_output=True, text=True, check=False, timeout=60
    )


@pytest.mark.client
def test_systemd_takes_every_unit_without_a_word(units: Path) -> None:
    names = sorted(str(path) for path in units.iterdir() if path.is_file())
    done = analyze(units, "verify", "--man=no", *names)
    assert (done.returncode, done.stdout + done.stderr) == (0, "")


@pytest.mark.client
@pytest.mark.parametrize("service", SERVICES, ids=lambda service: service.name)
def test_exposure_of_a_unit_stays_within_its_bound(units: Path, service: Service) -> None:
    bound = EXPOSURE.get(service.name, 15)
    done = analyze(units, "security", "--offline=true", f"--threshold={bound}", str(ROOT / "deploy/systemd" / unit_of(service)))
    assert done.returncode == 0, done.stdout


@pytest.mark.client
@pytest.mark.parametrize("unit", AS_ROOT)
def test_exposure_of_what_runs_as_root_stays_within_its_bound(units: Path, unit: str) -> None:
    done = analyze(units, "security", "--offline=true", "--threshold=15", str(ROOT / "deploy/systemd" / unit))
    assert done.returncode == 0, done.stdout
