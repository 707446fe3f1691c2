# SPDX-License-Identifier: MIT
"""``awk``: patterns, fields, arithmetic, print and printf, if, for and while, arrays, the usual functions."""

import contextlib

from decnet.lures.shell.commands.awk_language import AwkError, Node, parse
from decnet.lures.shell.commands.awk_values import MAX_STEPS, Evaluator, Exit, number, text
from decnet.lures.shell.invocation import Invocation

_Rules = list[tuple[Node | str | None, list[Node] | None]]


class _NextLine(Exception):  # noqa: N818 - control flow, not an error
    pass


class _LoopEnd(Exception):  # noqa: N818 - control flow, not an error
    def __init__(self, kind: str) -> None:
        super().__init__(kind)
        self.kind = kind


class _Awk(Evaluator):
    """Runs the statements of a program."""

    def run(self, statements: list[Node]) -> None:
        for statement in statements:
            self.steps += 1
            if self.steps > MAX_STEPS:
                raise Exit
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
        raise Exit

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
    with contextlib.suppress(Exit):
        _run_marked(machine, rules, "BEGIN")
        if any(pattern != "BEGIN" for pattern, _ in rules):
            lines, code = await call.lines(operands)
            await _run_lines(call, machine, rules, lines)
    if machine.steps <= MAX_STEPS:
        with contextlib.suppress(Exit):
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
