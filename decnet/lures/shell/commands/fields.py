# SPDX-License-Identifier: MIT
"""Commands about the columns and characters of lines: cut, tr, paste, fold, rev."""

import re

from decnet.lures.shell.invocation import Invocation

_CLASSES = {
    "alpha": "A-Za-z", "digit": "0-9", "alnum": "A-Za-z0-9", "upper": "A-Z", "lower": "a-z", "space": " \t\n\r\f\v",
    "blank": " \t",
    "punct": "!-/:-@[-`{-~", "print": " -~", "xdigit": "0-9A-Fa-f",
}  # fmt: skip


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
    async for line in call.turns(lines):
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
        text = text.translate({code: None for code in range(256) if is_in(chr(code))})
    elif second:
        mapping = {char: second[min(index, len(second) - 1)] for index, char in reversed(list(enumerate(order)))}
        text = text.translate({code: mapping.get(chr(code), second[-1]) for code in range(256) if is_in(chr(code))})
    if "s" in options:
        squeezed = set(second) if second else first
        inverse = is_complement and not second
        text = "".join(
            char for at, char in enumerate(text) if not (at and text[at - 1] == char and ((char in squeezed) != inverse))
        )
    call.stdout.write(text.encode("latin-1", "replace"))
    return 0


async def reverse(call: Invocation) -> int:
    """``rev``."""
    lines, code = await call.lines(call.arguments)
    call.out("".join(line[::-1] + "\n" for line in lines))
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


PROGRAMS = {
    "cut": cut, "tr": translate, "rev": reverse, "paste": paste, "fold": fold,
}  # fmt: skip
