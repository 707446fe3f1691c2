# SPDX-License-Identifier: MIT
"""The operators of ``${name...}``."""

import re
from typing import Protocol

from decnet.lures.shell.pattern import translate
from decnet.lures.shell.state import ShellError, State
from decnet.lures.shell.syntax import Parameter, Word

MAX_SUBJECT = 16 * 1024
MAX_SEARCHED = 2048
_EMPTY = Word(())


class Words(Protocol):
    """How the operand of an operator is expanded."""

    state: State

    async def text(self, word: Word) -> str:
        """Return a word as text."""

    async def pattern(self, word: Word) -> str:
        """Return a word as a pattern."""

    async def number(self, word: Word) -> int:
        """Return the value of a word."""


def is_set(values: list[str], operator: str) -> bool:
    """Return whether a parameter counts as set; with a colon, an empty one does not."""
    return bool(values) and not (operator.startswith(":") and not "".join(values))


async def operate(expander: Words, part: Parameter, values: list[str], *, is_list: bool) -> list[str]:
    """Return the values after the operator of ``part``."""
    operator = part.operator
    if operator in (":=", "=", ":?", "?", ":-", "-"):
        return await _demand(expander, part, values)
    if operator == ":":
        return await _slice(expander, part, values, is_list=is_list)
    if operator[0] in "#%":
        pattern = await expander.pattern(part.argument or _EMPTY)
        return [_strip(value, pattern, operator) for value in values]
    if operator[0] == "/":
        return await _replace(expander, part, values)
    return [_change_case(value, operator) for value in values]


async def _demand(expander: Words, part: Parameter, values: list[str]) -> list[str]:
    if part.operator[-1] == "-" or is_set(values, part.operator):
        return values
    text = await expander.text(part.argument or _EMPTY)
    if part.operator.endswith("?"):
        raise ShellError(f"{part.name}: {text or 'parameter null or not set'}", 127, is_fatal=True)
    expander.state.set(part.name, text)
    return [text]


async def _slice(expander: Words, part: Parameter, values: list[str], *, is_list: bool) -> list[str]:
    offset = await expander.number(part.argument or _EMPTY)
    length = None if part.second is None else await expander.number(part.second)
    if is_list and part.name in ("@", "*"):
        subject: list[str] | str = [expander.state.name, *values]
    else:
        subject = values if is_list else "".join(values)
    start = max(0, len(subject) + offset) if offset < 0 else offset
    stop = len(subject) if length is None else len(subject) + length if length < 0 else start + length
    if stop < start:
        raise ShellError(f"{length}: substring expression < 0")
    taken = subject[start:stop]
    return taken if isinstance(taken, list) else [taken]


def _strip(value: str, pattern: str, operator: str) -> str:
    head = value[:MAX_SUBJECT]
    if pattern.count("*") > 2:
        head = head[:512]
    if operator[0] == "#":
        match = re.compile(translate(pattern, greedy=len(operator) > 1), re.DOTALL).match(head)
        return value[match.end() :] if match else value
    expression = re.compile(translate(pattern) + r"\Z", re.DOTALL)
    starts = range(len(head) + 1) if len(operator) > 1 else range(len(head), -1, -1)
    if len(head) > 512 and "*" in pattern:
        return value
    start = next((at for at in starts if expression.match(head, at)), None)
    return value if start is None else value[:start]


async def _replace(expander: Words, part: Parameter, values: list[str]) -> list[str]:
    given = await expander.pattern(part.argument or _EMPTY)
    pattern = translate(given)
    replacement = await expander.text(part.second or _EMPTY)
    if not pattern:
        return values
    anchored = {"/#": rf"\A(?:{pattern})", "/%": rf"(?:{pattern})\Z"}.get(part.operator, pattern)
    expression = re.compile(anchored, re.DOTALL)
    count = 0 if part.operator == "//" else 1
    # a star is tried at each place up to the end: the square of the length
    bound = MAX_SEARCHED if "*" in given else MAX_SUBJECT
    return [expression.sub(lambda _: replacement, value[:bound], count=count) + value[bound:] for value in values]


def _change_case(value: str, operator: str) -> str:
    change = str.upper if operator[0] == "^" else str.lower
    return change(value) if len(operator) > 1 else change(value[:1]) + value[1:]
