# SPDX-License-Identifier: MIT
"""Read the words of a script: quotes, parameters, substitutions."""

import re
from abc import ABC, abstractmethod

from decnet.lures.shell.syntax import (
    Arithmetic,
    IncompleteError,
    Literal,
    Parameter,
    Part,
    Script,
    ScriptError,
    Substitution,
    Word,
)

MAX_DEPTH = 40
META = " \t\n;&|<>()"
_PLAIN = re.compile(r"[^\s;&|<>()'\"\\$`]+")
_IN_DOUBLE = re.compile(r"[^\"\\$`]+")
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_PARAMETER = re.compile(r"[A-Za-z_][A-Za-z0-9_]*|[0-9]+|[?$#@*!-]")
_SHORT = re.compile(r"[A-Za-z_][A-Za-z0-9_]*|[0-9?$#@*!-]")
_OPERATOR = re.compile(r":[-=?+]|##|#|%%|%|//|/#|/%|/|\^\^|\^|,,|,|[-=?+]|:|@")
_ANSI = re.compile(r"\\(?:x([0-9A-Fa-f]{1,2})|u([0-9A-Fa-f]{1,4})|U([0-9A-Fa-f]{1,8})|([0-7]{1,3})|c(.)|(.))", re.DOTALL)
_ANSI_NAMES = {
    "a": "\a", "b": "\b", "e": "\x1b", "E": "\x1b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v",
}  # fmt: skip
_LAST_CODE = 0x10FFFF


def byte_text(value: int) -> str:
    """Return one byte as the shell's text has it (undecodable bytes as surrogates)."""
    return bytes([value & 0xFF]).decode("utf-8", "surrogateescape")


def code_text(value: int) -> str:
    """Return the character of a code point; nothing where there is none."""
    is_surrogate = 0xD800 <= value <= 0xDFFF
    return "" if value > _LAST_CODE or is_surrogate else chr(value)


def decode_ansi(text: str) -> str:
    r"""Return the content of ``$'...'`` with its escapes resolved."""

    def resolve(match: re.Match[str]) -> str:
        two, four, eight, octal, control, plain = match.groups()
        if two or octal:
            return byte_text(int(two, 16) if two else int(octal, 8))
        if four or eight:
            return code_text(int(four or eight, 16))
        if control:
            return byte_text(ord(control) & 0x1F)
        return _ANSI_NAMES.get(plain, plain if plain in "\\'\"?" else "\\" + plain)

    return _ANSI.sub(resolve, text).encode("utf-8", "surrogateescape").decode("utf-8", "surrogateescape")


class WordReader(ABC):
    """A position in the text of a script, and how words are read from there."""

    def __init__(self, text: str, depth: int = 0) -> None:
        if depth > MAX_DEPTH:
            raise ScriptError("maximum nesting level exceeded")
        self.text = text
        self.at = 0
        self.depth = depth

    @abstractmethod
    def nested(self) -> Script:
        """Read a script up to its closing parenthesis."""

    @abstractmethod
    def all_of(self, text: str) -> Script:
        """Read ``text`` as a script of its own."""

    def peek(self, size: int = 1) -> str:
        """Return the next characters."""
        return self.text[self.at : self.at + size]

    def skip_blanks(self) -> None:
        """Pass over blanks, continued lines and a comment."""
        text = self.text
        while self.at < len(text):
            if text[self.at] in " \t":
                self.at += 1
            elif text.startswith("\\\n", self.at):
                self.at += 2
            elif text[self.at] == "#":
                end = text.find("\n", self.at)
                self.at = len(text) if end < 0 else end
            else:
                return

    def word(self) -> Word | None:
        """Read one word; ``None`` where there is none."""
        parts = self._parts(META)
        return Word(tuple(parts)) if parts else None

    def quoted_word(self, text: str) -> Word:
        """Read the whole of ``text`` as if it stood between double quotes."""
        whole, at = self.text, self.at
        self.text, self.at = text, 0
        try:
            return Word(tuple(self._double("")))
        finally:
            self.text, self.at = whole, at

    def _parts(self, stops: str, *, quoted: bool = False) -> list[Part]:
        """Read parts until an unquoted character of ``stops``; quotes have their meaning."""
        parts: list[Part] = []
        while self.at < len(self.text):
            char = self.text[self.at]
            if char in "<>" and self.peek(2) in ("<(", ">(") and not parts and stops is META:
                self.at += 2
                parts.append(Substitution(self.nested(), quoted=True, process=char))
            elif char in stops:
                break
            else:
                parts.extend(self._part(char, quoted=quoted))
        return parts

    def _part(self, char: str, *, quoted: bool) -> list[Part]:
        if char == "'":
            return [self._single()]
        if char == '"':
            self.at += 1
            return self._double('"') or [Literal("", quoted=True)]
        if char == "\\":
            return self._escape()
        if char in "$`":
            return [self._dollar(quoted=quoted) if char == "$" else self._backticks(quoted=quoted)]
        match = _PLAIN.match(self.text, self.at)
        run = match[0] if match else char
        self.at += len(run)
        return [Literal(run, quoted=quoted)]

    def _single(self) -> Literal:
        end = self.text.find("'", self.at + 1)
        if end < 0:
            raise IncompleteError("unexpected EOF while looking for matching `''")
        text = self.text[self.at + 1 : end]
        self.at = end + 1
        return Literal(text, quoted=True)

    def _escape(self) -> list[Part]:
        following = self.text[self.at + 1 : self.at + 2]
        self.at += 2
        if following == "\n":
            return []
        return [Literal(following or "\\", quoted=True)]

    def _double(self, end: str) -> list[Part]:
        """Read up to the closing quote, or to the end of the text where ``end`` is empty."""
        parts: list[Part] = []
        while self.at < len(self.text):
            char = self.text[self.at]
            if char == end:
                self.at += 1
                return parts
            if char == "\\":
                parts.extend(self._double_escape(end))
            elif char == "$":
                parts.append(self._dollar(quoted=True))
            elif char == "`":
                parts.append(self._backticks(quoted=True))
            else:
                match = _IN_DOUBLE.match(self.text, self.at)
                run = match[0] if match else char
                self.at += len(run)
                parts.append(Literal(run, quoted=True))
        if end:
            raise IncompleteError("unexpected EOF while looking for matching `\"'")
        return parts

    def _double_escape(self, end: str) -> list[Part]:
        following = self.text[self.at + 1 : self.at + 2]
        self.at += 2
        if following == "\n":
            return []
        if following and following in "$`\\" + end:
            return [Literal(following, quoted=True)]
        return [Literal("\\" + following, quoted=True)]

    def _backticks(self, *, quoted: bool) -> Part:
        at = self.at + 1
        inner: list[str] = []
        while at < len(self.text) and self.text[at] != "`":
            if self.text[at] == "\\" and self.text[at + 1 : at + 2] in ("`", "\\", "$"):
                at += 1
            inner.append(self.text[at : at + 1])
            at += 1
        if at >= len(self.text):
            raise IncompleteError("unexpected EOF while looking for matching ``'")
        self.at = at + 1
        return Substitution(self.all_of("".join(inner)), quoted=quoted)

    def _dollar(self, *, quoted: bool) -> Part:
        following = self.text[self.at + 1 : self.at + 2]
        if following == "(":
            return self._parenthesis(quoted=quoted)
        if following == "{":
            self.at += 2
            return self._brace(quoted=quoted)
        if following in ("'", '"') and following and not quoted:
            self.at += 1
            return self._ansi() if following == "'" else self._localised()
        match = _SHORT.match(self.text, self.at + 1)
        if match is None:
            self.at += 1
            return Literal("$", quoted=True)
        self.at = match.end()
        return Parameter(match[0], quoted)

    def _ansi(self) -> Part:
        at = self.at + 1
        while at < len(self.text) and self.text[at] != "'":
            at += 2 if self.text[at] == "\\" else 1
        if at >= len(self.text):
            raise IncompleteError("unexpected EOF while looking for matching `''")
        text = self.text[self.at + 1 : at]
        self.at = at + 1
        return Literal(decode_ansi(text), quoted=True)

    def _localised(self) -> Part:
        self.at += 1
        parts = self._double('"')
        return parts[0] if len(parts) == 1 else Parameter("", quoted=True, operator="join", argument=Word(tuple(parts)))

    def _parenthesis(self, *, quoted: bool) -> Part:
        if self.peek(3) == "$((":
            start = self.at
            self.at += 3
            inner = self.until_double_parenthesis()
            if inner is not None:
                return Arithmetic(self.quoted_word(inner), quoted)
            self.at = start
        self.at += 2
        return Substitution(self.nested(), quoted)

    def until_double_parenthesis(self) -> str | None:
        """Return the text up to the ``))`` that closes an arithmetic expression; ``None`` where there is none."""
        depth = 0
        for at in range(self.at, len(self.text)):
            char = self.text[at]
            if char == "(":
                depth += 1
            elif char == ")" and depth:
                depth -= 1
            elif char == ")":
                if self.text[at : at + 2] != "))":
                    return None
                inner = self.text[self.at : at]
                self.at = at + 2
                return inner
        return None

    def _brace(self, *, quoted: bool) -> Part:
        start = self.at
        prefix = ""
        if self.peek() in ("#", "!") and _PARAMETER.match(self.text, self.at + 1):
            prefix = self.peek()
            self.at += 1
        match = _PARAMETER.match(self.text, self.at)
        if match is None:
            raise self._bad(start)
        self.at = match.end()
        subscript = self._subscript() if self.peek() == "[" else None
        if prefix and self.peek() == "}":
            self.at += 1
            return Parameter(match[0], quoted, {"#": "length", "!": "indirect"}[prefix], subscript=subscript)
        if prefix == "#":
            raise self._bad(start)
        return self._operation(match[0], subscript, start, quoted=quoted)

    def _subscript(self) -> Word:
        end = self.text.find("]", self.at)
        if end < 0:
            raise IncompleteError("unexpected EOF while looking for matching `]'")
        inner = self.text[self.at + 1 : end]
        self.at = end + 1
        return self.quoted_word(inner)

    def _operation(self, name: str, subscript: Word | None, start: int, *, quoted: bool) -> Part:
        if self.peek() == "}":
            self.at += 1
            return Parameter(name, quoted, subscript=subscript)
        match = _OPERATOR.match(self.text, self.at)
        if match is None:
            raise self._bad(start)
        operator = match[0]
        self.at = match.end()
        is_pattern = operator[0] in "#%/^,"
        argument = self._argument("/}" if operator[0] == "/" else ":}" if operator == ":" else "}", quoted and not is_pattern)
        second = None
        if self.peek() in ("/", ":") and self.peek():
            self.at += 1
            second = self._argument("}", quoted and not is_pattern)
        if self.peek() != "}":
            raise IncompleteError("unexpected EOF while looking for matching `}'")
        self.at += 1
        return Parameter(name, quoted, operator, argument, second, subscript)

    def _argument(self, stops: str, quoted: bool) -> Word:  # noqa: FBT001 - private, and both callers name what they pass
        """Read the word behind an operator; between double quotes, single quotes are plain characters."""
        parts: list[Part] = []
        while self.at < len(self.text) and self.text[self.at] not in stops:
            char = self.text[self.at]
            if char == '"':
                self.at += 1
                parts.extend(self._double('"') or [Literal("", quoted=True)])
            elif char in "$`":
                parts.append(self._dollar(quoted=quoted) if char == "$" else self._backticks(quoted=quoted))
            elif char == "\\":
                parts.extend(self._double_escape('"}/') if quoted else self._escape())
            elif char == "'" and not quoted:
                parts.append(self._single())
            else:
                parts.append(Literal(char, quoted=quoted))
                self.at += 1
        return Word(tuple(parts))

    def _bad(self, start: int) -> ScriptError:
        end = self.text.find("}", start)
        if end < 0:
            return IncompleteError("unexpected EOF while looking for matching `}'")
        return ScriptError(f"${{{self.text[start : end + 1]}: bad substitution")
