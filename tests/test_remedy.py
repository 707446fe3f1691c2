# SPDX-License-Identifier: MIT
"""What is shown to people to paste does what it says on this kind of host, and nothing that somebody else wrote."""

import os
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from decnet import remedy
from tests.support.hostile import NAMES


@pytest.fixture
def unit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return where the unit of the bus is looked for."""
    path = tmp_path / "decnet-bus.service"
    monkeypatch.setattr(remedy, "UNITS", (path,))
    return path


def test_checkout_starts_services_itself(unit: Path) -> None:
    assert not unit.exists()
    assert not remedy.has_units()
    assert remedy.start("bus") == "decnet bus"
    assert remedy.make_store() == "decnet store migrate"
    assert remedy.make_keys() == "decnet secrets create"
    assert remedy.read_log("bus", Path("/a b")) == "tail '/a b'"
    assert "systemctl" not in remedy.stop("bus") + remedy.make_folders()


def test_installed_host_asks_systemd(unit: Path) -> None:
    unit.write_text(f"[Service]\nExecStart={sys.prefix}/bin/decnet bus\n", encoding="utf-8")
    assert remedy.has_units()
    assert remedy.start("decoys") == "systemctl start decnet-decoys; journalctl -u decnet-decoys"
    assert remedy.stop("bus") == "systemctl stop decnet-bus"
    assert remedy.read_log("bus", Path("/log")) == "journalctl -u decnet-bus"
    assert remedy.make_store().startswith("decnet configure apply")
    assert remedy.make_folders().startswith("systemd-tmpfiles")
    assert remedy.make_keys() == "systemctl restart decnet-secrets"


def test_unit_of_another_installation_is_none_of_ours(unit: Path) -> None:
    unit.write_text("[Service]\nExecStart=/opt/other/bin/decnet bus\n", encoding="utf-8")
    assert not remedy.has_units()


@pytest.mark.parametrize("name", NAMES)
def test_quoted_name_is_one_word_that_a_shell_takes_as_it_is(name: bytes, tmp_path: Path) -> None:
    word = remedy.quoted(tmp_path / os.fsdecode(name))
    assert word.isprintable()
    command = ("sh", "-c", f"printf %s {word}")
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=True)
    assert done.stdout == shlex.split(word)[0]
    assert list(tmp_path.iterdir()) == [], "a part of it was run"


def test_work_of_another_account_is_for_that_account() -> None:
    assert ("'#7'" in remedy.as_owner(7)) == (os.geteuid() == 0)
