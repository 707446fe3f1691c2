# SPDX-License-Identifier: MIT
"""
The wheels that a package is made from: each of them has its sha256 in a lock.

``wheels.py check FOLDER LOCK...`` exits 1 where a file of the folder is not pinned, or where a package of the first lock has
no wheel there.
"""

import hashlib
import re
import sys
from collections.abc import Iterable
from pathlib import Path

PIN = re.compile(r"^([a-z0-9-]+)(?:\[[a-z,]+\])?==([^ \\;]+)", re.MULTILINE)
HASH = re.compile(r"--hash=sha256:([0-9a-f]{64})")


def digest(wheel: Path) -> str:
    """Return the sha256 of a file."""
    with wheel.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def package(wheel: Path) -> tuple[str, str]:
    """Return name and version of a wheel, the name as a lock writes it."""
    name, version = wheel.name.split("-")[:2]
    return name.lower().replace("_", "-").replace(".", "-"), version


def problems(folder: Path, locks: Iterable[Path]) -> list[str]:
    """Return what is wrong with a folder of wheels; the packages of the first lock all have to be there."""
    texts = [lock.read_text(encoding="utf-8") for lock in locks]
    allowed = set(HASH.findall("\n".join(texts)))
    wheels = sorted(path for path in folder.iterdir() if path.is_file()) if folder.is_dir() else []
    found = {package(wheel) for wheel in wheels}
    unknown = [f"{wheel.name} has a sha256 that no lock names" for wheel in wheels if digest(wheel) not in allowed]
    missing = [f"{name} {version} has no wheel" for name, version in PIN.findall(texts[0]) if (name, version) not in found]
    return unknown + missing


def requirement(lock: Path, name: str) -> str:
    """Return the lines of a lock that pin one package."""
    blocks = re.split(r"^(?=[a-z])", lock.read_text(encoding="utf-8"), flags=re.MULTILINE)
    return next(block for block in blocks if block.startswith(f"{name}=="))


def main(arguments: list[str]) -> int:
    """Check a folder, or print one pin."""
    match arguments:
        case ["check", folder, *locks]:
            wrong = problems(Path(folder), map(Path, locks))
            print(*wrong, sep="\n", file=sys.stderr, end="\n" if wrong else "")
            return 1 if wrong else 0
        case ["pin", lock, name]:
            print(requirement(Path(lock), name), end="")
            return 0
    print(__doc__, file=sys.stderr)
    return 2


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
