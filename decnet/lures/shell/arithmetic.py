# SPDX-License-Identifier: MIT
"""Arithmetic of the shell: 64-bit integers, C's operators and their order, variables that hold expressions."""

import re
from collections.abc import Callable

MAX_DEPTH = 32
_TOKEN = re.compile(
    r"\s*(?:(0[xX][0-9A-Fa-f]+|[0-9]+#[0-9A-Za-z@_]+|[0-9]+)|([A-Za-z_][A-Za-z0-9_]*)"
    r"|(\*\*|<<=|>>=|\+\+|--|&&|\|\||[<>=!]=|[-+*/%&|^]=|<<|>>|[-+*/%<>=!~&|^?:(),\[\]]))"
)
_LEVELS = (
    ("||",), ("&&",), ("|",), ("^",), ("&",), ("==", "!="), ("<=", ">=", "<", ">"), ("<<", ">>"), ("+", "-"), ("*", "/", "%"),
)  # fmt: skip
_ASSIGN = ("=", "+=", "-=", "*=", "/=", "%=", "&=", "|=", "^=", "<<=", ">>=")
_HALF, _WHOLE = 1 << 63, 1 << 64
_MAX_BASE = 64
_WORD_BITS = 63
_DIGITS = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ@_"


class ArithmeticError_(Exception):  # noqa: N801, N818 - Python's own ArithmeticError means something else
    """The expression is wrong; the message is bash's, without its prefix."""


def wrap(value: int) -> int:
    """Return ``value`` as a signed number of 64 bits."""
    return (value + _HALF) % _WHOLE - _HALF


_OPERATIONS: dict[str, Callable[[int, int], int]] = {
    "|": lambda a, b: a | b,
    "^": lambda a, b: a ^ b,
    "&": lambda a, b: a & b,
    "==": lambda a, b: int(a == b),
    "!=": lambda a, b: int(a != b),
    "<=": lambda a, b: int(a <= b),
    ">=": lambda a, b: int(a >= b),
    "<": lambda a, b: int(a < b),
    ">": lambda a, b: int(a > b),
    "<<": lambda a, b: a << (b & _WORD_BITS),
    ">>": lambda a, b: a >> (b & _WORD_BITS),
    "+": lambda a, b: a + b,
    "-": lambda a, b: a - b,
    "*": lambda a, b: a * b,
}


class Evaluator:
    """Evaluates one expression; ``get`` and ``put`` reach the variables of the shell."""

    def __init__(self, text: str, get: Callable[[str], str], put: Callable[[str, str], None], depth: int = 0) -> None:
        if depth > MAX_DEPTH:
            raise ArithmeticError_(f'{text}: expression recursion level exceeded (error token is "{text}")')
        self._text = text.strip()
        self._get, self._put, self._depth = get, put, depth
        self._tokens: list[str] = []
        self._at = 0
        self._nesting = 0
        self._skipping = 0

    def value(self) -> int:
        """Return the value; raise ``ArithmeticError_`` where there is none."""
        self._tokens = self._split()
        if not self._tokens:
            return 0
        value = self._comma()
        if self._at < len(self._tokens):
            raise self._wrong("syntax error in expression")
        return value

    def _split(self) -> list[str]:
        tokens, at = [], 0
        while at < len(self._text):
            match = _TOKEN.match(self._text, at)
            if match is None:
                symbol = self._text[at:].strip()
                raise ArithmeticError_(f'{self._text}: syntax error: operand expected (error token is "{symbol}")')
            tokens.append(match[1] or match[2] or match[3])
            at = match.end()
        return tokens

    def _peek(self) -> str:
        return self._tokens[self._at] if self._at < len(self._tokens) else ""

    def _next(self) -> str:
        symbol = self._peek()
        self._at += 1
        return symbol

    def _wrong(self, message: str) -> ArithmeticError_:
        rest = " ".join(self._tokens[max(0, min(self._at, len(self._tokens) - 1)) :])
        return ArithmeticError_(f'{self._text}: {message} (error token is "{rest}")')

    def _comma(self) -> int:
        value = self._assignment()
        while self._peek() == ",":
            self._at += 1
            value = self._assignment()
        return value

    def _assignment(self) -> int:
        self._nesting += 1
        if self._nesting > MAX_DEPTH:
            raise self._wrong("expression recursion level exceeded")
        try:
            if self._at + 1 < len(self._tokens) and self._tokens[self._at + 1] in _ASSIGN and _is_name(self._peek()):
                name, operator = self._next(), self._next()
                value = self._assignment()
                if operator != "=":
                    value = self._apply(operator[:-1], self._variable(name), value)
                return self._store(name, value)
            return self._ternary()
        finally:
            self._nesting -= 1

    def _store(self, name: str, value: int) -> int:
        value = wrap(value)
        if not self._skipping:
            self._put(name, str(value))
        return value

    def _ternary(self) -> int:
        condition = self._binary(0)
        if self._peek() != "?":
            return condition
        self._at += 1
        first = self._skipped(self._assignment, skip=not condition)
        if self._next() != ":":
            raise self._wrong("`:' expected for conditional expression")
        second = self._skipped(self._assignment, skip=bool(condition))
        return first if condition else second

    def _skipped(self, operand: Callable[[], int], *, skip: bool) -> int:
        self._skipping += skip
        value = operand()
        self._skipping -= skip
        return value

    def _binary(self, level: int) -> int:
        if level == len(_LEVELS):
            return self._power()
        left = self._binary(level + 1)
        while self._peek() in _LEVELS[level]:
            operator = self._next()
            if operator in ("&&", "||"):
                is_decided = bool(left) == (operator == "||")
                right = self._skipped(lambda: self._binary(level + 1), skip=is_decided)
                left = int(operator == "||") if is_decided else int(bool(right))
            else:
                left = self._apply(operator, left, self._binary(level + 1))
        return left

    def _apply(self, operator: str, left: int, right: int) -> int:
        if operator in ("/", "%"):
            if right == 0:
                if self._skipping:
                    return 0
                self._at -= 1
                raise self._wrong("division by 0")
            quotient = abs(left) // abs(right) * (1 if (left < 0) == (right < 0) else -1)
            return wrap(quotient if operator == "/" else left - quotient * right)
        return wrap(_OPERATIONS[operator](left, right))

    def _power(self) -> int:
        base = self._unary()
        if self._peek() != "**":
            return base
        self._at += 1
        exponent = self._power()
        if exponent < 0:
            raise self._wrong("exponent less than 0")
        return wrap(pow(base, exponent, _WHOLE))

    def _unary(self) -> int:
        self._nesting += 1
        if self._nesting > MAX_DEPTH:
            raise self._wrong("expression recursion level exceeded")
        try:
            return self._prefixed()
        finally:
            self._nesting -= 1

    def _prefixed(self) -> int:
        symbol = self._peek()
        if symbol in ("++", "--") and self._at + 1 < len(self._tokens) and _is_name(self._tokens[self._at + 1]):
            self._at += 1
            name = self._next()
            return self._store(name, self._variable(name) + (1 if symbol == "++" else -1))
        if symbol in ("+", "-", "!", "~", "++", "--"):
            self._at += 1
            value = self._unary()
            return wrap({"-": -value, "!": int(not value), "~": ~value}.get(symbol, value))
        return self._primary()

    def _primary(self) -> int:
        symbol = self._next()
        if symbol == "(":
            value = self._comma()
            if self._next() != ")":
                raise self._wrong("missing `)'")
            return value
        if symbol and symbol[0].isdigit():
            return self._number(symbol)
        if _is_name(symbol):
            return self._named(symbol)
        self._at -= 1
        raise ArithmeticError_(f'{self._text}: syntax error: operand expected (error token is "{symbol or self._last()}")')

    def _last(self) -> str:
        return self._tokens[-1] if self._tokens else ""

    def _named(self, name: str) -> int:
        if self._peek() == "[":
            self._at += 1
            subscript = self._comma()
            if self._next() != "]":
                raise self._wrong("bad array subscript")
            name = f"{name}[{subscript}]"
        value = self._variable(name)
        if self._peek() in ("++", "--"):
            self._store(name, value + (1 if self._next() == "++" else -1))
        return value

    def _variable(self, name: str) -> int:
        text = self._get(name).strip()
        if not text:
            return 0
        if text.lstrip("-").isdigit() and not text.lstrip("-").startswith("0"):
            return wrap(int(text[-40:] if len(text) > _MAX_BASE else text))
        return Evaluator(text, self._get, self._put, self._depth + 1).value()

    def _number(self, symbol: str) -> int:
        base, digits = 10, symbol
        if "#" in symbol:
            head, digits = symbol.split("#", 1)
            base = int(head[:4])
        elif symbol[:2] in ("0x", "0X"):
            base, digits = 16, symbol[2:]
        elif symbol[0] == "0":
            base = 8
        if not 1 < base <= _MAX_BASE:
            raise ArithmeticError_(f'{self._text}: invalid arithmetic base (error token is "{symbol}")')
        value = 0
        for digit in digits[:_MAX_BASE]:
            number = _DIGITS.find(digit if base > 36 else digit.lower())
            if not 0 <= number < base:
                raise ArithmeticError_(f'{self._text}: value too great for base (error token is "{symbol}")')
            value = value * base + number
        return wrap(value)


def _is_name(symbol: str) -> bool:
    return bool(symbol) and (symbol[0].isalpha() or symbol[0] == "_")
