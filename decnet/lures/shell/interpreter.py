# SPDX-License-Identifier: MIT
"""Execute a parsed script: lists, pipelines, compound commands, subshells."""

import asyncio
import contextlib
import re
import time
from abc import abstractmethod

from decnet.lures.shell.accounts import Account
from decnet.lures.shell.budget import DEPTH, PROCESSES, SEGFAULT, Budget, ExhaustedError
from decnet.lures.shell.control import Control
from decnet.lures.shell.parser import Parser
from decnet.lures.shell.redirection import redirected
from decnet.lures.shell.session import Job
from decnet.lures.shell.state import BreakLoop, ExitShell, ReturnFrom, ShellError
from decnet.lures.shell.streams import BrokenOutputError, Capture, Pipe, Source
from decnet.lures.shell.syntax import (
    Command,
    Function,
    Group,
    IncompleteError,
    Item,
    Pipeline,
    Script,
    ScriptError,
    Simple,
)

BACKGROUND_STEPS = 3_000
FOREVER = float("inf")
SIGPIPE = 141
_UNEXPECTED = re.compile(r"syntax error near unexpected token `(.*)'", re.DOTALL)


class Interpreter(Control):
    """
    One shell: its state, its streams, whose rights it has.

    ``call`` runs a program, function or built-in; the class that knows them provides it.
    """

    def fork(self, *, account: Account | None = None, budget: Budget | None = None) -> "Interpreter":
        """Return a subshell."""
        child = type(self)(self.session, self.state.copy(), account or self.account, dict(self.descriptors))
        child.filesystem.umask = self.filesystem.umask
        child.budget = budget or self.budget
        child.waits, child.pid, child.slept = self.waits, self.pid, self.slept
        child.last_background = self.last_background
        return child

    async def run_text(self, text: str) -> int:
        """Run a script, one complete command after the other, as bash does."""
        parser = Parser(text, aliases=self.state.aliases if self.is_interactive else None)
        while True:
            try:
                script = parser.next_command()
            except ScriptError as error:
                self.syntax_error(error, text, parser.at)
                return self.state.status
            if script is None:
                return self.state.status
            await self.execute(script)

    def syntax_error(self, error: ScriptError, text: str, at: int) -> None:
        """Say what is wrong with a script, as this shell would."""
        self.state.status = 2
        self.state.line = text.count("\n", 0, at) + 1
        message = str(error)
        name = f"{self.state.name}: -c" if self.state.source == "command" else self.state.name
        where = f"{name}: " if self.is_interactive else f"{name}: line {self.state.line}: "
        if self.state.dialect == "sh":
            match = _UNEXPECTED.match(message)
            shown = f'"{match[1]}" unexpected' if match else "end of file unexpected"
            lines = [f"{self.state.prefix}Syntax error: {shown}"]
        else:
            is_end = isinstance(error, IncompleteError)
            shown = f"syntax error: {message}" if message == "unexpected end of file" else message
            lines = [where + shown]
            if not is_end and not self.is_interactive:
                lines.append(f"{where}`{text.splitlines()[self.state.line - 1] if text.strip() else ''}'")
        self.stderr.write(("\n".join(lines) + "\n").encode("utf-8", "surrogateescape"))

    async def execute(self, script: Script) -> int:
        """Run the items of a script."""
        for item in script.items:
            self.state.line = item.line
            await self.budget.step()
            if item.background:
                await self._background(item)
            else:
                await self._item(item)
        return self.state.status

    async def _item(self, item: Item) -> None:
        pipelines = [("", item.first), *item.rest]
        for index, (operator, pipeline) in enumerate(pipelines):
            if operator and (operator == "&&") != (self.state.status == 0):
                continue
            is_last = index == len(pipelines) - 1
            self.state.guarded += not is_last
            try:
                await self._pipeline(pipeline)
            finally:
                self.state.guarded -= not is_last
            if is_last and self.state.status and not pipeline.negated:
                self._leave_on_error()

    def _leave_on_error(self) -> None:
        if "errexit" in self.state.options and not self.state.guarded:
            raise ExitShell(self.state.status)

    async def _pipeline(self, pipeline: Pipeline) -> None:
        began = time.monotonic()
        if len(pipeline.commands) == 1:
            self.state.guarded += pipeline.negated
            try:
                status = await self.command(pipeline.commands[0])
            finally:
                self.state.guarded -= pipeline.negated
        else:
            status = await self._piped(pipeline.commands)
        self.state.status = int(not status) if pipeline.negated else status
        if pipeline.timed:
            seconds = time.monotonic() - began + 0.002
            text = f"\nreal\t0m{seconds:.3f}s\nuser\t0m0.001s\nsys\t0m0.001s\n"
            self.stderr.write(text.encode())

    async def _piped(self, commands: tuple[Command, ...]) -> int:
        self.budget.processes += len(commands)
        try:
            if self.budget.processes > PROCESSES:
                self.complain("fork: retry: Resource temporarily unavailable")
                self.budget.ended = ExhaustedError("", 254)
                self.budget.check()
            pipes = [Pipe() for _ in commands[1:]]
            async with asyncio.TaskGroup() as group:
                tasks = [
                    group.create_task(
                        self._stage(command, pipes[at - 1] if at else None, pipes[at] if at < len(pipes) else None)
                    )
                    for at, command in enumerate(commands)
                ]
        finally:
            self.budget.processes -= len(commands)
        self.budget.check()
        codes = [task.result() for task in tasks]
        self.state.variables["PIPESTATUS"] = {at: str(code) for at, code in enumerate(codes)}
        failed = [code for code in codes if code]
        return failed[-1] if failed and "pipefail" in self.state.options else codes[-1]

    async def _stage(self, command: Command, before: Pipe | None, after: Pipe | None) -> int:
        child = self.fork()
        if before is not None:
            child.descriptors[0] = before
        if after is not None:
            child.descriptors[1] = after.input
        try:
            return await child.contained(command)
        finally:
            if after is not None:
                after.end_writing()
            if before is not None:
                before.end_reading()

    async def contained(self, command: Command) -> int:
        """Run a command in this subshell; whatever ends the subshell becomes its exit code."""
        try:
            return await self.command(command)
        except (ExitShell, ReturnFrom) as end:
            return end.code
        except BreakLoop:
            return 0
        except BrokenOutputError:
            return SIGPIPE
        except ExhaustedError as end:
            return end.code
        except RecursionError:
            return SEGFAULT

    async def _background(self, item: Item) -> None:
        budget = Budget(steps=BACKGROUND_STEPS) if self.waits else self.budget
        child = self.fork(budget=budget)
        child.descriptors.setdefault(0, Source())
        child.descriptors[0] = Source()
        child.waits, child.slept, child.state.source = False, 0.0, "command"
        child.state.name = self.state.name if self.state.dialect == "sh" else "bash"
        pid = self.last_background = self.session.machine.next_pid()
        job = Job(max((job.number for job in self.session.jobs), default=0) + 1, pid, item.source, FOREVER)
        if self.is_interactive:
            self.session.jobs.append(job)
            self.stderr.write(f"[{job.number}] {pid}\n".encode())
        plain = Item(item.first, item.rest, background=False, source=item.source, line=item.line)
        with contextlib.suppress(ExitShell, ReturnFrom, BreakLoop, BrokenOutputError):
            child.state.depth += 1
            if child.state.depth <= DEPTH and len(self.session.jobs) <= PROCESSES:
                with contextlib.suppress(ExhaustedError, RecursionError):
                    await child.execute(Script((plain,)))
                    job.ends_at = time.monotonic() + child.slept
        self.state.status = 0
        if budget is not self.budget:
            await self.budget.step(BACKGROUND_STEPS - budget.left)

    async def command(self, command: Command) -> int:
        """Run one command and return its exit code."""
        self.state.depth += 1
        if self.state.depth > DEPTH:
            self.state.depth -= 1
            raise ExhaustedError("Segmentation fault", SEGFAULT)
        try:
            self.state.status = await self._dispatch(command)
        except ShellError as error:
            self.complain(error.message)
            self.state.status = error.code
            if error.is_fatal and not self.is_interactive:
                raise ExitShell(error.code) from error
        finally:
            self.state.depth -= 1
        return self.state.status

    async def _dispatch(self, command: Command) -> int:
        if isinstance(command, Simple):
            return await self.simple(command)
        if isinstance(command, Function):
            self.state.functions[command.name] = command
            return 0
        saved = self.descriptors
        try:
            if command.redirects:
                self.descriptors = await redirected(self, command.redirects)
            return await self._compound(command)
        finally:
            self.descriptors = saved

    @abstractmethod
    async def simple(self, command: Simple) -> int:
        """Run a simple command."""

    async def capture(self, script: Script) -> str:
        """Run a command substitution and return its output without the line ends at its end."""
        data = await self.capture_bytes(script)
        return data.replace(b"\0", b"").rstrip(b"\n").decode("utf-8", "surrogateescape")

    async def capture_bytes(self, script: Script) -> bytes:
        """Run a script in a subshell and return what it wrote."""
        output = Capture(self.budget)
        child = self.fork()
        child.descriptors[1] = output
        self.substitution_status = await child.contained(Group(script, is_subshell=False))
        self.budget.check()
        return bytes(output.data)

    async def process_substitution(self, script: Script, direction: str) -> str:
        """Run ``<(...)`` and return a file with its output; ``>(...)`` forgets what it gets."""
        if direction == ">":
            return "/dev/null"
        data = await self.capture_bytes(script)
        path = f"/dev/shm/.{self.pid}{self.random.randrange(1 << 30)}"  # noqa: S108 - a folder of the pretended machine
        self.session.filesystem.write(path, data)
        return path
