# SPDX-License-Identifier: MIT
"""``scripts/lib/venv.py``: an environment that can be shipped."""

import sys
import venv
from pathlib import Path

import pytest

from scripts.lib.venv import is_clean, main

HOME = Path("/opt/somewhere")


@pytest.fixture
def environment(tmp_path: Path) -> Path:
    """An environment as an installer leaves it."""
    made = tmp_path / "environment"
    venv.create(made, symlinks=True, with_pip=False)
    packages = next(made.glob("lib/python3.*/site-packages"))
    files = (
        "decnet/version.py",
        "decnet/.tools/x.md",
        "pip/main.py",
        "decnet-1.dist-info/RECORD",
        "decnet-1.dist-info/METADATA",
    )
    for name in files:
        (packages / name).parent.mkdir(exist_ok=True, parents=True)
        (packages / name).write_text("VERSION = '1'\n" if name.endswith(".py") else "Name: decnet\n")
    (made / "bin/decnet").write_text(f"#!{made}/bin/python\nprint('here')\n")
    (made / "bin/alembic").write_text("#!/bin/sh\n")
    return made


def test_what_is_left_is_what_runs(environment: Path) -> None:
    assert main(environment, HOME) == 0
    packages = next(environment.glob("lib/python3.*/site-packages"))
    assert sorted(path.name for path in environment.iterdir()) == ["bin", "lib", "pyvenv.cfg"]
    assert sorted(path.name for path in (environment / "bin").iterdir()) == ["decnet", "python"]
    assert sorted(path.name for path in packages.iterdir()) == ["decnet", "decnet-1.dist-info"]
    assert [path.name for path in (packages / "decnet-1.dist-info").iterdir()] == ["METADATA"]
    assert sorted(path.name for path in (packages / "decnet").iterdir()) == ["__pycache__", "version.py"]


def test_it_points_to_where_it_will_be(environment: Path) -> None:
    main(environment, HOME)
    assert (environment / "bin/decnet").read_text().startswith(f"#!{HOME}/bin/python -IB\n")
    version = f"{sys.version_info.major}.{sys.version_info.minor}"
    assert str((environment / "bin/python").readlink()) == f"/usr/bin/python{version}"
    (compiled,) = environment.rglob("version.*.pyc")
    assert f"{HOME}/lib/python{version}/site-packages/decnet/version.py".encode() in compiled.read_bytes()


def test_a_file_that_names_the_place_of_the_build_is_an_error(environment: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(environment, HOME) == 0
    (environment / "lib/note").write_text(f"made in {environment.resolve()}")
    assert not is_clean(environment)
    assert "note names the place" in capsys.readouterr().err


def test_modes_are_those_of_programs_and_data(environment: Path) -> None:
    (environment / "lib").chmod(0o700)
    main(environment, HOME)
    modes = {path.stat().st_mode & 0o777 for path in environment.rglob("*") if path.is_file() and not path.is_symlink()}
    assert modes == {0o644, 0o755}
    assert (environment / "lib").stat().st_mode & 0o777 == 0o755
