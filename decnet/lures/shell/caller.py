# SPDX-License-Identifier: MIT
"""Run simple commands: functions, built-ins, programs found on the path, scripts, files of an attacker."""

import contextlib
import re
from collections.abc import Awaitable

from decnet.lures.shell.expansion import Expander
from decnet.lures.shell.filesystem import SEARCH
from decnet.lures.shell.interpreter import Interpreter
from decnet.lures.shell.invocation import Invocation, reason
from decnet.lures.shell.node import Node
from decnet.lures.shell.options import UsageError
from decnet.lures.shell.process import Process
from decnet.lures.shell.programs import MACHINES, MAGIC, machine_of, program_name
from decnet.lures.shell.redirection import Descriptors, redirected
from decnet.lures.shell.regex import PatternError
from decnet.lures.shell.session import Program
from decnet.lures.shell.state import ExitShell, ReturnFrom, ShellError, State, Value
from decnet.lures.shell.streams import Sink
from decnet.lures.shell.syntax import Assignment, Simple, Word

NOT_FOUND, NOT_EXECUTABLE = 127, 126
MAX_SCRIPT = 256 * 1024
SUPER_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
_USAGE_CODES = {"ls": 2, "grep": 2, "egrep": 2, "fgrep": 2, "sort": 2, "diff": 2, "ps": 1, "tar": 64, "gzip": 1, "dpkg": 2}
_QUIET_USAGE = ("ps", "ip", "ss", "ping", "netstat", "mount", "ifconfig", "dpkg", "apt", "apt-get", "iptables")
_PLAIN = re.compile(r"[A-Za-z0-9_./:=@%+,^~-]+")
_KEEPS_ASSIGNMENTS = ("export", "declare", "typeset", "local", "readonly", ".", "source", "eval", ":", "exec")

_FREE_LENGTH = 256


class Caller(Interpreter):
    """A shell that can call commands."""

    async def simple(self, command: Simple) -> int:
        """Run a simple command."""
        expander = Expander(self)
        self.substitution_status = 0
        argv = await self._argv(expander, command.words)
        if not argv:
            return await self._assign_only(expander, command)
        if "xtrace" in self.state.options:
            self.stderr.write(("+ " + " ".join(map(quoted, argv)) + "\n").encode("utf-8", "surrogateescape"))
        saved = self.descriptors
        restored = self._remember(command.assignments)
        try:
            if command.redirects:
                self.descriptors = await redirected(self, command.redirects)
            for assignment in command.assignments:
                await self._assign(expander, assignment)
                self.state.exported.add(assignment.name)
            return await self.call(argv)
        finally:
            if argv[0] == "exec":
                saved = self.descriptors
            self.descriptors = saved
            if argv[0] not in _KEEPS_ASSIGNMENTS:
                self._restore(restored)

    async def _argv(self, expander: Expander, words: tuple[Word | Assignment, ...]) -> list[str]:
        argv: list[str] = []
        for word in words:
            if isinstance(word, Word):
                argv.extend(await expander.words((word,)))
                continue
            if word.values is not None or word.subscript is not None or word.append:
                await self._assign(expander, word)
                argv.append(word.name)
            else:
                argv.append(f"{word.name}={await expander.assigned(word.value or Word(()))}")
        return argv

    def _remember(self, assignments: tuple[Assignment, ...]) -> dict[str, tuple[Value | None, bool]]:
        names = [assignment.name for assignment in assignments]
        return {name: (self.state.variables.get(name), name in self.state.exported) for name in names}

    def _restore(self, saved: dict[str, tuple[Value | None, bool]]) -> None:
        for name, (value, is_exported) in saved.items():
            self.state.variables.pop(name, None)
            if value is not None:
                self.state.variables[name] = value
            if not is_exported:
                self.state.exported.discard(name)

    async def _assign_only(self, expander: Expander, command: Simple) -> int:
        await redirected(self, command.redirects)
        for assignment in command.assignments:
            await self._assign(expander, assignment)
        return self.substitution_status

    async def _assign(self, expander: Expander, assignment: Assignment) -> None:
        state, name = self.state, assignment.name
        if assignment.values is not None:
            values = await expander.words(assignment.values)
            kept = state.elements(name) if assignment.append else []
            state.set(name, {})
            state.variables[name] = dict(enumerate([*kept, *values]))
            return
        value = await expander.assigned(assignment.value or Word(()))
        await self.budget.step(len(value) // _FREE_LENGTH)
        if assignment.subscript is not None:
            index = await expander.number(assignment.subscript)
            old = (state.element(name, index) or "") if assignment.append else ""
            state.set_element(name, index, old + value)
        else:
            state.set(name, (state.get(name) or "") + value if assignment.append else value)

    async def call(self, argv: list[str], descriptors: Descriptors | None = None) -> int:
        """Run a program, a function or a built-in."""
        saved = self.descriptors
        if descriptors is not None:
            self.descriptors = descriptors
        try:
            name = argv[0]
            if name in self.state.functions:
                return await self._function(argv)
            if name in self.session.builtins:
                return await self.run_program(self.session.builtins[name], argv)
            return await self.call_program(argv)
        finally:
            self.descriptors = saved

    async def _function(self, argv: list[str]) -> int:
        state = self.state
        saved, state.arguments = state.arguments, argv[1:]
        state.locals.append({})
        try:
            return await self.command(state.functions[argv[0]].body)
        except ReturnFrom as end:
            return end.code
        finally:
            state.arguments = saved
            for name, value in state.locals.pop().items():
                state.variables.pop(name, None)
                if value is not None:
                    state.variables[name] = value

    def find(self, name: str) -> str | None:
        """Return the path of a program, searched on PATH."""
        if "/" in name:
            return self.absolute(name)
        path = self.state.get("PATH")
        for folder in (SUPER_PATH if path is None else path).split(":")[:64]:
            candidate = self.absolute(folder or ".").rstrip("/") + "/" + name
            if self.filesystem.access(candidate, SEARCH) and not self.filesystem.is_folder(candidate):
                return candidate
        return None

    def find_file(self, name: str) -> str:
        """Return the path of a script that ``source`` is given: on PATH, else here."""
        folders = (self.state.get("PATH") or "").split(":")[:64]
        candidates = [self.absolute(folder or ".").rstrip("/") + "/" + name for folder in folders]
        return next((path for path in candidates if self.filesystem.exists(path)), self.absolute(name))

    async def call_program(self, argv: list[str]) -> int:
        """Run a program that stands in a file."""
        name = argv[0]
        path = self.find(name) if name else None
        if path is None:
            return self._refuse(f"{name}: not found" if self.state.dialect == "sh" else f"{name}: command not found", NOT_FOUND)
        try:
            node = self.filesystem.node(path)
        except OSError as error:
            return self._refuse(f"{name}: {self._not_found(error)}", NOT_FOUND)
        if node.is_folder:
            return self._refuse(f"{name}: Is a directory", NOT_EXECUTABLE)
        if not self.filesystem.access(path, SEARCH):
            return self._refuse(f"{name}: Permission denied", NOT_EXECUTABLE)
        return await self.execute_file(path, node, argv)

    def _not_found(self, error: OSError) -> str:
        text = reason(error)
        return "not found" if self.state.dialect == "sh" and text.startswith("No such") else text

    def _refuse(self, message: str, code: int) -> int:
        self.complain(message)
        return code

    async def execute_file(self, path: str, node: Node, argv: list[str]) -> int:
        """Run the program that a file holds."""
        name = program_name(node, self.session.programs.__contains__)
        if name is not None:
            program = self.session.programs.get(name)
            return 0 if program is None else await self.run_program(program, argv, path)
        data = node.data[:MAX_SCRIPT]
        if data.startswith(MAGIC):
            return await self._foreign(data, argv)
        if b"\0" in data[:80]:
            return self._refuse(f"{argv[0]}: cannot execute binary file: Exec format error", NOT_EXECUTABLE)
        return await self._script(path, data, argv)

    async def _foreign(self, data: bytes, argv: list[str]) -> int:
        """Run a file of the attacker: it goes to the background and says nothing, as such programs do."""
        architecture = self.session.machine.decoy.persona.architecture
        if machine_of(data) not in (MACHINES.get(architecture, 0), 3 if architecture == "x86_64" else -1):
            return self._refuse(f"{argv[0]}: cannot execute binary file: Exec format error", NOT_EXECUTABLE)
        self.start(" ".join(argv))
        await self.budget.step()
        return 0

    def start(self, command: str) -> int:
        """Add a process that stays, and return its number."""
        pid = self.session.machine.next_pid()
        if len(self.session.processes) < 500:
            self.session.processes.append(
                Process(
                    pid,
                    1,
                    self.account.name,
                    self.account.uid,
                    command[:200],
                    self.session.machine.now(),
                    self.session.tty,
                    "S",
                    1044,
                    2508,
                )
            )
        return pid

    async def _script(self, path: str, data: bytes, argv: list[str]) -> int:
        first = data.split(b"\n", 1)[0]
        if not first.startswith(b"#!"):
            return await self.run_script(data, argv, self.state.dialect)
        line = first[2:256].decode("utf-8", "surrogateescape").strip()
        interpreter, _, argument = line.partition(" ")
        interpreter = interpreter.rstrip("\r")
        base = interpreter.rsplit("/", 1)[-1]
        if base in ("sh", "dash", "bash", "ash") and self.filesystem.exists(interpreter):
            return await self.run_script(data, argv, "bash" if base == "bash" else "sh", argument.strip())
        if not self.filesystem.exists(interpreter) or line.endswith("\r"):
            shown = interpreter + ("^M" if line.endswith("\r") else "")
            return self._refuse(f"{argv[0]}: {shown}: bad interpreter: No such file or directory", NOT_EXECUTABLE)
        return await self.call_program([interpreter, *argument.split(), path, *argv[1:]])

    async def run_script(self, data: bytes, argv: list[str], dialect: str, flags: str = "") -> int:
        """Run the text of a script in a shell of its own."""
        child = self.fork()
        child.state = State(
            variables={name: value for name in self.state.exported if (value := self.state.get(name)) is not None},
            exported=set(self.state.exported),
            arguments=argv[1:],
            name=argv[0],
            dialect=dialect,
            source="file",
            cwd=self.state.cwd,
            depth=self.state.depth + 1,
        )
        child.state.options.update({"e": "errexit", "x": "xtrace", "u": "nounset"}[flag] for flag in flags if flag in "exu")
        text = data.decode("utf-8", "surrogateescape")
        return await child.ended(child.run_text(text))

    async def ended(self, running: Awaitable[int]) -> int:
        """Return the exit code of what runs in this shell, whatever ended it; run its EXIT trap."""
        try:
            code = await running
        except (ExitShell, ReturnFrom) as end:
            code = end.code
        trap = self.state.traps.pop("EXIT", None)
        if trap:
            with contextlib.suppress(ExitShell):
                await self.run_text(trap)
        return code

    async def run_program(self, program: Program, argv: list[str], path: str = "") -> int:
        """Run a program of the registry."""
        pid = self.session.machine.next_pid() if path else self.session.pid
        invocation = Invocation(
            argv=argv,
            stdin=self.stdin,
            stdout=self._sink(1),
            stderr=self._sink(2),
            shell=self,
            environment=self.state.environment(),
            pid=pid,
            path=path,
        )
        running = Process(
            pid,
            self.pid,
            self.account.name,
            self.account.uid,
            " ".join(argv)[:200],
            self.session.machine.now(),
            self.session.tty,
            "R+",
            3168,
            9792,
        )
        if path:
            self.session.processes.append(running)
        try:
            return await self._guard(program, invocation)
        finally:
            if path and running in self.session.processes:
                self.session.processes.remove(running)

    def _sink(self, number: int) -> Sink:
        stream = self.descriptors.get(number)
        return stream if isinstance(stream, Sink) else Sink()

    async def _guard(self, program: Program, invocation: Invocation) -> int:
        """Run a command; what it raises becomes its message and exit code."""
        name = invocation.name
        try:
            return await program(invocation)
        except UsageError as error:
            base = name.rsplit("/", 1)[-1]
            invocation.fail(str(error))
            if base not in _QUIET_USAGE and name not in self.session.builtins:
                invocation.error(f"Try '{name} --help' for more information.")
            return _USAGE_CODES.get(base, 2 if name in self.session.builtins else 1)
        except PatternError as error:
            return invocation.fail(str(error), 2)
        except OSError as error:
            return invocation.fail(f"{error.filename or ''}: {reason(error)}" if error.filename else reason(error))
        except (ValueError, OverflowError):
            return invocation.fail("invalid argument")
        except ShellError as error:
            if name in self.session.builtins:
                raise ShellError(f"{name}: {error.message}", error.code, is_fatal=error.is_fatal) from error
            return invocation.fail(error.message, error.code)


def quoted(text: str) -> str:
    """Return ``text`` as a word of a script."""
    if _PLAIN.fullmatch(text):
        return text
    return "'" + text.replace("'", "'\\''") + "'"
