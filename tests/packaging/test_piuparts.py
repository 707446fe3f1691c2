# SPDX-License-Identifier: MIT
"""piuparts and adequate: what the package leaves behind in a Debian in which nothing runs."""

import subprocess
from pathlib import Path

import pytest

from scripts.lib.lab.base import Base
from scripts.lib.lab.folder import Folder
from tests.support.packages import Package, built, output

pytestmark = [pytest.mark.lab, pytest.mark.root, pytest.mark.timeout(1800)]

# evidence stays where nobody agreed to lose it, and an installation has an empty store at least
CONSENT = "#!/bin/sh\necho decnet decnet/purge-evidence boolean true | debconf-set-selections\n"
SECONDS = 600
OLDER = "0.0.9-1"
# made by apt for the questions of any package, and kept by it
OF_APT = "/var/cache/debconf/tmp.ci"


@pytest.fixture(scope="module", params=["trixie", pytest.param("bookworm", marks=pytest.mark.soak)])
def suite(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="module")
def package(suite: str, tmp_path_factory: pytest.TempPathFactory) -> Package:
    return built(suite, tmp_path_factory.mktemp(f"piuparts-{suite}"))


@pytest.fixture(scope="module")
def archive(package: Package, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return an archive with an older version: the files of this one under another number."""
    folder = tmp_path_factory.mktemp("archive")
    root = folder / "root"
    output("dpkg-deb", "--raw-extract", str(package.file), str(root))
    control = root / "DEBIAN/control"
    control.write_text(control.read_text().replace(f"Version: {package.field('Version')}\n", f"Version: {OLDER}\n"))
    output("dpkg-deb", "--root-owner-group", "-Zgzip", "-z1", "--build", str(root), str(folder / f"decnet_{OLDER}_amd64.deb"))
    output("rm", "-r", str(root))
    listed = subprocess.run(["apt-ftparchive", "packages", "."], cwd=folder, check=True, capture_output=True, timeout=60)
    (folder / "Packages").write_bytes(listed.stdout)
    return folder


def expect_pass(suite: str, package: Package, scratch: Path, *options: str) -> str:
    """
    Run piuparts in a copy of the lab's Debian, which has all that the package depends on, and so no need of a network.

    What it said is returned.
    """
    scripts = scratch / "scripts"
    scripts.mkdir()
    (scripts / "post_setup_consent").write_text(CONSENT)
    (scripts / "post_setup_consent").chmod(0o755)
    base = Base(Folder(), suite).ensure(print)
    common = ("--keep-sources-list", "--fail-if-inadequate", f"--scriptsdir={scripts}", f"--ignore-regex={OF_APT}/?")
    where = (f"--existing-chroot={base}", f"--distribution={suite}", f"--tmpdir={scratch}")
    finished = subprocess.run(
        ["piuparts", *where, *common, *options, str(package.file)],
        check=False, capture_output=True, text=True, errors="replace", timeout=SECONDS, stdin=subprocess.DEVNULL,
    )  # fmt: skip
    assert finished.returncode == 0, "\n".join(
        line for line in finished.stdout.splitlines() + finished.stderr.splitlines() if " DEBUG: " not in line
    )
    assert "PASS: All tests." in finished.stdout
    return finished.stdout


def test_it_is_installed_removed_installed_again_and_purged_without_a_trace(
    suite: str, package: Package, tmp_path: Path
) -> None:
    said = expect_pass(suite, package, tmp_path, "--install-remove-install", "--no-upgrade-test")
    # where there is no adequate on this host, it is left out without a word
    assert "Running adequate version" in said


def test_it_is_upgraded_and_purged_without_a_trace(suite: str, package: Package, archive: Path, tmp_path: Path) -> None:
    source = f"deb [trusted=yes] file:{archive} ./"
    expect_pass(suite, package, tmp_path, "--no-install-purge-test", f"--bindmount={archive}", f"--extra-repo={source}")
