# SPDX-License-Identifier: MIT
"""A plan reaches its end from wherever it was killed, and changes nothing where nothing is to change."""

import os
import re
import shutil
from pathlib import Path

import pytest

from decnet.install.journal import Journal
from tests.support.deaths import deeds, killed_at
from tests.support.images import Image, image

pytestmark = pytest.mark.root

STATE = "var/lib/decnet-package"
OTHER = re.compile(
    r"(User|Group|SupplementaryGroups)=decnet|^[gum] decnet|isInGroup\(\"decnet|create 0640 \S*decnet|[0-9]{4} \S+ decnet ",
    re.MULTILINE,
)


@pytest.fixture
def root(tmp_path: Path) -> Image:
    """Return a system on which decnet was installed and never configured."""
    return image(tmp_path / "root")


@pytest.fixture
def evidence(root: Image) -> Image:
    """Return a configured system with files of the services on it."""
    root.run("apply")
    for path in ("store/decnet.db", "blobs/ab", "agent/desired.json"):
        file = root.root / "var/lib/decnet" / path
        file.write_text(path, encoding="utf-8")
        file.chmod(0o640)
        shutil.chown(file, root.uid("decnet"), root.gid("decnet"))
    return root


def settled(root: Image) -> dict[str, tuple[int, int, int, str]]:
    """Return everything that an operator can see of a root; the set that was kept depends on how often it was tried."""
    return {path: found for path, found in root.everything().items() if not path.startswith(f"{STATE}/previous")}


def test_first_run_makes_accounts_files_folders_and_links(root: Image) -> None:
    root.run("apply")
    assert (root.uid("decnet"), root.members("decnet")) == (root.gid("decnet"), "decnet")
    assert root.text("etc/systemd/system/decnet-bus.service.d/10-decnet-identity.conf").endswith("User=decnet\nGroup=decnet\n")
    assert root.owners("var/lib/decnet") == ("root", "decnet")
    assert root.owners("var/lib/decnet/store") == ("decnet", "decnet")
    assert (root.root / "etc/systemd/system/decnet.target.wants/decnet-master.target").is_symlink()
    assert (root.root / "etc/systemd/system/decnet-master.target.wants/decnet-bus.service").is_symlink()
    assert (root.root / STATE).stat().st_mode & 0o7777 == 0o700
    assert "#" in root.text("etc/decnet/config.ini")
    assert not (root.root / STATE / "journal").exists()


def test_second_run_writes_nothing(root: Image) -> None:
    root.run("apply")
    before = root.times()
    root.run("apply")
    assert root.times() == before
    assert root.run("diff").stdout == ""


def test_no_rendered_file_names_another_identity(root: Image) -> None:
    root.run("set", "DECNET_USER=honey", "DECNET_GROUP=secops")
    for line in root.text(f"{STATE}/manifest").splitlines():
        file = root.root / line.split(" ", 2)[2].lstrip("/")
        if not file.is_symlink():
            assert not OTHER.search(file.read_text(encoding="utf-8")), file
    assert not [line for line in root.text("etc/passwd").splitlines() if line.startswith("decnet")]
    assert "decnet" not in {line.split(":")[0] for line in root.text("etc/group").splitlines()}
    assert root.owners("run/decnet") == ("honey", "secops")
    assert root.owners("run/decnet-handover") == ("honey", "honey-decoys")


def test_group_change_reaches_every_file_of_ours(evidence: Image) -> None:
    evidence.run("set", "--group", "secops")
    for path in ("store/decnet.db", "blobs/ab", "agent/desired.json", "store", ""):
        assert evidence.owners(f"var/lib/decnet/{path}".rstrip("/"))[1] == "secops", path
    assert evidence.owners("run/decnet") == ("decnet", "secops")
    assert evidence.owners("var/log/decnet/decnet.bus.log") == ("decnet", "secops")


def test_user_change_reaches_every_file_of_ours(evidence: Image) -> None:
    evidence.run("set", "--user", "honey", "--group", "secops")
    assert evidence.owners("var/lib/decnet/store/decnet.db") == ("honey", "secops")
    assert "decnet" not in evidence.members("secops").split(",")
    (spool,) = (evidence.root / "var/lib/decnet/spool").iterdir()
    assert evidence.owners(f"var/lib/decnet/spool/{spool.name}/decoys") == ("honey-decoys", "secops")


def test_membership_that_we_made_ends_with_the_group(root: Image) -> None:
    root.run("set", "--user", "honey", "--group", "secops")
    assert root.members("secops") == "honey"
    root.run("set", "--group", "ops2")
    assert (root.members("secops"), root.members("ops2")) == ("", "honey")


def test_membership_that_the_operator_made_stays(root: Image) -> None:
    path = root.root / "etc/group"
    root.run("apply")
    path.write_text(path.read_text(encoding="utf-8") + "secops:x:300:decnet,alice\n", encoding="utf-8")
    root.run("set", "--group", "secops")
    root.run("set", "--group", "ops2")
    assert root.members("secops") == "decnet,alice"


def test_role_change_leads_the_target_to_the_other_services(root: Image) -> None:
    root.run("apply")
    root.run("set", "--role", "agent")
    links = [path.name for path in (root.root / "etc/systemd/system/decnet.target.wants").iterdir()]
    assert links == ["decnet-agent.target"]


def test_rollback_brings_the_identity_from_before_back_and_twice_is_where_it_began(evidence: Image) -> None:
    evidence.run("set", "--group", "secops")
    new = evidence.text("etc/decnet/package.conf")
    evidence.run("rollback")
    assert "DECNET_GROUP=decnet" in evidence.text("etc/decnet/package.conf")
    assert evidence.owners("var/lib/decnet/store/decnet.db")[1] == "decnet"
    assert evidence.run("diff").stdout == ""
    evidence.run("rollback")
    assert evidence.text("etc/decnet/package.conf") == new


def test_what_the_operator_wrote_into_the_rules_of_accounts_is_no_reason_not_to_go_back(evidence: Image) -> None:
    path = evidence.root / "etc/sysusers.d/decnet.conf"
    path.write_text(path.read_text(encoding="utf-8") + "# mine\n", encoding="utf-8")
    evidence.run("set", "--group", "secops")
    evidence.run("rollback")
    assert evidence.owners("var/lib/decnet/store/decnet.db") == ("decnet", "decnet")
    assert path.read_text(encoding="utf-8").endswith("# mine\n")
    assert "was edited and stays" in evidence.run("apply").stderr
    assert evidence.run("diff").stdout == ""


def test_name_that_would_take_the_place_of_another_of_ours_is_refused_before_anything(evidence: Image) -> None:
    before = evidence.everything()
    assert "not used here before" in evidence.run("set", "--user", "decnet-netns", code=1).stderr
    assert evidence.everything() == before


def failing(folder: Path) -> dict[str, str]:
    """Return an environment in which no folder can be given to the group secops."""
    real = shutil.which("systemd-tmpfiles")
    folder.mkdir()
    path = folder / "systemd-tmpfiles"
    path.write_text(
        f'#!/bin/sh\ntext=$(cat)\ncase $text in *secops*) echo \'not here\' >&2; exit 1 ;; esac\necho "$text" | {real} "$@"\n',
        encoding="utf-8",
    )
    path.chmod(0o755)
    return {"PATH": f"{folder}:{os.environ['PATH']}"}


def test_step_that_fails_brings_the_identity_back_whatever_the_operator_edited(evidence: Image, tmp_path: Path) -> None:
    path = evidence.root / "etc/sysusers.d/decnet.conf"
    path.write_text(path.read_text(encoding="utf-8") + "# mine\n", encoding="utf-8")
    deeds("set", "--group", "secops", "--root", str(evidence.root), environment=failing(tmp_path / "bin"), code=1)
    assert "DECNET_GROUP=decnet\n" in evidence.text("etc/decnet/package.conf")
    assert evidence.owners("var/lib/decnet/store/decnet.db") == ("decnet", "decnet")
    assert not (evidence.root / STATE / "journal").exists()


def test_rollback_without_anything_from_before_is_refused(root: Image) -> None:
    root.run("apply")
    assert "nothing from before" in root.run("rollback", code=1).stderr


def test_edited_file_is_kept_and_ours_lies_beside_it(root: Image) -> None:
    root.run("apply")
    path = root.root / "etc/polkit-1/rules.d/50-decnet-workers.rules"
    path.write_text("// mine\n", encoding="utf-8")
    done = root.run("set", "--group", "secops")
    assert path.read_text(encoding="utf-8") == "// mine\n"
    assert "secops" in path.with_name(f"{path.name}.decnet-new").read_text(encoding="utf-8")
    assert "was edited" in done.stderr
    before = root.times()
    root.run("apply")
    assert root.times() == before
    assert root.run("diff").stdout == ""


def test_edited_rotation_gets_no_neighbour_that_logrotate_would_read(root: Image) -> None:
    root.run("apply")
    path = root.root / "etc/logrotate.d/decnet"
    path.write_text("# mine\n", encoding="utf-8")
    root.run("set", "--group", "secops")
    assert [file.name for file in path.parent.iterdir()] == ["decnet"]
    assert "secops" in root.text("etc/decnet/logrotate.decnet-new")


def test_proposal_goes_when_the_operator_takes_ours(root: Image) -> None:
    root.run("apply")
    path = root.root / "etc/polkit-1/rules.d/50-decnet-workers.rules"
    path.write_text("// mine\n", encoding="utf-8")
    root.run("set", "--group", "secops")
    path.with_name(f"{path.name}.decnet-new").rename(path)
    root.run("apply")
    assert [file.name for file in path.parent.iterdir()] == [path.name]
    assert root.run("diff").stdout == ""


def test_comments_and_unknown_lines_of_package_conf_stay(root: Image) -> None:
    root.run("apply")
    path = root.root / "etc/decnet/package.conf"
    path.write_text("# ask alice\nFUTURE=1\n" + path.read_text(encoding="utf-8"), encoding="utf-8")
    assert "FUTURE" in root.run("set", "--group", "secops").stderr
    assert path.read_text(encoding="utf-8").startswith("# ask alice\nFUTURE=1\n")
    assert "DECNET_GROUP=secops\n" in path.read_text(encoding="utf-8")


def killed_everywhere(start: Image, tmp_path: Path, change: tuple[str, ...], step: int) -> None:
    """Kill a change before each of its deeds (or each of ``step``), run again, and expect what a run in one piece leaves."""
    whole = twin(start, tmp_path / "whole")
    count = deeds(*change, "--root", str(whole.root))
    expected = settled(whole)
    for moment in range(1, count + 1, step):
        broken = twin(start, tmp_path / "broken")
        assert killed_at(moment, *change, "--root", str(broken.root))
        conf = broken.root / "etc/decnet/package.conf"
        if conf.exists() and conf.read_text(encoding="utf-8") == whole.text("etc/decnet/package.conf"):
            assert Journal(broken.host.tree).is_open or settled(broken) == expected, moment
            broken.run("apply")
        else:
            broken.run(*change)
        assert settled(broken) == expected, moment
        shutil.rmtree(broken.root)


CHANGE = ("set", "--user", "honey", "--group", "secops")


def test_killed_first_run_is_finished_by_the_next(root: Image, tmp_path: Path) -> None:
    killed_everywhere(root, tmp_path, ("apply",), 12)


def test_killed_change_of_user_and_group_is_seen_and_finished_by_the_next_run(evidence: Image, tmp_path: Path) -> None:
    killed_everywhere(evidence, tmp_path, CHANGE, 12)


def test_killed_rollback_is_finished_by_the_next(evidence: Image, tmp_path: Path) -> None:
    evidence.run("set", "--group", "secops")
    killed_everywhere(evidence, tmp_path, ("rollback",), 12)


def killed_on_the_way_back(evidence: Image, tmp_path: Path, step: int) -> None:
    """Kill a change that fails, on its way there and back; the same change, when it works, leads where it always does."""
    environment, change = failing(tmp_path / "bin"), ("set", "--group", "secops")
    whole, counted = twin(evidence, tmp_path / "whole"), twin(evidence, tmp_path / "counted")
    whole.run(*change)
    count = deeds(*change, "--root", str(counted.root), environment=environment, code=1)
    for moment in range(1, count + 1, step):
        broken = twin(evidence, tmp_path / "broken")
        assert killed_at(moment, *change, "--root", str(broken.root), environment=environment)
        broken.run(*change)
        assert settled(broken) == settled(whole), moment
        shutil.rmtree(broken.root)


@pytest.mark.timeout(300)
def test_killed_way_back_is_no_dead_end(evidence: Image, tmp_path: Path) -> None:
    killed_on_the_way_back(evidence, tmp_path, 12)


@pytest.mark.soak
@pytest.mark.timeout(1800)
def test_way_back_that_is_killed_before_any_of_its_deeds_is_no_dead_end(evidence: Image, tmp_path: Path) -> None:
    killed_on_the_way_back(evidence, tmp_path, 1)


@pytest.mark.soak
@pytest.mark.timeout(1800)
def test_rollback_that_is_killed_before_any_of_its_deeds_is_finished_by_the_next(evidence: Image, tmp_path: Path) -> None:
    evidence.run("set", "--group", "secops")
    killed_everywhere(evidence, tmp_path, ("rollback",), 1)


@pytest.mark.soak
@pytest.mark.timeout(1800)
def test_run_that_is_killed_before_any_of_its_deeds_is_finished_by_the_next(evidence: Image, tmp_path: Path) -> None:
    killed_everywhere(evidence, tmp_path, CHANGE, 1)


@pytest.mark.soak
@pytest.mark.timeout(1800)
def test_first_run_that_is_killed_before_any_of_its_deeds_is_finished_by_the_next(root: Image, tmp_path: Path) -> None:
    killed_everywhere(root, tmp_path, ("apply",), 1)


def twin(original: Image, root: Path) -> Image:
    """Return a copy of a root, owners and times with it."""
    shutil.copytree(original.root, root, symlinks=True, copy_function=copy)
    copy_owners(original.root, root)
    return Image(root)


def copy(source: str, target: str) -> str:
    """Copy a file with its times and mode."""
    return shutil.copy2(source, target, follow_symlinks=False)


def copy_owners(source: Path, target: Path) -> None:
    """Give every file of a copy the owners of the original."""
    for path in (source, *source.rglob("*")):
        found = path.lstat()
        other = target / path.relative_to(source)
        os.chown(other, found.st_uid, found.st_gid, follow_symlinks=False)
        if not path.is_symlink():
            other.chmod(found.st_mode & 0o7777)
