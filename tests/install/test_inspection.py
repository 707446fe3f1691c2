# SPDX-License-Identifier: MIT
"""What was broken on purpose is found, with the command that mends it."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from decnet.install import inspection
from decnet.install import plan as plan_module
from decnet.install.inspection import Problem
from decnet.install.plan import plan
from tests.support.images import Image, image
from tests.support.sources import ROOT

pytestmark = pytest.mark.root


@pytest.fixture
def root(tmp_path: Path) -> Image:
    """Return a configured system."""
    made = image(tmp_path / "root")
    made.run("apply")
    return made


def found(root: Image, build: Path = Path("/nonexistent")) -> list[Problem]:
    """Return everything but the owners, whose names are those of the running system."""
    return [problem for problem in inspection.inspect(root.host, build) if "has to be" not in problem.message]


def test_configured_system_has_no_problem(root: Image) -> None:
    assert inspection.is_installed(root.host)
    assert found(root) == []


def test_who_is_not_root_is_told_so(root: Image) -> None:
    """The state of the configurator is root's; an ordinary account sees the rest."""
    program = (
        "import os, sys; from pathlib import Path; from decnet.install import host, inspection\n"
        "root = Path(sys.argv[1]); here = host.of(root, {}); top = os.open(root, os.O_RDONLY)\n"
        "os.setgid(65534); os.setuid(65534); here.tree.root = Path(f'/proc/self/fd/{top}')\n"
        "print([problem.remedy for problem in inspection.inspect(here)])"
    )
    command = (sys.executable, "-B", "-c", program, str(root.root))
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout == "['sudo decnet doctor']\n"


def test_checkout_alone_is_no_installation(tmp_path: Path) -> None:
    assert not inspection.is_installed(image(tmp_path / "root").host)


def test_group_that_a_service_would_have_beside_its_own_is_named(root: Image) -> None:
    groups = root.root / "etc/group"
    groups.write_text(root.text("etc/group") + "docker:x:301:decnet\ntape:x:302:decnet-decoys\n", encoding="utf-8")
    docker, tape = found(root)
    assert "decnet is in the group docker, too" in docker.message
    assert (docker.is_grave, tape.is_grave) == (True, False)
    assert "gpasswd -d decnet docker" in docker.remedy
    assert "systemctl try-restart decnet-bus.service decnet-agent.service decnet-ingester.service" in docker.remedy
    assert "try-restart decnet-decoys.service" in tape.remedy


def test_unfinished_run_is_named_by_its_step(root: Image) -> None:
    (root.root / "var/lib/decnet-package/journal").write_text("begin 1 manual\nstep owners\n", encoding="utf-8")
    (problem,) = found(root)
    assert problem.is_half
    assert "step owners" in problem.message
    assert problem.remedy == "decnet configure apply"


def test_gate_that_was_left_is_found(root: Image) -> None:
    (root.root / "run/decnet-upgrade.lock").touch()
    (problem, *_) = found(root)
    assert problem.is_half
    assert problem.remedy == "decnet configure apply"


@pytest.mark.parametrize(
    ("state", "remedy"),
    [
        ("half-configured", "dpkg --configure -a; where that refuses or finds nothing: apt-get install --reinstall decnet"),
        ("installed", "decnet configure apply"),
    ],
)
def test_run_and_upgrade_that_did_not_end_are_one_problem_with_one_command(root: Image, state: str, remedy: str) -> None:
    """What dpkg has not finished, dpkg has to go on with; another package that it has not finished is none of ours."""
    (root.root / "run/decnet-upgrade.lock").touch()
    (root.root / "var/lib/decnet-package/journal").write_text("begin 1 postinst\nstep store\n", encoding="utf-8")
    status = root.root / "var/lib/dpkg/status"
    status.parent.mkdir(parents=True, exist_ok=True)
    status.write_text(
        f"Package: decnet\nStatus: install ok {state}\nVersion: 1\n\nPackage: other\nStatus: install ok unpacked\n",
        encoding="utf-8",
    )
    first, *rest = found(root)
    assert first.is_half
    assert "stopped at the step store; an upgrade did not end" in first.message
    assert first.remedy == remedy
    assert not any(problem.is_half for problem in rest)


def test_what_dpkg_was_killed_at_counts_more_than_what_it_wrote_down_before(root: Image) -> None:
    for name, state in (("status", "installed"), ("updates/0001", "unpacked")):
        path = root.root / "var/lib/dpkg" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"Package: decnet\nStatus: install ok {state}\n", encoding="utf-8")
    assert inspection.is_left_by_dpkg(root.host)


@pytest.mark.parametrize(
    ("state", "count"), [("half-installed", 1), ("unpacked", 1), ("installed", 0), ("triggers-awaited", 0), ("config-files", 0)]
)
def test_unpacking_that_did_not_end_is_found_after_a_boot(root: Image, state: str, count: int) -> None:
    """The gate is in /run and gone; the files of the package may be of two versions. The list of dpkg may be long."""
    status = root.root / "var/lib/dpkg/status"
    status.parent.mkdir(parents=True, exist_ok=True)
    other = "Package: other\nStatus: install ok unpacked\n" + "Description: x\n" * 400_000 + "\n"
    status.write_text(f"{other}Package: decnet\nStatus: install reinstreq {state}\nVersion: 1\n", encoding="utf-8")
    problems = found(root)
    assert len(problems) == count
    for problem in problems:
        assert problem.is_half
        assert "apt-get install --reinstall decnet" in problem.remedy


def test_first_unpacking_that_did_not_end_is_found_where_nothing_else_of_ours_is(tmp_path: Path) -> None:
    root = image(tmp_path / "root")
    status = root.root / "var/lib/dpkg/status"
    status.parent.mkdir(parents=True, exist_ok=True)
    status.write_text("Package: decnet\nStatus: install reinstreq half-installed\nVersion: 1\n", encoding="utf-8")
    assert inspection.is_installed(root.host)


@pytest.mark.parametrize("text", [None, "{}", "[]", "\x00", '{"schema": "1"}'])
def test_note_of_the_schema_that_says_nothing_is_found(root: Image, text: str | None) -> None:
    """With it preinst would refuse every other version."""
    assert list(inspection.stamp(root.host)) == []
    (root.root / "var/lib/decnet/store/decnet.db").touch()
    stamp = root.root / "var/lib/decnet-package/schema.json"
    if text is not None:
        stamp.write_text(text, encoding="utf-8")
    (problem,) = inspection.stamp(root.host)
    assert "upgrades are refused" in problem.message
    assert problem.remedy == "decnet configure apply"
    assert plan_module.lacks_store(root.host, plan(root.host, {}).identity)
    stamp.write_text('{"schema": 1}', encoding="utf-8")
    assert list(inspection.stamp(root.host)) == []
    assert not plan_module.lacks_store(root.host, plan(root.host, {}).identity)


@pytest.mark.parametrize(
    ("path", "unit"),
    [
        ("store/decnet.db", "decnet-ingester.service"),
        ("blobs/ab", "decnet-ingester.service"),
        ("agent/decoys.json", "decnet-agent.service"),
        ("spool/HOST/decoys/lock", "decnet-decoys.service"),
    ],
)
def test_file_that_its_service_cannot_write_is_found(root: Image, path: str, unit: str) -> None:
    """The folder is that of the new account, what is in it is not: on a disk of its own it was passed over."""
    file = root.root / "var/lib/decnet" / path.replace("HOST", os.uname().nodename.split(".")[0])
    user = "decnet-decoys" if "spool" in path else "decnet"
    file.touch()
    os.chown(file, root.uid(user), -1)
    assert list(inspection.contents(root.host, plan(root.host, {}))) == []
    os.chown(file, 54321, -1)
    (problem,) = inspection.contents(root.host, plan(root.host, {}))
    assert f"1 of what is in /{file.parent.relative_to(root.root)} do not belong to {user}" in problem.message
    assert unit in problem.remedy
    run_for(root, problem)
    assert list(inspection.contents(root.host, plan(root.host, {}))) == []


def run_for(root: Image, problem: Problem) -> None:
    """Run the first command of a remedy on an image: its folders, and the numbers of its accounts for their names."""
    give, _, _ = problem.remedy.replace(" /var/", f" {root.root}/var/").partition(" && ")
    for user in ("decnet-decoys", "decnet"):
        uid = root.uid(user)
        give = give.replace(f" {user} ", f" {uid} ").replace(f" {user}:decnet ", f" {uid}:{root.gid('decnet')} ")
    subprocess.run(("sh", "-c", give), check=True)


def test_command_that_gives_a_folder_to_its_account_takes_nothing_from_others(root: Image) -> None:
    """A copy beside the store may be root's, a second name of somebody else's file is his, a link leads nowhere."""
    data = root.root / "var/lib/decnet"
    outside = root.root / "srv"
    outside.write_text("theirs", encoding="utf-8")
    (data / "blobs/second").hardlink_to(outside)
    (data / "blobs/link").symlink_to(outside)
    (data / "store/decnet.db.mine").touch()
    for path in (data / "blobs/one", data / "store/decnet.db"):
        path.touch()
    for path in (outside, data / "store/decnet.db.mine", data / "blobs/one", data / "store/decnet.db"):
        os.chown(path, 54321, 54321)
    for problem in inspection.contents(root.host, plan(root.host, {})):
        run_for(root, problem)
    assert {path.stat().st_uid for path in (outside, data / "store/decnet.db.mine")} == {54321}
    assert {path.stat().st_uid for path in (data / "blobs/one", data / "store/decnet.db")} == {root.uid("decnet")}


def test_copy_of_the_store_may_be_anybodys(root: Image) -> None:
    (root.root / "var/lib/decnet/store/decnet.db.mine").touch()
    assert list(inspection.contents(root.host, plan(root.host, {}))) == []


def test_look_that_breaks_is_a_problem_and_the_others_have_their_turn(root: Image) -> None:
    blobs = root.root / "var/lib/decnet/blobs"
    blobs.rmdir()
    blobs.symlink_to("/etc")
    (root.root / "var/lib/decnet/store/decnet.db").touch()
    (root.root / "var/lib/dpkg").mkdir(parents=True, exist_ok=True)
    (root.root / "var/lib/dpkg/status").mkdir()
    messages = [problem.message for problem in inspection.inspect(root.host)]
    assert any("unfinished: this could not be looked at" in message for message in messages)
    assert any("schema.json does not say" in message for message in messages)


def test_edited_file_is_a_warning(root: Image) -> None:
    (root.root / "etc/logrotate.d/decnet").write_text("# mine\n", encoding="utf-8")
    root.run("apply")
    (problem,) = found(root)
    assert not problem.is_grave
    assert "diff /etc/logrotate.d/decnet" in problem.remedy


def test_identity_that_was_edited_and_not_applied_is_found(root: Image) -> None:
    conf = root.root / "etc/decnet/package.conf"
    conf.write_text(conf.read_text(encoding="utf-8").replace("GROUP=decnet", "GROUP=secops"), encoding="utf-8")
    assert any("not what package.conf says" in problem.message for problem in found(root))


def test_identity_that_cannot_be_used_is_found(root: Image) -> None:
    (root.root / "etc/decnet/package.conf").write_text("DECNET_USER=root\n", encoding="utf-8")
    assert any("root" in problem.message for problem in found(root))


def test_folder_with_another_mode_is_found(root: Image) -> None:
    (root.root / "var/lib/decnet-package").chmod(0o755)
    problems = list(inspection.owners(root.host, plan(root.host, {})))
    (problem,) = [problem for problem in problems if "decnet-package is" in problem.message]
    assert problem.message.endswith("root:root 0755, and has to be root:root 0700")
    assert problem.remedy == "systemd-tmpfiles --create decnet.conf"


@pytest.mark.parametrize(("release", "count"), [("debian-12", 0), ("debian-13", 1)])
def test_package_of_another_release_is_found(root: Image, tmp_path: Path, release: str, count: int) -> None:
    build = tmp_path / "build.json"
    build.write_text(json.dumps({"built_for": release}), encoding="utf-8")
    assert len(found(root, build)) == count
