# SPDX-License-Identifier: MIT
"""The state of one shell: variables, functions, options, where it stands; a subshell has a copy."""

from dataclasses import dataclass, field

from decnet.lures.shell.syntax import Function

Value = str | dict[int, str]
MAX_VALUE = 256 * 1024
MAX_VARIABLES = 4096


class ShellError(Exception):
    """A command of the shell itself fails: the message without the prefix, and the exit code."""

    def __init__(self, message: str, code: int = 1, *, is_fatal: bool = False) -> None:
        super().__init__(message)
        self.message = message
        self.code = code
        self.is_fatal = is_fatal


class BreakLoop(Exception):  # noqa: N818 - control flow, not an error
    """``break`` or ``continue`` (``goes_on``) out of ``levels`` loops."""

    def __init__(self, levels: int, *, goes_on: bool) -> None:
        super().__init__(levels)
        self.levels = levels
        self.goes_on = goes_on


class ReturnFrom(Exception):  # noqa: N818 - control flow, not an error
    """``return`` with a code."""

    def __init__(self, code: int) -> None:
        super().__init__(code)
        self.code = code


class ExitShell(Exception):  # noqa: N818 - control flow, not an error
    """``exit`` with a code."""

    def __init__(self, code: int) -> None:
        super().__init__(code)
        self.code = code


@dataclass
class State:
    """
    What a subshell inherits and cannot give back.

    ``name`` is ``$0``; ``dialect`` is ``bash`` or ``sh`` (dash, whose messages differ); ``source`` says where commands
    come from: ``interactive``, ``command`` (-c) or ``file``.
    """

    variables: dict[str, Value] = field(default_factory=dict)
    exported: set[str] = field(default_factory=set)
    readonly: set[str] = field(default_factory=set)
    functions: dict[str, Function] = field(default_factory=dict)
    aliases: dict[str, str] = field(default_factory=dict)
    arguments: list[str] = field(default_factory=list)
    options: set[str] = field(default_factory=set)
    locals: list[dict[str, Value | None]] = field(default_factory=list)
    name: str = "bash"
    dialect: str = "bash"
    source: str = "interactive"
    cwd: str = "/"
    status: int = 0
    line: int = 1
    loops: int = 0
    guarded: int = 0
    depth: int = 0
    traps: dict[str, str] = field(default_factory=dict)

    def copy(self) -> "State":
        """Return the state of a subshell."""
        twin = State(**vars(self))
        twin.variables = {name: dict(value) if isinstance(value, dict) else value for name, value in self.variables.items()}
        twin.exported, twin.readonly, twin.options = set(self.exported), set(self.readonly), set(self.options)
        twin.functions, twin.aliases = dict(self.functions), dict(self.aliases)
        twin.arguments, twin.locals, twin.traps = list(self.arguments), [dict(saved) for saved in self.locals], {}
        return twin

    @property
    def prefix(self) -> str:
        """What stands before a message of this shell."""
        if self.dialect == "sh":
            return f"{self.name}: {self.line}: "
        if self.source == "interactive":
            return f"{self.name}: "
        return f"{self.name}: line {self.line}: "

    def get(self, name: str) -> str | None:
        """Return the value of a variable, the first element of an array."""
        value = self.variables.get(name)
        return value.get(0) if isinstance(value, dict) else value

    def element(self, name: str, index: int) -> str | None:
        """Return one element of an array; a plain variable is one of a single element."""
        value = self.variables.get(name)
        if isinstance(value, dict):
            return value.get(max(value, default=-1) + 1 + index if index < 0 else index)
        return value if index in (0, -1) else None

    def elements(self, name: str) -> list[str]:
        """Return all elements of an array."""
        value = self.variables.get(name)
        if isinstance(value, dict):
            return [value[index] for index in sorted(value)]
        return [] if value is None else [value]

    def set(self, name: str, value: Value) -> None:
        """Set a variable; raise ``ShellError`` where that is not allowed."""
        if name in self.readonly:
            raise ShellError(f"{name}: readonly variable")
        size = len(value) if isinstance(value, str) else sum(map(len, value.values())) + 8 * len(value)
        if size > MAX_VALUE or (name not in self.variables and len(self.variables) >= MAX_VARIABLES):
            raise ShellError("xrealloc: cannot allocate 18446744071562067968 bytes", 2, is_fatal=True)
        old = self.variables.get(name)
        if isinstance(old, dict) and isinstance(value, str):
            value = {**old, 0: value}
        self.variables[name] = value

    def set_element(self, name: str, index: int, value: str) -> None:
        """Set one element of an array."""
        old = self.variables.get(name)
        array = dict(old) if isinstance(old, dict) else {} if old is None else {0: old}
        array[index if index >= 0 else max(array, default=-1) + 1 + index] = value
        self.set(name, array)

    def unset(self, name: str) -> None:
        """Forget a variable."""
        if name in self.readonly:
            raise ShellError(f"unset: {name}: cannot unset: readonly variable")
        self.variables.pop(name, None)
        self.exported.discard(name)

    def environment(self) -> dict[str, str]:
        """Return what programs get."""
        return {name: value for name in sorted(self.exported) if (value := self.get(name)) is not None}
