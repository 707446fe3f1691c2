# SPDX-License-Identifier: MIT
"""Commands that print or read a little: echo, printf, read, jobs, history."""

import re
import time
from collections.abc import Callable

from decnet.lures.shell.budget import OUTPUT_BYTES
from decnet.lures.shell.caller import quoted
from decnet.lures.shell.invocation import Invocation
from decnet.lures.shell.words import byte_text, code_text, decode_ansi

_ECHO = re.compile(r"\\(?:0([0-7]{0,3})|x([0-9A-Fa-f]{1,2})|u([0-9A-Fa-f]{1,4})|U([0-9A-Fa-f]{1,8})|([abceEfnrtv\\]))")
_NAMES = {"a": "\a", "b": "\b", "e": "\x1b", "E": "\x1b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v", "\\": "\\"}
_FORMAT = re.compile(r"%(?:([-+ 0#]*)(\*|\d{1,5})?(?:\.(\*|\d{1,5}))?([diouxXeEfFgGcsbq])|(%)|\(([^)]*)\)T)")
_SIGNED_BITS = 64


class _StopError(Exception):
    def __init__(self, text: str) -> None:
        super().__init__(text)
        self.text = text


def unescape(text: str) -> str:
    r"""Return ``text`` with the escapes of ``echo -e``; raise ``_StopError`` at ``\c`` with what stands before it."""
    position = 0
    parts: list[str] = []
    for match in _ECHO.finditer(text):
        parts.append(text[position : match.start()])
        position = match.end()
        octal, two, four, eight, plain = match.groups()
        if plain == "c":
            raise _StopError("".join(parts))
        if octal is not None:
            parts.append(byte_text(int(octal or "0", 8)))
        elif two:
            parts.append(byte_text(int(two, 16)))
        else:
            parts.append(_NAMES[plain] if plain else code_text(int(four or eight, 16)))
    return "".join(parts) + text[position:]


async def echo(call: Invocation) -> int:
    """``echo``."""
    words = call.arguments
    escapes, newline = call.shell.state.dialect == "sh" and call.path == "", True
    while words and re.fullmatch(r"-[neE]+", words[0]):
        escapes = escapes or "e" in words[0]
        newline = newline and "n" not in words[0]
        words = words[1:]
    text = " ".join(words)
    if escapes and "\\" in text:
        try:
            text = unescape(text)
        except _StopError as stop:
            text, newline = stop.text, False
    call.out(text + ("\n" if newline else ""))
    return 0


async def printf(call: Invocation) -> int:
    """``printf``."""
    words = call.arguments
    target = ""
    if words[:1] == ["-v"] and len(words) > 1:
        target, words = words[1], words[2:]
    if words[:1] == ["--"]:
        words = words[1:]
    if not words:
        call.error("printf: usage: printf [-v var] format [arguments]")
        return 2
    formatter = _Formatter(call, words[0], words[1:])
    text = formatter.text()
    if target:
        call.shell.state.set(target, text)
    else:
        call.out(text)
    return formatter.code


class _Formatter:
    """Applies a format as often as there are arguments."""

    def __init__(self, call: Invocation, pattern: str, arguments: list[str]) -> None:
        self.call = call
        self.pattern = pattern
        self.arguments = arguments
        self.code = 0

    def text(self) -> str:
        parts: list[str] = []
        size = 0
        while True:
            before = len(self.arguments)
            try:
                parts.append(self._once())
            except _StopError as stop:
                parts.append(stop.text)
                break
            size += len(parts[-1])
            if not self.arguments or len(self.arguments) == before or size > OUTPUT_BYTES:
                break
        return "".join(parts)

    def _once(self) -> str:
        parts: list[str] = []
        position = 0
        for match in _FORMAT.finditer(self.pattern):
            parts.append(decode_ansi(self.pattern[position : match.start()]))
            position = match.end()
            if match[5]:
                parts.append("%")
            elif match[6] is not None:
                self._next()
                parts.append(time.strftime(match[6] or "%X", time.gmtime(self.call.machine.now())))
            else:
                parts.append(self._convert(match))
        return "".join(parts) + decode_ansi(self.pattern[position:])

    def _next(self) -> str:
        return self.arguments.pop(0) if self.arguments else ""

    def _convert(self, match: re.Match[str]) -> str:
        flags, width, precision, kind = match[1] or "", match[2] or "", match[3], match[4]
        if width == "*":
            width = str(self._number(self._next()))
            flags, width = (flags + "-", width[1:]) if width.startswith("-") else (flags, width)
        if precision == "*":
            precision = str(max(0, self._number(self._next())))
        width = width[:5]
        dot = "" if precision is None else f".{precision[:5]}"
        value = self._next()
        if kind in "sbqc":
            texts: dict[str, Callable[[str], str]] = {"q": quoted, "b": unescape, "c": lambda text: text[:1]}
            text = texts[kind](value) if kind in texts else value
            return f"%{flags.replace('0', '')}{width}{dot}s" % text
        if kind in "eEfFgG":
            return f"%{flags}{width}{dot}{kind}" % self._real(value)
        number = self._number(value)
        if kind in "ouxX" and number < 0:
            number += 1 << _SIGNED_BITS
        return f"%{flags}{width}{dot}{'d' if kind in 'iu' else kind}" % number

    def _number(self, text: str) -> int:
        text = text.strip()
        if text[:1] in ("'", '"') and len(text) > 1:
            return ord(text[1])
        match = re.fullmatch(r"([-+]?)(0[xX][0-9A-Fa-f]{1,16}|0[0-7]{0,22}|[1-9][0-9]{0,18})", text)
        if match is None:
            if text:
                self.call.shell.complain(f"printf: {text}: invalid number")
                self.code = 1
            leading = re.match(r"[-+]?[0-9]{1,18}", text)
            return int(leading[0]) if leading else 0
        digits = match[2]
        value = int(digits, 16) if digits[:2] in ("0x", "0X") else int(digits, 8) if digits[0] == "0" else int(digits)
        return -value if match[1] == "-" else value

    def _real(self, text: str) -> float:
        try:
            return float(text or "0")
        except ValueError:
            self.call.shell.complain(f"printf: {text}: invalid number")
            self.code = 1
            return 0.0


async def read(call: Invocation) -> int:
    """``read``."""
    options = call.options("ersa:d:i:n:N:p:t:u:", in_order=True)
    state = call.shell.state
    line = await _read_line(call, options.get("p"), is_silent="s" in options)
    if "s" in options and line.strip() and call.stdin.is_terminal:
        call.shell.session.secret("prompt", call.shell.account.name, line.rstrip(b"\n"))
    text = line.decode("utf-8", "surrogateescape")
    is_complete = text.endswith("\n")
    text = text.removesuffix("\n")
    if options.get("n").isdecimal():
        text = text[: int(options.get("n")[:9])]
    if "r" not in options:
        text = re.sub(r"\\(.)", r"\1", text)
    names = options.operands or ["REPLY"]
    separators = state.get("IFS")
    separators = " \t\n" if separators is None else separators
    if "a" in options:
        state.variables[options.get("a")] = dict(enumerate(text.split()))
        return int(not is_complete)
    for name, value in zip(names, _split(text, len(names), separators if options.operands else ""), strict=True):
        state.set(name, value)
    return int(not is_complete)


async def _read_line(call: Invocation, prompt: str, *, is_silent: bool) -> bytes:
    terminal = call.shell.session.terminal
    if terminal is not None and call.stdin.is_terminal:
        call.shell.session.flush()
        line = await terminal.read_line(prompt, echo=not is_silent)
        return b"" if line is None else line + b"\n"
    return await call.stdin.line()


def _split(text: str, count: int, separators: str) -> list[str]:
    blank = "".join(char for char in separators if char in " \t\n")
    text = text.strip(blank) if blank else text
    if not separators or count == 1:
        return [text] + [""] * (count - 1)
    around = f"[{re.escape(blank)}]*" if blank else ""
    pieces = re.split(f"{around}[{re.escape(separators)}]{around}", text, maxsplit=count - 1)
    return pieces + [""] * (count - len(pieces))


async def map_file(call: Invocation) -> int:
    """``mapfile`` and ``readarray``."""
    options = call.options("td:n:O:s:u:C:c:", in_order=True)
    data = (await call.stdin.all()).decode("utf-8", "surrogateescape")
    lines = data.splitlines(keepends="t" not in options)[:10_000]
    name = options.operands[0] if options.operands else "MAPFILE"
    call.shell.state.variables[name] = dict(enumerate(lines))
    return 0


async def history(call: Invocation) -> int:
    """``history``."""
    lines = call.shell.session.history
    if "-c" in call.arguments:
        lines.clear()
        return 0
    last = call.arguments[0] if call.arguments and call.arguments[0].isdecimal() else ""
    first = max(0, len(lines) - int(last[:6])) if last else 0
    for number, line in enumerate(lines[first:], first + 1):
        call.line(f"{number:>5}  {line}")
    return 0


async def jobs(call: Invocation) -> int:
    """``jobs``."""
    now = time.monotonic()
    for job in call.shell.session.jobs:
        state = "Running" if job.ends_at > now else "Done"
        call.line(f"[{job.number}]+  {state:<24}{job.source}{' &' if state == 'Running' else ''}")
    return 0


async def wait(call: Invocation) -> int:
    """``wait``: for what is in the background, not longer than a moment."""
    waiting = [job.ends_at - time.monotonic() for job in call.shell.session.jobs]
    longest = max((seconds for seconds in waiting if seconds != float("inf")), default=0.0)
    if longest > 0:
        await call.shell.pause(min(longest, 60.0))
    return 0


async def foreground(call: Invocation) -> int:
    """``fg`` and ``bg``."""
    if not call.shell.session.jobs:
        call.shell.complain(f"{call.name}: current: no such job")
        return 1
    call.line(call.shell.session.jobs[-1].source)
    return 0


BUILTINS = {
    "echo": echo, "printf": printf, "read": read, "mapfile": map_file, "readarray": map_file, "history": history, "jobs": jobs,
    "wait": wait, "fg": foreground, "bg": foreground,
}  # fmt: skip
PROGRAMS = {"echo": echo, "printf": printf}
