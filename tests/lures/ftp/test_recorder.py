# SPDX-License-Identifier: MIT
"""Commands are evidence without their secrets; a flood of them is counted."""

from decnet.domain.evidence import Endpoint, Origin
from decnet.lures.ftp.line import parse
from decnet.lures.ftp.recorder import MAX_RECORDS, Recorder
from decnet.lures.lure import Session
from tests.support.lures import MemoryPen


def recorder(pen: MemoryPen) -> Recorder:
    """Return a recorder that writes with a pen."""
    end = Endpoint(address="192.0.2.1", port=1)
    origin = Origin(decoy="d", lure="ftp", session="s", peer=end, local=end)
    return Recorder(Session(connection=None, origin=origin, pen=pen, idle_seconds=1, byte_limit=1))  # type: ignore[arg-type]  # no socket is needed


def test_secrets_stand_in_no_command() -> None:
    pen = MemoryPen()
    for line in (b"USER me", b"pass hush", b"ACCT hush", b"PASS", b"STOR \xff"):
        recorder(pen).command(parse(line))
    assert [body.command for body in pen.bodies("command")] == [
        "USER me",
        "PASS [secret]",
        "ACCT [secret]",
        "PASS",
        "STOR \uefff",
    ]


def test_violation_that_may_hold_a_secret_hides_it() -> None:
    pen = MemoryPen()
    recorder(pen).violation("incomplete command", b"Pass hush")
    recorder(pen).violation("incomplete command", b"RETR x")
    assert [body.data for body in pen.bodies("violation")] == ["[secret]", "RETR x"]
    assert pen.secrets() == [b"Pass hush"]


def test_flood_is_counted_and_told_at_the_end() -> None:
    pen, long = MemoryPen(), b"X" * 4000
    writer = recorder(pen)
    for number in range(MAX_RECORDS + 300):
        writer.command(parse(b"NOOP" if number % 2 else long[: number % 400 + 1]))
    writer.finish()
    writer.finish()
    assert len(pen.records) == MAX_RECORDS + 1
    last = pen.bodies("command")[-1]
    assert last.command == "[300 more commands]"
    assert last.detail["NOOP"] == "150"
    assert len(last.detail) <= 102
