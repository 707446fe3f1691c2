# SPDX-License-Identifier: MIT
"""The telnet lure: netkit's telnetd, which inetd started, login, and a shell on the machine of the decoy."""

import asyncio
from functools import cached_property
from typing import ClassVar

from decnet.domain.captured import raw
from decnet.domain.evidence import Identified
from decnet.domain.persona import Decoy
from decnet.lures.accounts import accounts
from decnet.lures.lure import Session
from decnet.lures.shell.arrival import Arrival
from decnet.lures.shell.machine import machine_of
from decnet.lures.shell.shell import Shell
from decnet.lures.shell.visits import Visits
from decnet.lures.stream import Stream
from decnet.lures.telnet.login import Login
from decnet.lures.telnet.negotiation import Negotiator
from decnet.lures.telnet.options import TelnetOptions
from decnet.lures.telnet.protocol import Code, Command, Data, Decoder, Item, Negotiation, encode
from decnet.lures.terminal.foreground import Foreground, converse
from decnet.lures.terminal.observer import SessionObserver
from decnet.lures.terminal.pseudo_terminal import PseudoTerminal
from decnet.lures.terminal.recording import Recorder

UNSENT_LIMIT = 4 << 20
FAREWELL_SECONDS = 30.0
_AT_ONCE = 512
"""Bytes that are taken in one go: each may be half a command."""
_HASTE_SECONDS = 0.3
_COLUMNS, _ROWS, _LARGEST = 80, 24, 1000
_UNKNOWN_TERMINAL = "network"
_TERMINAL_NAME = 40
_KEYS = {
    Code.IP: b"\x03", Code.BRK: b"\x03", Code.EC: b"\x7f", Code.EL: b"\x15",
    Code.EOF: b"\x04", Code.SUSP: b"\x1a", Code.ABORT: b"\x1c",
}  # fmt: skip
_MARKED = (Code.IP, Code.BRK, Code.AO, Code.ABORT)


class Telnet:
    """telnetd on one decoy."""

    name: ClassVar[str] = "telnet"

    def __init__(self, decoy: Decoy, options: TelnetOptions) -> None:
        self.options = options
        self.accounts = accounts(decoy, options)
        self.machine = machine_of(decoy)
        self.visits = Visits(self.machine)

    @cached_property
    def issue(self) -> bytes:
        """What stands above the first prompt; a visitor gets a file system of his own only when he logs in."""
        return self.machine.new_filesystem().read("/etc/issue.net")

    async def serve(self, session: Session) -> None:
        """Talk to one client until it leaves or a bound is reached."""
        stream = await Stream.open(session)
        try:
            await Connection(self, session, stream).run()
            await stream.finish()
        finally:
            stream.close()


class Connection:
    """One client: what it sends is read all the time, while login and then the shell run."""

    def __init__(self, lure: Telnet, session: Session, stream: Stream) -> None:
        self._lure = lure
        self._session = session
        self._stream = stream
        self._decoder = Decoder()
        self._foreground = Foreground()
        self._terminal = PseudoTerminal(self._show, "", _COLUMNS, _ROWS, None)
        self._negotiator = Negotiator(self._send, self._resize)
        self._working: asyncio.Task[None] | None = None
        self._told: dict[str, str] = {}
        self._unsent = bytearray()
        self._patience: asyncio.Timeout | None = None

    async def run(self) -> None:
        """Serve until the client leaves or is sent away."""
        try:
            async with asyncio.TaskGroup() as tasks:
                reading = tasks.create_task(self._read())
                self._working = tasks.create_task(self._work())
                self._terminal.interrupt = self._hang_up
                await asyncio.wait({reading, self._working}, return_when=asyncio.FIRST_COMPLETED)
                await self._let_finish(self._working)
                reading.cancel()
                self._working.cancel()
        finally:
            self._flush()
            self._identify()

    async def _let_finish(self, working: asyncio.Task[None]) -> None:
        """Work off what a client sent before it left, as it is evidence; not where a bound ended the session."""
        self._terminal.feed_end()
        if self._session.reason == "client":
            await asyncio.wait({working}, timeout=FAREWELL_SECONDS)

    async def _read(self) -> None:
        """Take what comes until the client leaves."""
        while await self._stream.fill():
            while self._stream.buffer:
                for item in self._decoder.feed(self._stream.take(_AT_ONCE)):
                    self._take(item)
                await self._stream.give_way()

    def _take(self, item: Item) -> None:
        """Go by what was sent."""
        if isinstance(item, Data):
            self._hurry()
            self._terminal.feed(item.data)
        elif isinstance(item, Command):
            self._obey(item.code)
        elif isinstance(item, Negotiation):
            self._negotiator.negotiate(item)
            self._decoder.is_binary = self._negotiator.is_binary
        else:
            self._negotiator.subnegotiate(item)

    def _obey(self, code: int) -> None:
        """Do what a command says (RFC 854, pages 13 and 14)."""
        if code == Code.AYT:
            self._send(f"\r\n[{self._lure.machine.hostname} : yes]\r\n".encode())
        if code in _MARKED:
            self._send(bytes((Code.IAC, Code.DM)))
        if code in _KEYS:
            self._terminal.feed(_KEYS[Code(code)])

    async def _work(self) -> None:
        """Negotiate, log in, work."""
        await self._negotiate()
        self._identify()
        terminal, address = self._terminal, self._session.origin.peer.address
        user = self._user()
        if user is not None and user.startswith(b"-"):
            terminal.write(b"I don't hear you!\r\n")
            return
        if user is None:
            terminal.write(self._lure.issue)
        login = Login(
            terminal, self._session, self._lure.machine.hostname, accounts=self._lure.accounts, options=self._lure.options
        )
        username = await login.run(user)
        if username is not None:
            await self._use_shell(username.decode("utf-8", "surrogateescape"), address)

    async def _negotiate(self) -> None:
        """Agree on options; a client that does not answer is not waited for."""
        self._negotiator.begin()
        try:
            async with asyncio.timeout(self._lure.options.patience_seconds) as self._patience:
                await self._negotiator.settled.wait()
        except TimeoutError:
            self._negotiator.give_up()
        client = self._negotiator.client
        self._terminal.name = client.terminal.lower()[:_TERMINAL_NAME] or _UNKNOWN_TERMINAL

    def _hurry(self) -> None:
        """Wait little longer for a client that types without having answered one question: most never will."""
        limit, clock = self._patience.when() if self._patience else None, asyncio.get_running_loop().time()
        if self._patience and limit and limit > clock + _HASTE_SECONDS and not self._negotiator.client.answers:
            self._patience.reschedule(clock + _HASTE_SECONDS)

    def _user(self) -> bytes | None:
        """Return whom the client's environment names, whom telnetd hands to login."""
        return raw(self._negotiator.client.environment.get("USER", "")) or None

    async def _use_shell(self, username: str, address: str) -> None:
        """Let the client work."""
        lure, terminal = self._lure, self._terminal
        recorder = None
        if lure.options.record_terminal:
            recorder = Recorder(self._session, terminal.columns, terminal.rows, terminal.name)
        terminal.recorder, terminal.interrupt = recorder, self._foreground.interrupt
        try:
            shell = Shell(
                lure.machine,
                lure.visits.admit(address, username),
                username,
                SessionObserver(self._session, recorder),
                terminal,
                arrival=Arrival(address, "telnetd"),
            )
            await converse(shell, terminal, self._foreground, self._has_room)
        finally:
            terminal.recorder = None
            if recorder:
                recorder.end()

    async def _has_room(self) -> None:
        """Wait until the client has taken what was shown."""
        self._flush()
        await self._stream.send(b"")

    def _identify(self) -> None:
        """Record what the client told of itself, and again when it told more than which options it takes."""
        detail = self._negotiator.client.detail()
        if any(detail[name] != self._told.get(name) for name in detail if name != "options" or not self._told):
            self._told = detail
            terminal = self._negotiator.client.terminal
            software = f"telnet client at {terminal}" if terminal else "telnet client"
            self._session.record(Identified(software=software, detail=detail))

    def _resize(self, columns: int, rows: int) -> None:
        """Take the size of the client's window; a client that does not know it says 0."""
        self._terminal.resize(min(columns, _LARGEST), min(rows, _LARGEST))

    def _show(self, data: bytes) -> None:
        """Send what the terminal shows."""
        self._send(encode(data))

    def _send(self, data: bytes) -> None:
        """Send bytes soon; a client that reads none of them for long is sent away."""
        if data and not self._unsent:
            asyncio.get_running_loop().call_soon(self._flush)
        self._unsent += data

    def _flush(self) -> None:
        """Send what one turn of the loop said, in one piece, as a pty is read."""
        data = bytes(self._unsent)
        self._unsent.clear()
        if not data or self._stream.push(data, UNSENT_LIMIT):
            return
        if not self._stream.is_closing:
            self._session.end("bytes")
        self._hang_up()

    def _hang_up(self) -> None:
        """End what runs."""
        if self._working:
            self._working.cancel()
