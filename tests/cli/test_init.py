# SPDX-License-Identifier: MIT
"""``decnet init`` installs without a package; what it does is shown in the tests of the installation."""

from pathlib import Path

import pytest

from decnet.cli.main import main
from tests.support.images import image


@pytest.mark.root
def test_points_are_printed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    made = image(tmp_path / "root", packaged=False)
    (made.root / "opt/decnet/venv/bin").mkdir(parents=True)
    (made.root / "opt/decnet/venv/bin/decnet").touch()
    assert main(["init", "--prefix", str(made.root)]) == 0
    assert "[ OK ] polkit rule" in capsys.readouterr().out


def test_relative_folder_is_refused_with_the_code_of_the_configurator(tmp_path: Path) -> None:
    assert main(["init", "--prefix", str(tmp_path), "--install-dir", "here"]) == 1
