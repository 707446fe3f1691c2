# SPDX-License-Identifier: MIT
"""The log loses no line at rotation, doubles none, never breaks a line, and holds nothing that an attacker sent."""

import json
import logging
import sys
import threading
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from decnet import log
from decnet.errors import HostError


@pytest.fixture(autouse=True)
def restored() -> Iterator[None]:
    """Give the root logger back its handlers, and the interpreter its hooks."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    hooks = sys.excepthook, sys.unraisablehook, threading.excepthook, warnings.showwarning, logging.raiseExceptions
    yield
    sys.excepthook, sys.unraisablehook, threading.excepthook, warnings.showwarning, logging.raiseExceptions = hooks
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
        logging.getLogger("decnet.x").info("%d", number)
        if number % 10 == 9:
            (tmp_path / "log").rename(tmp_path / f"log.{number}")
    logging.getLogger("decnet.x").info("100")
    seen = [int(entry["message"]) for path in tmp_path.iterdir() for entry in entries(path)]
    assert sorted(seen) == list(range(101))


def test_rotated_file_takes_the_lines_until_there_is_a_new_one(tmp_path: Path) -> None:
    """A service of an installation cannot make a file in the folder of the logs; here a folder is in its way."""
    set_up(tmp_path / "log")
    (tmp_path / "log").rename(tmp_path / "log.1")
    (tmp_path / "log").mkdir()
    logging.getLogger("decnet.x").info("between")
    (tmp_path / "log").rmdir()
    (tmp_path / "log").touch()
    logging.getLogger("decnet.x").info("after")
    assert [entry["message"] for entry in entries(tmp_path / "log.1")] == ["between"]
    assert [entry["message"] for entry in entries(tmp_path / "log")] == ["after"]


def test_log_stops_below_the_floor_and_says_how_much_it_left_out(tmp_path: Path) -> None:
    handler = set_up(tmp_path / "log", floor_bytes=1 << 62)
    for _ in range(3):
        logging.getLogger("decnet.x").info("left out")
    handler.floor_bytes = 0
    handler._looked_at = 0.0
    logging.getLogger("decnet.x").info("written")
    assert [entry["message"] for entry in entries(tmp_path / "log")] == [
        "3 log entries were left out while there was no room for them",
        "written",
    ]


def test_floor_can_be_changed(tmp_path: Path) -> None:
    handler = set_up(tmp_path / "log")
    log.set_floor(1 << 62)
    logging.getLogger("decnet.x").info("left out")
    assert handler.left_out == 1


def test_full_disk_ends_no_service(tmp_path: Path) -> None:
    """A log file on a device without room (/dev/full) costs entries, never an exception."""
    (tmp_path / "log").symlink_to("/dev/full")
    handler = set_up(tmp_path / "log")
    for lost in range(1, 4):
        logging.getLogger("decnet.x").info("lost")
        assert handler.left_out == lost


def test_folder_of_logs_that_is_gone_ends_no_service(tmp_path: Path) -> None:
    folder = tmp_path / "logs"
    folder.mkdir()
    handler = set_up(folder / "log")
    (folder / "log").unlink()
    folder.rmdir()
    logging.getLogger("decnet.x").info("lost")
    handler._looked_at = 0.0
    logging.getLogger("decnet.x").info("lost")
    assert handler.left_out == 2
    folder.mkdir()
    logging.getLogger("decnet.x").info("written")
    assert [entry["message"] for entry in entries(folder / "log")][1:] == ["written"]


def test_standard_error_has_one_line_with_a_priority_for_the_journal(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    set_up(tmp_path / "log", journal=True)
    logging.getLogger("decnet.x").error("a\nb\x1b")
    assert capsys.readouterr().err == "<3>ERROR decnet.x: a\\nb\\x1b\n"


def test_level_can_be_changed(tmp_path: Path) -> None:
    set_up(tmp_path / "log")
    logging.getLogger("decnet.x").debug("not yet")
    log.set_level("debug")
    logging.getLogger("decnet.x").debug("now")
    assert [entry["message"] for entry in entries(tmp_path / "log")] == ["now"]


PLANTED = "hunter2-from-the-attacker"


class Unformattable:
    """An object that cannot be shown, and says so with what it holds."""

    def __str__(self) -> str:
        raise ValueError(PLANTED)


class Falling:
    """An object whose finalizer fails."""

    def __del__(self) -> None:
        fall()


def fall() -> None:
    """Fail with what an attacker sent, as its cause too."""
    try:
        raise LookupError(PLANTED)  # noqa: TRY301 - it has to have frames
    except LookupError as error:
        raise KeyError(PLANTED) from error


def in_a_thread(work: Callable[[], None]) -> None:
    thread = threading.Thread(target=work)
    thread.start()
    thread.join()


def logged_exception(name: str) -> None:
    try:
        fall()
    except KeyError as error:
        logging.getLogger(name).exception("it failed: %s", error)  # noqa: TRY401 - what must not show


def uncaught() -> None:
    """Do what the interpreter does with an exception that nobody caught."""
    try:
        fall()
    except KeyError as error:
        sys.excepthook(KeyError, error, error.__traceback__)


def remembered() -> None:
    """Log a record whose traceback another formatter has already made into text."""
    record = logging.makeLogRecord({})
    try:
        fall()
    except KeyError:
        record = logging.getLogger("decnet").makeRecord("decnet", logging.ERROR, "", 0, "failed", (), sys.exc_info())
    record.exc_text = PLANTED
    logging.getLogger("decnet").handle(record)


FAILURES: dict[str, Callable[[], object]] = {
    "exception of ours": lambda: logged_exception("decnet.x"),
    "exception of another": lambda: logged_exception("asyncio"),
    "traceback that was formatted before": remembered,
    "end of the process": uncaught,
    "end of a thread": lambda: in_a_thread(fall),
    "finalizer": lambda: Falling().__class__,
}
LEAKS: dict[str, Callable[[], object]] = {
    "exception as argument": lambda: logging.getLogger("decnet.x").error("no: %s", KeyError(PLANTED)),
    "exceptions by name": lambda: logging.getLogger("decnet.x").error("no: %(why)r", {"why": KeyError(PLANTED)}),
    "exception as message": lambda: logging.getLogger("decnet.x").error(KeyError(PLANTED)),
    "exception as field": lambda: logging.getLogger("decnet.x").error("no", extra={"why": KeyError(PLANTED)}),
    "argument of another kind": lambda: logging.getLogger("decnet.x").error("%d", PLANTED),
    "argument too many": lambda: logging.getLogger("decnet.x").error("no", PLANTED),  # noqa: PLE1205 - the mistake to survive
    "argument that fails": lambda: logging.getLogger("decnet.x").error("%s", Unformattable()),
    "error of another": lambda: logging.getLogger("stranger").error("user %s", PLANTED),
    "field of another": lambda: logging.getLogger("stranger").error("user", extra={"user": PLANTED}),
    "message of the root": lambda: logging.getLogger().error(PLANTED),
    "name that begins like ours": lambda: logging.getLogger("decnetx").error(PLANTED),
    "warning": lambda: warnings.warn(PLANTED, RuntimeWarning, stacklevel=1),
}


def said(folder: Path, capsys: pytest.CaptureFixture[str]) -> list[str]:
    """Return what the file and standard error hold."""
    return [(folder / "log").read_text(), capsys.readouterr().err]


@pytest.mark.parametrize("case", FAILURES)
def test_failure_is_told_by_type_and_place_without_a_word_of_what_was_sent(
    case: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    set_up(tmp_path / "log")
    FAILURES[case]()
    for text in said(tmp_path, capsys):
        assert PLANTED not in text
        assert "KeyError" in text
        assert "caused by LookupError" in text
        assert "in fall" in text


@pytest.mark.filterwarnings("always")
@pytest.mark.parametrize("case", LEAKS)
def test_entry_holds_no_word_of_what_was_sent(case: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    set_up(tmp_path / "log")
    with warnings.catch_warnings():
        warnings.showwarning = log._tell_warning  # pytest collects warnings; a service shows them
        LEAKS[case]()
    for text in said(tmp_path, capsys):
        assert PLANTED not in text
        assert text.count("\n") == 1, "the entry itself is not lost"


def test_entries_of_others_begin_at_warnings_whatever_the_level_is(tmp_path: Path) -> None:
    """At debug asyncssh tells user names and commands."""
    set_up(tmp_path / "log")
    log.set_level("debug")
    logging.getLogger("asyncssh").setLevel(logging.DEBUG)
    for level in (logging.DEBUG, logging.INFO, logging.WARNING):
        logging.getLogger("asyncssh").log(level, "user %s", PLANTED)
    logging.getLogger("decnet.x").debug("ours")
    assert [(entry["level"], entry["message"].partition(",")[0]) for entry in entries(tmp_path / "log")] == [
        ("warning", "(not shown) test_log.test_entries_of_others_begin_at_warnings_whatever_the_level_is"),
        ("debug", "ours"),
    ]


@pytest.mark.filterwarnings("always")
def test_coroutine_that_nobody_awaited_is_named(tmp_path: Path) -> None:
    set_up(tmp_path / "log")
    log._tell_warning("coroutine 'Lure.serve' was never awaited", RuntimeWarning, "server.py", 7)
    assert entries(tmp_path / "log")[0]["message"] == (
        "RuntimeWarning in server.py, line 7: coroutine 'Lure.serve' was never awaited"
    )


def test_message_of_ours_and_words_of_the_system_are_kept(tmp_path: Path) -> None:
    set_up(tmp_path / "log")
    try:
        try:
            Path("/nonexistent/hunter2").read_bytes()
        except OSError as error:
            raise HostError("the disk is gone") from error
    except HostError:
        logging.getLogger("decnet.x").exception("failed")
    told = entries(tmp_path / "log")[0]["traceback"]
    assert "decnet.errors.HostError: the disk is gone" in told
    assert "caused by FileNotFoundError: [ENOENT] No such file or directory" in told
    assert "hunter2" not in told
