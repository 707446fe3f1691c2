# SPDX-License-Identifier: MIT
"""What the shell sees becomes records."""

from decnet.domain.captured import raw
from decnet.lures.terminal.observer import SessionObserver
from tests.lures.ssh import desk
from tests.support.lures import MemoryPen


def test_everything_is_recorded_once() -> None:
    pen = MemoryPen()
    observer = SessionObserver(desk.session(pen))
    observer.command("ls", 0)
    observer.download("http://192.0.2.9/x", "wget")
    observer.secret("prompt", "root", b"hunter2")
    observer.file("/tmp/\udcff", b"data")
    assert [body.kind for _, body, _ in pen.records] == ["command", "download", "credential", "file"]
    assert pen.secrets() == [b"hunter2"]
    assert pen.bodies("credential")[0].mechanism == "prompt"
    assert raw(pen.bodies("file")[0].path) == b"/tmp/\xff"
    assert list(pen.blobs.values()) == [b"data"]
