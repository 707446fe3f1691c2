# SPDX-License-Identifier: MIT
"""Keys are made once, belong to one account, and are never changed."""

import os
import stat
from contextlib import nullcontext
from pathlib import Path

import pytest

from decnet.errors import ConfigError, DamagedError, HostError
from decnet.spool.sealing import read_public_key
from decnet.store import keys
from decnet.store.keys import Box
from tests.support.spools import put

ALL = {"sealing.key", "sealing.pub", "store.key", "comparison.key"}


def test_create_makes_what_is_missing_and_changes_nothing(tmp_path: Path) -> None:
    folder = tmp_path / "secrets"
    assert set(keys.create(folder)) == ALL
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    assert keys.create(folder) == []
    (folder / "sealing.pub").unlink()
    assert keys.create(folder) == ["sealing.pub"]
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == before
    assert {path.stat().st_mode & 0o777 for path in folder.iterdir()} == {0o600}
    assert folder.stat().st_mode & 0o777 == 0o700


def test_public_key_belongs_to_the_private_one(tmp_path: Path) -> None:
    keys.create(tmp_path)
    public = keys.load(tmp_path).sealing.public_key().public_bytes_raw()
    assert read_public_key(tmp_path / "sealing.pub").public_bytes_raw() == public
    (tmp_path / "sealing.pub").write_text("00" * 32)
    with pytest.raises(DamagedError, match="sealing"):
        keys.create(tmp_path)


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o700])
def test_key_that_others_may_read_is_refused(tmp_path: Path, mode: int) -> None:
    keys.create(tmp_path)
    (tmp_path / "store.key").chmod(mode)
    with pytest.raises(HostError) as error:
        keys.load(tmp_path)
    assert error.value.remedy.startswith("chmod 600")


@pytest.mark.parametrize(
    ("owner", "mode", "account", "is_right"),
    [
        (0, 0o400, 990, True),
        (0, 0o440, 990, True),
        (990, 0o400, 990, True),
        (990, 0o440, 990, False),
        (0, 0o444, 990, False),
        (0, 0o460, 990, False),
        (0, 0o440, 0, False),
        (991, 0o400, 990, False),
    ],
)
def test_key_that_systemd_hands_over_is_taken(owner: int, mode: int, account: int, *, is_right: bool) -> None:
    """LoadCredential= leaves a file of root's that an access list opens for the service; nobody else's file is a key."""
    state = os.stat_result((stat.S_IFREG | mode, 1, 1, 1, owner, 0, 65, 0, 0, 0))
    with nullcontext() if is_right else pytest.raises(HostError):
        keys._refuse_strange(Path("store.key"), state, account)


@pytest.mark.parametrize("kind", ["link", "fifo", "folder"])
def test_key_that_is_no_file_is_refused(tmp_path: Path, kind: str) -> None:
    keys.create(tmp_path)
    path = tmp_path / "store.key"
    path.rename(tmp_path / "real")
    put(path, kind)
    for work in (keys.load, keys.create):
        with pytest.raises(HostError):
            work(tmp_path)


@pytest.mark.parametrize("content", [b"", b"xyz", b"00" * 31, b"00" * 33, b"\xff" * 64])
def test_key_that_is_none_is_refused(tmp_path: Path, content: bytes) -> None:
    keys.create(tmp_path)
    (tmp_path / "store.key").write_bytes(content)
    with pytest.raises(DamagedError):
        keys.load(tmp_path)


@pytest.mark.parametrize("name", ["sealing.key", "store.key", "comparison.key"])
def test_key_that_was_lost_is_not_made_anew(tmp_path: Path, name: str) -> None:
    """A new one would open nothing, and what is written from then on would not open with the old one."""
    keys.create(tmp_path)
    (tmp_path / name).unlink()
    for work in (keys.create, keys.load):
        with pytest.raises(ConfigError, match="opens with no other") as error:
            work(tmp_path)
        assert "copy" in error.value.remedy
    assert not (tmp_path / name).exists()
    (tmp_path / "made").unlink()
    (tmp_path / "sealing.pub").unlink()
    assert name in keys.create(tmp_path)


def test_full_disk_leaves_no_half_key(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real = os.write
    monkeypatch.setattr(os, "write", lambda file, data: real(file, data[:10]))
    with pytest.raises(HostError, match="No space"):
        keys.create(tmp_path)
    monkeypatch.undo()
    assert list(tmp_path.iterdir()) == []
    assert set(keys.create(tmp_path)) == ALL


def test_making_that_was_interrupted_is_ended(tmp_path: Path) -> None:
    keys.create(tmp_path)
    for name in ("comparison.key", "sealing.pub", "made"):
        (tmp_path / name).unlink()
    assert keys.create(tmp_path) == ["comparison.key", "sealing.pub"]


def test_missing_key_says_what_makes_it(tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as error:
        keys.load(tmp_path)
    assert error.value.remedy == "decnet secrets create"


def test_what_is_encrypted_is_bound_to_its_place_and_its_key(tmp_path: Path) -> None:
    keys.create(tmp_path / "a")
    keys.create(tmp_path / "b")
    box, other = Box(keys.load(tmp_path / "a")), Box(keys.load(tmp_path / "b"))
    ciphertext = box.encrypt(b"hunter2", b"secret 1")
    assert box.decrypt(ciphertext, b"secret 1") == b"hunter2"
    assert box.encrypt(b"hunter2", b"secret 1") != ciphertext
    for opener, place in ((box, b"record 1"), (box, b"secret 2"), (other, b"secret 1")):
        with pytest.raises(DamagedError, match="cannot be opened"):
            opener.decrypt(ciphertext, place)
    assert box.compare(b"x") == box.compare(b"x") != other.compare(b"x")
