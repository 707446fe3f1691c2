# SPDX-License-Identifier: MIT
"""One session channel: a shell, a command, scp or sftp, with or without a terminal."""

import asyncio
import re
import time
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass

import asyncssh

from decnet.domain.captured import text
from decnet.domain.evidence import Command
from decnet.lures.lure import Session
from decnet.lures.shell.arrival import Arrival
from decnet.lures.shell.filesystem import Filesystem
from decnet.lures.shell.machine import Machine
from decnet.lures.shell.shell import Shell
from decnet.lures.shell.transfer import Memory, place_of
from decnet.lures.ssh.algorithms import Profile
from decnet.lures.ssh.channel import Channel
from decnet.lures.ssh.scp import Scp, ScpCommand, parse_scp
from decnet.lures.ssh.sftp import SftpServer
from decnet.lures.terminal.foreground import Foreground, converse
from decnet.lures.terminal.observer import SessionObserver
from decnet.lures.terminal.pseudo_terminal import PseudoTerminal
from decnet.lures.terminal.recording import Recorder

INPUT_LIMIT = 1 << 17
UNSENT_LIMIT = 4 << 20
PARSING_SECONDS = 1.0
_LEAVES = re.compile(rb"\s*(?:exit|logout)(?:\s+\d+)?\s*;?\s*")


@dataclass(frozen=True, kw_only=True)
class Login:
    """Who logged in, and what all channels of the connection share."""

    session: Session
    machine: Machine
    filesystem: Filesystem
    username: str
    profile: Profile
    memory: Memory
    records_terminal: bool


class Conversation(asyncssh.SSHServerSession[bytes]):
    """What happens on one channel; asyncssh calls it with what the client asks for and sends."""

    def __init__(self, login: Login) -> None:
        self._login = login
        self._reader = asyncio.StreamReader(INPUT_LIMIT)
        self._may_send = asyncio.Event()
        self._may_send.set()
        self._terminal: PseudoTerminal | None = None
        self._recorder: Recorder | None = None
        self._task: asyncio.Task[None] | None = None
        self._foreground = Foreground()
        self._hears = True
        self._size = (0, 0)

    # --- what asyncssh calls

    def connection_made(self, chan: asyncssh.SSHServerChannel[bytes]) -> None:
        """Take the channel."""
        assert isinstance(chan, Channel)  # noqa: S101 - the transport makes no others
        self._channel = chan
        self._reader.set_transport(chan)  # type: ignore[arg-type]  # a channel pauses and resumes as a transport does

    def connection_lost(self, _exc: Exception | None) -> None:
        """Stop what runs."""
        self._may_send.set()
        if self._task:
            self._task.cancel()
        else:
            self._end_recording()

    def pty_requested(self, term_type: str, term_size: tuple[int, int, int, int], _modes: Mapping[int, int]) -> bool:
        """Make a terminal."""
        login = self._login
        columns, rows = min(term_size[0], 1000) or 80, min(term_size[1], 1000) or 24
        self._recorder = Recorder(login.session, columns, rows, term_type) if login.records_terminal else None
        self._terminal = PseudoTerminal(self._send, term_type, columns, rows, self._recorder)
        self._terminal.interrupt = self._foreground.interrupt
        return True

    def terminal_size_changed(self, width: int, height: int, _pixwidth: int, _pixheight: int) -> None:
        """Pass on the size of the window."""
        if self._terminal:
            self._terminal.resize(min(width, 1000), min(height, 1000))

    def shell_requested(self) -> bool:
        """Start a login shell."""
        return self._begin()

    def exec_requested(self, _command: str) -> bool:
        """Start a command; the channel has it in bytes."""
        return self._begin()

    def subsystem_requested(self, subsystem: str) -> bool:
        """Start sftp; there is nothing else."""
        return subsystem == "sftp" and self._begin()

    def session_started(self) -> None:
        """Run, now that the client knows that it runs."""
        self._task = self._channel.get_connection().create_task(self._run())
        self._task.add_done_callback(lambda _task: self._end_recording())

    def data_received(self, data: bytes, _datatype: int | None) -> None:
        """Take input."""
        if self._terminal:
            self._terminal.feed(data)
        else:
            self._reader.feed_data(data)

    def eof_received(self) -> bool:
        """Take the end of input; output may still go out."""
        self._hears = False
        self._reader.feed_eof()
        if self._terminal:
            self._terminal.feed_end()
        return True

    def pause_writing(self) -> None:
        """Wait for the client to take what was sent."""
        self._may_send.clear()

    def resume_writing(self) -> None:
        """Send on."""
        self._may_send.set()

    def signal_received(self, signal: str) -> None:
        """Take a signal as ^C, whatever it is."""
        if signal in ("INT", "TERM", "KILL", "HUP", "QUIT"):
            self._foreground.interrupt()

    # --- running

    def _begin(self) -> bool:
        """Open the window; the answer follows."""
        self._channel.open_window()
        return True

    async def _run(self) -> None:
        """Run what was asked for, and report its exit status."""
        status = 255
        try:
            status = await self._start()
        finally:
            self._end_recording()
            self._channel.leave(status, hears=self._hears)

    def _end_recording(self) -> None:
        """Record the terminal, once."""
        recorder, self._recorder = self._recorder, None
        if recorder and self._terminal:
            self._terminal.recorder = None
            recorder.end()

    async def _start(self) -> int:
        """Go by what was asked for."""
        if self._channel.get_subsystem() == "sftp":
            return await self._serve_sftp()
        if self._channel.get_command() is None:
            return await self._converse()
        scp = parse_scp(self._channel.command)
        return await self._copy(scp) if scp else await self._execute()

    async def _serve_sftp(self) -> int:
        """Serve the sftp subsystem."""
        login = self._login
        login.session.record(Command(command="subsystem sftp", detail={"subsystem": "sftp"}))
        place = place_of(login.filesystem, login.username, login.memory)
        server = SftpServer(login.session, place, login.profile.sftp, self._send, self._may_send.wait)
        return await server.run(self._reader)

    async def _copy(self, command: ScpCommand) -> int:
        """Be the other end of scp."""
        login, status = self._login, None
        place = place_of(login.filesystem, login.username, login.memory)
        scp = Scp(login.session, place, self._reader, self._send, self._may_send.wait)
        try:
            status = await scp.run(command)
        finally:
            login.session.record(Command(command=text(self._channel.command), exit_code=status))
        return status

    def _shell(self) -> Shell:
        """Return a shell for this channel."""
        login = self._login
        return Shell(
            login.machine,
            login.filesystem,
            login.username,
            SessionObserver(login.session, self._recorder),
            self._terminal,
            arrival=Arrival(login.session.origin.peer.address),
            environment=self._channel.environment,
        )

    async def _execute(self) -> int:
        """Run the command of an exec request."""
        terminal = self._terminal
        stdin = terminal.lines() if terminal else self._chunks()
        write = terminal.write if terminal else self._send
        error = terminal.write if terminal else self._send_error
        running = self._shell().run_command(self._channel.command, stdin, write, error)
        return await self._foreground.run(running)

    async def _converse(self) -> int:
        """Let the client work in a login shell."""
        shell = self._shell()
        if self._terminal is None:
            return await self._read_script(shell)
        return await converse(shell, self._terminal, self._foreground, self._may_send.wait)

    async def _read_script(self, shell: Shell) -> int:
        """Run the lines of a client that asked for a shell without a terminal, as bash does with a pipe."""
        status = 0
        while script := await self._script_part(shell):
            running = shell.run_command(script.rstrip(b"\r\n"), self._script_lines(), self._send, self._send_error)
            status = await self._foreground.run(running)
            if _LEAVES.fullmatch(script):
                break
        return status

    async def _script_part(self, shell: Shell) -> bytes:
        """Return the next lines that make a whole; empty at the end. Looking for its end may take so much time and no more."""
        part, spent = await self._script_line(), 0.0
        while spent < PARSING_SECONDS:
            began = time.monotonic()
            is_open = shell.needs_more(part.rstrip(b"\r\n"))
            spent += time.monotonic() - began
            if not is_open or not (line := await self._script_line()):
                break
            part += line
            await asyncio.sleep(0)  # others go on while a long construct arrives
        return part

    async def _script_lines(self) -> AsyncIterator[bytes]:
        """Yield the rest of the script to a command that reads it."""
        while line := await self._script_line():
            yield line

    async def _script_line(self) -> bytes:
        """Return the next line; empty at the end, which one that is too long is as well."""
        try:
            return await self._reader.readline()
        except ValueError:
            return b""

    async def _chunks(self) -> AsyncIterator[bytes]:
        """Yield what the client sends."""
        while data := await self._reader.read(INPUT_LIMIT):
            yield data

    # --- output

    def _send(self, data: bytes) -> None:
        """Send to the client's standard output."""
        if data and self._has_room():
            self._channel.write(data)

    def _send_error(self, data: bytes) -> None:
        """Send to the client's standard error."""
        if data and self._has_room():
            self._channel.write_stderr(data)

    def _has_room(self) -> bool:
        """Tell whether more may wait; a client that opens no window loses its channel."""
        if self._channel.is_closing():
            return False
        if self._channel.unsent() > UNSENT_LIMIT:
            self._channel.abort()
            return False
        return True
