# SPDX-License-Identifier: MIT
"""Built-ins that tell what a name stands for: type, command, alias."""

from decnet.lures.shell.commands.variables import refuse
from decnet.lures.shell.invocation import Invocation
from decnet.lures.shell.pattern import MAX_WORDS


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
            code = refuse(call, f"{name}: not found")
    return code


async def unalias(call: Invocation) -> int:
    """``unalias``."""
    for name in call.arguments:
        if name == "-a":
            call.shell.state.aliases.clear()
        elif call.shell.state.aliases.pop(name, None) is None:
            return refuse(call, f"{name}: not found")
    return 0


BUILTINS = {
    "command": command, "builtin": command, "type": describe_type, "alias": alias, "unalias": unalias,
}  # fmt: skip
