# SPDX-License-Identifier: MIT
"""The log loses no line at rotation, doubles none, and never breaks a line."""

import json
import logging
from collections.abc import Iterator
from pathlib import Path

import pytest

from decnet import log


@pytest.fixture(autouse=True)
def restored() -> Iterator[None]:
    """Give the root logger back its handlers."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    for handler in root.handlers:
        if handler not in handlers:
            handler.close()
    root.handlers[:] = handlers
    root.setLevel(level)


def entries(path: Path) -> list[dict[str, str]]:
    return [json.loads(line) for line in path.read_text().splitlines()]


def set_up(path: Path, *, floor_bytes: int = 0, journal: bool = False) -> log.FileHandler:
    handler = log.set_up("bus", path=path, level="info", floor_bytes=floor_bytes, journal=journal)
    assert handler is not None
    return handler


def test_entry_is_one_line_of_json_whatever_it_holds(tmp_path: Path) -> None:
    set_up(tmp_path / "log")
    logging.getLogger("decnet.bus").info("a\nb\x00c\x1b[31m\u2028", extra={"peer": "10.0.0.1\n"})
    (entry,) = entries(tmp_path / "log")
    assert entry["message"] == "a\nb\x00c\x1b[31m\u2028"
    assert (entry["service"], entry["level"], entry["peer"]) == ("bus", "info", "10.0.0.1\n")


def test_rotation_loses_and_doubles_no_line(tmp_path: Path) -> None:
    set_up(tmp_path / "log")
    for number in range(100):
        logging.getLogger("x").info("%d", number)
        if number % 10 == 9:
            (tmp_path / "log").rename(tmp_path / f"log.{number}")
    logging.getLogger("x").info("100")
    seen = [int(entry["message"]) for path in tmp_path.iterdir() for entry in entries(path)]
    assert sorted(seen) == list(range(101))


def test_rotated_file_takes_the_lines_until_there_is_a_new_one(tmp_path: Path) -> None:
    """A service of an installation cannot make a file in the folder of the logs; here a folder is in its way."""
    set_up(tmp_path / "log")
    (tmp_path / "log").rename(tmp_path / "log.1")
    (tmp_path / "log").mkdir()
    logging.getLogger("x").info("between")
    (tmp_path / "log").rmdir()
    (tmp_path / "log").touch()
    logging.getLogger("x").info("after")
    assert [entry["message"] for entry in entries(tmp_path / "log.1")] == ["between"]
    assert [entry["message"] for entry in entries(tmp_path / "log")] == ["after"]


def test_log_stops_below_the_floor_and_says_how_much_it_left_out(tmp_path: Path) -> None:
    handler = set_up(tmp_path / "log", floor_bytes=1 << 62)
    for _ in range(3):
        logging.getLogger("x").info("left out")
    handler.floor_bytes = 0
    handler._looked_at = 0.0
    logging.getLogger("x").info("written")
    assert [entry["message"] for entry in entries(tmp_path / "log")] == [
        "3 log entries were left out while there was no room for them",
        "written",
    ]


def test_floor_can_be_changed(tmp_path: Path) -> None:
    handler = set_up(tmp_path / "log")
    log.set_floor(1 << 62)
    logging.getLogger("x").info("left out")
    assert handler.left_out == 1


def test_full_disk_ends_no_service(tmp_path: Path) -> None:
    """A log file on a device without room (/dev/full) costs entries, never an exception."""
    (tmp_path / "log").symlink_to("/dev/full")
    handler = set_up(tmp_path / "log")
    for lost in range(1, 4):
        logging.getLogger("x").info("lost")
        assert handler.left_out == lost


def test_folder_of_logs_that_is_gone_ends_no_service(tmp_path: Path) -> None:
    folder = tmp_path / "logs"
    folder.mkdir()
    handler = set_up(folder / "log")
    (folder / "log").unlink()
    folder.rmdir()
    logging.getLogger("x").info("lost")
    handler._looked_at = 0.0
    logging.getLogger("x").info("lost")
    assert handler.left_out == 2
    folder.mkdir()
    logging.getLogger("x").info("written")
    assert [entry["message"] for entry in entries(folder / "log")][1:] == ["written"]


def test_standard_error_has_one_line_with_a_priority_for_the_journal(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    set_up(tmp_path / "log", journal=True)
    logging.getLogger("x").error("a\nb\x1b")
    assert capsys.readouterr().err == "<3>ERROR x: a\\nb\\x1b\n"


def test_level_can_be_changed(tmp_path: Path) -> None:
    set_up(tmp_path / "log")
    logging.getLogger("x").debug("not yet")
    log.set_level("debug")
    logging.getLogger("x").debug("now")
    assert [entry["message"] for entry in entries(tmp_path / "log")] == ["now"]


def test_traceback_is_kept_in_the_file(tmp_path: Path) -> None:
    set_up(tmp_path / "log")
    try:
        int("broken")
    except ValueError:
        logging.getLogger("x").exception("failed")
    assert "ValueError: invalid literal" in entries(tmp_path / "log")[0]["traceback"]
