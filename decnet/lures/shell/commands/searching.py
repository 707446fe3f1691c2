# SPDX-License-Identifier: MIT
"""``grep`` and its kin."""

import re
import stat

from decnet.lures.shell.budget import TURN
from decnet.lures.shell.commands.listing import walk
from decnet.lures.shell.invocation import Invocation, Options, reason, split_lines
from decnet.lures.shell.options import UsageError
from decnet.lures.shell.regex import Expression

_LONG = {
    "ignore-case": "i", "invert-match": "v", "count": "c", "recursive": "r", "line-number": "n", "only-matching": "o",
    "quiet": "q",
    "silent": "q", "word-regexp": "w", "files-with-matches": "l", "extended-regexp": "E", "fixed-strings": "F", "color": "=c",
    "colour": "=c", "no-filename": "h", "with-filename": "H", "max-count": "m", "after-context": "A", "before-context": "B",
    "context": "C", "no-messages": "s", "include": "=i", "exclude": "=e", "exclude-dir": "=d", "text": "a", "perl-regexp": "P",
    "help": "=h", "line-regexp": "x", "regexp": "e", "file": "f",
}  # fmt: skip


class _Grep:
    def __init__(self, call: Invocation, options: Options) -> None:
        self.call = call
        self.options = options
        base = call.name.rsplit("/", 1)[-1]
        self.is_fixed = "F" in options or base == "fgrep"
        self.is_extended = "E" in options or "P" in options or base == "egrep"
        operands = list(options.operands)
        patterns = list(options.every("e"))
        if "f" in options:
            patterns += split_lines(call.read(options.get("f")))
        elif not patterns:
            if not operands:
                raise UsageError("no pattern")
            patterns = operands.pop(0).split("\n")
        self.operands = operands
        self.expressions = [self._compile(pattern) for pattern in patterns[:64]]
        self.is_costly = any(expression.is_costly for expression in self.expressions)
        self.found = False
        self.code = 0

    def _compile(self, pattern: str) -> Expression:
        if self.is_fixed:
            pattern = re.sub(r"([.*\[\]^$\\])", r"\\\1", pattern)
        extended = self.is_extended and not self.is_fixed
        if "x" in self.options:
            pattern = f"^({pattern})$" if extended else f"^\\({pattern}\\)$"
        elif "w" in self.options:
            pattern = f"\\b({pattern})\\b" if extended else f"\\b\\({pattern}\\)\\b"
        return Expression(pattern, extended=extended, ignore_case="i" in self.options or "y" in self.options)

    def search(self, line: str) -> re.Match[str] | None:
        matches = [match for expression in self.expressions if (match := expression.search(line))]
        return min(matches, key=lambda match: match.start(), default=None)

    async def file(self, name: str, data: bytes, *, is_named: bool) -> None:
        options, call = self.options, self.call
        limit = int(options.get("m")[:9]) if options.get("m").isdecimal() else -1
        count = 0
        context = _Context(call, options, name if is_named else None)
        is_binary = b"\0" in data and "a" not in options
        for number, line in enumerate(split_lines(data), 1):
            if number % 16 == 0 or self.is_costly:
                await call.shell.budget.step(TURN if self.is_costly else 1)
            match = self.search(line)
            if (match is None) != ("v" in options):
                context.other(number, line)
                continue
            count += 1
            self.found = True
            if "qlLc" not in options and not is_binary:
                self._show(context, number, line, match)
            if count == limit or "q" in options or ("l" in options) or is_binary:
                break
        self._summary(name, count, is_named=is_named, is_binary=is_binary)

    def _summary(self, name: str, count: int, *, is_named: bool, is_binary: bool) -> None:
        call, options = self.call, self.options
        shown = "(standard input)" if name == "-" else name
        if "q" in options:
            return
        if "l" in options or "L" in options:
            if bool(count) == ("l" in options):
                call.line(shown)
        elif "c" in options:
            call.line(f"{shown}:{count}" if is_named else str(count))
        elif is_binary and count:
            call.line(f"grep: {shown}: binary file matches")

    def _show(self, context: "_Context", number: int, line: str, match: re.Match[str] | None) -> None:
        if "o" not in self.options:
            context.matched(number, self._coloured(line))
            return
        at = 0
        while match is not None and at <= len(line):
            if match[0]:
                context.matched(number, match[0])
            at = match.end() if match.end() > match.start() else match.end() + 1
            matches = [found for expression in self.expressions if (found := expression.search(line, at))]
            match = min(matches, key=lambda found: found.start(), default=None)

    def _coloured(self, line: str) -> str:
        colour = self.options.given.get("=c", ["never"])[-1]
        if colour in ("never", "") and "=c" not in self.options.given:
            return line
        if colour != "always" and not self.call.stdout.is_terminal:
            return line
        match = self.search(line)
        return line if not match else line[: match.start()] + f"\x1b[01;31m\x1b[K{match[0]}\x1b[m\x1b[K" + line[match.end() :]


class _Context:
    """Prints matching lines with those around them."""

    def __init__(self, call: Invocation, options: Options, name: str | None) -> None:
        number = options.get("C", "0")
        self.before, self.after = (int(options.get(letter, number)[:4] or 0) for letter in "BA")
        self.call = call
        self.name = "(standard input)" if name == "-" else name
        self.is_numbered = "n" in options
        self.held: list[tuple[int, str]] = []
        self.left = 0
        self.last = 0

    def _print(self, number: int, line: str, mark: str) -> None:
        head = f"{self.name}{mark}" if self.name is not None else ""
        self.call.line(head + (f"{number}{mark}" if self.is_numbered else "") + line)
        self.last = number

    def matched(self, number: int, line: str) -> None:
        first = self.held[0][0] if self.held else number
        if self.last and (self.before or self.after) and first > self.last + 1:
            self.call.line("--")
        for held_number, held in self.held:
            self._print(held_number, held, "-")
        self.held.clear()
        self._print(number, line, ":")
        self.left = self.after

    def other(self, number: int, line: str) -> None:
        if self.left > 0:
            self.left -= 1
            self._print(number, line, "-")
        elif self.before:
            self.held = [*self.held, (number, line)][-self.before :]


async def grep(call: Invocation) -> int:
    """``grep``, ``egrep``, ``fgrep``."""
    short = "EFGPiyvcnohHlLqsrRwxaIUzm:e:f:A:B:C:"
    call.argv = [call.name, *(re.sub(r"^-(\d{1,4})$", r"-C\1", argument) for argument in call.arguments)]
    try:
        options = call.options(short, _LONG)
        search = _Grep(call, options)
    except UsageError as error:
        if str(error) != "no pattern":
            raise
        call.error("Usage: grep [OPTION]... PATTERNS [FILE]...\nTry 'grep --help' for more information.")
        return 2
    is_deep = "rR" in options
    operands = search.operands or (["."] if is_deep else ["-"])
    for operand in operands:
        if operand == "-":
            await search.file("-", await call.stdin.all(), is_named="H" in options)
        elif is_deep:
            await _search_tree(call, search, operand)
        else:
            await _search_file(call, search, operand, is_named=(len(operands) > 1 or "H" in options) and "h" not in options)
        if search.found and "q" in options:
            return 0
    return search.code or int(not search.found)


async def _search_file(call: Invocation, search: _Grep, operand: str, *, is_named: bool) -> None:
    try:
        data = call.read(operand)
    except OSError as error:
        if "s" not in search.options:
            call.fail(f"{operand}: {reason(error)}")
        search.code = 2
        return
    await search.file(operand, data, is_named=is_named)


async def _search_tree(call: Invocation, search: _Grep, operand: str) -> None:
    is_single = not call.filesystem.is_folder(call.absolute(operand))
    if is_single:
        await _search_file(call, search, operand, is_named="h" not in search.options and "H" in search.options)
        return
    async for name, entry in walk(call, operand):
        if stat.S_ISREG(entry.status.mode):
            shown = name.removeprefix("./") if not search.operands else name
            await _search_file(call, search, shown, is_named="h" not in search.options)


PROGRAMS = {"grep": grep, "egrep": grep, "fgrep": grep, "zgrep": grep}
