# SPDX-License-Identifier: MIT
"""lintian of each Debian on everything that is published there: it has nothing to say, and would not be silent by mistake."""

import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.packages import RELEASES, made, output
from tests.support.releases import Tree
from tests.support.repositories import signing
from tests.support.sources import ROOT, expect_none

pytestmark = [pytest.mark.lab, pytest.mark.root, pytest.mark.timeout(1800)]

# scripts/lib/lint-deb, as scripts/build-deb runs it: in a copy of the suite, which has that suite's lintian
LINT = (
    "set -euo pipefail; source scripts/lib/environment.sh; source scripts/lib/chroot.sh; "
    'in_copy "$(base_of "$1")" "$2" bash /build/lint-deb /build/packages'
)
OVERRIDES = "usr/share/lintian/overrides/decnet-archive-keyring"


@pytest.fixture(params=RELEASES)
def suite(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def work(tmp_path: Path) -> Iterator[Path]:
    """Give a folder whose packages a copy of a suite sees."""
    folder = tmp_path / "work"
    (folder / "build/packages").mkdir(parents=True)
    shutil.copy(ROOT / "scripts/lib/lint-deb", folder / "build")
    yield folder
    # what overlayfs leaves has no mode, and would be in the way of whoever removes this
    shutil.rmtree(folder)


@pytest.fixture
def keyring(suite: str, tmp_path: Path, work: Path) -> Path:
    """Return a keyring package in that folder, unpacked; it is packed when it is linted."""
    with signing(tmp_path / "gnupg") as signer:
        repository = signer.repository(tmp_path / "repository", made(tmp_path, "decnet", f"1.0-1+deb{RELEASES[suite]}"))
        output("dpkg-deb", "--raw-extract", str(repository.keyring_package(suite)), str(work / "keyring"))
    return work / "keyring"


def linted(suite: str, keyring: Path) -> tuple[int, list[str]]:
    """Pack a package and return what lintian thinks of it: its exit code and its complaints."""
    work = keyring.parent
    Tree(keyring).pack(work / "build/packages/keyring.deb")
    finished = subprocess.run(
        ["bash", "-c", LINT, "lint", suite, str(work)],
        cwd=ROOT, check=False, capture_output=True, text=True, timeout=600,
        env={"PATH": os.environ["PATH"], "HOME": str(Path.home())},
    )  # fmt: skip
    assert "Lintian v" in finished.stdout, finished.stdout + finished.stderr
    return finished.returncode, complaints(finished.stdout)


def complaints(said: str) -> list[str]:
    """Return the lines of lintian that name a tag, of whatever level."""
    return [line for line in said.splitlines() if re.match(r"[EWICPX]: ", line)]


def test_lintian_has_nothing_to_say_of_the_package(suite: str, tmp_path: Path) -> None:
    """With everything it knows, and of the suite that the package is for: tags come and go."""
    said = output("scripts/build-deb", suite, "--reuse", "--lint", "--output", str(tmp_path), seconds=1500)
    expect_none(complaints(said))
    assert f"lintian of {suite}: done" in said


def test_lintian_has_nothing_to_say_of_the_keyring(suite: str, keyring: Path) -> None:
    assert linted(suite, keyring) == (0, [])


def test_an_error_fails(suite: str, keyring: Path) -> None:
    """It has to be asked for by name: to fail on warnings is to let errors pass."""
    (keyring / OVERRIDES).write_text("# none\n")
    code, said = linted(suite, keyring)
    assert code == 2
    assert [line[:2] for line in said] == ["E:"]


def test_an_override_that_nothing_needs_fails(suite: str, keyring: Path) -> None:
    with (keyring / OVERRIDES).open("a") as overrides:
        overrides.write("decnet-archive-keyring: dir-or-file-in-opt [opt/*]\n")
    code, said = linted(suite, keyring)
    assert code == 2
    assert [line.split()[2] for line in said] == ["unused-override"]
