# SPDX-License-Identifier: MIT
"""What is declared, what is pinned, and that both agree."""

import re
from pathlib import Path

import pytest

from scripts.lib.licences import fits, shipped
from scripts.lib.requirements import requirements
from tests.support.sources import ROOT, text

SHIPPED = Path("requirements.lock")
DEVELOPED = Path("requirements-dev.lock")
PIN = re.compile(r"^([a-z0-9-]+)(?:\[[a-z,]+\])?==([^ \\;]+)", re.MULTILINE)


def pins(lock: Path) -> dict[str, str]:
    """Return the version of each package of a lock."""
    return dict(PIN.findall(text(lock)))


def names(*extras: str) -> set[str]:
    """Return the names that setup.cfg declares, as a lock writes them."""
    return {re.split(r"[ <>=~!;\[]", line)[0].lower().replace("_", "-") for line in requirements(ROOT / "setup.cfg", *extras)}


def test_everything_that_ships_is_pinned() -> None:
    assert names() - set(pins(SHIPPED)) == set()


def test_everything_that_develops_is_pinned() -> None:
    assert names("develop") - set(pins(DEVELOPED)) == set()


def test_development_uses_the_versions_that_ship() -> None:
    assert pins(SHIPPED).items() <= pins(DEVELOPED).items()


def test_the_licence_of_everything_that_ships_fits() -> None:
    found = shipped(ROOT / SHIPPED)
    assert {name for name, _, _ in found} == set(pins(SHIPPED))
    assert [(name, licence) for name, _, licence in found if not fits(licence)] == []


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("MIT", True),
        ("EPL-2.0 OR GPL-2.0-or-later", True),
        ("MPL-2.0 AND (Apache-2.0 OR MIT)", True),
        ("MIT AND GPL-3.0-only", False),
        ("AGPL-3.0-only OR GPL-2.0-only", False),
        ("", False),
    ],
)
def test_a_licence_fits_by_one_alternative_and_all_that_is_joined(expression: str, expected: bool) -> None:  # noqa: FBT001 - a parameter
    assert fits(expression) is expected


@pytest.mark.parametrize("lock", [SHIPPED, DEVELOPED], ids=str)
def test_every_pin_has_its_hashes(lock: Path) -> None:
    blocks = re.split(r"^(?=[a-z])", text(lock), flags=re.MULTILINE)[1:]
    assert len(blocks) == len(pins(lock))
    assert [block.split()[0] for block in blocks if "--hash=sha256:" not in block] == []


@pytest.mark.parametrize("lock", [SHIPPED, DEVELOPED], ids=str)
def test_a_lock_names_no_place_to_download_from(lock: Path) -> None:
    assert not re.search(r"https?:|file:|--index-url|--extra-index-url|--find-links|@", text(lock))
