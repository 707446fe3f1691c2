# SPDX-License-Identifier: MIT
"""The parts of the lab that need no machine."""

import os
import subprocess
import sys
import tempfile
from dataclasses import replace
from ipaddress import IPv4Address
from pathlib import Path

import pytest

from decnet.errors import HostError, NotFoundError, PlanError
from scripts.lib.lab.__main__ import bind, given, parse, word
from scripts.lib.lab.base import DOCKER, PACKAGES, Base, names, prune, recipe
from scripts.lib.lab.folder import Folder, locked, locked_if_free
from scripts.lib.lab.lab import checked, group_name
from scripts.lib.lab.mounts import _unescaped, mounts
from scripts.lib.lab.network import MACHINES, OUTSIDE, RANGE, free_address, with_prefix
from scripts.lib.lab.program import CommandFailedError, finish
from scripts.lib.lab.record import Phase, Process, Record


def test_a_base_is_called_after_all_that_it_is_made_of() -> None:
    plain = recipe("trixie")
    assert plain.digest == recipe("trixie").digest
    others = [
        recipe("bookworm"),
        recipe("trixie", docker=True),
        replace(plain, packages=(*PACKAGES, "hello")),
        replace(plain, masked=()),
        replace(plain, files={}),
    ]
    assert len({plain.digest, *(other.digest for other in others)}) == len(others) + 1


def test_a_suite_that_the_lab_does_not_know_is_refused_with_those_it_knows() -> None:
    with pytest.raises(NotFoundError) as refused:
        recipe("sid")
    assert refused.value.remedy == "take one of: bookworm, trixie"
    assert names([]) == list(DOCKER)
    assert names(["trixie"]) == ["trixie"]


def test_no_two_machines_get_one_address() -> None:
    assert free_address([]) == "10.87.0.2"
    assert free_address(["10.87.0.2", "10.87.0.4"]) == "10.87.0.3"
    assert OUTSIDE not in MACHINES
    assert all(IPv4Address(address) in RANGE for address in MACHINES)
    assert with_prefix("10.87.0.2") == "10.87.0.2/16"
    with pytest.raises(HostError, match="all 253 addresses"):
        free_address(MACHINES)


def test_a_base_that_cannot_be_built_is_not_there_and_its_last_words_are_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = tmp_path / "mmdebstrap"
    program.write_text(
        '#!/bin/sh\nfor last; do :; done\nmkdir "$last"\necho "I: begun" >&2\necho "E: no network" >&2\nexit 25\n'
    )
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    said: list[str] = []
    with tempfile.TemporaryDirectory(prefix="lab-") as path:
        base = Base(Folder(Path(path)), "trixie")
        # the second attempt begins anew where the first one left something
        for _ in range(2):
            with pytest.raises(HostError, match="E: no network"):
                base.ensure(said.append)
        assert not base.is_built
    assert said.count(f"base {base.name}: begun") == 2


def test_bases_that_nobody_asked_for_in_a_while_are_removed(tmp_path: Path) -> None:
    folder = Folder(Path("/nowhere"), bases=tmp_path)
    for name in ("old", "used", "new"):
        (folder.bases / name).mkdir()
        (folder.bases / f"{name}.lock").touch()
        if name != "new":
            os.utime(folder.bases / f"{name}.lock", (0, 0))
    prune(folder, {str(folder.bases / "used")})
    assert sorted(path.name for path in folder.bases.iterdir()) == ["new", "new.lock", "used", "used.lock"]


def test_what_a_killed_build_left_goes_and_what_is_being_built_stays(tmp_path: Path) -> None:
    folder = Folder(Path("/nowhere"), bases=tmp_path)
    for name in ("dead", "alive"):
        (folder.bases / f"{name}.new" / "etc").mkdir(parents=True)
        (folder.bases / f"{name}.lock").touch()
    with locked(folder.bases / "alive.lock"):
        prune(folder, set())
        assert not (folder.bases / "dead.new").exists()
        assert (folder.bases / "alive.new" / "etc").is_dir()


@pytest.mark.parametrize("name", ["a", "alpha", "test-12-3", "x" * 40])
def test_a_machine_is_called_as_a_host_can_be(name: str) -> None:
    assert checked(name) == name


@pytest.mark.parametrize("name", ["", "Alpha", "1st", "a--b", "-a", "a-", "../a", "a b", ".", "x" * 41, "a\n"])
def test_a_name_that_no_host_can_have_is_refused(name: str) -> None:
    with pytest.raises(PlanError, match="no machine can be called"):
        checked(name)


def test_a_record_is_read_as_it_was_written(tmp_path: Path) -> None:
    record = Record(
        name="alpha",
        hostname="shop",
        suite="trixie",
        docker=False,
        network="lab",
        address="10.87.0.2",
        group="g",
        lowers=["/base"],
        binds={"/a": "/b"},
        owner=Process.this(),
        phase=Phase.LAYER,
    )
    record.write(tmp_path)
    assert Record.read(tmp_path) == record
    assert [path.name for path in tmp_path.iterdir()] == ["record.json"]


def test_a_process_is_not_taken_for_a_later_one_of_its_number() -> None:
    this = Process.this()
    assert this.is_alive()
    assert this.pid == os.getpid()
    assert not Process(this.pid, this.started - 1).is_alive()
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as child:
        other = Process.of(child.pid)
        assert other is not None
        assert other.is_alive()
    assert not other.is_alive()


def test_a_lock_is_held_by_one_at_a_time(tmp_path: Path) -> None:
    with locked(tmp_path / "lock"), locked_if_free(tmp_path / "lock") as free:
        assert not free
    with locked_if_free(tmp_path / "lock") as free:
        assert free


def test_a_folder_that_is_being_removed_gets_no_new_lock(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError), locked_if_free(tmp_path / "lock"):
        pass
    assert list(tmp_path.iterdir()) == []


def test_two_labs_may_have_machines_of_one_name() -> None:
    assert group_name(Folder(Path("/a")), "alpha") != group_name(Folder(Path("/b")), "alpha")
    with pytest.raises(HostError, match="more than 48 characters"):
        Folder(Path("/" + "x" * 48))


def test_mounts_are_read_with_their_spaces() -> None:
    assert _unescaped(r"/a\040b\134") == "/a b\\"
    assert any(mount.point == Path("/proc") and mount.kind == "proc" for mount in mounts())


def test_a_program_that_fails_is_told_with_its_own_words() -> None:
    assert finish("printf", "%s", "said") == "said"
    with pytest.raises(CommandFailedError, match="failed with 3: why") as failed:
        finish(sys.executable, "-c", "import sys; print('why', file=sys.stderr); sys.exit(3)")
    assert failed.value.finished.returncode == 3
    with pytest.raises(HostError, match="is not installed"):
        finish("no-such-program")


def test_options_are_read_as_they_are_documented(tmp_path: Path) -> None:
    assert parse(["boot", "alpha", "--suite", "bookworm", "--docker"]).suite == "bookworm"
    assert parse(["run", "alpha", "ls", "--all"]).command == ["ls", "--all"]
    assert given(["--", "ls"]) == ["ls"]
    assert bind(f"{tmp_path}:/srv/x") == (tmp_path, "/srv/x")
    assert [word(value) for value in (None, True, False, 7, "x")] == ["-", "yes", "no", "7", "x"]
    for wrong in ([], ["--"]):
        with pytest.raises(PlanError):
            given(wrong)
    for text in ("nowhere:/srv", f"{tmp_path}:srv", str(tmp_path)):
        with pytest.raises(PlanError):
            bind(text)
