# SPDX-License-Identifier: MIT
"""The prompt of a shell, from PS1."""

import re
import time

from decnet.lures.shell.interpreter import Interpreter

MAX_PROMPT = 500


def expand_prompt(shell: Interpreter) -> str:
    """Return PS1 with its escapes resolved."""
    default = "# " if shell.account.uid == 0 else "$ "
    source = shell.state.get("PS1") if shell.state.dialect == "bash" else default
    return re.sub(r"\\(\d{3}|.)", lambda match: _escape(shell, match[1]), (source or "")[:MAX_PROMPT])


def _escape(shell: Interpreter, letter: str) -> str:
    if letter.isdigit():
        return chr(int(letter, 8)) if all(digit in "01234567" for digit in letter) else ""
    host = shell.session.machine.hostname
    folder = tilde(shell)
    now = time.gmtime(shell.session.machine.now())
    makers = {
        "u": shell.account.name,
        "h": host.split(".")[0],
        "H": host,
        "w": folder,
        "W": folder.rsplit("/", 1)[-1] or "/",
        "$": "#" if shell.account.uid == 0 else "$",
        "n": "\n",
        "e": "\x1b",
        "a": "\a",
        "s": shell.state.name.lstrip("-"),
        "t": time.strftime("%H:%M:%S", now),
        "d": time.strftime("%a %b %d", now),
        "[": "",
        "]": "",
    }
    return makers.get(letter, letter)


def tilde(shell: Interpreter) -> str:
    """Return the working folder, the home as a tilde."""
    home, cwd = shell.state.get("HOME") or "", shell.state.cwd
    if home and (cwd == home or cwd.startswith(home.rstrip("/") + "/")):
        return "~" + cwd[len(home) :]
    return cwd
