# SPDX-License-Identifier: MIT
"""Under which licence each package of requirements.lock comes, as the package itself says."""

import re
from importlib.metadata import Distribution, PackageMetadata, metadata
from pathlib import Path

PIN = re.compile(r"^([a-z0-9-]+)==([^ \\;]+)", re.MULTILINE)

# what may be distributed beside code under MIT as it is, unchanged and in files of its own
FITTING = {"MIT", "MIT-0", "BSD-2-Clause", "BSD-3-Clause", "Apache-2.0", "PSF-2.0", "MPL-2.0", "EPL-2.0"}


# what a package says only in the text of its licence
IN_ITS_TEXT = {"jinja2": "BSD-3-Clause"}


def shipped(lock: Path) -> list[tuple[str, str, str]]:
    """Return name, version and licence of each pinned package; the packages have to be installed."""
    return [(name, version, licence(name)) for name, version in PIN.findall(lock.read_text(encoding="utf-8"))]


def licence(name: str) -> str:
    """Return the SPDX expression of an installed package; empty where it names none."""
    return expression(metadata(name))


def expression(found: PackageMetadata) -> str:
    """Return the SPDX expression that the metadata of a package names; empty where it names none."""
    said = found.json
    return str(said.get("license_expression") or said.get("license") or IN_ITS_TEXT.get(found["Name"].lower(), ""))


def fits(expression: str) -> bool:
    """Say whether a licence fits: one of each alternative, all of what is joined by AND."""
    parts = [part.strip("() ") for part in expression.split(" AND ")]
    return all(any(choice.strip("() ") in FITTING for choice in part.split(" OR ")) for part in parts)


def description(found: Distribution) -> Path:
    """Return the folder in which an installed package describes itself; its name need not be written as the package's is."""
    folders = Path(str(found.locate_file(""))).glob(f"*-{found.version}.dist-info")
    wanted = found.metadata["Name"].lower().replace("-", "_").replace(".", "_")
    return next(folder for folder in folders if folder.name.lower().split("-")[0].replace(".", "_") == wanted)
