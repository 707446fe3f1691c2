# SPDX-License-Identifier: MIT
"""A host whose identity did not work out is what it was; who runs then is in test_taking_back."""

from dataclasses import replace
from pathlib import Path

import pytest

from decnet.install.journal import Journal
from decnet.install.plan import plan
from decnet.install.retreat import retreat
from tests.support.images import Image, image

pytestmark = pytest.mark.root


@pytest.fixture
def changed(tmp_path: Path) -> Image:
    """Return a system whose group was changed."""
    made = image(tmp_path / "root")
    made.run("apply")
    made.run("set", "--group", "secops")
    return made


def test_everything_belongs_to_the_group_from_before_again(changed: Image) -> None:
    here = changed.host
    found = plan(here, {})
    assert found.before is not None
    gids = {**found.before.gids, "group": changed.gid("decnet")}
    before = replace(found.before, identity=replace(found.before.identity, group="decnet"), gids=gids)
    journal = Journal(here.tree)
    journal.begin("1.0", "manual")
    journal.note("previous", "kept")
    journal.note("left-gid", f"group {changed.gid('secops')}")
    journal.note("step", "owners")
    retreat(here, replace(found, before=before), journal)
    assert journal.facts("left-gid") == []
    assert "DECNET_GROUP=decnet\n" in changed.text("etc/decnet/package.conf")
    assert changed.owners("var/lib/decnet/store") == ("decnet", "decnet")
    assert "Group=decnet\n" in "".join(
        path.read_text(encoding="utf-8") for path in (changed.root / "etc/systemd/system").rglob("10-decnet-identity.conf")
    )


def test_nothing_comes_back_from_a_set_that_an_earlier_change_kept(changed: Image) -> None:
    before, found = changed.everything(), plan(changed.host, {})
    retreat(changed.host, found, Journal(changed.host.tree))
    assert changed.everything() == before


def test_before_files_change_hands_only_package_conf_comes_back(changed: Image) -> None:
    before, journal = changed.everything(), Journal(changed.host.tree)
    journal.begin("1.0", "manual")
    journal.note("previous", "kept")
    retreat(changed.host, plan(changed.host, {}), journal)
    journal.end()
    assert "DECNET_GROUP=decnet\n" in changed.text("etc/decnet/package.conf")
    after = changed.everything()
    assert {path for path in before if after[path] != before[path]} == {"etc/decnet/package.conf"}


def test_first_configuration_has_nothing_to_go_back_to(tmp_path: Path) -> None:
    made = image(tmp_path / "root")
    before = made.everything()
    retreat(made.host, plan(made.host, {}), Journal(made.host.tree))
    assert made.everything() == before
