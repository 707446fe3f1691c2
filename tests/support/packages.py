# SPDX-License-Identifier: MIT
"""Packages, built from this checkout or put together for a test."""

import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from tests.support.sources import ROOT

BUILD_SECONDS = 1500
PYTHONS = {"bookworm": "python3.11", "trixie": "python3.13"}
RELEASES = {"bookworm": 12, "trixie": 13}


@dataclass(frozen=True)
class Package:
    """A built package, and what is in it."""

    file: Path
    unpacked: Path

    @cached_property
    def control(self) -> Path:
        """The folder of the control files."""
        folder = self.unpacked / "control"
        if not folder.exists():
            output("dpkg-deb", "--control", str(self.file), str(folder))
        return folder

    @cached_property
    def root(self) -> Path:
        """The folder of the files, as they would lie in ``/``."""
        folder = self.unpacked / "root"
        if not folder.exists():
            output("dpkg-deb", "--extract", str(self.file), str(folder))
        return folder

    def field(self, name: str) -> str:
        """Return one field of the control file."""
        return output("dpkg-deb", "--field", str(self.file), name).strip()

    def listing(self) -> list[str]:
        """Return a line for each file, as tar shows it."""
        return output("dpkg-deb", "--contents", str(self.file)).splitlines()


def output(*arguments: str, seconds: float = 120, environment: Mapping[str, str] | None = None) -> str:
    """Run a program to its end and return what it printed; it has to succeed."""
    finished = subprocess.run(
        arguments, check=False, capture_output=True, text=True, timeout=seconds, cwd=ROOT, env=environment
    )
    if finished.returncode != 0:
        raise AssertionError(f"{' '.join(arguments)} ended with {finished.returncode}:\n{finished.stdout}{finished.stderr}")
    return finished.stdout + finished.stderr


def built(suite: str, folder: Path, *options: str) -> Package:
    """Build decnet for a suite; what was built from the same files before is taken again."""
    output("scripts/build-deb", suite, "--reuse", "--output", str(folder), *options, seconds=BUILD_SECONDS)
    return Package(next(folder.glob("decnet_*.deb")), folder)


def made(folder: Path, name: str, version: str) -> Path:
    """Make a package with nothing in it."""
    root = folder / f"{name}-{version}"
    (root / "DEBIAN").mkdir(parents=True)
    (root / "DEBIAN/control").write_text(
        f"Package: {name}\nVersion: {version}\nArchitecture: all\n"
        "Maintainer: A test <test@decnet.invalid>\nDescription: nothing\n"
    )
    file = folder / f"{name}_{version}_all.deb"
    output("dpkg-deb", "--root-owner-group", "--build", str(root), str(file))
    return file
