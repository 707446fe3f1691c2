# SPDX-License-Identifier: MIT
"""``decnet store`` makes, copies and checks the store."""

from pathlib import Path

import pytest

from decnet.domain.evidence import Command
from decnet.errors import DamagedError, StoreOutdatedError
from tests.support.commands import call, printed, rows
from tests.support.stores import stored
from tests.support.workers import config

Output = pytest.CaptureFixture[bytes]


def test_migrate_makes_the_store_once(tmp_path: Path, capsysbinary: Output) -> None:
    made = config(tmp_path)
    assert call(made, "store", "migrate") == 0
    assert "from schema 0" in printed(capsysbinary)
    assert call(made, "store", "migrate") == 0
    assert "nothing to do" in printed(capsysbinary)


def test_check_of_a_sound_store_says_so(tmp_path: Path, capsysbinary: Output) -> None:
    with stored(tmp_path) as store:
        store.write(Command(command="id"))
        store.bring()
        assert call(store.config, "store", "check") == 0
        assert printed(capsysbinary) == "everything is in order\n"
        assert call(store.config, "store", "check", "--format", "json") == 0
        assert rows(capsysbinary) == []


def test_check_of_a_damaged_spool_names_file_and_offset_until_it_is_acknowledged(tmp_path: Path, capsysbinary: Output) -> None:
    with stored(tmp_path) as store:
        store.write(Command(command="id"))
        segment = store.spooled().segments()[0]
        size = segment.stat().st_size
        segment.write_bytes(segment.read_bytes() + b"garbage\n")
        store.bring()
        assert call(store.config, "store", "check", "--format", "json") == DamagedError.exit_code
        (finding,) = rows(capsysbinary)
        assert segment.name in finding["subject"]
        assert f"offset {size}" in finding["message"]
        assert call(store.config, "store", "check", "--acknowledge") == DamagedError.exit_code
        assert call(store.config, "store", "check") == 0


def test_backup_is_written_and_named(tmp_path: Path, capsysbinary: Output) -> None:
    with stored(tmp_path) as store:
        assert call(store.config, "store", "backup", str(tmp_path / "copy.db")) == 0
    assert "verified" in printed(capsysbinary)
    assert (tmp_path / "copy.db").stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("action", [("check",), ("backup", "x.db")])
def test_store_that_is_not_there_is_said_so(tmp_path: Path, action: tuple[str, ...]) -> None:
    with pytest.raises(StoreOutdatedError) as error:
        call(config(tmp_path), "store", action[0], *(str(tmp_path / name) for name in action[1:]))
    assert error.value.remedy == "decnet store migrate"
