# SPDX-License-Identifier: MIT
"""The language of ``sed``: addresses and commands."""

import re
from dataclasses import dataclass, field

from decnet.lures.shell.regex import Expression

MAX_COMMANDS = 500
_ADDRESS = re.compile(r"(\d{1,9})(?:~(\d{1,9}))?|(\$)|/((?:\\.|[^/\\])*)/(I?)")
_ADDRESS_OTHER = re.compile(r"\\(.)((?:\\.|(?!\1).)*)\1(I?)")


class SedError(Exception):
    """The script is wrong."""


@dataclass
class Command:
    """One command with its addresses."""

    name: str
    first: "_Address | None" = None
    last: "_Address | None" = None
    negated: bool = False
    expression: Expression | None = None
    replacement: str = ""
    flags: str = ""
    text: str = ""
    block: int = -1
    is_active: bool = False
    ends_at: int = 0


@dataclass
class _Address:
    number: int = 0
    step: int = 0
    is_last: bool = False
    expression: Expression | None = None

    def matches(self, number: int, line: str, *, is_last: bool) -> bool:
        if self.expression is not None:
            return self.expression.search(line) is not None
        if self.is_last:
            return is_last
        return number >= self.number and (number - self.number) % self.step == 0 if self.step else number == self.number


@dataclass
class Script:
    """A script that is being read."""

    text: str
    extended: bool
    at: int = 0
    commands: list[Command] = field(default_factory=list)
    blocks: list[int] = field(default_factory=list)

    def parse(self) -> list[Command]:
        """Return the commands; raise ``SedError``."""
        while self.at < len(self.text) and len(self.commands) < MAX_COMMANDS:
            if self.text[self.at] in " \t\n;":
                self.at += 1
                continue
            self._command()
        if self.blocks:
            raise SedError("unmatched `{'")
        return self.commands

    def _address(self) -> _Address | None:
        match = _ADDRESS.match(self.text, self.at)
        if match:
            self.at = match.end()
            if match[1]:
                return _Address(number=int(match[1]), step=int(match[2] or 0))
            if match[3]:
                return _Address(is_last=True)
            return _Address(expression=self._expression(match[4].replace("\\/", "/"), match[5]))
        other = _ADDRESS_OTHER.match(self.text, self.at)
        if other:
            self.at = other.end()
            return _Address(expression=self._expression(other[2], other[3]))
        return None

    def _expression(self, pattern: str, flags: str) -> Expression:
        return Expression(pattern, extended=self.extended, ignore_case="i" in flags.lower())

    def _command(self) -> None:
        command = Command("")
        command.first = self._address()
        self._blank()
        if command.first is not None and self.text.startswith(",", self.at):
            self.at += 1
            self._blank()
            command.last = self._address()
            if command.last is None:
                raise SedError("unexpected `,'")
            self._blank()
        while self.text.startswith("!", self.at):
            command.negated = True
            self.at += 1
            self._blank()
        command.name = self.text[self.at : self.at + 1]
        self.at += 1
        self._arguments(command)
        self.commands.append(command)

    def _blank(self) -> None:
        while self.text[self.at : self.at + 1] in (" ", "\t"):
            self.at += 1

    def _arguments(self, command: Command) -> None:
        name = command.name
        if name in ("{", "}"):
            self._block(command)
        elif name in ("s", "y"):
            self._substitution(command)
        elif name in ("a", "i", "c"):
            self._text(command)
        elif name in (":", "b", "t", "T", "r", "w"):
            end = re.compile(r"[;\n}]" if name != "r" else r"\n").search(self.text, self.at)
            stop = end.start() if end else len(self.text)
            command.text = self.text[self.at : stop].strip()
            self.at = stop
        elif name in ("q", "Q"):
            digits = re.compile(r"\s*\d{0,5}").match(self.text, self.at)
            command.text = digits[0].strip() if digits else ""
            self.at += len(digits[0]) if digits else 0
        elif name not in tuple("dDpP=nNgGhHxlzF"):
            raise SedError(f"unknown command: `{name}'" if name else "missing command")

    def _block(self, command: Command) -> None:
        if command.name == "{":
            self.blocks.append(len(self.commands))
            return
        if not self.blocks:
            raise SedError("unexpected `}'")
        self.commands[self.blocks.pop()].block = len(self.commands)

    def _substitution(self, command: Command) -> None:
        delimiter = self.text[self.at : self.at + 1]
        pieces: list[str] = []
        at = self.at + 1
        current = ""
        while at < len(self.text) and len(pieces) < 2:
            char = self.text[at]
            if char == "\\" and at + 1 < len(self.text):
                following = self.text[at + 1]
                current += following if following == delimiter and delimiter not in "&|" else char + following
                at += 2
                continue
            if char == delimiter:
                pieces.append(current)
                current = ""
            else:
                current += char
            at += 1
        if len(pieces) < 2:
            raise SedError(f"unterminated `{command.name}' command")
        flags = re.compile(r"[gpiIme0-9]*").match(self.text, at)
        command.flags = flags[0] if flags else ""
        self.at = flags.end() if flags else at
        if command.name == "s":
            command.expression = self._expression(pieces[0], command.flags)
        else:
            command.text = pieces[0]
        command.replacement = pieces[1]
        if self.at < len(self.text) and self.text[self.at] not in " \t\n;}":
            raise SedError("unknown option to `s'")

    def _text(self, command: Command) -> None:
        self._blank()
        if self.text.startswith("\\", self.at):
            self.at += 1
            self._blank()
            self.at += self.text.startswith("\n", self.at)
        stop = self.text.find("\n", self.at)
        stop = len(self.text) if stop < 0 else stop
        command.text = re.sub(r"\\(.)", r"\1", self.text[self.at : stop])
        self.at = stop
