# SPDX-License-Identifier: MIT
"""``awk``: patterns, fields, arithmetic, print and printf, if, for and while, arrays, the usual functions."""

import contextlib
import re
from collections.abc import Callable
from dataclasses import dataclass, field

from decnet.lures.shell.commands.awk_language import AwkError, Node, parse
from decnet.lures.shell.invocation import Invocation
from decnet.lures.shell.regex import Expression

MAX_STEPS = 200_000
MAX_TEXT = 65536
_NUMBER = re.compile(r"\s*[-+]?(?:[0-9]{1,30}\.?[0-9]{0,30}|\.[0-9]{1,30})(?:[eE][-+]?[0-9]{1,3})?")
_FORMAT = re.compile(r"%([-+ 0#]*)(\d{0,4})(?:\.(\d{0,4}))?([diouxXeEfgGcs%])")
_FIELDS_LIMIT = 4096
Value = str | float
_Rules = list[tuple[Node | str | None, list[Node] | None]]


class _NextLine(Exception):  # noqa: N818 - control flow, not an error
    pass


class _Exit(Exception):  # noqa: N818 - control flow, not an error
    pass


class _LoopEnd(Exception):  # noqa: N818 - control flow, not an error
    def __init__(self, kind: str) -> None:
        super().__init__(kind)
        self.kind = kind


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
class _Awk:
    call: Invocation
    variables: dict[str, Value] = field(default_factory=dict)
    arrays: dict[str, dict[str, Value]] = field(default_factory=dict)
    fields: list[str] = field(default_factory=list)
    line: str = ""
    code: int = 0
    steps: int = 0
    expressions: dict[str, Expression] = field(default_factory=dict)

    def expression(self, pattern: str) -> Expression:
        if pattern not in self.expressions:
            if len(self.expressions) > 200:
                self.expressions.clear()
            self.expressions[pattern] = Expression(pattern, extended=True)
        return self.expressions[pattern]

    def take(self, line: str) -> None:
        self.line = line
        self.variables["NR"] = number(self.variables.get("NR", 0.0)) + 1
        self.fields = self.split(line, text(self.variables.get("FS", " ")))
        self.variables["NF"] = float(len(self.fields))

    def split(self, line: str, separator: str) -> list[str]:
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

    # Evaluation: each kind of node has a method of its own.
    def value(self, node: Node) -> Value:
        self.steps += 1
        if self.steps > MAX_STEPS:
            raise _Exit
        kind, *rest = node
        method: Callable[..., Value] = getattr(self, f"_{kind}")
        return method(*rest)

    def truth(self, node: Node) -> bool:
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
            return text(first)[max(0, start - 1) : max(0, start - 1 + size)]
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

    def run(self, statements: list[Node]) -> None:
        for statement in statements:
            self.steps += 1
            if self.steps > MAX_STEPS:
                raise _Exit
            kind, *rest = statement
            getattr(self, f"_do_{kind}")(*rest)

    def _do_print(self, values: list[Node], target: tuple[str, Node] | None) -> None:
        shown = text(self.variables.get("OFS", " ")).join(text(self.value(one)) for one in values) if values else self.line
        self._emit(shown + text(self.variables.get("ORS", "\n")), target)

    def _do_printf(self, values: list[Node], target: tuple[str, Node] | None) -> None:
        self._emit(self.format([self.value(one) for one in values]), target)

    def _emit(self, shown: str, target: tuple[str, Node] | None) -> None:
        if target is None:
            self.call.out(shown)
            return
        path = text(self.value(target[1]))
        if path == "/dev/stderr":
            self.call.stderr.write(shown.encode("utf-8", "surrogateescape"))
        elif target[0] != "|":
            self.call.filesystem.write(self.call.absolute(path), shown.encode("utf-8", "surrogateescape"), append=True)

    def _do_expression(self, node: Node) -> None:
        self.value(node)

    def _do_block(self, statements: list[Node]) -> None:
        self.run(statements)

    def _do_if(self, condition: Node, then: Node, otherwise: Node | None) -> None:
        if self.truth(condition):
            self.run([then])
        elif otherwise is not None:
            self.run([otherwise])

    def _once(self, body: Node) -> bool:
        try:
            self.run([body])
        except _LoopEnd as end:
            return end.kind == "continue"
        return True

    def _do_while(self, condition: Node, body: Node) -> None:
        while self.truth(condition) and self._once(body):
            pass

    def _do_for(self, first: Node | None, condition: Node | None, step: Node | None, body: Node) -> None:
        if first is not None:
            self.run([first])
        while (condition is None or self.truth(condition)) and self._once(body):
            if step is not None:
                self.run([step])

    def _do_each(self, name: str, array: str, body: Node) -> None:
        for key in list(self.arrays.get(array, {})):
            self.variables[name] = key
            if not self._once(body):
                break

    def _do_delete(self, name: str, key: Node | None) -> None:
        if key is None:
            self.arrays.pop(name, None)
        else:
            self.arrays.get(name, {}).pop(text(self.value(key)), None)

    def _do_next(self) -> None:
        raise _NextLine

    def _do_exit(self, code: Node | None) -> None:
        self.code = int(number(self.value(code))) & 0xFF if code else self.code
        raise _Exit

    def _do_leave(self, kind: str) -> None:
        raise _LoopEnd(kind)


async def awk(call: Invocation) -> int:
    """``awk``."""
    options = call.options("F:v:f:", {"field-separator": "F", "assign": "v", "file": "f"}, in_order=True)
    operands = list(options.operands)
    if "f" in options:
        source = call.read(options.get("f")).decode("utf-8", "surrogateescape")
    elif operands:
        source = operands.pop(0)
    else:
        call.error("Usage: mawk [Options] [Program] [file ...]")
        return 2
    machine = _Awk(call)
    machine.variables |= {
        "FS": _unescaped(options.get("F", " ")),
        "OFS": " ",
        "ORS": "\n",
        "NR": 0.0,
        "NF": 0.0,
        "FILENAME": "",
        "RS": "\n",
    }
    if machine.variables["FS"] == "t":
        machine.variables["FS"] = "\t"
    for assignment in options.every("v"):
        name, _, value = assignment.partition("=")
        machine.variables[name] = _unescaped(value)
    try:
        rules = parse(source)
        return await _run_rules(call, machine, rules, operands)
    except (AwkError, RecursionError) as error:
        call.error(f"awk: line 1: {error}")
        return 2


def _unescaped(value: str) -> str:
    return value.replace("\\t", "\t").replace("\\n", "\n")


async def _run_rules(call: Invocation, machine: _Awk, rules: _Rules, operands: list[str]) -> int:
    code = 0
    with contextlib.suppress(_Exit):
        _run_marked(machine, rules, "BEGIN")
        if any(pattern != "BEGIN" for pattern, _ in rules):
            lines, code = await call.lines(operands)
            await _run_lines(call, machine, rules, lines)
    if machine.steps <= MAX_STEPS:
        with contextlib.suppress(_Exit):
            _run_marked(machine, rules, "END")
    return machine.code or code * 2


def _run_marked(machine: _Awk, rules: _Rules, mark: str) -> None:
    for pattern, action in rules:
        if pattern == mark:
            machine.run(action or [])


async def _run_lines(call: Invocation, machine: _Awk, rules: _Rules, lines: list[str]) -> None:
    active: set[int] = set()
    for at, line in enumerate(lines):
        if at % 16 == 0:
            await call.shell.budget.step()
        machine.take(line)
        _apply(machine, rules, active)


def _apply(machine: _Awk, rules: _Rules, active: set[int]) -> None:
    for at, (pattern, action) in enumerate(rules):
        if isinstance(pattern, str) or (pattern is not None and not _selected(machine, pattern, at, active)):
            continue
        try:
            machine.run(action if action is not None else [("print", [], None)])
        except _NextLine:
            return


def _selected(machine: _Awk, pattern: Node, at: int, active: set[int]) -> bool:
    if pattern[0] != "range":
        return machine.truth(pattern)
    if at not in active:
        if not machine.truth(pattern[1]):
            return False
        active.add(at)
    if machine.truth(pattern[2]):
        active.discard(at)
    return True


PROGRAMS = {"mawk": awk}
