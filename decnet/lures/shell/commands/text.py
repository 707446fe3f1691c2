# SPDX-License-Identifier: MIT
"""Commands that pass lines on: cat, head, tail, wc, sort, cut, tr and their kin."""

import re

from decnet.lures.shell.invocation import Invocation, reason
from decnet.lures.shell.options import Options
from decnet.lures.shell.streams import CHUNK, MAX_INPUT

ENDLESS = ("/dev/zero", "/dev/urandom", "/dev/random", "/dev/full")
_SUFFIXES = {"": 1, "b": 512, "k": 1024, "K": 1024, "kB": 1000, "M": 1024**2, "MB": 1000**2, "G": 1024**3, "GB": 1000**3}
_CLASSES = {
    "alpha": "A-Za-z", "digit": "0-9", "alnum": "A-Za-z0-9", "upper": "A-Z", "lower": "a-z", "space": " \t\n\r\f\v",
    "blank": " \t",
    "punct": "!-/:-@[-`{-~", "print": " -~", "xdigit": "0-9A-Fa-f",
}  # fmt: skip


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


async def sort(call: Invocation) -> int:
    """``sort``."""
    options = call.options(
        "bdfghik:mMnorRsS:t:T:uVz", {"reverse": "r", "numeric-sort": "n", "unique": "u", "key": "k", "field-separator": "t"}
    )
    lines, code = await call.lines(options.operands)
    keys = options.every("k") or [""]
    decorated = [(tuple(_sort_key(line, key, options) for key in keys), line) for line in lines]
    decorated.sort(
        key=lambda pair: pair if "s" not in options and "u" not in options else (pair[0], ""), reverse="r" in options
    )
    if "u" in options:
        seen: dict[object, str] = {}
        for key, line in decorated:
            seen.setdefault(key, line)
        lines = list(seen.values())
    else:
        lines = [line for _, line in decorated]
    if "R" in options:
        call.shell.random.shuffle(lines)
    call.out("".join(line + "\n" for line in lines))
    return code


def _sort_key(line: str, key: str, options: Options) -> tuple[float, str]:
    match = re.match(r"(\d{1,4})(?:\.\d{1,4})?([a-zA-Z]*)(?:,(\d{1,4})(?:\.\d{1,4})?([a-zA-Z]*))?", key)
    flags = ""
    if match:
        separator = options.get("t")
        fields = line.split(separator) if separator else line.split()
        first, last = int(match[1]) - 1, int(match[3]) if match[3] else len(fields)
        line = (separator or " ").join(fields[max(0, first) : last])
        flags = match[2] + (match[4] or "")
    if "n" in options or "g" in options or "h" in options or "V" in options or set(flags) & set("nghV"):
        number = re.match(r"\s*(-?[0-9]{0,30}\.?[0-9]{0,30})([KMGT]?)", line)
        value = float(number[1]) if number and re.search("[0-9]", number[1]) else 0.0
        is_human = "h" in options or "h" in flags
        return value * (1024 ** " KMGT".index(number[2] or " ") if number and is_human else 1), ""
    return 0.0, line.lower() if "f" in options or "f" in flags else line


async def unique(call: Invocation) -> int:
    """``uniq``."""
    options = call.options("cdiuf:s:w:z", {"count": "c", "repeated": "d", "unique": "u", "ignore-case": "i"})
    lines, code = await call.lines(options.operands[:1])
    groups: list[list[str]] = []
    for line in lines:
        key = line.lower() if "i" in options else line
        if groups and (groups[-1][0].lower() if "i" in options else groups[-1][0]) == key:
            groups[-1].append(line)
        else:
            groups.append([line])
    for group in groups:
        if ("d" in options and len(group) == 1) or ("u" in options and len(group) > 1):
            continue
        call.line(f"{len(group):>7} {group[0]}" if "c" in options else group[0])
    return code


def ranges(text: str) -> list[tuple[int, int]] | None:
    """Return the ranges of ``cut`` from 1, the end -1 where it is open; ``None`` where the list is wrong."""
    found = []
    for piece in text.split(","):
        match = re.fullmatch(r"(\d{1,7})?(-)?(\d{1,7})?", piece)
        if match is None or not piece or piece == "-":
            return None
        first = int(match[1] or 1)
        found.append((first, int(match[3]) if match[3] else -1 if match[2] else first))
    return found


async def cut(call: Invocation) -> int:
    """``cut``."""
    options = call.options(
        "b:c:d:f:sn", {"delimiter": "d", "fields": "f", "characters": "c", "bytes": "b", "only-delimited": "s"}
    )
    text = options.get("f") or options.get("c") or options.get("b")
    if not text:
        call.fail("you must specify a list of bytes, characters, or fields")
        call.error("Try 'cut --help' for more information.")
        return 1
    chosen = ranges(text)
    if chosen is None:
        return call.fail(f"invalid field value '{text}'" if "f" in options else f"invalid byte or character range '{text}'")
    lines, code = await call.lines(options.operands)
    delimiter = options.get("d", "\t")[:1]
    for line in lines:
        if "f" not in options:
            call.line("".join(_selected(list(line), chosen)))
        elif delimiter in line:
            call.line(delimiter.join(_selected(line.split(delimiter), chosen)))
        elif "s" not in options:
            call.line(line)
    return code


def _selected(pieces: list[str], chosen: list[tuple[int, int]]) -> list[str]:
    return [
        piece
        for index, piece in enumerate(pieces, 1)
        if any(first <= index and (last < 0 or index <= last) for first, last in chosen)
    ]


def character_set(text: str) -> list[str]:
    """Return the characters of a set of ``tr``, in order."""
    text = re.sub(r"\[:(\w+):\]", lambda match: _CLASSES.get(match[1], ""), text[:4096])
    text = re.sub(r"\\([0-7]{1,3})", lambda match: chr(int(match[1], 8) & 0xFF), text)
    text = re.sub(r"\\([nrtabfv\\])", lambda match: dict(zip("nrtabfv\\", "\n\r\t\a\b\f\v\\", strict=True))[match[1]], text)
    found: list[str] = []
    at = 0
    while at < len(text):
        if text[at + 1 : at + 2] == "-" and at + 2 < len(text) and text[at] <= text[at + 2]:
            found.extend(chr(code) for code in range(ord(text[at]), min(ord(text[at + 2]), ord(text[at]) + 300) + 1))
            at += 3
        else:
            found.append(text[at])
            at += 1
    return found


async def translate(call: Invocation) -> int:
    """``tr``."""
    options = call.options("cCdst", {"delete": "d", "squeeze-repeats": "s", "complement": "c"}, in_order=True)
    if not options.operands:
        call.fail("missing operand")
        call.error("Try 'tr --help' for more information.")
        return 1
    text = (await call.stdin.all()).decode("latin-1")
    first = set(character_set(options.operands[0]))
    order = character_set(options.operands[0])
    second = character_set(options.operands[1]) if len(options.operands) > 1 else []
    is_complement = "cC" in options

    def is_in(char: str) -> bool:
        return (char in first) != is_complement

    if "d" in options:
        text = "".join(char for char in text if not is_in(char))
    elif second:
        mapping = {char: second[min(index, len(second) - 1)] for index, char in reversed(list(enumerate(order)))}
        text = "".join((second[-1] if "cC" in options else mapping[char]) if is_in(char) else char for char in text)
    if "s" in options:
        squeezed = set(second) if second else first
        inverse = is_complement and not second
        text = "".join(
            char for at, char in enumerate(text) if not (at and text[at - 1] == char and ((char in squeezed) != inverse))
        )
    call.stdout.write(text.encode("latin-1", "replace"))
    return 0


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


async def reverse(call: Invocation) -> int:
    """``rev``."""
    lines, code = await call.lines(call.arguments)
    call.out("".join(line[::-1] + "\n" for line in lines))
    return code


async def number_lines(call: Invocation) -> int:
    """``nl``."""
    lines, code = await call.lines(call.options("b:w:s:").operands)
    number = 0
    for line in lines:
        number += bool(line)
        call.line(f"{number:>6}\t{line}" if line else "       ")
    return code


async def paste(call: Invocation) -> int:
    """``paste``."""
    options = call.options("d:sz")
    contents, code = await call.inputs(options.operands)
    columns = [data.decode("utf-8", "surrogateescape").splitlines() for _, data in contents]
    delimiter = options.get("d", "\t")[:1]
    if "s" in options:
        call.out("".join(delimiter.join(column) + "\n" for column in columns))
        return code
    for row in range(max((len(column) for column in columns), default=0)):
        call.line(delimiter.join(column[row] if row < len(column) else "" for column in columns))
    return code


async def fold(call: Invocation) -> int:
    """``fold``."""
    options = call.options("bsw:")
    width = max(1, int(options.get("w", "80")[:6]))
    lines, code = await call.lines(options.operands)
    for line in lines:
        call.out("".join(line[at : at + width] + "\n" for at in range(0, max(1, len(line)), width)))
    return code


async def compare_lines(call: Invocation) -> int:
    """``diff`` and ``cmp``: whether two files differ, and in which lines."""
    options = call.options("qurNswiBbl", {"brief": "q", "unified": "u"})
    if len(options.operands) != 2:
        return call.fail(f"missing operand after '{call.name}'", 2)
    first, second = (call.read(path) for path in options.operands)
    if first == second:
        return 0
    if "q" in options:
        call.line(f"Files {options.operands[0]} and {options.operands[1]} differ")
        return 1
    for sign, lines, others in (("<", first.splitlines(), second.splitlines()), (">", second.splitlines(), first.splitlines())):
        kept = set(others)
        for line in lines:
            if line not in kept:
                call.stdout.write(sign.encode() + b" " + line + b"\n")
    return 1


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
    "cat": cat, "tac": tac, "head": head, "tail": tail, "wc": word_count, "sort": sort, "uniq": unique, "cut": cut,
    "tr": translate,
    "tee": tee, "rev": reverse, "nl": number_lines, "paste": paste, "fold": fold, "diff": compare_lines, "cmp": compare_lines,
    "less": pager, "more": pager,
}  # fmt: skip
