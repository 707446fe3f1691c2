# SPDX-License-Identifier: MIT
"""Built-ins about variables and options: export, declare, unset, set, shift."""

import re

from decnet.lures.shell.caller import quoted
from decnet.lures.shell.expansion import Expander
from decnet.lures.shell.invocation import Invocation, Options
from decnet.lures.shell.state import ShellError

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_OPTIONS = {
    "e": "errexit", "u": "nounset", "x": "xtrace", "f": "noglob", "n": "noexec", "v": "verbose", "m": "monitor",
    "C": "noclobber",
    "a": "allexport", "b": "notify", "h": "hashall",
}  # fmt: skip


def refuse(call: Invocation, message: str, code: int = 1) -> int:
    """Complain in the name of the built-in, and return the exit code."""
    call.shell.complain(f"{call.name}: {message}")
    return code if call.shell.state.dialect == "sh" else 1


async def export(call: Invocation) -> int:
    """``export``."""
    options = call.options("fnp", in_order=True)
    state = call.shell.state
    if not options.operands:
        for name in sorted(state.exported):
            value = state.get(name)
            call.line(f"declare -x {name}" + ("" if value is None else f'="{value}"'))
        return 0
    code = 0
    for operand in options.operands:
        name, equals, value = operand.partition("=")
        if not _NAME.fullmatch(name):
            code = refuse(call, f"`{operand}': not a valid identifier")
            continue
        if equals:
            state.set(name, value)
        (state.exported.discard if "n" in options else state.exported.add)(name)
    return code


async def readonly(call: Invocation) -> int:
    """``readonly``."""
    state = call.shell.state
    for operand in call.options("afp", in_order=True).operands:
        name, equals, value = operand.partition("=")
        if equals:
            state.set(name, value)
        state.readonly.add(name)
    return 0


async def declare(call: Invocation) -> int:
    """``declare``, ``typeset`` and ``local``."""
    options = call.options("aAfFgiIlnprtux", in_order=True)
    if call.name == "local" and not call.shell.state.locals:
        return refuse(call, "can only be used in a function")
    for operand in options.operands:
        name, equals, value = operand.partition("=")
        if not _NAME.fullmatch(name):
            return refuse(call, f"`{operand}': not a valid identifier")
        _declare(call, options, name, value if equals else None)
    if not options.operands:
        _list_variables(call)
    return 0


def _declare(call: Invocation, options: Options, name: str, value: str | None) -> None:
    state = call.shell.state
    if state.locals and "g" not in options:
        state.locals[-1].setdefault(name, state.variables.get(name))
        if value is None:
            state.variables.pop(name, None)
    if value is not None:
        state.set(name, str(Expander(call.shell).evaluate(value)) if "i" in options else value)
    if "x" in options:
        state.exported.add(name)
    if "r" in options:
        state.readonly.add(name)


def _list_variables(call: Invocation) -> None:
    state = call.shell.state
    for name in sorted(state.variables):
        value = state.variables[name]
        if isinstance(value, dict):
            call.line(f"{name}=(" + " ".join(f'[{index}]="{value[index]}"' for index in sorted(value)) + ")")
        else:
            call.line(f"{name}={quoted(value) if value else ''}")


async def unset(call: Invocation) -> int:
    """``unset``."""
    options = call.options("fvn", in_order=True)
    for name in options.operands:
        if "f" not in options:
            call.shell.state.unset(name.split("[")[0])
        if "v" not in options:
            call.shell.state.functions.pop(name, None)
    return 0


async def set_options(call: Invocation) -> int:
    """``set``."""
    state, arguments = call.shell.state, list(call.arguments)
    if not arguments:
        _list_variables(call)
        return 0
    while arguments and arguments[0][:1] in ("-", "+") and len(arguments[0]) > 1:
        flag = arguments.pop(0)
        if flag == "--":
            state.arguments = arguments
            return 0
        wrong = _change_options(call, flag, arguments)
        if wrong:
            return refuse(call, f"{flag[0]}{wrong}: invalid option", 2)
    if arguments:
        state.arguments = arguments
    return 0


def _change_options(call: Invocation, flag: str, arguments: list[str]) -> str:
    """Switch the options of one ``-xyz`` on or of one ``+xyz`` off; return the letter that bash does not know."""
    options = call.shell.state.options
    change = options.add if flag[0] == "-" else options.discard
    for letter in flag[1:]:
        if letter == "o" and arguments:
            change(arguments.pop(0))
        elif letter in _OPTIONS:
            change(_OPTIONS[letter])
        elif letter != "o":
            return letter
    return ""


async def shift(call: Invocation) -> int:
    """``shift``."""
    count = number_of(call, 1)
    if count > len(call.shell.state.arguments):
        return 1
    del call.shell.state.arguments[:count]
    return 0


def number_of(call: Invocation, default: int) -> int:
    """Return the number that the built-in was given."""
    text = call.arguments[0] if call.arguments else str(default)
    if not re.fullmatch(r"[-+]?[0-9]{1,18}", text):
        raise ShellError(f"{text}: numeric argument required", 2)
    return int(text)


BUILTINS = {
    "export": export, "readonly": readonly, "declare": declare, "typeset": declare, "local": declare, "unset": unset,
    "set": set_options, "shift": shift,
}  # fmt: skip
