# SPDX-License-Identifier: MIT
"""Taking away what was rendered; the other verbs are shown in the tests of the application."""

import shutil
from pathlib import Path

import pytest

from tests.support.images import Image, image

pytestmark = pytest.mark.root

DROP_IN = "etc/systemd/system/decnet-bus.service.d/10-decnet-identity.conf"


@pytest.fixture
def root(tmp_path: Path) -> Image:
    """Return a configured system."""
    made = image(tmp_path / "root")
    made.run("apply")
    return made


def test_unrender_takes_what_nobody_edited(root: Image) -> None:
    (root.root / "etc/logrotate.d/decnet").write_text("# mine\n", encoding="utf-8")
    assert "was edited and stays" in root.run("unrender").stderr
    assert not (root.root / DROP_IN).exists()
    assert (root.root / "etc/logrotate.d/decnet").exists()
    assert (root.root / "etc/decnet/package.conf").exists()


def test_what_was_taken_away_comes_back(root: Image) -> None:
    before = root.text(DROP_IN)
    root.run("unrender")
    root.run("apply")
    assert root.text(DROP_IN) == before


def test_purge_leaves_evidence_alone(root: Image) -> None:
    (root.root / "var/lib/decnet/store/decnet.db").touch()
    (root.root / "var/lib/decnet-package/secrets/store.key").touch()
    root.run("unrender", "--purge")
    assert (root.root / "var/lib/decnet-package/secrets/store.key").exists()
    assert (root.root / "var/lib/decnet/store/decnet.db").exists()
    for path in ("etc/decnet", "var/log/decnet", "var/lib/decnet-package/applied", "run/decnet", "var/lib/decnet/agent"):
        assert not (root.root / path).exists(), path


def test_purge_takes_what_somebody_edited_and_what_was_written_beside_it(root: Image) -> None:
    """The second application finds the proposal in its place, and the manifest names it no more."""
    rules = root.root / "etc/polkit-1/rules.d/50-decnet-workers.rules"
    rules.write_text("// mine\n", encoding="utf-8")
    root.run("apply")
    root.run("set", "DECNET_GROUP=secops")
    root.run("set", "DECNET_START=no")
    proposal = rules.with_name(f"{rules.name}.decnet-new")
    assert proposal.exists()
    root.run("unrender", "--purge")
    assert not proposal.exists()
    assert not rules.exists()


@pytest.mark.parametrize("folder", ["var/lib/decnet/store", "var/lib/decnet"])
def test_purge_keeps_the_keys_of_evidence_that_is_not_seen(root: Image, folder: str) -> None:
    """Its disk is not mounted at the moment, or it never was there; the backups are the only copy that is left, then."""
    key = root.root / "var/lib/decnet-package/secrets/store.key"
    key.touch()
    backup = root.root / "var/lib/decnet-package/backups/000001-before-1/decnet.db"
    backup.parent.mkdir(parents=True)
    backup.touch()
    shutil.rmtree(root.root / folder)
    said = root.run("unrender", "--purge").stderr
    assert key.exists()
    assert backup.exists()
    assert not (root.root / "var/lib/decnet-package/applied").exists()
    assert "rm -r /var/lib/decnet-package" in said


def test_purge_of_what_never_had_keys_leaves_nothing(root: Image) -> None:
    root.run("unrender", "--purge")
    assert not [path for path in root.everything() if "decnet" in path and path.startswith(("var/", "run/"))]


def test_purge_of_nothing_is_no_error(tmp_path: Path) -> None:
    image(tmp_path / "root").run("unrender", "--purge")


def test_damaged_template_of_before_does_not_keep_from_taking_away(root: Image) -> None:
    (root.root / "etc/decnet/package.conf").write_text("DECNET_USER=root\n", encoding="utf-8")
    root.run("unrender")
    assert not (root.root / DROP_IN).exists()


def account(root: Image, name: str) -> list[str]:
    """Return the fields of an account in the file of the passwords."""
    return next(line.split(":") for line in root.text("etc/shadow").splitlines() if line.startswith(f"{name}:"))


@pytest.mark.parametrize("options", [("--purge",), ("--purge", "--purge-evidence", "--yes")])
def test_purge_takes_the_accounts_out_of_the_groups_that_were_there(tmp_path: Path, options: tuple[str, ...]) -> None:
    root = image(tmp_path / "other")
    root.run("apply", "DECNET_GROUP=sudo")
    assert root.members("sudo") == "decnet"
    root.run("unrender", *options)
    assert root.members("sudo") == ""


def test_purge_leaves_the_memberships_that_others_made(tmp_path: Path) -> None:
    root = image(tmp_path / "other")
    root.run("apply")
    groups = root.root / "etc/group"
    groups.write_text(root.text("etc/group") + "ops:x:300:decnet,alice\n", encoding="utf-8")
    root.run("unrender", "--purge")
    assert root.members("ops") == "decnet,alice"


def test_accounts_that_a_purge_locked_come_back_and_are_locked_by_the_next(root: Image) -> None:
    root.run("unrender", "--purge")
    assert account(root, "decnet")[7] == "1"
    assert "make    user decnet" in root.run("diff", code=4).stdout
    said = root.run("apply").stderr
    assert "account" not in said
    assert {account(root, name)[7] for name in ("decnet", "decnet-decoys", "decnet-netns")} == {""}
    assert account(root, "decnet")[1].startswith("!")
    assert root.run("diff").stdout == ""
    root.run("unrender", "--purge")
    assert account(root, "decnet-decoys")[7] == "1"
