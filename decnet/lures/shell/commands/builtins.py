# SPDX-License-Identifier: MIT
"""Built-ins that change the shell: folders, variables, flow."""

import posixpath
import re

from decnet.lures.shell.caller import quoted
from decnet.lures.shell.condition import test
from decnet.lures.shell.expansion import Expander
from decnet.lures.shell.filesystem import SEARCH
from decnet.lures.shell.invocation import Invocation, Options, reason
from decnet.lures.shell.pattern import MAX_WORDS
from decnet.lures.shell.state import BreakLoop, ExitShell, ReturnFrom, ShellError

MAX_LEVELS = 1000
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_OPTIONS = {
    "e": "errexit", "u": "nounset", "x": "xtrace", "f": "noglob", "n": "noexec", "v": "verbose", "m": "monitor",
    "C": "noclobber",
    "a": "allexport", "b": "notify", "h": "hashall",
}  # fmt: skip


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
        return _failed(call, "too many arguments")
    target = operands[0] if operands else state.get("HOME") or "/"
    if target == "-":
        target = state.get("OLDPWD") or ""
        if not target:
            return _failed(call, "OLDPWD not set")
        call.line(target)
    path = posixpath.normpath(call.absolute(target)) if target else state.cwd
    path = "/" + path.lstrip("/")
    try:
        if not call.filesystem.node(path).is_folder:
            return _failed(call, f"{target}: Not a directory")
    except OSError as error:
        return _failed(call, f"{target}: {reason(error)}" if state.dialect == "bash" else f"can't cd to {target}", 2)
    if not call.filesystem.access(path, SEARCH):
        return _failed(call, f"{target}: Permission denied")
    state.set("OLDPWD", state.cwd)
    state.cwd = path
    state.set("PWD", path)
    state.exported.update(("PWD", "OLDPWD"))
    return 0


def _failed(call: Invocation, message: str, code: int = 1) -> int:
    call.shell.complain(f"{call.name}: {message}")
    return code if call.shell.state.dialect == "sh" else 1


async def print_folder(call: Invocation) -> int:
    """``pwd``."""
    folder = call.shell.state.cwd
    call.line(call.filesystem.resolve(folder) if "-P" in call.arguments else folder)
    return 0


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
            code = _failed(call, f"`{operand}': not a valid identifier")
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
        return _failed(call, "can only be used in a function")
    for operand in options.operands:
        name, equals, value = operand.partition("=")
        if not _NAME.fullmatch(name):
            return _failed(call, f"`{operand}': not a valid identifier")
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
            return _failed(call, f"{flag[0]}{wrong}: invalid option", 2)
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
    count = _count(call, 1)
    if count > len(call.shell.state.arguments):
        return 1
    del call.shell.state.arguments[:count]
    return 0


def _count(call: Invocation, default: int) -> int:
    text = call.arguments[0] if call.arguments else str(default)
    if not re.fullmatch(r"[-+]?[0-9]{1,18}", text):
        raise ShellError(f"{text}: numeric argument required", 2)
    return int(text)


async def leave(call: Invocation) -> int:
    """``exit`` and ``logout``."""
    if call.arguments and not re.fullmatch(r"[-+]?[0-9]{1,18}", call.arguments[0]):
        _failed(call, f"{call.arguments[0]}: numeric argument required")
        raise ExitShell(2)
    raise ExitShell(_count(call, call.shell.state.status) & 0xFF)


async def leave_function(call: Invocation) -> int:
    """``return``."""
    raise ReturnFrom(_count(call, call.shell.state.status) & 0xFF)


async def leave_loop(call: Invocation) -> int:
    """``break`` and ``continue``."""
    if not call.shell.state.loops:
        call.shell.complain(f"{call.name}: only meaningful in a `for', `while', or `until' loop")
        return 0
    raise BreakLoop(min(max(1, _count(call, 1)), MAX_LEVELS), goes_on=call.name == "continue")


async def evaluate(call: Invocation) -> int:
    """``eval``."""
    return await call.shell.run_text(" ".join(call.arguments)) if call.arguments else 0


async def source(call: Invocation) -> int:
    """``source`` and ``.``."""
    if not call.arguments:
        return _failed(call, "filename argument required", 2)
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


async def command(call: Invocation) -> int:
    """``command`` and ``builtin``."""
    options = call.options("vVp", in_order=True)
    if "vV" in options:
        return _describe(call, options.operands, is_short="v" in options)
    if not options.operands:
        return 0
    shell = call.shell
    functions, shell.state.functions = shell.state.functions, {}
    try:
        return await shell.call(options.operands)
    finally:
        shell.state.functions = functions


async def describe_type(call: Invocation) -> int:
    """``type``."""
    options = call.options("aftpP", in_order=True)
    if "t" in options or "p" in options:
        found = [(name, *_kind(call, name)) for name in options.operands]
        for _, kind, path in found:
            if kind and ("t" in options or path):
                call.line(kind if "t" in options else path)
        return int(not all(kind for _, kind, _ in found))
    return _describe(call, options.operands, is_short=False)


def _kind(call: Invocation, name: str) -> tuple[str, str]:
    shell = call.shell
    if name in shell.state.aliases:
        return "alias", ""
    if name in (
        "if",
        "then",
        "else",
        "fi",
        "for",
        "while",
        "do",
        "done",
        "case",
        "esac",
        "{",
        "}",
        "[[",
        "function",
        "until",
        "!",
    ):
        return "keyword", ""
    if name in shell.state.functions:
        return "function", ""
    if name in shell.session.builtins:
        return "builtin", ""
    path = shell.find(name)
    return ("file", path) if path and call.filesystem.exists(path) else ("", "")


def _describe(call: Invocation, names: list[str], *, is_short: bool) -> int:
    code = 0
    for name in names:
        kind, path = _kind(call, name)
        texts = {
            "alias": f"{name} is aliased to `{call.shell.state.aliases.get(name)}'",
            "keyword": f"{name} is a shell keyword",
            "function": f"{name} is a function",
            "builtin": f"{name} is a shell builtin",
            "file": f"{name} is {path}",
        }
        if kind:
            call.line((path or name) if is_short else texts[kind])
        else:
            code = 1
            if not is_short:
                call.shell.complain(f"{call.name}: {name}: not found")
    return code


async def alias(call: Invocation) -> int:
    """``alias``."""
    aliases = call.shell.state.aliases
    code = 0
    for operand in call.arguments or sorted(aliases):
        name, equals, value = operand.partition("=")
        if equals and len(aliases) < MAX_WORDS:
            aliases[name] = value
        elif name in aliases:
            text = aliases[name].replace("'", "'\\''")
            call.line(f"alias {name}='{text}'")
        else:
            code = _failed(call, f"{name}: not found")
    return code


async def unalias(call: Invocation) -> int:
    """``unalias``."""
    for name in call.arguments:
        if name == "-a":
            call.shell.state.aliases.clear()
        elif call.shell.state.aliases.pop(name, None) is None:
            return _failed(call, f"{name}: not found")
    return 0


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
    ":": colon, "true": colon, "false": false, "cd": change_folder, "pwd": print_folder, "export": export,
    "readonly": readonly, "declare": declare, "typeset": declare, "local": declare, "unset": unset, "set": set_options,
    "shift": shift, "exit": leave, "logout": leave, "return": leave_function, "break": leave_loop, "continue": leave_loop,
    "eval": evaluate, "source": source, ".": source, "exec": execute, "command": command, "builtin": command,
    "type": describe_type, "alias": alias, "unalias": unalias, "test": examine, "[": examine, "let": let, "umask": set_umask,
    "trap": trap, "shopt": options_of_shell, "ulimit": limits, "hash": colon, "enable": colon, "bind": colon, "complete": colon,
    "disown": colon, "suspend": colon, "times": colon,
}  # fmt: skip
