# SPDX-License-Identifier: MIT
"""A recording grows while the terminal lives, and keeps every byte."""

import json

from hypothesis import given
from hypothesis import strategies as st

from decnet.domain.captured import raw
from decnet.lures.terminal.recording import MOST_SECRETS, Recorder
from tests.lures.ssh import desk
from tests.support.lures import MemoryPen


@given(st.lists(st.binary(max_size=8)))
def test_output_survives_byte_for_byte_in_any_pieces(pieces: list[bytes]) -> None:
    """Characters that are cut are joined; bytes that are no text stand in the form of captured text."""
    pen = MemoryPen()
    recorder = Recorder(desk.session(pen), 80, 24, "xterm")
    for piece in pieces:
        recorder.output(piece)
    recorder.output(b".")
    recorder.end()
    [recording] = pen.bodies("recording")
    lines = [json.loads(line) for line in pen.blobs[recording.sha256].splitlines()]
    assert b"".join(raw(event[2]) for event in lines[1:]) == b"".join(pieces) + b"."
    assert recording.format == "asciicast-v2"
    assert recording.size == len(pen.blobs[recording.sha256])


def test_long_recording_says_that_it_is_truncated() -> None:
    pen = MemoryPen(blob_limit=1000)
    recorder = Recorder(desk.session(pen), 80, 24, "xterm")
    recorder.output(b"x" * 2000)
    recorder.end()
    [recording] = pen.bodies("recording")
    assert recording.truncated
    assert recording.size > 2000


def replay(pen: MemoryPen) -> tuple[str, str]:
    """Return everything that was typed and everything that was shown."""
    [recording] = pen.bodies("recording")
    events = [json.loads(line) for line in pen.blobs[recording.sha256].splitlines()][1:]
    return "".join(event[2] for event in events if event[1] == "i"), "".join(event[2] for event in events if event[1] == "o")


def typed(recorder: Recorder, keys: bytes) -> None:
    """Type and echo, a key at a time."""
    for key in keys:
        recorder.input(bytes([key]))
        recorder.output(bytes([key]))
    recorder.input(b"\r")
    recorder.output(b"\r\n")


def test_line_that_held_a_secret_is_replaced_and_so_is_the_secret_from_then_on() -> None:
    pen = MemoryPen()
    recorder = Recorder(desk.session(pen), 80, 24, "xterm")
    recorder.hold()
    recorder.output(b"# ")
    typed(recorder, b"echo root:hunter2 | chpasswd")
    recorder.output(b"you said hunter2\r\n")
    recorder.forget(b"hunter2")
    recorder.release("echo root:[secret] | chpasswd")
    recorder.output(b"history: echo root:hunter2 | chpasswd\r\n")
    recorder.end()
    keys, shown = replay(pen)
    assert keys == ""
    assert shown == ("# echo root:[secret] | chpasswd\r\nyou said [secret]\r\nhistory: echo root:[secret] | chpasswd\r\n")


def test_only_so_many_secrets_are_looked_for_and_each_once() -> None:
    """Otherwise each key of a terminal costs more with every password that was ever typed into it."""
    pen = MemoryPen()
    recorder = Recorder(desk.session(pen), 80, 24, "xterm")
    recorder.forget(b"the oldest")
    for number in range(MOST_SECRETS):
        for _ in range(3):
            recorder.forget(b"secret %03d" % number)
    recorder.output(b"the oldest, secret 001, secret %03d" % (MOST_SECRETS - 1))
    recorder.end()
    assert replay(pen)[1] == "the oldest, [secret], [secret]"


def test_line_without_a_secret_is_kept_key_by_key() -> None:
    pen = MemoryPen()
    recorder = Recorder(desk.session(pen), 80, 24, "xterm")
    recorder.hold()
    recorder.output(b"# ")
    typed(recorder, b"id")
    recorder.release("id")
    recorder.hold()
    recorder.output(b"# ")
    recorder.end()
    assert replay(pen) == ("id\r", "# id\r\n# ")


def test_line_that_is_too_long_to_be_held_is_written() -> None:
    """Memory is bounded; what cannot be held is evidence rather than lost."""
    pen = MemoryPen()
    recorder = Recorder(desk.session(pen), 80, 24, "xterm")
    recorder.hold()
    recorder.output(b"x" * 100_000)
    assert recorder._held is None
    recorder.end()
    assert replay(pen)[1] == "x" * 100_000
