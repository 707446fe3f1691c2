# SPDX-License-Identifier: MIT
"""Commands that order and compare lines: sort, uniq, comm."""

import heapq
import re
from collections.abc import Callable
from operator import itemgetter

from decnet.lures.shell.budget import TURN
from decnet.lures.shell.invocation import Invocation, split_lines
from decnet.lures.shell.options import Options

_RUN = 2000


async def sort(call: Invocation) -> int:
    """``sort``."""
    options = call.options(
        "bdfghik:mMnorRsS:t:T:uVz", {"reverse": "r", "numeric-sort": "n", "unique": "u", "key": "k", "field-separator": "t"}
    )
    lines, code = await call.lines(options.operands)
    keys = options.every("k") or [""]
    is_stable = "s" in options or "u" in options
    if is_stable and "r" in options:
        lines.reverse()
    decorated = await _ordered(call, lines, lambda line: tuple(_sort_key(line, key, options) for key in keys), stable=is_stable)
    if "r" in options:
        decorated.reverse()
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
    return 2 if code else 0


async def _ordered(
    call: Invocation, lines: list[str], key: Callable[[str], tuple[tuple[float, str], ...]], *, stable: bool
) -> list[tuple[tuple[tuple[float, str], ...], str]]:
    """Return keys and lines in order: runs are sorted on their own and merged, so that nobody waits for a long input."""
    runs, run = [], []
    async for line in call.turns(lines):
        run.append((key(line), line))
        if len(run) == _RUN:
            runs.append(run)
            run = []
    runs.append(run)
    order = itemgetter(0) if stable else itemgetter(0, 1)
    for one in runs:
        one.sort(key=order)
        await call.shell.budget.step(TURN if len(runs) > 1 else 1)
    return [pair async for pair in call.turns(heapq.merge(*runs, key=order))]


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


async def common_lines(call: Invocation) -> int:
    """``comm``: the lines of two sorted files, in three columns."""
    options = call.options("123")
    if len(options.operands) != 2:
        return call.fail("missing operand")
    first, second = (split_lines(call.read(path)) for path in options.operands)
    columns = [column for column in "123" if column not in options]
    while first or second:
        column = "3" if first[:1] == second[:1] else "1" if not second or (first and first[0] < second[0]) else "2"
        line = first.pop(0) if column in "13" else second[0]
        del second[: column in "23"]
        if column in columns:
            call.line("\t" * columns.index(column) + line)
    return 0


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


PROGRAMS = {
    "sort": sort, "uniq": unique, "comm": common_lines, "diff": compare_lines, "cmp": compare_lines,
}  # fmt: skip
