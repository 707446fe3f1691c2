# SPDX-License-Identifier: MIT
"""``scripts/lib/wheels.py``: a folder of wheels holds what the lock pins, byte for byte, and nothing else."""

import hashlib
from pathlib import Path

import pytest

from scripts.lib.wheels import main, package, problems, requirement

WHEEL = "typing_extensions-4.0-py3-none-any.whl"
CONTENT = b"a wheel"


@pytest.fixture
def lock(tmp_path: Path) -> Path:
    """A lock of one package."""
    file = tmp_path / "requirements.lock"
    other = "0" * 64
    file.write_text(
        f"typing-extensions==4.0 \\\n    --hash=sha256:{hashlib.sha256(CONTENT).hexdigest()} \\\n    --hash=sha256:{other}\n"
    )
    return file


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with the wheel of that package."""
    found = tmp_path / "wheels"
    found.mkdir()
    (found / WHEEL).write_bytes(CONTENT)
    return found


def test_a_folder_with_exactly_what_is_pinned_is_right(folder: Path, lock: Path) -> None:
    assert problems(folder, [lock]) == []
    assert main(["check", str(folder), str(lock)]) == 0


def test_a_wheel_that_was_changed_is_found(folder: Path, lock: Path) -> None:
    (folder / WHEEL).write_bytes(CONTENT + b"!")
    assert problems(folder, [lock]) == [f"{WHEEL} has a sha256 that no lock names"]
    assert main(["check", str(folder), str(lock)]) == 1


def test_a_file_that_nobody_asked_for_is_found(folder: Path, lock: Path) -> None:
    (folder / "evil-1.0-py3-none-any.whl").write_bytes(b"evil")
    assert problems(folder, [lock]) == ["evil-1.0-py3-none-any.whl has a sha256 that no lock names"]


def test_a_package_without_its_wheel_is_found(folder: Path, lock: Path, tmp_path: Path) -> None:
    (folder / WHEEL).unlink()
    assert problems(folder, [lock]) == ["typing-extensions 4.0 has no wheel"]
    assert problems(tmp_path / "nowhere", [lock]) == ["typing-extensions 4.0 has no wheel"]


def test_names_are_those_of_the_lock() -> None:
    assert package(Path(WHEEL)) == ("typing-extensions", "4.0")


def test_one_pin_is_printed_with_its_hashes(lock: Path) -> None:
    lock.write_text(lock.read_text() + "zope==1 \\\n    --hash=sha256:" + "1" * 64 + "\n")
    assert requirement(lock, "zope") == "zope==1 \\\n    --hash=sha256:" + "1" * 64 + "\n"
