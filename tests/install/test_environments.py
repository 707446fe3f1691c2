# SPDX-License-Identifier: MIT
"""An installation's virtual environment is found in its order; the command line tests show every branch."""

from pathlib import Path, PurePosixPath

import pytest

from decnet.install.environments import absolute, resolve
from decnet.install.failure import InvalidError
from decnet.install.tree import Tree

INSTALL = PurePosixPath("/opt/decnet")


def test_first_of_the_usual_places_counts(tmp_path: Path) -> None:
    for name in (".313", ".venv"):
        (tmp_path / "opt/decnet" / name / "bin").mkdir(parents=True)
        (tmp_path / "opt/decnet" / name / "bin/decnet").touch()
    assert resolve(Tree(tmp_path), INSTALL, None, {}) == INSTALL / ".venv"


def test_place_without_the_program_is_none(tmp_path: Path) -> None:
    (tmp_path / "opt/decnet/venv/bin").mkdir(parents=True)
    with pytest.raises(InvalidError, match="looked for venv"):
        resolve(Tree(tmp_path), INSTALL, None, {})


def test_relative_folder_is_refused_by_its_name() -> None:
    with pytest.raises(InvalidError, match="install-dir") as raised:
        absolute("install-dir", "decnet")
    assert "--install-dir /opt/decnet" in raised.value.remedy
