# SPDX-License-Identifier: MIT
"""An installation's virtual environment is found in its order; the command line tests show every branch."""

from pathlib import Path, PurePosixPath

import pytest

from decnet.install.environments import absolute, check_assets, resolve
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


@pytest.mark.parametrize(
    ("package", "remedy"),
    [
        ("decnet", "in the checkout: scripts/assets"),
        ("venv/lib/decnet", "scripts/assets && {venv}/bin/pip install --no-deps --force-reinstall ."),
    ],
)
def test_dashboard_without_what_it_has_of_others_is_refused(tmp_path: Path, package: str, remedy: str) -> None:
    """A checkout is without until somebody fetches it, and so is what was installed from it then."""
    venv, folder = PurePosixPath(tmp_path / "venv"), PurePosixPath(tmp_path / package)
    with pytest.raises(InvalidError, match="the dashboard lacks") as raised:
        check_assets(venv, folder)
    assert raised.value.remedy.endswith(remedy.format(venv=venv))
    Path(folder, "web/static/vendor").mkdir(parents=True)
    check_assets(venv, folder)
