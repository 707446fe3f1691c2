# SPDX-License-Identifier: MIT
"""Which root is meant, whether it runs, and that only one configures it."""

from pathlib import Path

import pytest

from decnet.install import host
from decnet.install.failure import BusyError, InvalidError
from decnet.install.tree import Tree


def test_image_never_runs(tmp_path: Path) -> None:
    (tmp_path / "run/systemd/system").mkdir(parents=True)
    assert not host.of(tmp_path, {}).is_live


@pytest.mark.parametrize("root", [Path("relative"), Path("/nonexistent")])
def test_root_that_is_no_folder_is_refused(root: Path) -> None:
    with pytest.raises(InvalidError):
        host.of(root, {})


@pytest.mark.parametrize("root", ["//", "/tmp/../", "/proc/self/root", "/."])
def test_running_system_is_itself_however_it_is_called(root: str) -> None:
    assert host.of(Path(root), {}).tree.is_host


def test_root_is_named_without_detours(tmp_path: Path) -> None:
    (tmp_path / "root").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "root")
    for path in (tmp_path / "root/../root", tmp_path / "link"):
        assert host.of(path, {}).tree.root == tmp_path / "root"


def test_second_configuration_is_told_to_wait(tmp_path: Path) -> None:
    with host.locked(Tree(tmp_path)), pytest.raises(BusyError), host.locked(Tree(tmp_path)):
        pass
    with host.locked(Tree(tmp_path)):
        pass


def test_what_waits_while_the_lock_is_held_is_no_second_configuration(tmp_path: Path) -> None:
    with pytest.raises(BlockingIOError), host.locked(Tree(tmp_path)):
        raise BlockingIOError


def test_lock_that_is_a_link_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "run").mkdir()
    (tmp_path / "run/decnet-configure.lock").symlink_to(tmp_path / "theirs")
    with pytest.raises(InvalidError), host.locked(Tree(tmp_path)):
        pass
    assert not (tmp_path / "theirs").exists()


def test_program_is_looked_for_on_the_path(tmp_path: Path) -> None:
    (tmp_path / "tool").touch(mode=0o755)
    assert host.of(tmp_path, {"PATH": str(tmp_path)}).has_program("tool")
    assert not host.of(tmp_path, {"PATH": "/nonexistent"}).has_program("tool")


def test_words_go_to_standard_error(capsys: pytest.CaptureFixture[str]) -> None:
    host.to_stderr("hello")
    assert capsys.readouterr() == ("", "hello\n")
