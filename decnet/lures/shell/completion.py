# SPDX-License-Identifier: MIT
"""Completion of commands and paths."""

import re

from decnet.lures.shell.interpreter import Interpreter

MAX_FOUND = 2000
_COMMAND_BEFORE = re.compile(r"(?:^|[;|&(`]|\b(?:sudo|then|do|else))\s*$")


def complete(shell: Interpreter, text: bytes) -> list[bytes]:
    """Return what the last word of ``text`` may become; folders end with a slash."""
    line = text.decode("utf-8", "surrogateescape")
    word = re.split(r"(?<!\\)[\s;|&<>()=`]", line)[-1]
    before = line[: len(line) - len(word)]
    if "/" not in word and not word.startswith(("~", ".")) and _COMMAND_BEFORE.search(before):
        found = _commands(shell, word)
    else:
        found = _paths(shell, word)
    return [name.encode("utf-8", "surrogateescape") for name in sorted(found)[:MAX_FOUND]]


def _commands(shell: Interpreter, prefix: str) -> set[str]:
    names = {*shell.session.builtins, *shell.state.functions, *shell.state.aliases}
    for folder in (shell.state.get("PATH") or "").split(":")[:16]:
        try:
            names.update(shell.filesystem.listdir(folder))
        except OSError:
            continue
    return {name for name in names if name.startswith(prefix)} if prefix else set()


def _paths(shell: Interpreter, word: str) -> set[str]:
    folder, slash, prefix = word.rpartition("/")
    where = (shell.state.get("HOME") or "/") + folder[1:] if folder.startswith("~") else folder
    here = shell.absolute((where or "/") if slash else ".")
    try:
        names = shell.filesystem.listdir(here)
    except OSError:
        return set()
    matching = [name for name in names if name.startswith(prefix) and (prefix or not name.startswith("."))]
    head = folder + slash
    return {head + name + ("/" if shell.filesystem.is_folder(f"{here}/{name}") else "") for name in matching[:MAX_FOUND]}
