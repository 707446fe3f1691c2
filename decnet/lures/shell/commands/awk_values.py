# SPDX-License-Identifier: MIT
"""The values of ``awk``: fields, variables, expressions, functions."""

import re
from collections.abc import Callable
from dataclasses import dataclass, field

from decnet.lures.shell.commands.awk_language import AwkError, Node
from decnet.lures.shell.invocation import Invocation
from decnet.lures.shell.regex import Expression

MAX_STEPS = 200_000
MAX_TEXT = 65536
_NUMBER = re.compile(r"\s*[-+]?(?:[0-9]{1,30}\.?[0-9]{0,30}|\.[0-9]{1,30})(?:[eE][-+]?[0-9]{1,3})?")
_FORMAT = re.compile(r"%([-+ 0#]*)(\d{0,4})(?:\.(\d{0,4}))?([diouxXeEfgGcs%])")
_FIELDS_LIMIT = 4096
Value = str | float


class Exit(Exception):  # noqa: N818 - control flow, not an error
    """The program is over."""


def number(value: Value) -> float:
    """Return what a value is as a number."""
    if isinstance(value, float):
        return value
    match = _NUMBER.match(value)
    return float(match[0]) if match else 0.0


def text(value: Value) -> str:
    """Return what a value is as text."""
    if isinstance(value, str):
        return value
    return str(int(value)) if value == value and abs(value) < 1e16 and value == int(value) else f"{value:.6g}"  # noqa: PLR0124 - NaN; 16 digits


@dataclass
class Evaluator:
    """Evaluates the expressions of a program; each kind of node has a method of its own."""

    call: Invocation
    variables: dict[str, Value] = field(default_factory=dict)
    arrays: dict[str, dict[str, Value]] = field(default_factory=dict)
    fields: list[str] = field(default_factory=list)
    line: str = ""
    code: int = 0
    steps: int = 0
    expressions: dict[str, Expression] = field(default_factory=dict)

    def expression(self, pattern: str) -> Expression:
        """Return a regular expression, compiled once."""
        if pattern not in self.expressions:
            if len(self.expressions) > 200:
                self.expressions.clear()
            self.expressions[pattern] = Expression(pattern, extended=True)
        return self.expressions[pattern]

    def take(self, line: str) -> None:
        """Make a line the current record."""
        self.line = line
        self.variables["NR"] = number(self.variables.get("NR", 0.0)) + 1
        self.fields = self.split(line, text(self.variables.get("FS", " ")))
        self.variables["NF"] = float(len(self.fields))

    def split(self, line: str, separator: str) -> list[str]:
        """Return the fields of a line."""
        if separator == " ":
            return line.split()[:_FIELDS_LIMIT]
        if not line:
            return []
        if len(separator) == 1 and separator not in "|.*+?[(":
            return line.split(separator)[:_FIELDS_LIMIT]
        if separator == "|" or (len(separator) == 1 and separator in ".*+?[("):
            return line.split(separator)[:_FIELDS_LIMIT]
        pieces: list[str] = []
        at = 0
        expression = self.expression(separator)
        while len(pieces) < _FIELDS_LIMIT and (match := expression.search(line, at)) and match[0]:
            pieces.append(line[at : match.start()])
            at = match.end()
        return [*pieces, line[at:]]

    def value(self, node: Node) -> Value:
        """Return the value of a node."""
        self.steps += 1
        if self.steps > MAX_STEPS:
            raise Exit
        kind, *rest = node
        method: Callable[..., Value] = getattr(self, f"_{kind}")
        return method(*rest)

    def truth(self, node: Node) -> bool:
        """Return whether a node counts as true."""
        value = self.value(node)
        if isinstance(value, float):
            return value != 0
        is_input = node[0] in ("field", "name")
        return number(value) != 0 if is_input and _NUMBER.fullmatch(value.strip()) else value != ""

    def _const(self, value: Value) -> Value:
        return value

    def _regex(self, pattern: str) -> Value:
        return float(self.expression(pattern).search(self.line) is not None)

    def _name(self, name: str) -> Value:
        return self.variables.get(name, "")

    def _field(self, index: Node) -> Value:
        at = int(number(self.value(index)))
        return self.line if at == 0 else self.fields[at - 1] if 0 < at <= len(self.fields) else ""

    def _index(self, name: str, key: Node) -> Value:
        return self.arrays.setdefault(name, {}).setdefault(text(self.value(key)), "")

    def _contains(self, key: Node, name: str) -> Value:
        return float(text(self.value(key)) in self.arrays.get(name, {}))

    def _not(self, operand: Node) -> Value:
        return float(not self.truth(operand))

    def _negative(self, operand: Node) -> Value:
        return -number(self.value(operand))

    def _and(self, left: Node, right: Node) -> Value:
        return float(self.truth(left) and self.truth(right))

    def _or(self, left: Node, right: Node) -> Value:
        return float(self.truth(left) or self.truth(right))

    def _choice(self, condition: Node, first: Node, second: Node) -> Value:
        return self.value(first if self.truth(condition) else second)

    def _match(self, left: Node, right: Node, wanted: bool) -> Value:  # noqa: FBT001 - the parser's node carries it
        pattern = right[1] if right[0] == "regex" else text(self.value(right))
        return float((self.expression(pattern).search(text(self.value(left))) is not None) == wanted)

    def _concat(self, left: Node, right: Node) -> Value:
        return (text(self.value(left)) + text(self.value(right)))[:MAX_TEXT]

    def _compare(self, operator: str, left: Node, right: Node) -> Value:
        first, second = self.value(left), self.value(right)
        looks = [isinstance(one, float) or (node[0] in ("field", "name", "index") and bool(_NUMBER.fullmatch(one.strip())))
                 for one, node in ((first, left), (second, right))]  # fmt: skip
        is_number = all(looks)
        a, b = (number(first), number(second)) if is_number else (text(first), text(second))
        order = (a > b) - (a < b)  # type: ignore[operator]  # both are numbers, or both are texts
        return float(
            {"<": order < 0, "<=": order <= 0, "==": order == 0, "!=": order != 0, ">": order > 0, ">=": order >= 0}[operator]
        )

    def _arithmetic(self, operator: str, left: Node, right: Node) -> Value:
        return self.compute(operator, number(self.value(left)), number(self.value(right)))

    @staticmethod
    def compute(operator: str, a: float, b: float) -> float:
        """Return the result of an operator."""
        if operator in "/%" and b == 0:
            raise AwkError("division by zero")
        try:
            return {"+": lambda: a + b, "-": lambda: a - b, "*": lambda: a * b, "/": lambda: a / b,
                    "%": lambda: float(a - b * int(a / b)),
                    "^": lambda: float(a**b) if abs(b) < 1000 else 0.0}[operator]()  # fmt: skip
        except (OverflowError, ValueError, TypeError):
            return float("inf")

    def _assign(self, operator: str, target: Node, source: Node) -> Value:
        value = self.value(source)
        if operator != "=":
            value = self.compute(operator[:-1], number(self.value(target)), number(value))
        return self.store(target, value)

    def store(self, target: Node, value: Value) -> Value:
        """Give a variable, field or element a value."""
        kind = target[0]
        if kind == "name" and len(self.variables) < MAX_TEXT:
            self.variables[target[1]] = value
        elif kind == "index":
            array = self.arrays.setdefault(target[1], {})
            if len(array) < MAX_TEXT:
                array[text(self.value(target[2]))] = value
        elif kind == "field":
            self._store_field(int(number(self.value(target[1]))), text(value))
        return value

    def _store_field(self, at: int, value: str) -> None:
        if at == 0:
            self.line = value
            self.fields = self.split(value, text(self.variables.get("FS", " ")))
        elif 0 < at <= _FIELDS_LIMIT:
            self.fields += [""] * (at - len(self.fields))
            self.fields[at - 1] = value
            self.line = text(self.variables.get("OFS", " ")).join(self.fields)[:MAX_TEXT]
        self.variables["NF"] = float(len(self.fields))

    def _step(self, target: Node, change: int, is_after: bool) -> Value:  # noqa: FBT001 - the parser's node carries it
        old = number(self.value(target))
        self.store(target, old + change)
        return old if is_after else old + change

    def _call(self, name: str, arguments: list[Node]) -> Value:
        if name in ("sub", "gsub"):
            return self._substitute(name, arguments)
        if name == "split":
            separator = text(self.value(arguments[2])) if len(arguments) > 2 else text(self.variables.get("FS", " "))
            pieces = self.split(text(self.value(arguments[0])), separator)
            self.arrays[arguments[1][1]] = {str(at): piece for at, piece in enumerate(pieces, 1)}
            return float(len(pieces))
        if name == "match":
            pattern = arguments[1][1] if arguments[1][0] == "regex" else text(self.value(arguments[1]))
            match = self.expression(pattern).search(text(self.value(arguments[0])))
            self.variables["RSTART"] = float(match.start() + 1 if match else 0)
            self.variables["RLENGTH"] = float(len(match[0]) if match else -1)
            return self.variables["RSTART"]
        if name == "length" and arguments and arguments[0][0] == "name" and arguments[0][1] in self.arrays:
            return float(len(self.arrays[arguments[0][1]]))
        values = [self.value(argument) for argument in arguments]
        return self._function(name, values)

    def _function(self, name: str, values: list[Value]) -> Value:
        first = values[0] if values else self.line
        if name == "substr":
            start = round(number(values[1])) if len(values) > 1 else 1
            size = round(number(values[2])) if len(values) > 2 else MAX_TEXT
            return text(first)[max(0, start - 1) : max(0, start - 1 + size)] if size > 0 else ""
        functions: dict[str, Callable[[], Value]] = {
            "length": lambda: float(len(text(first))), "tolower": lambda: text(first).lower(),
            "toupper": lambda: text(first).upper(),
            "int": lambda: float(int(number(first))), "index": lambda: float(text(first).find(text(values[1])) + 1),
            "sprintf": lambda: self.format(values), "rand": self.call.shell.random.random, "srand": lambda: 0.0,
            "sqrt": lambda: abs(number(first)) ** 0.5, "system": lambda: 0.0,
        }  # fmt: skip
        return functions[name]() if name in functions else ""

    def _substitute(self, name: str, arguments: list[Node]) -> Value:
        pattern = arguments[0][1] if arguments[0][0] == "regex" else text(self.value(arguments[0]))
        template = text(self.value(arguments[1]))
        target: Node = arguments[2] if len(arguments) > 2 else ("field", ("const", 0.0))
        result, count = self.expression(pattern).substitute(
            lambda match: re.sub(r"\\&|&", lambda part: "&" if len(part[0]) > 1 else match[0], template),
            text(self.value(target)), first=1, every=name == "gsub",
        )  # fmt: skip
        if count:
            self.store(target, result[:MAX_TEXT])
        return float(count)

    def format(self, values: list[Value]) -> str:
        """Return what ``printf`` makes of its arguments."""
        rest = list(values[1:])

        def convert(match: re.Match[str]) -> str:
            flags, width, precision, kind = match.groups()
            if kind == "%":
                return "%"
            value: Value = rest.pop(0) if rest else ""
            dot = "" if precision is None else "." + precision
            if kind in "sc":
                shown = (
                    text(value)[:1]
                    if kind == "c" and isinstance(value, str)
                    else chr(int(value) % 0x10000)
                    if kind == "c"
                    else text(value)
                )
                return f"%{flags.replace('0', '')}{width}{dot}s" % shown
            real = number(value)
            return f"%{flags}{width}{dot}{'d' if kind in 'iu' else kind}" % (real if kind in "eEfgG" else int(real))

        return _FORMAT.sub(convert, text(values[0]) if values else "")[:MAX_TEXT]
