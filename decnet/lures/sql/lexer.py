# SPDX-License-Identifier: MIT
"""
Words of a statement, taken one by one as the parser asks for them.

Every expression is possessive, so that a hostile statement costs time in proportion to its length.
"""

import re
from collections.abc import Callable
from functools import cache
from typing import NamedTuple

from decnet.lures.sql.problem import Kind, SqlError

MAX_TOKENS = 3000
"""Tokens that a statement may have, without the rows of an INSERT, which are read in slices."""

_SPACE = r"(?:\s|--(?=\s|$)[^\n]*+|/\*(?!M?!).*?\*/{hash})++"
_SPACE_ANY_DASH = r"(?:\s|--[^\n]*+|/\*.*?\*/)++"
_ESCAPED = r"(?:[^{q}\\]++|\\.|{q}{q})*+"
_PLAIN = r"(?:[^{q}]++|{q}{q})*+"
_MYSQL_ESCAPES = {"n": "\n", "t": "\t", "r": "\r", "0": "\0", "b": "\b", "Z": "\x1a", "%": "\\%", "_": "\\_"}
_POSTGRES_ESCAPE = re.compile(r"\\(?:([0-7]{1,3})|x([0-9a-fA-F]{1,2})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|(.))", re.DOTALL)


class Token(NamedTuple):
    """
    A word: ``kind`` is name, quoted, string, number, hex, parameter, variable, system, operator or end.

    ``text`` is as it was written, but for names that are quoted and strings: there it is their content. ``start`` and
    ``end`` are offsets in the statement.
    """

    kind: str
    text: str
    start: int
    end: int


class Lexicon(NamedTuple):
    """How a dialect writes words."""

    backslashes: bool
    double_quoted_strings: bool
    backticks: bool
    executable_comments: bool
    dollars: bool


MYSQL = Lexicon(True, True, True, True, False)  # noqa: FBT003 - the names stand above
POSTGRES = Lexicon(False, False, False, False, True)  # noqa: FBT003 - the names stand above


@cache
def _expression(lexicon: Lexicon) -> re.Pattern[str]:
    """Return the expression of one word."""
    string = _ESCAPED if lexicon.backslashes else _PLAIN
    kinds = [("hex", r"0x[0-9a-fA-F]++(?!\w)|[xX]'[0-9a-fA-F]*+'"), ("bits", r"0b[01]++(?!\w)|[bB]'[01]*+'")]
    number = r"(?:\d++(?:\.\d*+)?|\.\d++)(?:[eE][+-]?\d++)?"
    if lexicon.dollars:
        kinds += [("escaped", rf"[eE]'{_ESCAPED.format(q=chr(39))}'"), ("number", number)]
    else:
        # a number that runs into letters is a name
        kinds += [("national", r"[nN](?=')"), ("number", number + r"(?![\w$])")]
    kinds += [("string", "'" + string.format(q="'") + "'")]
    kinds += [("double" if lexicon.double_quoted_strings else "quoted", '"' + string.format(q='"') + '"')]
    if lexicon.backticks:
        kinds.append(("backtick", "`" + _PLAIN.format(q="`") + "`"))
        kinds.append(("system", r"@@(?:`[^`]*+`|[\w$.]++)*+"))
        kinds.append(("variable", r"@(?:`[^`]*+`|'[^']*+'|\"[^\"]*+\"|[\w$.]*+)"))
        kinds.append(("parameter", r"\?"))
        kinds.append(("name", r"[^\W\d][\w$]*+|\d++[^\W\d][\w$]*+"))
        operators = r"<=>|->>|->|:=|<<|>>|<>|!=|<=|>=|\|\||&&|[-+*/%<>=!&|^~(),.;:{}]"
    else:
        kinds.append(("dollar", r"\$(?:[^\W\d]\w*+)?\$"))
        kinds.append(("parameter", r"\$\d{1,5}+"))
        kinds.append(("name", r"[^\W\d][\w$]*+"))
        operators = (
            r"::|:=|->>|->|#>>|#>|@>|<@|<<|>>|<>|!=|<=|>=|\|\||!~~\*|!~~|~~\*|~~|!~\*|!~|~\*|[-+*/%<>=!&|^~#(),.;:\[\]@]"
        )
    space = _SPACE.format(hash=r"|#[^\n]*+") if lexicon.executable_comments else _SPACE_ANY_DASH
    parts = [f"(?P<{name}>{body})" for name, body in [("space", space), *kinds, ("operator", operators)]]
    return re.compile("|".join(parts), re.DOTALL)


class Lexer:
    """Cuts one text into words."""

    def __init__(self, text: str, lexicon: Lexicon, *, version: int = 0) -> None:
        self.text = text
        self.position = 0
        self.count = 0
        self._lexicon = lexicon
        self._version = version
        self._match: Callable[[str, int], re.Match[str] | None] = _expression(lexicon).match
        self._conditional = 0

    def token(self) -> Token:
        """Return the next word; raises ``SqlError`` where there is none that could be one."""
        self._skip()
        self.count += 1
        if self.count > MAX_TOKENS:
            raise SqlError(Kind.TOO_LARGE, "tokens")
        start = self.position
        if start >= len(self.text):
            return Token("end", "", start, start)
        match = self._match(self.text, start)
        if match is None:
            raise self.wrong(start)
        self.position = match.end()
        return self._made(match.lastgroup or "", match[0], start)

    def wrong(self, start: int) -> SqlError:
        """Return the error for a statement that is wrong from an offset on."""
        return SqlError(Kind.SYNTAX, self.text[start : start + 400], 1 + self.text.count("\n", 0, start), start)

    def _skip(self) -> None:
        """Pass spaces and comments, and step into those that are meant for this server."""
        while self.position < len(self.text):
            if self._lexicon.executable_comments and self._step():
                continue
            match = self._match(self.text, self.position)
            if match is None or match.lastgroup not in ("space", "national"):
                return
            self.position = match.end()

    def _step(self) -> bool:
        """Step into or out of a comment like ``/*!40101 ... */``; false where there is none."""
        if self._conditional and self.text.startswith("*/", self.position):
            self._conditional -= 1
            self.position += 2
            return True
        match = _CONDITION.match(self.text, self.position)
        if match is None:
            return False
        wanted = int(match[2] or 0)
        ours = match[1] == "" or self._version >= 100_000
        if ours and wanted <= self._version and not (self._version >= 100_000 and 50_700 <= wanted < 100_000 and not match[1]):
            self._conditional += 1
            self.position = match.end()
            return True
        end = self.text.find("*/", match.end())
        self.position = len(self.text) if end < 0 else end + 2
        return True

    def _made(self, kind: str, text: str, start: int) -> Token:
        """Return a token of the kinds that a parser knows."""
        end = self.position
        if kind in ("string", "double"):
            return Token("string", self._content(text), start, end)
        if kind in ("quoted", "backtick"):
            return Token("quoted", text[1:-1].replace(text[0] * 2, text[0]), start, end)
        if kind == "escaped":
            return Token("string", _POSTGRES_ESCAPE.sub(_unescaped, text[2:-1].replace("''", "'")), start, end)
        if kind == "dollar":
            return self._dollar(text, start)
        return Token(kind, text, start, end)

    def _content(self, text: str) -> str:
        """Return what a string says."""
        quote, inner = text[0], text[1:-1]
        if not self._lexicon.backslashes or "\\" not in inner:
            return inner.replace(quote * 2, quote)
        return re.sub(
            rf"\\(.)|{quote}{quote}",
            lambda match: quote if match[1] is None else _MYSQL_ESCAPES.get(match[1], match[1]),
            inner,
            flags=re.DOTALL,
        )

    def _dollar(self, mark: str, start: int) -> Token:
        """Return a string between two marks like ``$body$``."""
        end = self.text.find(mark, self.position)
        if end < 0:
            raise self.wrong(start)
        content = self.text[self.position : end]
        self.position = end + len(mark)
        return Token("string", content, start, self.position)


_CONDITION = re.compile(r"/\*(M?)!(\d{5,6}+)?")


def _unescaped(match: re.Match[str]) -> str:
    """Return what an escape of PostgreSQL stands for."""
    octal, short, unit, long, plain = match.groups()
    if plain is not None:
        return {"n": "\n", "t": "\t", "r": "\r", "b": "\b", "f": "\f"}.get(plain, plain)
    code = int(octal, 8) if octal else int(short or unit or long, 16)
    return chr(code) if 0 < code <= 0x10FFFF and not 0xD800 <= code < 0xE000 else "\ufffd"
