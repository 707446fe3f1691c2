# SPDX-License-Identifier: MIT
"""What ``test``, ``[`` and ``[[`` decide."""

import re
import stat
from typing import Protocol

from decnet.lures.shell.expansion import Expander, Surroundings
from decnet.lures.shell.filesystem import READ, SEARCH, WRITE
from decnet.lures.shell.pattern import matches
from decnet.lures.shell.regex import Expression, PatternError
from decnet.lures.shell.state import ShellError
from decnet.lures.shell.streams import Sink, Source
from decnet.lures.shell.syntax import Word

UNARY = tuple(f"-{letter}" for letter in "abcdefghknoprstuvwxzGLNOS")
COMPARISONS = ("-eq", "-ne", "-lt", "-le", "-gt", "-ge")
BINARY = ("=", "==", "!=", "<", ">", "=~", "-nt", "-ot", "-ef", *COMPARISONS)
_MODES = {"b": stat.S_ISBLK, "c": stat.S_ISCHR, "d": stat.S_ISDIR, "f": stat.S_ISREG, "p": stat.S_ISFIFO, "S": stat.S_ISSOCK}
_RIGHTS = {"r": READ, "w": WRITE, "x": SEARCH}
_INTEGER = re.compile(r"\s*[-+]?[0-9]{1,30}\s*")
_ONE, _TWO, _THREE, _FOUR = 1, 2, 3, 4


class Testing(Surroundings, Protocol):
    """What conditions need of a shell."""

    descriptors: dict[int, Source | Sink]


def unary(shell: Testing, operator: str, operand: str) -> bool:
    """Return whether a test of one operand holds."""
    letter = operator[1]
    if letter in "zn":
        return bool(operand) == (letter == "n")
    if letter in "vo":
        return operand in (shell.state.variables if letter == "v" else shell.state.options)
    if letter == "t":
        stream = shell.descriptors.get(int(operand) if operand.isdecimal() and len(operand) < _FOUR else -1)
        return stream is not None and stream.is_terminal
    return _of_file(shell, letter, shell.absolute(operand))


def _of_file(shell: Testing, letter: str, path: str) -> bool:
    try:
        status = shell.filesystem.lstat(path) if letter in "hL" else shell.filesystem.stat(path)
    except OSError:
        return False
    if letter in _RIGHTS:
        return shell.filesystem.access(path, _RIGHTS[letter])
    if letter in _MODES:
        return _MODES[letter](status.mode)
    bits = {"u": stat.S_ISUID, "g": stat.S_ISGID, "k": stat.S_ISVTX}
    if letter in bits:
        return bool(status.mode & bits[letter])
    if letter in "hL":
        return stat.S_ISLNK(status.mode)
    return {"s": status.size > 0, "O": status.uid == shell.account.uid, "G": status.gid == shell.account.gid}.get(letter, True)


def binary(shell: Testing, left: str, operator: str, right: str) -> bool:
    """Return whether a test of two operands holds; raise ``ShellError`` for what is no number."""
    if operator in COMPARISONS:
        first, second = _integer(left), _integer(right)
        order = (first > second) - (first < second)
        return {"-eq": order == 0, "-ne": order != 0, "-lt": order < 0, "-le": order <= 0, "-gt": order > 0, "-ge": order >= 0}[
            operator
        ]
    if operator in ("-nt", "-ot", "-ef"):
        return _files(shell, left, operator, right)
    return {"=": left == right, "==": left == right, "!=": left != right, "<": left < right, ">": left > right}[operator]


def _files(shell: Testing, left: str, operator: str, right: str) -> bool:
    try:
        first, second = (shell.filesystem.stat(shell.absolute(path)) for path in (left, right))
    except OSError:
        return False
    if operator == "-ef":
        return first.inode == second.inode
    return first.modified > second.modified if operator == "-nt" else first.modified < second.modified


def _integer(text: str) -> int:
    if not _INTEGER.fullmatch(text):
        raise ShellError(f"{text}: integer expression expected", _TWO)
    return int(text)


def test(shell: Testing, words: list[str]) -> bool:
    """Return what ``test`` says of its arguments, by the number of them as POSIX has it."""
    if not words:
        return False
    if len(words) == _ONE:
        return bool(words[0])
    if len(words) == _TWO:
        return _test_two(shell, words)
    if len(words) == _THREE and words[1] in BINARY:
        return binary(shell, *words)
    evaluation = _Expression(shell, words)
    value = evaluation.either()
    if evaluation.words:
        raise ShellError("too many arguments", _TWO)
    return value


def _test_two(shell: Testing, words: list[str]) -> bool:
    if words[0] == "!":
        return not words[1]
    if words[0] in UNARY:
        return unary(shell, *words)
    raise ShellError(f"{words[0]}: unary operator expected", _TWO)


class _Expression:
    """Reads ``-a``, ``-o``, ``!`` and parentheses of a longer ``test``."""

    def __init__(self, shell: Testing, words: list[str]) -> None:
        self.shell = shell
        self.words = list(words)
        self.depth = 0

    def either(self) -> bool:
        value = self._both()
        while self.words[:1] == ["-o"]:
            del self.words[0]
            value = self._both() or value
        return value

    def _both(self) -> bool:
        value = self._single()
        while self.words[:1] == ["-a"]:
            del self.words[0]
            value = self._single() and value
        return value

    def _single(self) -> bool:
        self.depth += 1
        if not self.words or self.depth > 64:
            raise ShellError("argument expected", _TWO)
        word = self.words.pop(0)
        if self.words[:1] and self.words[0] in BINARY and len(self.words) > 1:
            operator, right = self.words.pop(0), self.words.pop(0)
            return binary(self.shell, word, operator, right)
        if word == "!":
            return not self._single()
        if word == "(":
            value = self.either()
            if self.words[:1] != [")"]:
                raise ShellError("`)' expected", _TWO)
            del self.words[0]
            return value
        if word in UNARY and self.words:
            return unary(self.shell, word, self.words.pop(0))
        return bool(word)


async def holds(shell: Testing, tokens: tuple[Word | str, ...]) -> bool:
    """Return whether ``[[ ... ]]`` holds."""
    evaluation = _Double(shell, list(tokens))
    value = await evaluation.either(wanted=True)
    if evaluation.tokens:
        raise ShellError("syntax error in conditional expression", _TWO)
    return value


class _Double:
    """Reads ``[[ ... ]]``: short-circuits, patterns, regular expressions."""

    def __init__(self, shell: Testing, tokens: list[Word | str]) -> None:
        self.shell = shell
        self.tokens = tokens
        self.expander = Expander(shell)
        self.depth = 0

    async def either(self, *, wanted: bool) -> bool:
        value = await self._both(wanted=wanted)
        while self.tokens[:1] == ["||"]:
            del self.tokens[0]
            right = await self._both(wanted=wanted and not value)
            value = value or right
        return value

    async def _both(self, *, wanted: bool) -> bool:
        value = await self._single(wanted=wanted)
        while self.tokens[:1] == ["&&"]:
            del self.tokens[0]
            right = await self._single(wanted=wanted and value)
            value = value and right
        return value

    async def _single(self, *, wanted: bool) -> bool:
        self.depth += 1
        if not self.tokens or self.depth > 64:
            raise ShellError("syntax error in conditional expression", _TWO)
        first = self.tokens.pop(0)
        if first == "!":
            return not await self._single(wanted=wanted)
        if first == "(":
            value = await self.either(wanted=wanted)
            if self.tokens[:1] != [")"]:
                raise ShellError("syntax error in conditional expression", _TWO)
            del self.tokens[0]
            return value
        if isinstance(first, str):
            raise ShellError(f"syntax error in conditional expression: unexpected token `{first}'", _TWO)
        return await self._comparison(first, wanted=wanted)

    async def _comparison(self, first: Word, *, wanted: bool) -> bool:
        operator = self._operator()
        if operator and len(self.tokens) > 1 and isinstance(self.tokens[1], Word):
            second = self.tokens[1]
            del self.tokens[:2]
            return wanted and await self._compare(await self.expander.text(first), operator, second)
        if first.literal in UNARY and self.tokens and isinstance(self.tokens[0], Word):
            operand = self.tokens.pop(0)
            return (
                wanted
                and isinstance(operand, Word)
                and unary(self.shell, str(first.literal), await self.expander.text(operand))
            )
        return wanted and bool(await self.expander.text(first))

    def _operator(self) -> str:
        symbol = self.tokens[0] if self.tokens else ""
        text = symbol if isinstance(symbol, str) else symbol.literal
        return text if text in BINARY else ""

    async def _compare(self, left: str, operator: str, right: Word) -> bool:
        if operator in ("=", "==", "!="):
            return matches(await self.expander.pattern(right), left) == (operator != "!=")
        if operator == "=~":
            return await self._search(left, right)
        text = await self.expander.text(right)
        if operator in COMPARISONS:
            left, text = str(self.expander.evaluate(left)), str(self.expander.evaluate(text))
        return binary(self.shell, left, operator, text)

    async def _search(self, left: str, right: Word) -> bool:
        try:
            match = Expression(await self.expander.expression(right), extended=True).search(left)
        except PatternError:
            return False
        groups = [match[0], *(group or "" for group in match.groups())] if match else []
        self.shell.state.variables["BASH_REMATCH"] = dict(enumerate(groups))
        return match is not None
