# SPDX-License-Identifier: MIT
"""The place in a statement where the parser is: the words to come, and how deep it stands in brackets."""

from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager

from decnet.lures.sql.dialect import Dialect
from decnet.lures.sql.lexer import Lexer, Token
from decnet.lures.sql.problem import Kind, SqlError

MAX_NESTING = 40
MAX_DEPTH = 100
_STACK_BYTES = 299_008
_END_WORDS = frozenset((
    "and", "as", "asc", "between", "case", "collate", "cross", "desc", "div", "else", "end", "except", "fetch", "for", "force",
    "from", "full", "group", "having", "ignore", "ilike", "in", "inner", "intersect", "into", "is", "isnull", "join", "left",
    "like", "limit", "lock", "mod", "natural", "not", "notnull", "offset", "on", "or", "order", "outer", "partition",
    "procedure", "regexp", "returning", "right", "rlike", "select", "set", "similar", "sounds", "straight_join", "then",
    "union", "use", "using", "values", "when", "where", "window", "with", "xor",
))  # fmt: skip
"""Words that are no alias where they stand without AS."""


class Cursor:
    """Reads words; every mistake is a ``SqlError``."""

    def __init__(self, text: str, dialect: Dialect) -> None:
        self.text = text
        self.dialect = dialect
        self.parameters = 0
        self.last_end = 0
        self._lexer = Lexer(text, dialect.lexicon, version=dialect.version)
        self._ahead: deque[Token] = deque()
        self._nesting = 0

    def peek(self, offset: int = 0) -> Token:
        """Return the next word, or one behind it, without taking it."""
        while len(self._ahead) <= offset:
            self._ahead.append(self._lexer.token())
        return self._ahead[offset]

    def take(self) -> Token:
        """Return and pass the next word."""
        token = self.peek()
        self._ahead.popleft()
        self.last_end = token.end
        return token

    def forget_count(self) -> None:
        """Begin to count words anew: what was read is paid for."""
        self._lexer.count = 0

    def wrong(self, token: Token | None = None) -> SqlError:
        """Return the error for a statement that is wrong from the next word on, or from ``token``."""
        return self._lexer.wrong((token or self.peek()).start)

    def is_word(self, *words: str, offset: int = 0) -> bool:
        """Whether the next word is one of ``words`` (lower case), unquoted."""
        token = self.peek(offset)
        return token.kind == "name" and token.text.lower() in words

    def word(self, *words: str) -> str:
        """Pass the next word if it is one of ``words``, and return it in lower case; empty where it is none."""
        return self.take().text.lower() if self.is_word(*words) else ""

    def words(self, *words: str) -> bool:
        """Pass several words if all of them come next."""
        if not all(self.is_word(word, offset=offset) for offset, word in enumerate(words)):
            return False
        for _ in words:
            self.take()
        return True

    def expect_word(self, *words: str) -> str:
        """Pass one of ``words``; raises where there is none."""
        return self.word(*words) or self._fail()

    def is_operator(self, *operators: str, offset: int = 0) -> bool:
        """Whether the next word is one of ``operators``."""
        token = self.peek(offset)
        return token.kind == "operator" and token.text in operators

    def operator(self, *operators: str) -> str:
        """Pass the next word if it is one of ``operators``, and return it; empty where it is none."""
        return self.take().text if self.is_operator(*operators) else ""

    def expect(self, operator: str) -> None:
        """Pass an operator; raises where there is another word."""
        if not self.operator(operator):
            self._fail()

    def is_end(self) -> bool:
        """Whether the statement ends here."""
        return self.peek().kind == "end" or self.is_operator(";")

    def is_name(self, offset: int = 0) -> bool:
        """Whether the next word may name something."""
        token = self.peek(offset)
        return token.kind == "quoted" or (token.kind == "name" and token.text.lower() not in _END_WORDS)

    def name(self) -> str:
        """Pass a name, folded as the dialect folds it."""
        token = self.peek()
        if token.kind == "quoted":
            return self.take().text
        return self.dialect.fold(self.take().text) if token.kind == "name" else self._fail()

    def names(self) -> tuple[str, ...]:
        """Pass names in brackets, separated by commas."""
        self.expect("(")
        found = [self._part_of_key()]
        while self.operator(","):
            found.append(self._part_of_key())
        self.expect(")")
        return tuple(found)

    def dotted(self) -> tuple[str, ...]:
        """Pass a name and what points join to it."""
        parts = [self.name()]
        while len(parts) < 4 and self.is_operator(".") and self.peek(1).kind in ("name", "quoted"):
            self.take()
            parts.append(self.name())
        return tuple(parts)

    def text_or_name(self) -> str:
        """Pass a string or a name."""
        return self.take().text if self.peek().kind == "string" else self.name()

    def number(self) -> int:
        """Pass a whole number."""
        token = self.peek()
        if token.kind != "number" or not token.text.isascii() or not token.text.isdigit() or len(token.text) > 20:
            self._fail()
        return int(self.take().text)

    def between(self, start: int) -> str:
        """Return the text from an offset to the end of the last word that was passed."""
        return self.text[start : self.last_end]

    @contextmanager
    def deeper(self, steps: int = 1) -> Iterator[None]:
        """Stand deeper in brackets while the block runs; raises where that is too deep."""
        self.go_deeper(steps)
        yield
        self.come_back(steps)

    def go_deeper(self, steps: int = 1) -> None:
        """Stand deeper in brackets until ``come_back``; raises where that is too deep, and then nothing more is read."""
        self._nesting += steps
        if self._nesting > MAX_NESTING:
            raise SqlError(Kind.TOO_DEEP, _STACK_BYTES - 8_000, _STACK_BYTES)

    def come_back(self, steps: int = 1) -> None:
        """Stand where it was before ``go_deeper``."""
        self._nesting -= steps

    def _part_of_key(self) -> str:
        """Pass a column of a key, with its length and direction."""
        name = self.name()
        if self.operator("("):
            self.number()
            self.expect(")")
        self.word("asc", "desc")
        return name

    def _fail(self) -> str:
        """Raise the error for the next word."""
        raise self.wrong()


def checked_depth(*depths: int) -> int:
    """Return the depth of what is made of parts of these depths; raises where that is too deep."""
    depth = 1 + max(depths, default=0)
    if depth > MAX_DEPTH:
        raise SqlError(Kind.TOO_DEEP, _STACK_BYTES - 8_000, _STACK_BYTES)
    return depth
