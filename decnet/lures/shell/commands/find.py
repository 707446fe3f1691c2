# SPDX-License-Identifier: MIT
"""``find``."""

import re
import stat
from collections.abc import Awaitable, Callable

from decnet.lures.shell.commands.listing import Entry, walk
from decnet.lures.shell.invocation import Invocation, curly, reason
from decnet.lures.shell.pattern import matches

Test = Callable[[Invocation, str, Entry], Awaitable[bool]]
_KINDS = {"f": stat.S_ISREG, "d": stat.S_ISDIR, "l": stat.S_ISLNK, "c": stat.S_ISCHR, "b": stat.S_ISBLK, "p": stat.S_ISFIFO,
          "s": stat.S_ISSOCK}  # fmt: skip
_UNITS = {"c": 1, "w": 2, "b": 512, "": 512, "k": 1024, "M": 1024**2, "G": 1024**3}
_DAY, _MINUTE = 86400, 60


class FindError(Exception):
    """An expression is wrong."""


def _number(text: str, value: float) -> bool:
    match = re.fullmatch(r"([-+]?)([0-9]{1,12})", text)
    if match is None:
        raise FindError(f"invalid argument `{text}'")
    wanted = int(match[2])
    return value < wanted if match[1] == "-" else value > wanted if match[1] == "+" else value == wanted


class _Expression:
    def __init__(self, call: Invocation, words: list[str]) -> None:
        self.call = call
        self.words = words
        self.acts = False
        self.max_depth = 1000
        self.min_depth = 0
        self.commands: list[tuple[list[str], list[str]]] = []

    def parse(self) -> Test:
        test = self._either()
        if self.words:
            raise FindError(f"paths must precede expression: `{self.words[0]}'")
        return test

    def _either(self) -> Test:
        tests = [self._both()]
        while self.words[:1] in (["-o"], ["-or"]):
            del self.words[0]
            tests.append(self._both())

        async def any_of(call: Invocation, name: str, entry: Entry) -> bool:
            for test in tests:
                if await test(call, name, entry):
                    return True
            return False

        return any_of

    def _both(self) -> Test:
        tests: list[Test] = []
        while self.words and self.words[0] not in ("-o", "-or", ")"):
            if self.words[0] in ("-a", "-and"):
                del self.words[0]
                continue
            tests.append(self._single())

        async def all_of(call: Invocation, name: str, entry: Entry) -> bool:
            for test in tests:
                if not await test(call, name, entry):
                    return False
            return True

        return all_of

    def _single(self) -> Test:
        word = self.words.pop(0)
        if word in ("!", "-not"):
            inner = self._single()

            async def negated(call: Invocation, name: str, entry: Entry) -> bool:
                return not await inner(call, name, entry)

            return negated
        if word == "(":
            group = self._either()
            if self.words[:1] != [")"]:
                raise FindError("invalid expression; I was expecting to find a ')' somewhere but did not see one.")
            del self.words[0]
            return group
        return self._primary(word)

    def _value(self, word: str) -> str:
        if not self.words:
            raise FindError(f"missing argument to `{word}'")
        return self.words.pop(0)

    def _primary(self, word: str) -> Test:
        if word in ("-exec", "-ok", "-execdir"):
            return self._execution()
        if word in ("-print", "-print0", "-delete", "-ls", "-quit", "-prune"):
            self.acts = self.acts or word != "-prune"
            return {"-print": _print, "-print0": _print_zero, "-delete": _delete, "-ls": _print}.get(word, _true)
        if word in ("-maxdepth", "-mindepth"):
            depth = self._value(word)
            if not depth.isdecimal():
                raise FindError(f"Expected a positive decimal integer argument to {word}, but got `{depth}'")
            setattr(self, "max_depth" if word == "-maxdepth" else "min_depth", int(depth[:5]))
            return _true
        if word in ("-depth", "-xdev", "-mount", "-noleaf", "-follow", "-daystart"):
            return _true
        return self._test(word)

    def _test(self, word: str) -> Test:
        tests: dict[str, Callable[[str], Callable[[str, Entry], bool]]] = {
            "-name": lambda value: lambda name, _: matches(value, name.rpartition("/")[2] or "/"),
            "-iname": lambda value: lambda name, _: matches(value.lower(), name.rsplit("/", 1)[-1].lower()),
            "-path": lambda value: lambda name, _: matches(value, name),
            "-wholename": lambda value: lambda name, _: matches(value, name),
            "-type": lambda value: (
                lambda _, entry: any(_KINDS.get(kind, _never)(entry.status.mode) for kind in value.split(","))
            ),
            "-perm": lambda value: lambda _, entry: _permitted(value, stat.S_IMODE(entry.status.mode)),
            "-size": lambda value: lambda _, entry: _sized(value, entry.status.size),
            "-mtime": lambda value: lambda _, entry: _number(value, (self.call.machine.now() - entry.status.modified) // _DAY),
            "-mmin": lambda value: (
                lambda _, entry: _number(value, (self.call.machine.now() - entry.status.modified) // _MINUTE)
            ),
            "-uid": lambda value: lambda _, entry: _number(value, entry.status.uid),
            "-user": lambda value: (
                lambda _, entry: value in (self.call.shell.accounts.user_name(entry.status.uid), str(entry.status.uid))
            ),
            "-group": lambda value: lambda _, entry: self.call.shell.accounts.group_name(entry.status.gid) == value,
            "-newer": lambda value: lambda _, entry: entry.status.modified > self._modified(value),
        }
        tests |= {"-ctime": tests["-mtime"], "-atime": tests["-mtime"], "-cmin": tests["-mmin"], "-amin": tests["-mmin"]}
        if word in ("-empty", "-writable", "-readable", "-executable"):
            return _empty if word == "-empty" else _access({"-writable": 2, "-readable": 4, "-executable": 1}[word])
        if word not in tests:
            raise FindError(f"unknown predicate `{word}'")
        decide = tests[word](self._value(word))

        async def test(_: Invocation, name: str, entry: Entry) -> bool:
            return decide(name, entry)

        return test

    def _modified(self, path: str) -> float:
        return self.call.filesystem.stat(self.call.absolute(path)).modified

    def _execution(self) -> Test:
        self.acts = True
        argv: list[str] = []
        while self.words and self.words[0] != ";" and not (self.words[0] == "+" and argv[-1:] == ["{}"]):
            argv.append(self.words.pop(0))
        if not self.words or not argv:
            raise FindError("missing argument to `-exec'")
        end = self.words.pop(0)
        if end == "+":
            names: list[str] = []
            self.commands.append((argv[:-1], names))

            async def collect(_: Invocation, name: str, __: Entry) -> bool:
                names.append(name)
                return True

            return collect

        async def run(call: Invocation, name: str, _: Entry) -> bool:
            await call.shell.budget.step(4)
            return await call.shell.call([word.replace("{}", name) for word in argv]) == 0

        return run


def _never(_: int) -> bool:
    return False


async def _true(_: Invocation, __: str, ___: Entry) -> bool:
    return True


async def _print(call: Invocation, name: str, _: Entry) -> bool:
    call.line(name)
    return True


async def _print_zero(call: Invocation, name: str, _: Entry) -> bool:
    call.out(name + "\0")
    return True


async def _delete(call: Invocation, name: str, entry: Entry) -> bool:
    try:
        (call.filesystem.rmdir if stat.S_ISDIR(entry.status.mode) else call.filesystem.unlink)(entry.path)
    except OSError as error:
        call.fail(f"cannot delete '{name}': {reason(error)}")
        return False
    return True


async def _empty(call: Invocation, _: str, entry: Entry) -> bool:
    if stat.S_ISDIR(entry.status.mode):
        return not call.filesystem.listdir(entry.path)
    return stat.S_ISREG(entry.status.mode) and entry.status.size == 0


def _access(wanted: int) -> Test:
    async def test(call: Invocation, _: str, entry: Entry) -> bool:
        return call.filesystem.access(entry.path, wanted)

    return test


def _permitted(text: str, mode: int) -> bool:
    match = re.fullmatch(r"([-/+]?)([0-7]{1,5})", text)
    if match is None:
        letters = {"u": 0o4000 if "s" in text else 0o700, "g": 0o2000 if "s" in text else 0o070, "o": 0o007, "a": 0o111}
        wanted = sum(
            bits for letter, bits in letters.items() if letter in text.split("=", maxsplit=1)[0].split("+", maxsplit=1)[0]
        )
        return mode & wanted == wanted
    wanted = int(match[2], 8)
    if match[1] == "-":
        return mode & wanted == wanted
    return bool(mode & wanted) if match[1] else mode == wanted


def _sized(text: str, size: int) -> bool:
    match = re.fullmatch(r"([-+]?[0-9]{1,12})([cwbkMG]?)", text)
    if match is None:
        raise FindError(f"invalid -size type `{text[-1:]}'")
    return _number(match[1], -(-size // _UNITS[match[2]]))


async def find(call: Invocation) -> int:
    """``find``."""
    words = [word for word in call.arguments if word not in ("-L", "-P", "-H")]
    paths = []
    while words and not words[0].startswith("-") and words[0] not in ("(", "!"):
        paths.append(words.pop(0))
    expression = _Expression(call, words)
    code = 0
    try:
        test = expression.parse()
        for path in paths or ["."]:
            try:
                call.filesystem.lstat(call.absolute(path))
            except OSError as error:
                code = call.fail(f"{curly(path)}: {reason(error)}")
                continue
            await _search(call, path, expression, test)
        for argv, names in expression.commands:
            if names:
                await call.shell.call([*argv, *names])
    except FindError as error:
        return call.fail(str(error))
    return code


async def _search(call: Invocation, path: str, expression: _Expression, test: Test) -> None:
    base = path.rstrip("/").count("/")
    deleted_last = "-delete" in call.arguments or "-depth" in call.arguments
    found = []
    async for name, entry in walk(call, path, expression.max_depth):
        if name.rstrip("/").count("/") - base < expression.min_depth:
            continue
        if deleted_last:
            found.append((name, entry))
        elif await test(call, name, entry) and not expression.acts:
            call.line(name)
    for name, entry in reversed(found):
        if await test(call, name, entry) and not expression.acts:
            call.line(name)


PROGRAMS = {"find": find}
