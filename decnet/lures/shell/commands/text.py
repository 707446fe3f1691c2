# SPDX-License-Identifier: MIT
"""Commands that pass lines on: cat, head, tail, wc, sort, cut, tr and their kin."""

import re

from decnet.lures.shell.invocation import Invocation, reason
from decnet.lures.shell.options import Options
from decnet.lures.shell.streams import CHUNK, MAX_INPUT

ENDLESS = ("/dev/zero", "/dev/urandom", "/dev/random", "/dev/full")
_SUFFIXES = {"": 1, "b": 512, "k": 1024, "K": 1024, "kB": 1000, "M": 1024**2, "MB": 1000**2, "G": 1024**3, "GB": 1000**3}


def size_of(text: str) -> int | None:
    """Return the number that ``text`` says, with a suffix for its unit; ``None`` where it is none."""
    match = re.fullmatch(r"([0-9]{1,12})([a-zA-Z]{0,2})", text)
    return int(match[1]) * _SUFFIXES[match[2]] if match and match[2] in _SUFFIXES else None


async def endless(call: Invocation, path: str, size: int) -> bytes:
    """Return bytes of a device that never ends."""
    if path.endswith("random"):
        return call.shell.random.randbytes(size)
    return bytes(size)


async def cat(call: Invocation) -> int:
    """``cat``."""
    options = call.options("AbeEnstTuv", {"number": "n", "show-all": "A", "show-ends": "E", "help": "h"})
    number = 0
    code = 0
    for operand in options.operands or ["-"]:
        try:
            data = await _content(call, operand)
        except OSError as error:
            code = call.fail(f"{operand}: {reason(error)}")
            continue
        if "nbAEeTvt" not in options:
            call.stdout.write(data)
            continue
        for line in data.splitlines(keepends=True):
            is_counted = "n" in options or ("b" in options and line.strip(b"\n"))
            number += bool(is_counted)
            head = f"{number:>6}\t".encode() if is_counted else b""
            call.stdout.write(head + _visible(line, options))
    return code


async def _content(call: Invocation, operand: str) -> bytes:
    if operand == "-":
        if call.stdin.is_terminal:
            await _pass_on(call)
            return b""
        return await call.stdin.all()
    path = call.absolute(operand)
    if path in ENDLESS:
        for _ in range(64):
            call.stdout.write(await endless(call, path, CHUNK))
            await call.stdout.drain()
            await call.shell.budget.step(64)
    return call.read(operand)


async def _pass_on(call: Invocation) -> None:
    while line := await call.stdin.line():
        call.stdout.write(line)


def _visible(line: bytes, options: Options) -> bytes:
    shown = line.rstrip(b"\n")
    if "ATt" in options:
        shown = shown.replace(b"\t", b"^I")
    if "Aevt" in options:
        shown = b"".join(
            bytes([b]) if 32 <= b < 127 or b == 9 else b"^" + bytes([b ^ 64]) if b < 128 else b"M-" + bytes([b & 127])
            for b in shown
        )
    return shown + (b"$" if "AEe" in options else b"") + (b"\n" if line.endswith(b"\n") else b"")


async def tac(call: Invocation) -> int:
    """``tac``."""
    lines, code = await call.lines(call.options("").operands)
    call.out("".join(line + "\n" for line in reversed(lines)))
    return code


async def head(call: Invocation) -> int:
    """``head``."""
    return await _ends(call, is_head=True)


async def tail(call: Invocation) -> int:
    """``tail``: with ``-f`` it waits until the client has enough."""
    code = await _ends(call, is_head=False)
    if any(re.fullmatch(r"-[0-9]*[fF]|--follow.*", argument) for argument in call.arguments):
        while True:
            await call.shell.pause(1)
            await call.shell.budget.step(64)
    return code


async def _ends(call: Invocation, *, is_head: bool) -> int:
    arguments = [
        argument if before in ("-n", "-c") else re.sub(r"^-([0-9]+)", r"-n\1", argument)
        for before, argument in zip(call.argv, call.arguments, strict=False)
    ]
    call.argv = [call.name, *arguments]
    options = call.options("n:c:qvfFs:z", {"lines": "n", "bytes": "c", "quiet": "q", "follow": "f"})
    unit = "bytes" if "c" in options else "lines"
    text = options.get("c") or options.get("n", "10")
    count = size_of(text.lstrip("+-"))
    if count is None:
        return call.fail(f"invalid number of {unit}: '{text}'")
    operands = options.operands or ["-"]
    code = 0
    for index, operand in enumerate(operands):
        try:
            data = await _for_ends(call, operand, count if unit == "bytes" else 0)
        except OSError as error:
            code = call.fail(f"cannot open '{operand}' for reading: {reason(error)}")
            continue
        if (len(operands) > 1 and "q" not in options) or "v" in options:
            name = "standard input" if operand == "-" else operand
            call.out(("\n" if index else "") + f"==> {name} <==\n")
        call.stdout.write(_cut_ends(data, count, text[:1], unit, is_head=is_head))
    return code


async def _for_ends(call: Invocation, operand: str, size: int) -> bytes:
    path = call.absolute(operand)
    if path in ENDLESS:
        return await endless(call, path, min(size or 4096, MAX_INPUT))
    if operand != "-":
        return call.read(operand)
    if call.name.endswith("head"):
        return await call.stdin.all(max(size, CHUNK)) if size else await _first_lines(call)
    return await call.stdin.all()


async def _first_lines(call: Invocation) -> bytes:
    """Read no more lines than are wanted, so that a command before may go on."""
    match = re.search(r"-n ?(\d{1,7})(?:\s|$)", " ".join(call.arguments))
    count = int(match[1]) if match else 10
    if re.search(r"(?:^| )(?:-n ?-|--lines)", " ".join(call.arguments)):
        return await call.stdin.all()
    lines: list[bytes] = []
    while len(lines) < count and (line := await call.stdin.line()):
        lines.append(line)
    return b"".join(lines)


def _cut_ends(data: bytes, count: int, sign: str, unit: str, *, is_head: bool) -> bytes:
    pieces: list[bytes] = data.splitlines(keepends=True) if unit == "lines" else []
    length = len(pieces) if unit == "lines" else len(data)
    if is_head:
        start, stop = 0, max(0, length - count) if sign == "-" else count
    else:
        start, stop = (max(0, count - 1), length) if sign == "+" else (max(0, length - count), length)
    return b"".join(pieces[start:stop]) if unit == "lines" else data[start:stop]


async def word_count(call: Invocation) -> int:
    """``wc``."""
    options = call.options("clmwL", {"lines": "l", "words": "w", "bytes": "c", "chars": "m"})
    contents, code = await call.inputs(options.operands)
    rows = [(_counts(data, options), name) for name, data in contents]
    if len(rows) > 1:
        rows.append(([sum(column) for column in zip(*(row for row, _ in rows), strict=True)], "total"))
    if not rows:
        return code
    is_single = len(rows) == 1 and len(rows[0][0]) == 1
    width = 1 if is_single else 7 if not options.operands else max(len(str(value)) for row, _ in rows for value in row)
    for row, name in rows:
        shown = " ".join(f"{value:>{width}}" for value in row)
        call.line(shown if name == "-" and not options.operands else f"{shown} {name}")
    return code


def _counts(data: bytes, options: Options) -> list[int]:
    values = {
        "l": data.count(b"\n"),
        "w": len(data.split()),
        "m": len(data.decode("utf-8", "replace")),
        "c": len(data),
        "L": max((len(line) for line in data.splitlines()), default=0),
    }
    wanted = [letter for letter in "lwmcL" if letter in options] or ["l", "w", "c"]
    return [values[letter] for letter in wanted]


async def tee(call: Invocation) -> int:
    """``tee``."""
    options = call.options("aip", {"append": "a"})
    for path in options.operands:
        call.filesystem.write(call.absolute(path), b"", append="a" in options)
    while data := await call.stdin.read():
        call.stdout.write(data)
        for path in options.operands:
            call.filesystem.write(call.absolute(path), data, append=True)
    return 0


async def number_lines(call: Invocation) -> int:
    """``nl``."""
    lines, code = await call.lines(call.options("b:w:s:").operands)
    number = 0
    for line in lines:
        number += bool(line)
        call.line(f"{number:>6}\t{line}" if line else "       ")
    return code


async def pager(call: Invocation) -> int:
    """``less`` and ``more``: the whole text at once."""
    operands = [argument for argument in call.arguments if not argument.startswith(("-", "+"))]
    if not operands and call.stdin.is_terminal:
        call.line('Missing filename ("less --help" for help)')
        return 1
    contents, code = await call.inputs(operands)
    for _, data in contents:
        call.stdout.write(data)
    return code


PROGRAMS = {
    "cat": cat, "tac": tac, "head": head, "tail": tail, "wc": word_count, "tee": tee, "nl": number_lines, "less": pager,
    "more": pager,
}  # fmt: skip
