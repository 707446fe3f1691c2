# SPDX-License-Identifier: MIT
"""Built-ins that change the shell: folders, variables, flow."""

import posixpath
import re

from decnet.lures.shell.commands.variables import number_of, refuse
from decnet.lures.shell.condition import test
from decnet.lures.shell.expansion import Expander
from decnet.lures.shell.filesystem import SEARCH
from decnet.lures.shell.invocation import Invocation, reason
from decnet.lures.shell.state import BreakLoop, ExitShell, ReturnFrom, ShellError

MAX_LEVELS = 1000
_ENABLED = (
    ". : [ alias bg bind break builtin caller cd command compgen complete compopt continue declare dirs disown echo enable "
    "eval exec exit export false fc fg getopts hash help history jobs kill let local logout mapfile popd printf pushd pwd read "
    "readarray readonly return set shift shopt source suspend test times trap true type typeset ulimit umask unalias unset wait"
)


async def colon(_: Invocation) -> int:
    """Do nothing, successfully."""
    return 0


async def false(_: Invocation) -> int:
    """Do nothing, unsuccessfully."""
    return 1


async def change_folder(call: Invocation) -> int:
    """``cd``."""
    state = call.shell.state
    operands = [argument for argument in call.arguments if argument not in ("-P", "-L", "--")]
    if len(operands) > 1:
        return refuse(call, "too many arguments")
    target = operands[0] if operands else state.get("HOME") or "/"
    if target == "-":
        target = state.get("OLDPWD") or ""
        if not target:
            return refuse(call, "OLDPWD not set")
        call.line(target)
    path = posixpath.normpath(call.absolute(target)) if target else state.cwd
    path = "/" + path.lstrip("/")
    try:
        if not call.filesystem.node(path).is_folder:
            return refuse(call, f"{target}: Not a directory")
    except OSError as error:
        return refuse(call, f"{target}: {reason(error)}" if state.dialect == "bash" else f"can't cd to {target}", 2)
    if not call.filesystem.access(path, SEARCH):
        return refuse(call, f"{target}: Permission denied")
    state.set("OLDPWD", state.cwd)
    state.cwd = path
    state.set("PWD", path)
    state.exported.update(("PWD", "OLDPWD"))
    return 0


async def print_folder(call: Invocation) -> int:
    """``pwd``."""
    folder = call.shell.state.cwd
    call.line(call.filesystem.resolve(folder) if "-P" in call.arguments else folder)
    return 0


async def leave(call: Invocation) -> int:
    """``exit`` and ``logout``."""
    if call.arguments and not re.fullmatch(r"[-+]?[0-9]{1,18}", call.arguments[0]):
        refuse(call, f"{call.arguments[0]}: numeric argument required")
        raise ExitShell(2)
    raise ExitShell(number_of(call, call.shell.state.status) & 0xFF)


async def leave_function(call: Invocation) -> int:
    """``return``."""
    raise ReturnFrom(number_of(call, call.shell.state.status) & 0xFF)


async def leave_loop(call: Invocation) -> int:
    """``break`` and ``continue``."""
    if not call.shell.state.loops:
        call.shell.complain(f"{call.name}: only meaningful in a `for', `while', or `until' loop")
        return 0
    raise BreakLoop(min(max(1, number_of(call, 1)), MAX_LEVELS), goes_on=call.name == "continue")


async def evaluate(call: Invocation) -> int:
    """``eval``."""
    return await call.shell.run_text(" ".join(call.arguments)) if call.arguments else 0


async def source(call: Invocation) -> int:
    """``source`` and ``.``."""
    if not call.arguments:
        return refuse(call, "filename argument required", 2)
    name = call.arguments[0]
    path = call.absolute(name) if "/" in name else call.shell.find_file(name)
    state = call.shell.state
    saved = state.arguments
    try:
        text = call.filesystem.read(path).decode("utf-8", "surrogateescape")
        state.arguments = call.arguments[1:] or saved
        return await call.shell.run_text(text)
    except OSError as error:
        call.shell.complain(f"{name}: {reason(error)}")
        return 1
    except ReturnFrom as end:
        return end.code
    finally:
        state.arguments = saved


async def execute(call: Invocation) -> int:
    """``exec``: replace the shell, or keep the redirections."""
    if not call.arguments:
        return 0
    raise ExitShell(await call.shell.call_program(call.arguments))


async def examine(call: Invocation) -> int:
    """``test`` and ``[``."""
    words = list(call.arguments)
    if call.name == "[":
        if words[-1:] != ["]"]:
            raise ShellError("missing `]'", 2)
        words.pop()
    return int(not test(call.shell, words))


async def let(call: Invocation) -> int:
    """``let``."""
    value = 0
    for expression in call.arguments:
        value = Expander(call.shell).evaluate(expression)
    return int(value == 0)


async def set_umask(call: Invocation) -> int:
    """``umask``."""
    operands = [argument for argument in call.arguments if argument not in ("-S", "-p")]
    if not operands:
        mask = call.filesystem.umask
        letters = ",".join(f"{who}={_letters(~mask >> shift & 7)}" for who, shift in (("u", 6), ("g", 3), ("o", 0)))
        call.line(letters if "-S" in call.arguments else f"{mask:04o}")
    elif re.fullmatch("[0-7]{1,4}", operands[0]):
        call.filesystem.umask = int(operands[0], 8)
    return 0


def _letters(bits: int) -> str:
    return "".join(letter for letter, bit in (("r", 4), ("w", 2), ("x", 1)) if bits & bit)


async def trap(call: Invocation) -> int:
    """``trap``: only that of EXIT is ever run."""
    arguments = [argument for argument in call.arguments if argument != "--"]
    for signal in arguments[1:]:
        name = "EXIT" if signal in ("0", "EXIT") else signal
        if arguments[0] == "-":
            call.shell.state.traps.pop(name, None)
        else:
            call.shell.state.traps[name] = arguments[0]
    return 0


async def options_of_shell(call: Invocation) -> int:
    """``shopt``: accepted."""
    return int("-q" in call.arguments)


async def enabled(call: Invocation) -> int:
    """``enable``: the first word of many programs that break in, meant for routers."""
    if not call.arguments and call.shell.state.dialect == "bash":
        call.out("".join(f"enable {name}\n" for name in _ENABLED.split()))
    return 0


async def limits(call: Invocation) -> int:
    """``ulimit``."""
    if "-a" in call.arguments:
        call.out(
            "core file size          (blocks, -c) 0\ndata seg size           (kbytes, -d) unlimited\nopen files"
            "                      (-n) 1024\nstack size              (kbytes, -s) 8192\n"
            "max user processes              (-u) 15610\n"
        )
    elif not call.arguments or len(call.arguments) == 1:
        call.line({"-n": "1024", "-u": "15610", "-s": "8192", "-c": "0"}.get("".join(call.arguments), "unlimited"))
    return 0


BUILTINS = {
    ":": colon, "true": colon, "false": false, "cd": change_folder, "pwd": print_folder, "exit": leave, "logout": leave,
    "return": leave_function, "break": leave_loop, "continue": leave_loop, "eval": evaluate, "source": source,
    ".": source, "exec": execute, "test": examine, "[": examine, "let": let, "umask": set_umask, "trap": trap,
    "shopt": options_of_shell, "ulimit": limits, "hash": colon, "enable": enabled, "bind": colon, "complete": colon,
    "disown": colon, "suspend": colon, "times": colon,
}  # fmt: skip
