# SPDX-License-Identifier: MIT
"""
EVAL without an interpreter: constants, one call of a command, and what the known escapes from the sandbox ask for.

Everything else gets the error that a script with a mistake would get.
"""

import hashlib
import re
from collections.abc import Callable
from typing import Any

from decnet.domain.captured import text
from decnet.domain.evidence import Command
from decnet.lures.redis.call import Call, Handler
from decnet.lures.redis.persistence import note_downloads, shell_output
from decnet.lures.redis.resp import OK, ReplyError, Simple

_TOKEN = re.compile(
    rb"""\s*(?:(?P<number>-?\d+(?:\.\d+)?)|"(?P<double>(?:[^"\\]|\\.)*)"|'(?P<single>(?:[^'\\]|\\.)*)'|(?P<name>[A-Za-z_][\w.]*)|"""
    rb"""(?P<mark>\.\.|[][(){},=]))""",
    re.DOTALL,
)
_POPEN = re.compile(rb"""(?:popen|execute|system)\s*\(\s*(?:"((?:[^"\\]|\\.)*)"|'((?:[^'\\]|\\.)*)'|ARGV\[(\d+)\])""")
_GLOBALS = re.compile(rb"\b(package|os|io|require|dofile|loadfile|debug|print|module|load)\b")
_CONSTANTS: dict[bytes, Any] = {b"nil": None, b"true": 1, b"false": None}
_MAX_SCRIPTS = 500
_MAX_DEPTH = 16
_LETTERS = {b"n": b"\n", b"r": b"\r", b"t": b"\t", b"0": b"\0"}
Run = Callable[[Call], Any]


class _Unknown(Exception):  # noqa: N818 - no error: a script that this module does not read
    """A script says more than is understood here."""


class _Reader:
    """Reads one expression of a script."""

    def __init__(self, call: Call, script: bytes, keys: list[bytes], values: list[bytes], run: Run) -> None:
        self._call = call
        self._lists = {b"KEYS": keys, b"ARGV": values}
        self._run = run
        self._tokens = _tokens(script)
        self._place = 0

    def value(self) -> Any:
        """Return what the script returns."""
        if self._peek() == ("name", b"return"):
            self._place += 1
        elif self._peek()[0] != "name" or not self._peek()[1].startswith(b"redis."):
            raise _Unknown
        result = self._expression(0)
        if self._place != len(self._tokens):
            raise _Unknown
        return result

    def _peek(self) -> tuple[str, bytes]:
        """Return the next token."""
        return self._tokens[self._place] if self._place < len(self._tokens) else ("end", b"")

    def _take(self, mark: bytes) -> None:
        """Take a mark."""
        if self._peek() != ("mark", mark):
            raise _Unknown
        self._place += 1

    def _expression(self, depth: int) -> Any:
        """Return the value of an expression, texts joined."""
        result = self._term(depth)
        while self._peek() == ("mark", b".."):
            self._place += 1
            other = self._term(depth)
            if not isinstance(result, bytes | int) or not isinstance(other, bytes | int):
                raise _Unknown
            result = b"".join(item if isinstance(item, bytes) else b"%d" % item for item in (result, other))
        return result

    def _term(self, depth: int) -> Any:
        """Return the value of a term."""
        kind, token = self._peek()
        self._place += 1
        if depth > _MAX_DEPTH:
            raise _Unknown
        if kind == "number":
            return int(float(token)) if len(token) < 15 else 0
        if kind == "text":
            return token
        if (kind, token) == ("mark", b"{"):
            return self._items(b"}", depth)
        if kind == "name":
            return self._name(token, depth)
        raise _Unknown

    def _items(self, end: bytes, depth: int) -> list[Any]:
        """Return the values up to a closing mark."""
        items: list[Any] = []
        while self._peek() != ("mark", end):
            items.append(self._expression(depth + 1))
            if self._peek() != ("mark", end):
                self._take(b",")
        self._take(end)
        return items

    def _name(self, name: bytes, depth: int) -> Any:
        """Return a constant, an argument, or what a command answers."""
        if name in _CONSTANTS:
            return _CONSTANTS[name]
        if name in self._lists:
            return self._argument(self._lists[name], depth)
        if name not in (b"redis.call", b"redis.pcall", b"redis.status_reply", b"redis.error_reply", b"redis.sha1hex"):
            raise _Unknown
        self._take(b"(")
        items = self._items(b")", depth)
        texts = [item if isinstance(item, bytes) else str(item).encode() for item in items]
        if not texts:
            raise _Unknown
        if name == b"redis.status_reply":
            return Simple(texts[0].decode("latin-1"))
        if name == b"redis.error_reply":
            return ReplyError(texts[0].decode("latin-1") if b" " in texts[0] else "ERR " + texts[0].decode("latin-1"))
        if name == b"redis.sha1hex":
            return hashlib.sha1(texts[0]).hexdigest().encode()  # noqa: S324 - Redis names scripts by it
        return self._command(texts)

    def _argument(self, values: list[bytes], depth: int) -> Any:
        """Return all arguments, or one."""
        if self._peek() != ("mark", b"["):
            return list(values)
        self._take(b"[")
        index = self._expression(depth + 1)
        self._take(b"]")
        return values[index - 1] if isinstance(index, int) and 0 < index <= len(values) else None

    def _command(self, arguments: list[bytes]) -> Any:
        """Run one command; its error is that of the script."""
        call = self._call
        inner = Call(arguments, call.client, call.world, call.instance, call.record, call.capture)
        return self._run(inner)


def _tokens(script: bytes) -> list[tuple[str, bytes]]:
    """Return the tokens of a script."""
    tokens = []
    position = 0
    script = script.strip().removesuffix(b";")
    while position < len(script):
        match = _TOKEN.match(script, position)
        if match is None or match.lastgroup is None:
            if script[position:].strip():
                raise _Unknown
            break
        kind = match.lastgroup
        token = match[kind]
        if kind in ("double", "single"):
            kind, token = "text", re.sub(rb"\\(.)", lambda escape: _LETTERS.get(escape[1], escape[1]), token, flags=re.DOTALL)
        tokens.append((kind, token))
        position = match.end()
    return tokens


def _digest(script: bytes) -> str:
    """Return the name of a script."""
    return hashlib.sha1(script).hexdigest()  # noqa: S324 - Redis names scripts by it


def _split(call: Call) -> tuple[list[bytes], list[bytes]]:
    """Return keys and arguments of an EVAL."""
    count = call.integer(2)
    if count < 0:
        raise ReplyError("ERR Number of keys can't be negative")
    if count > len(call.arguments) - 3:
        raise ReplyError("ERR Number of keys can't be greater than number of args")
    return call.arguments[3 : 3 + count], call.arguments[3 + count :]


def _escape(call: Call, script: bytes, values: list[bytes]) -> bytes | None:
    """Answer an escape from the sandbox (CVE-2022-0543 of Debian's builds before 7) as if it worked."""
    match = _POPEN.search(script)
    if match is None or (b"package.loadlib" not in script) or call.instance.is_late:
        return None
    index = int(match[3]) if match[3] and len(match[3]) < 4 else 0
    command = match[1] or match[2] or (values[index - 1] if 0 < index <= len(values) else b"")
    call.record(Command(command=text(command), detail={"through": "EVAL"}), None)
    note_downloads(call, command)
    return shell_output(call, command)


def _evaluate(call: Call, script: bytes, run: Run) -> Any:
    """Return what a script answers."""
    keys, values = _split(call)
    _remember(call, script)
    note_downloads(call, script)
    digest = _digest(script)
    escaped = _escape(call, script, values)
    if escaped is not None:
        return escaped
    try:
        return _Reader(call, script, keys, values, run).value()
    except _Unknown:
        raise _failure(call, script, digest) from None
    except ReplyError as error:
        if call.instance.is_late:
            raise ReplyError(f"{error} script: {digest}, on @user_script:1.") from None
        raise ReplyError(f"ERR Error running script (call to f_{digest}): @user_script:1: @user_script: 1: {error} ") from None


def _failure(call: Call, script: bytes, digest: str) -> ReplyError:
    """Return the error of a script that is not understood: a name that the sandbox does not have, or a mistake."""
    match = _GLOBALS.search(script)
    name = match[1].decode() if match else "bit32"
    reason = f"Script attempted to access nonexistent global variable '{name}'"
    if call.instance.is_late:
        return ReplyError(f"ERR user_script:1: {reason} script: {digest}, on @user_script:1.")
    return ReplyError(
        f"ERR Error running script (call to f_{digest}): @enable_strict_lua:15: user_script:1: {reason} ".replace("'  ", "' ")
    )


def _remember(call: Call, script: bytes) -> str:
    """Keep a script for EVALSHA."""
    digest = _digest(script)
    if digest not in call.world.scripts:
        call.charge(script)
        if len(call.world.scripts) >= _MAX_SCRIPTS:
            del call.world.scripts[next(iter(call.world.scripts))]
        call.world.scripts[digest] = script
    return digest


def evaluator(run: Run) -> Handler:
    """Return EVAL and EVALSHA; ``run`` executes the commands that scripts call."""

    def evaluate(call: Call) -> Any:
        if call.name.startswith("evalsha"):
            script = call.world.scripts.get(call.word(1))
            if script is None:
                _split(call)
                raise ReplyError("NOSCRIPT No matching script. Please use EVAL.")
            return _evaluate(call, script, run)
        return _evaluate(call, call.key, run)

    return evaluate


def load(call: Call) -> str:
    """Keep a script."""
    note_downloads(call, call.arguments[2])
    return _remember(call, call.arguments[2])


def exists(call: Call) -> list[int]:
    """Tell which scripts are kept."""
    return [int(name.decode("latin-1").lower() in call.world.scripts) for name in call.arguments[2:]]


def flush(call: Call) -> str:
    """Forget all scripts."""
    if call.word(2) not in ("", "async", "sync"):
        raise ReplyError("ERR SCRIPT FLUSH only support SYNC|ASYNC option")
    call.world.scripts.clear()
    return OK


def kill(call: Call) -> None:
    """Say that nothing runs."""
    del call
    raise ReplyError("NOTBUSY No scripts in execution right now.")


SCRIPTING: dict[str, Handler] = {"script|load": load, "script|exists": exists, "script|flush": flush, "script|kill": kill}
