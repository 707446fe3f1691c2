# SPDX-License-Identifier: MIT
"""``decnet sessions`` lists conversations and plays them, harmlessly."""

import json
from pathlib import Path

import pytest

from decnet.domain.evidence import Closed, Opened, Recording
from decnet.errors import DamagedError, NotFoundError
from decnet.store import blobs
from tests.support.commands import call, printed, rows
from tests.support.spools import origin
from tests.support.stores import Stored, stored

Output = pytest.CaptureFixture[bytes]
EVIL = "\x1b]0;owned\x07\x1b[31mred\x1b[0m\x1b[6n\r\n"


def record(store: Stored, session: str, content: bytes) -> str:
    """Store a session with a recording; return the name of its blob."""
    writer = store.spooled().open()
    place = origin(session=session)
    captured = writer.capture()
    captured.write(content)
    blob = captured.finish()
    for body in (
        Opened(),
        Recording(sha256=blob.sha256, size=blob.size, seconds=3600.0),
        Closed(reason="client", seconds=3600.0),
    ):
        writer.record(place, body)
    writer.close()
    store.bring()
    return store.box.blob_name(blob.sha256)


def asciicast(*outputs: str) -> bytes:
    """Return a recording whose outputs are an hour apart, what was typed between them."""
    lines: list[object] = [{"version": 2, "width": 80, "height": 24}]
    for number, output in enumerate(outputs):
        lines += [[number * 3600.0, "o", output], [number * 3600.0 + 1, "i", "typed"]]
    return "".join(json.dumps(line) + "\n" for line in lines).encode()


def test_sessions_are_listed(tmp_path: Path, capsysbinary: Output) -> None:
    with stored(tmp_path) as store:
        store.write(Opened(), session="plain")
        record(store, "recorded", asciicast("x"))
        assert call(store.config, "sessions", "list") == 0
        assert "plain" in printed(capsysbinary)
        assert call(store.config, "sessions", "list", "--recorded", "--format", "json") == 0
        assert [(row["id"], row["reason"]) for row in rows(capsysbinary)] == [("recorded", "client")]


@pytest.mark.parametrize(("options", "shown"), [((), "\x1b[31mred\x1b[0m\r\n"), (("--raw",), EVIL)])
def test_recording_is_played_without_what_would_act(
    tmp_path: Path, capsysbinary: Output, options: tuple[str, ...], shown: str
) -> None:
    """An hour of silence is as long as the idle limit says."""
    with stored(tmp_path) as store:
        record(store, "s", asciicast(EVIL, "bye"))
        assert call(store.config, "sessions", "play", "s", "--idle-limit", "0.01", *options) == 0
    assert printed(capsysbinary) == shown + "bye\x1b[0m\r\n"


def test_torn_end_of_a_recording_is_left_out(tmp_path: Path, capsysbinary: Output) -> None:
    with stored(tmp_path) as store:
        record(store, "s", asciicast("whole") + b'[7200.0, "o", "to')
        assert call(store.config, "sessions", "play", "s", "--speed", "0") == 0
    assert printed(capsysbinary) == "whole\x1b[0m\r\n"


def test_what_cannot_be_played_says_why(tmp_path: Path) -> None:
    with stored(tmp_path) as store:
        store.write(Opened(), session="silent")
        gone = record(store, "gone", asciicast("x"))
        blobs.path_of(store.config.paths.blobs, gone).unlink()
        record(store, "odd", b"{}\nno asciicast\n")
        for session, message in (("nothing", "no session"), ("silent", "no recording"), ("gone", "no longer")):
            with pytest.raises(NotFoundError, match=message):
                call(store.config, "sessions", "play", session)
        with pytest.raises(DamagedError):
            call(store.config, "sessions", "play", "odd")
