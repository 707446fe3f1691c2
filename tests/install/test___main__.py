# SPDX-License-Identifier: MIT
"""The configurator runs where everything else is broken, and keeps standard output for programs."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.images import Image, image

pytestmark = pytest.mark.root

_CRIPPLED = """
import runpy, sys
from importlib.abc import MetaPathFinder
COMPILED = {"msgspec", "orjson", "cryptography", "sqlalchemy", "alembic", "asyncssh", "aiosql"}
class Broken(MetaPathFinder):
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] in COMPILED or name == "markupsafe._speedups":
            raise ImportError(f"{name} is broken on this host")
sys.meta_path.insert(0, Broken())
sys.argv = ["decnet.install", *sys.argv[1:]]
runpy.run_module("decnet.install", run_name="__main__", alter_sys=True)
"""


@pytest.fixture
def root(tmp_path: Path) -> Image:
    """Return a system on which decnet was never configured."""
    return image(tmp_path / "root")


def test_standard_library_and_jinja_are_enough(root: Image) -> None:
    command = (sys.executable, "-I", "-B", "-c", _CRIPPLED, "apply", "--root", str(root.root))
    done = subprocess.run(command, cwd="/", capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 0, done.stderr
    assert root.owners("run/decnet") == ("decnet", "decnet")


def test_messages_leave_standard_output_alone(root: Image) -> None:
    (root.root / "etc/decnet").mkdir()
    (root.root / "etc/decnet/package.conf").write_text("nonsense\n", encoding="utf-8")
    done = root.run("apply")
    assert done.stdout == ""
    assert "nonsense" not in done.stdout
    assert "line 1 is ignored" in done.stderr


def test_mask_and_environment_of_the_caller_change_nothing(root: Image, tmp_path: Path) -> None:
    root.run("apply")
    other = image(tmp_path / "other")
    (tmp_path / "decnet").mkdir()
    (tmp_path / "decnet/__init__.py").write_text("raise SystemExit(99)", encoding="utf-8")
    command = (
        'umask 077; exec "$@"',
        "sh",
        sys.executable,
        "-I",
        "-B",
        "-m",
        "decnet.install",
        "apply",
        "--root",
        str(other.root),
    )
    environment = {**os.environ, "PYTHONPATH": str(tmp_path), "VIRTUAL_ENV": "/nonexistent", "LC_ALL": "C", "TERM": "dumb"}
    done = subprocess.run(
        ("/bin/sh", "-c", *command), cwd=tmp_path, env=environment, stdin=subprocess.DEVNULL, capture_output=True, check=False
    )
    assert done.returncode == 0, done.stderr.decode()
    assert {path: found[0] for path, found in other.everything().items()} == {
        path: found[0] for path, found in root.everything().items()
    }


def test_mistakes_in_the_arguments_are_not_taken_for_a_failed_migration(root: Image) -> None:
    root.run("--nonsense", code=1)
