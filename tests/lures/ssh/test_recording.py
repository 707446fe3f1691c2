# SPDX-License-Identifier: MIT
"""A recording grows while the terminal lives, and keeps every byte."""

import json

from hypothesis import given
from hypothesis import strategies as st

from decnet.domain.captured import raw
from decnet.lures.ssh.recording import Recorder
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
