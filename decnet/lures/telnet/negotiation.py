# SPDX-License-Identifier: MIT
"""
What telnetd and its client agree on before there is a prompt, in the order of netkit's telnetd 0.17.

It asks for terminal type, speed, display and environment, waits for every answer and asks for the values; then for echo and the
size of the window; then login begins. A real one waits for ever for a client that does not answer; this one gives up, because
programs that never negotiate come too, and are welcome.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field

from decnet.domain.captured import text
from decnet.lures.telnet.protocol import (
    INFO,
    IS,
    SEND,
    Code,
    Negotiation,
    Option,
    Subnegotiation,
    negotiate,
    subnegotiate,
)

ANSWERS = 64
VARIABLES = 64
_FIRST = (Option.TTYPE, Option.TSPEED, Option.XDISPLOC, Option.NEW_ENVIRON)
_VALUES = (Option.TSPEED, Option.XDISPLOC, Option.NEW_ENVIRON, Option.TTYPE)
_HIS = (*_FIRST, Option.BINARY, Option.SGA, Option.NAWS, Option.LFLOW)
_MINE = (Option.BINARY, Option.ECHO, Option.SGA, Option.STATUS)
_VAR, _VALUE, _ESC, _USERVAR = 0, 1, 2, 3
_WINDOW_BYTES = 4
_NAMES = {option.value: option.name for option in Option}


@dataclass
class Client:
    """What a client told of itself; texts are in the form of ``decnet.domain.captured``."""

    answers: list[str] = field(default_factory=list)
    terminal: str = ""
    speed: str = ""
    display: str = ""
    window: tuple[int, int] | None = None
    environment: dict[str, str] = field(default_factory=dict)
    further: int = 0
    """Answers and variables that were too many."""

    def heard(self, item: Negotiation) -> None:
        """Keep what was agreed to or refused, and in which order: programs differ in it."""
        self.further += len(self.answers) >= ANSWERS
        if len(self.answers) < ANSWERS:
            name = _NAMES.get(item.option, str(item.option))
            self.answers.append(f"{item.code.name} {name}")

    def detail(self) -> dict[str, str]:
        """Return what is known, for the evidence."""
        window = f"{self.window[0]}x{self.window[1]}" if self.window else ""
        environment = "\n".join(f"{name}={value}" for name, value in self.environment.items())
        found = {
            "options": ", ".join(self.answers),
            "terminal": self.terminal,
            "speed": self.speed,
            "display": self.display,
            "window": window,
            "environment": environment,
            "further": str(self.further or ""),
        }
        return {name: value for name, value in found.items() if value}


class Negotiator:
    """The server's side of the options; ``send`` takes bytes for the wire, ``resize`` the size of the client's window."""

    def __init__(self, send: Callable[[bytes], None], resize: Callable[[int, int], None]) -> None:
        self.client = Client()
        self.settled = asyncio.Event()
        self._send = send
        self._resize = resize
        self._his: set[int] = set()
        self._mine: set[int] = set()
        self._asked: set[tuple[Code, int]] = set()
        self._awaited: set[int] = set()
        self._steps = [self._ask_for_values, self._ask_for_echo, self._settle]

    @property
    def is_binary(self) -> bool:
        """Whether the client sends bytes as they are (RFC 856)."""
        return Option.BINARY in self._his

    def begin(self) -> None:
        """Ask the first questions."""
        self._ask(Code.DO, *_FIRST)

    def give_up(self) -> None:
        """Go on without the answers that have not come."""
        if self.client.answers and not self.settled.is_set():
            self._finish()
        self.settled.set()

    def negotiate(self, item: Negotiation) -> None:
        """Take WILL, WONT, DO or DONT, and answer where that changes something (RFC 854, pages 2 and 3)."""
        self.client.heard(item)
        if item.code in (Code.WILL, Code.WONT):
            self._take_his(item.option, agrees=item.code == Code.WILL)
        else:
            self._take_mine(item.option, agrees=item.code == Code.DO)
        self._go_on()

    def subnegotiate(self, item: Subnegotiation) -> None:
        """Take the value of an option."""
        kind, value = item.data[:1], item.data[1:]
        if item.option == Option.NAWS and len(item.data) == _WINDOW_BYTES:
            columns, rows = int.from_bytes(item.data[:2]), int.from_bytes(item.data[2:])
            self.client.window = columns, rows
            self._resize(columns, rows)
        elif item.option == Option.STATUS and kind == bytes((SEND,)) and Option.STATUS in self._mine:
            self._tell_status()
        elif kind in (bytes((IS,)), bytes((INFO,))):
            self._keep(item.option, value)
            self._awaited.discard(item.option)
        self._go_on()

    def _keep(self, option: int, value: bytes) -> None:
        """Keep a value."""
        if option == Option.TTYPE:
            self.client.terminal = self.client.terminal or text(value)
        elif option == Option.TSPEED:
            self.client.speed = text(value)
        elif option == Option.XDISPLOC:
            self.client.display = text(value)
        elif option in (Option.NEW_ENVIRON, Option.ENVIRON):
            for name, found in variables(value):
                if len(self.client.environment) >= VARIABLES:
                    self.client.further += 1
                else:
                    self.client.environment[text(name)] = text(found)

    def _take_his(self, option: int, *, agrees: bool) -> None:
        """Take what the client will do or not."""
        was_asked = (Code.DO, option) in self._asked
        self._asked.discard((Code.DO, option))
        if agrees == (option in self._his):
            return
        if not agrees:
            self._his.discard(option)
            self._send(b"" if was_asked else negotiate(Code.DONT, option))
        elif was_asked or option in _HIS:
            self._his.add(option)
            self._send(b"" if was_asked else negotiate(Code.DO, option))
        else:
            self._send(negotiate(Code.DONT, option))

    def _take_mine(self, option: int, *, agrees: bool) -> None:
        """Take what the client wants of us or not."""
        was_asked = (Code.WILL, option) in self._asked
        self._asked.discard((Code.WILL, option))
        if option == Option.TM and agrees:
            self._send(negotiate(Code.WILL, option))
        elif agrees == (option in self._mine):
            return
        elif not agrees:
            self._mine.discard(option)
            self._send(b"" if was_asked else negotiate(Code.WONT, option))
        elif was_asked or option in _MINE:
            self._mine.add(option)
            self._send(b"" if was_asked else negotiate(Code.WILL, option))
        else:
            self._send(negotiate(Code.WONT, option))

    def _ask(self, code: Code, *options: int) -> None:
        """Ask for options whose state is not known."""
        known = self._his if code == Code.DO else self._mine
        asked = [option for option in options if option not in known and (code, option) not in self._asked]
        self._asked.update((code, option) for option in asked)
        self._send(negotiate(code, *asked))

    def _go_on(self) -> None:
        """Take the next steps once everything that the last one waits for is there."""
        while self._steps and not self.settled.is_set() and not self._is_waiting():
            self._steps.pop(0)()

    def _is_waiting(self) -> bool:
        """Whether an answer or a value is outstanding; telnetd does not wait for those about status and flow."""
        return bool(self._awaited) or any((Code.DO, option) in self._asked for option in (*_FIRST, Option.ECHO, Option.NAWS))

    def _ask_for_values(self) -> None:
        """Ask for the values of the options that the client has."""
        self._awaited = {option for option in _VALUES if option in self._his}
        self._send(b"".join(subnegotiate(option, bytes((SEND,))) for option in _VALUES if option in self._awaited))

    def _ask_for_echo(self) -> None:
        """Ask who echoes, and for the window."""
        self._ask(Code.WILL, Option.SGA)
        self._ask(Code.DO, Option.ECHO, Option.NAWS)
        self._ask(Code.WILL, Option.STATUS)
        self._ask(Code.DO, Option.LFLOW)

    def _settle(self) -> None:
        """Decide that we echo, whatever was answered."""
        self._finish()
        self.settled.set()

    def _finish(self) -> None:
        """Say the last words before the prompt."""
        if Option.ECHO in self._his:
            self._his.discard(Option.ECHO)
            self._asked.add((Code.DO, Option.ECHO))
            self._send(negotiate(Code.DONT, Option.ECHO))
        self._ask(Code.WILL, Option.SGA, Option.ECHO)

    def _tell_status(self) -> None:
        """Tell which options are in force (RFC 859)."""
        mine = b"".join(bytes((Code.WILL, option)) for option in sorted(self._mine))
        his = b"".join(bytes((Code.DO, option)) for option in sorted(self._his))
        self._send(subnegotiate(Option.STATUS, bytes((IS,)) + mine + his))


def variables(data: bytes) -> list[tuple[bytes, bytes]]:
    """Return names and values of an environment (RFC 1572); what stands before the first name belongs to none."""
    found: list[tuple[bytearray, bytearray]] = []
    current: bytearray | None = None
    is_escaped = False
    for byte in data:
        if not is_escaped and byte == _ESC:
            is_escaped = True
            continue
        if not is_escaped and byte in (_VAR, _USERVAR):
            found.append((bytearray(), bytearray()))
            current = found[-1][0]
        elif not is_escaped and byte == _VALUE:
            current = found[-1][1] if found else None
        elif current is not None:
            current.append(byte)
        is_escaped = False
    return [(bytes(name), bytes(value)) for name, value in found]
