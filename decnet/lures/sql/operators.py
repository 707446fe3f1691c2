# SPDX-License-Identifier: MIT
"""Reads operators and what they join, in the precedence that MySQL and PostgreSQL share where they agree."""

from abc import ABC, abstractmethod
from decimal import Decimal

from decnet.lures.sql.cursor import Cursor, checked_depth
from decnet.lures.sql.node import (
    Among,
    Assignment,
    Between,
    Cast,
    Chain,
    Expression,
    Function,
    Is,
    Like,
    Literal,
    Operation,
    Quantified,
    Query,
    Subscript,
    Variable,
)
from decnet.lures.sql.value import Type

_COMPARISON, _OTHER, _UNARY = 6, 7, 13
_LEVELS = {
    "or": 1, "xor": 2, "and": 3, "=": 6, "<=>": 6, "<": 6, ">": 6, "<=": 6, ">=": 6, "<>": 6, "!=": 6, ":=": 0,
    "|": 7, "&": 8, "<<": 9, ">>": 9, "+": 10, "-": 10, "*": 11, "/": 11, "%": 11, "div": 11, "mod": 11, "^": 12,
}  # fmt: skip
_OTHER_OPERATORS = frozenset(("~", "!~", "~*", "!~*", "~~", "!~~", "~~*", "!~~*", "->", "->>", "#>", "#>>", "@>", "<@", "#"))
_PATTERNS = {"~": "regexp", "~*": "iregexp", "~~": "like", "~~*": "ilike"}


class Operators(Cursor, ABC):
    """The part of the parser that reads operators; what stands between them is read by ``_primary``, types by ``type_``."""

    @abstractmethod
    def _primary(self) -> Expression:
        """Read a value."""

    @abstractmethod
    def _number(self) -> Literal:
        """Read a number."""

    @abstractmethod
    def type_(self) -> Type:
        """Read a type."""

    def expression(self, level: int = 0) -> Expression:
        """Read an expression whose operators bind at least as close as ``level``."""
        self.go_deeper()
        token = self.peek()
        # what most expressions are need not be looked at for prefixes
        is_plain = token.kind in ("number", "string", "quoted")
        left = self._postfixed(self._primary()) if is_plain else self._prefixed(level)
        while (right := self._continued(left, level)) is not None:
            left = right
        left.source = self.between(token.start)
        self.come_back()
        return left

    def expressions(self) -> list[Expression]:
        """Read expressions, separated by commas."""
        found = [self.expression()]
        while self.operator(","):
            found.append(self.expression())
        return found

    def _prefixed(self, level: int) -> Expression:
        """Read what an expression begins with."""
        if level <= 4 and self.word("not"):
            return self._unary("not", 5)
        if self.is_operator("!", "-", "+", "~", "@"):
            return self._signed()
        if self.is_word("binary", "prior") and not self.is_operator("(", ",", ")", ".", "=", offset=1) and self._is_begin(1):
            self.take()
            inner = self.expression(_UNARY)
            return Cast(inner, Type("binary", "bytes"), depth=checked_depth(inner.depth))
        return self._postfixed(self._primary())

    def _is_begin(self, offset: int) -> bool:
        """Whether a value begins with a word to come."""
        return self.peek(offset).kind not in ("end", "operator")

    def _signed(self) -> Expression:
        """Read an operator before a value."""
        operator = self.take().text
        number = self.peek()
        if operator == "-" and number.kind == "number":
            literal = self._number()
            value = literal.value
            literal.value = -value if isinstance(value, (int, float, Decimal)) else value
            return self._postfixed(literal)
        return self._unary(operator, _UNARY)

    def _unary(self, operator: str, level: int) -> Operation:
        """Read the operand of an operator before it."""
        operand = self.expression(level)
        return Operation({"!": "not"}.get(operator, operator), (operand,), depth=checked_depth(operand.depth))

    def _continued(self, left: Expression, level: int) -> Expression | None:
        """Read an operator behind ``left`` and what belongs to it; None where none binds that close."""
        token = self.peek()
        if token.kind == "name":
            return self._continued_by_word(left, token.text.lower(), level)
        if token.kind != "operator":
            return None
        operator = {"&&": "and"}.get(token.text, token.text)
        if operator == "||":
            operator = "||" if self.dialect.bars_join else "or"
        if operator in ("and", "or", "||"):
            return self._chain(left, operator, level)
        if operator in _OTHER_OPERATORS:
            return self._other(left, level)
        return self._binary(left, operator, level)

    def _continued_by_word(self, left: Expression, word: str, level: int) -> Expression | None:
        """Read an operator that is a word."""
        if word in ("and", "or"):
            return self._chain(left, word, level)
        if word in ("xor", "div", "mod"):
            return self._binary(left, word, level)
        if word == "operator" and self.is_operator("(", offset=1) and level <= _OTHER:
            return self._named_operator(left)
        if word == "at" and self.is_word("time", offset=1) and level <= _UNARY:
            for _ in range(3):
                self.take()
            return Function("timezone", [self.expression(_UNARY), left], depth=checked_depth(left.depth))
        return self._predicate(left, word) if level <= _COMPARISON else None

    def _chain(self, left: Expression, operator: str, level: int) -> Expression | None:
        """Read another member of a chain."""
        own = _OTHER if operator == "||" else _LEVELS[operator]
        if own < level:
            return None
        self.take()
        right = self.expression(own + 1)
        is_bracketed = left.source.startswith("(")
        if isinstance(left, Chain) and left.operator == operator and not is_bracketed:
            left.operands.append(right)
            left.depth = max(left.depth, checked_depth(right.depth))
            return left
        return Chain(operator, [left, right], depth=checked_depth(left.depth, right.depth))

    def _binary(self, left: Expression, operator: str, level: int) -> Expression | None:
        """Read the right operand of an operator."""
        own = _LEVELS.get(operator)
        if own is None or own < level or (operator == "^" and not self.dialect.has_exponents and level > own):
            return None
        self.take()
        operator = {"!=": "<>", "mod": "%"}.get(operator, operator)
        if operator == ":=":
            if not isinstance(left, Variable):
                raise self.wrong()
            value = self.expression()
            return Assignment(left.name, value, depth=checked_depth(value.depth))
        if own == _COMPARISON and self.is_word("any", "some", "all") and self.is_operator("(", offset=1):
            return self._quantified(left, operator)
        right = self.expression(own + 1)
        return Operation(operator, (left, right), depth=checked_depth(left.depth, right.depth))

    def _other(self, left: Expression, level: int) -> Expression | None:
        """Read the right side of an operator that only PostgreSQL has."""
        if level > _OTHER or (self.peek().text == "~" and not self.dialect.bars_join):
            return None
        operator = self.take().text
        if self.is_word("any", "some", "all") and self.is_operator("(", offset=1):
            return self._quantified(left, operator)
        right = self.expression(_OTHER + 1)
        depth = checked_depth(left.depth, right.depth)
        word = _PATTERNS.get(operator.removeprefix("!"))
        if word and operator != "!":
            return Like(word, left, right, operator.startswith("!"), depth=depth)
        return Operation(operator, (left, right), depth=depth)

    def _named_operator(self, left: Expression) -> Expression:
        """Read ``OPERATOR(schema.=) right``."""
        self.take()
        self.expect("(")
        while self.peek(1).kind == "operator" and self.peek(1).text == ".":
            self.take()
            self.take()
        operator = self.take().text
        self.expect(")")
        right = self.expression(_OTHER + 1)
        depth = checked_depth(left.depth, right.depth)
        word = _PATTERNS.get(operator.removeprefix("!"))
        if word:
            return Like(word, left, right, operator.startswith("!"), depth=depth)
        return Operation({"!=": "<>"}.get(operator, operator), (left, right), depth=depth)

    def _quantified(self, left: Expression, operator: str) -> Expression:
        """Read ANY (...) or ALL (...)."""
        every = self.take().text.lower() == "all"
        self.expect("(")
        if self._is_query():
            query, array = self._nested(), None
        else:
            query, array = None, self.expression()
        self.expect(")")
        return Quantified(operator, left, every, query, array, depth=checked_depth(left.depth, array.depth if array else 1))

    def _predicate(self, left: Expression, word: str) -> Expression | None:
        """Read IS, IN, BETWEEN, LIKE and their kin."""
        if word in ("isnull", "notnull"):
            self.take()
            return Is(left, "null", word == "notnull", depth=checked_depth(left.depth))
        if word == "is":
            return self._is(left)
        negated = word == "not"
        following = self.peek(1).text.lower() if negated else word
        if following not in ("in", "between", "like", "ilike", "rlike", "regexp", "similar", "sounds"):
            return None
        if negated:
            self.take()
        self.take()
        if following == "in":
            return self._among(left, negated=negated)
        if following == "between":
            self.word("symmetric", "asymmetric")
            low = self.expression(_OTHER)
            self.expect_word("and")
            high = self.expression(_OTHER)
            return Between(left, low, high, negated, depth=checked_depth(left.depth, low.depth, high.depth))
        return self._like(left, following, negated=negated)

    def _like(self, left: Expression, word: str, *, negated: bool) -> Expression:
        """Read a pattern."""
        if word in ("similar", "sounds"):
            self.expect_word("to", "like")
        if self.is_word("any", "some", "all") and self.is_operator("(", offset=1):
            return self._quantified(left, ("!" if negated else "") + ("~~*" if word == "ilike" else "~~"))
        pattern = self.expression(_OTHER)
        escape = self.expression(_OTHER) if self.word("escape") else None
        depth = checked_depth(left.depth, pattern.depth)
        return Like({"rlike": "regexp"}.get(word, word), left, pattern, negated, escape, depth=depth)

    def _is(self, left: Expression) -> Expression:
        """Read what stands behind IS."""
        self.take()
        negated = bool(self.word("not"))
        if self.words("distinct", "from"):
            right = self.expression(_OTHER)
            same = Operation("<=>", (left, right), depth=checked_depth(left.depth, right.depth))
            return same if negated else Operation("not", (same,), depth=checked_depth(same.depth))
        what = self.expect_word("null", "true", "false", "unknown")
        return Is(left, "null" if what == "unknown" else what, negated, depth=checked_depth(left.depth))

    def _among(self, left: Expression, *, negated: bool) -> Expression:
        """Read the list or the query behind IN."""
        self.expect("(")
        if self._is_query():
            query, choices = self._nested(), None
        else:
            query, choices = None, self.expressions()
        self.expect(")")
        depth = checked_depth(left.depth, *(choice.depth for choice in choices or ()))
        return Among(left, choices, query, negated, depth=depth)

    def _is_query(self, offset: int = 0) -> bool:
        """Whether a query comes next; what stands in further brackets is taken for a value."""
        return self.is_word("select", "with", offset=offset) or (
            self.dialect.bars_join and self.is_word("values", offset=offset)
        )

    def _nested(self) -> Query:
        """Read a query inside an expression."""
        with self.deeper(3):
            return self.query()

    def _postfixed(self, value: Expression) -> Expression:
        """Read what is bound to a value from behind."""
        while True:
            if self.operator("::"):
                value = Cast(value, self.type_(), depth=checked_depth(value.depth))
            elif self.is_operator("[") and self.dialect.bars_join:
                self.take()
                index = self.expression()
                self.expect("]")
                value = Subscript(value, index, depth=checked_depth(value.depth, index.depth))
            elif self.word("collate"):
                self.dotted() if self.peek().kind != "string" else self.take()
            else:
                return value

    @abstractmethod
    def query(self) -> Query:
        """Read a query; the parser of queries does."""
