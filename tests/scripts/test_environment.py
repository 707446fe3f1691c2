# SPDX-License-Identifier: MIT
"""``scripts/lib/environment.sh``: which packages are missing, who installs them, which Python is taken."""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from tests.support.clients import Finished, run
from tests.support.sources import ROOT

pytestmark = pytest.mark.client

TOOLS = ("bash", "cat", "sed", "sleep", "env", "grep", "setpriv")
NOBODY = ("setpriv", "--reuid", "65534", "--clear-groups", "--")
AS_USER = NOBODY if os.geteuid() == 0 else ()


@pytest.fixture
def checkout() -> Iterator[Path]:
    """A folder that stands for the checkout, open to others, with a ``bin`` that holds all commands there are."""
    with TemporaryDirectory() as made:
        folder = Path(made)
        folder.chmod(0o755)
        (folder / "bin").mkdir()
        for tool in TOOLS:
            (folder / "bin" / tool).symlink_to(str(shutil.which(tool)))
        (folder / "environment.sh").write_text((ROOT / "scripts/lib/environment.sh").read_text())
        yield folder


def fake(checkout: Path, name: str, body: str = "") -> None:
    """Put a program into ``bin`` that writes down how it was called."""
    path = checkout / "bin" / name
    path.write_text(f'#!{shutil.which("bash")}\necho "{name} $*" >>{checkout}/calls\n{body}\n')
    path.chmod(0o755)
    (checkout / "calls").touch()
    (checkout / "calls").chmod(0o666)


def fake_python(checkout: Path, path: str, version: str) -> None:
    """Put a Python of a version there: it answers the question whether it is in range."""
    major, minor = version.split(".")
    (checkout / path).parent.mkdir(parents=True, exist_ok=True)
    in_range = int(major) == 3 and 11 <= int(minor) <= 13
    (checkout / path).write_text(f"#!{shutil.which('bash')}\nexit {0 if in_range else 1}\n")
    (checkout / path).chmod(0o755)


async def shell(checkout: Path, command: str, *prefix: str) -> Finished:
    """Run one line after the sourced file, with ``bin`` as the whole path."""
    line = f"set -euo pipefail; cd {checkout}; PATH={checkout}/bin; source ./environment.sh; {command}"
    return await run(*prefix, str(shutil.which("bash")), "-c", line)


async def test_nothing_is_called_when_nothing_is_missing(checkout: Path) -> None:
    fake(checkout, "apt-get")
    finished = await shell(checkout, "need_packages bash:bash sed:sed")
    assert (finished.code, finished.stderr) == (0, b"")
    assert (checkout / "calls").read_text() == ""


async def test_an_ordinary_user_is_told_in_one_sentence_what_to_install(checkout: Path) -> None:
    fake(checkout, "apt-get")
    finished = await shell(checkout, "need_packages bash:bash curl:curl-is-away sshpass:sshpass-is-away", *AS_USER)
    assert finished.code == 1
    assert finished.stderr.decode() == (
        "These Debian packages are missing: curl sshpass. Install them with: sudo apt-get install curl sshpass\n"
    )
    assert (checkout / "calls").read_text() == ""


async def test_a_user_with_sudo_at_hand_gets_the_packages(checkout: Path) -> None:
    fake(checkout, "sudo", 'while [[ ${1:-} == -n || ${1:-} == *=* ]]; do shift; done; [[ $1 == true ]] || "$@"')
    fake(checkout, "apt-get")
    finished = await shell(checkout, "need_packages curl:curl-is-away", *AS_USER)
    assert finished.code == 0, finished.stderr
    calls = (checkout / "calls").read_text().splitlines()
    assert [call for call in calls if call.startswith("apt-get")] == [
        "apt-get update --quiet",
        "apt-get install --quiet --yes --no-install-recommends curl",
    ]


@pytest.mark.root
async def test_root_installs_only_what_is_missing(checkout: Path) -> None:
    fake(checkout, "apt-get")
    finished = await shell(checkout, "need_packages bash:bash redis-tools:redis-cli-is-away")
    assert finished.code == 0, finished.stderr
    assert (checkout / "calls").read_text().splitlines()[-1].endswith("--no-install-recommends redis-tools")


@pytest.mark.root
async def test_without_apt_the_programs_are_named(checkout: Path) -> None:
    finished = await shell(checkout, "need_packages curl:curl-is-away")
    assert finished.code == 1
    assert b"curl" in finished.stderr


@pytest.mark.parametrize(
    ("pythons", "taken"),
    [
        ({"bin/python3": "3.11"}, "python3"),
        ({"bin/python3": "3.14", "bin/python3.12": "3.12"}, "python3.12"),
        ({"bin/python3": "3.10", "bin/python3.11": "3.11", "bin/python3.13": "3.13"}, "python3.13"),
        ({".venv/bin/python": "3.12", "bin/python3": "3.11"}, ".venv/bin/python"),
        ({".venv/bin/python": "3.9", "bin/python3": "3.11"}, "python3"),
    ],
)
async def test_the_python_of_the_environment_is_preferred_then_the_usual_one(
    checkout: Path, pythons: dict[str, str], taken: str
) -> None:
    for path, version in pythons.items():
        fake_python(checkout, path, version)
    finished = await shell(checkout, "find_python")
    assert finished.stdout.decode().strip() == taken


async def test_a_python_that_is_too_old_or_too_new_is_none(checkout: Path) -> None:
    fake_python(checkout, "bin/python3", "3.10")
    assert (await shell(checkout, "find_python")).code == 1


async def test_the_exit_code_of_a_phase_is_that_of_its_command(checkout: Path) -> None:
    finished = await shell(checkout, "timed counting bash -c 'exit 7'")
    assert finished.code == 7
    assert b"counting: FAILED with 7" in finished.stderr


async def test_one_package_of_a_lock_comes_with_its_hashes(checkout: Path) -> None:
    """What builds the checkout is pinned in one place, whichever lock is installed."""
    (checkout / "requirements-dev.lock").write_text(
        "a==1 \\\n    --hash=sha256:aa\nb==2 \\\n    --hash=sha256:bb \\\n    --hash=sha256:cc\nc==3\n"
    )
    finished = await shell(checkout, "pinned b; pinned c; pinned nothing")
    assert finished.stdout.decode() == "b==2 \\\n    --hash=sha256:bb \\\n    --hash=sha256:cc\nc==3\n"


READY = """
need_packages() { :; }
find_python() { echo .venv/bin/python; }
timed() { shift; "$@"; }
install_packages() { echo made; }
"""


@pytest.mark.parametrize(
    ("made_of", "wanted", "is_made"),
    [
        ("requirements.lock", "requirements.lock", False),
        ("requirements-dev.lock", "requirements.lock", False),
        ("requirements.lock", "requirements-dev.lock", True),
    ],
)
async def test_the_larger_set_serves_who_only_runs_decnet(checkout: Path, made_of: str, wanted: str, *, is_made: bool) -> None:
    fake_python(checkout, ".venv/bin/python", "3.11")
    for name in ("cat", "sha256sum", "flock"):
        if not (checkout / "bin" / name).exists():
            (checkout / "bin" / name).symlink_to(str(shutil.which(name)))
    for name in ("setup.cfg", "requirements.lock", "requirements-dev.lock"):
        (checkout / name).write_text(name)
    (checkout / ".venv/bin/pip").touch(0o755)
    finished = await shell(checkout, f"{READY}stamp {made_of} .venv/bin/python >.venv/stamp; ensure_environment {wanted}")
    assert finished.code == 0, finished.stderr
    assert (finished.stdout == b"made\n") is is_made
