# SPDX-License-Identifier: MIT
"""COPY FROM and TO PROGRAM: the command goes to the machine's shell, as the server's account."""

from collections.abc import AsyncIterator

from decnet.domain.evidence import Command
from decnet.lures.lure import Session
from decnet.lures.postgresql.cluster import Cluster
from decnet.lures.postgresql.report import Report
from decnet.lures.shell.arrival import Arrival
from decnet.lures.shell.shell import Shell
from decnet.lures.terminal.observer import SessionObserver

MAX_OUTPUT = 1 << 20
_NOT_EXECUTABLE, _NOT_FOUND, _SIGNALS = 126, 127, 128


class ProgramObserver(SessionObserver):
    """Records what a command did; the command itself with the way it came."""

    def __init__(self, session: Session) -> None:
        super().__init__(session)
        self._own = session

    def command(self, line: str, exit_code: int | None) -> None:
        """Record a command and its exit status."""
        self._own.record(Command(command=line, exit_code=exit_code, detail={"through": "postgres"}))


async def run_program(session: Session, cluster: Cluster, command: str, given: bytes) -> bytes:
    """Return what a command writes; raises ``Report`` where it fails."""
    code, output = await _run(session, cluster, command, given)
    if code:
        raise Report(f'program "{command}" failed', "38000", detail=_ending(code), routine="ClosePipeToProgram")
    return output


async def output_of(session: Session, cluster: Cluster, command: str) -> bytes:
    """Return what a command writes that a function of C runs, however it ends."""
    return (await _run(session, cluster, command, b""))[1]


async def _run(session: Session, cluster: Cluster, command: str, given: bytes) -> tuple[int, bytes]:
    """Run a command; return its exit code and what it wrote."""
    out = bytearray()

    def keep(data: bytes) -> None:
        out.extend(data[: max(MAX_OUTPUT - len(out), 0)])

    shell = Shell(
        cluster.machine,
        cluster.root_files,
        "postgres",
        ProgramObserver(session),
        None,
        arrival=Arrival(session.origin.peer.address, "postgres", cluster.data_folder),
    )
    # what goes to standard error ends in the server's log
    code = await shell.run_command(command.encode("utf-8", "surrogateescape"), _once(given), keep, lambda _: None)
    return code, bytes(out)


async def _once(data: bytes) -> AsyncIterator[bytes]:
    """Yield the bytes for a command's standard input."""
    if data:
        yield data


def _ending(code: int) -> str:
    """Return how a child process ended (wait_result_to_str)."""
    if code == _NOT_EXECUTABLE:
        return "command not executable"
    if code == _NOT_FOUND:
        return "command not found"
    if code > _SIGNALS:
        return f"child process was terminated by signal {code - _SIGNALS}"
    return f"child process exited with exit code {code}"
