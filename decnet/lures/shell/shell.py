# SPDX-License-Identifier: MIT
"""
The login shell of one session: what a lure talks to.

A line's output is held back until the line is done or has to wait, so that the observer hears of a command before the
client sees its outcome.
"""

import asyncio
import re
import time
from collections.abc import AsyncIterator, Callable, Mapping

from decnet.domain.captured import text as captured
from decnet.lures.shell.accounts import Account
from decnet.lures.shell.arrival import Arrival
from decnet.lures.shell.budget import SEGFAULT, Budget, ExhaustedError
from decnet.lures.shell.caller import SUPER_PATH, Caller
from decnet.lures.shell.commands.registry import BUILTINS, PROGRAMS
from decnet.lures.shell.completion import complete
from decnet.lures.shell.filesystem import Filesystem
from decnet.lures.shell.interpreter import Interpreter
from decnet.lures.shell.machine import Machine
from decnet.lures.shell.parser import Parser
from decnet.lures.shell.processes import login_processes, proc_folder
from decnet.lures.shell.prompt import expand_prompt
from decnet.lures.shell.redirection import Descriptors
from decnet.lures.shell.session import MAX_COMMAND, Session
from decnet.lures.shell.state import BreakLoop, ExitShell, ReturnFrom, State
from decnet.lures.shell.streams import BrokenOutputError, IteratorSource, Output, Source
from decnet.lures.shell.syntax import IncompleteError, ScriptError
from decnet.lures.shell.terminal import Observer, Terminal
from decnet.lures.shell.text.greeting import greeting

__all__ = ["Observer", "Shell", "Terminal"]

MAX_LINE = 64 * 1024
MAX_HELD = 64 * 1024
MAX_HISTORY = 1000
MAX_CONTINUED = 500
_INTERRUPTED = 130
USER_PATH = "/usr/local/bin:/usr/bin:/bin:/usr/local/games:/usr/games"
_COLOURS = {"ls": "ls --color=auto"}
_HISTORY = re.compile(r"!(!|-?\d{1,4}|[A-Za-z][\w./-]*)")


class _TerminalSource(Source):
    """The client's keyboard."""

    def __init__(self, terminal: Terminal, before: Callable[[], None]) -> None:
        super().__init__()
        self.is_terminal = True
        self._terminal = terminal
        self._before = before

    async def fetch(self) -> bytes:
        self._before()
        line = await self._terminal.read_line("")
        return b"" if line is None else line + b"\n"


class Shell:
    """
    A login shell on a machine, with a file system of its own.

    ``terminal`` is ``None`` where none was asked for. ``finished`` is set when the client left the shell; ``exit_code``
    is then what it left with. One line runs at a time; cancel the task that runs it to interrupt it, then go on.
    """

    def __init__(
        self,
        machine: Machine,
        filesystem: Filesystem,
        username: str,
        observer: Observer,
        terminal: Terminal | None,
        *,
        arrival: Arrival,
        environment: Mapping[str, str] | None = None,
    ) -> None:
        self._session = Session(machine, filesystem, observer, terminal, arrival, builtins=BUILTINS, programs=PROGRAMS)
        self._session.flush = self._flush
        self._session.enter = self._enter
        self._session.pid = machine.next_pid()
        self._session.tty = "pts/0" if terminal else "?"
        account = machine.account(filesystem, username)
        self._session.processes = login_processes(machine, self._session, account)
        filesystem.mount("/proc", proc_folder(machine, self._session.all_processes))
        self._stack: list[Interpreter] = [self._login(account, dict(environment or {}), terminal)]
        self._held: list[tuple[Callable[[bytes], None], bytes]] = []
        self._held_size = 0
        self._line: bytes | None = None
        self._is_told = self._is_shown = True
        self._secrets_before = 0
        self._session.history = self._load_history(account)
        self.finished = False
        self.exit_code = 0

    @property
    def history(self) -> list[str]:
        """The lines that were typed, those of earlier logins first."""
        return self._session.history

    @property
    def prompt(self) -> str:
        """The prompt, as PS1 has it."""
        return expand_prompt(self._stack[-1])

    @property
    def brackets_paste(self) -> bool:
        """Whether the shell asks the terminal to mark what is pasted."""
        return self._session.machine.release.brackets_paste

    def greeting(self) -> bytes:
        """Return what is shown after a login: the message of the day, and the last login."""
        return greeting(self._session)

    def complete(self, text: bytes) -> list[bytes]:
        """Return what the last word of ``text`` may be completed to, sorted, each the whole word."""
        return complete(self._stack[-1], text)

    def needs_more(self, text: bytes) -> bool:
        """
        Return whether ``text`` ends inside a construct (a loop, a quotation, a here-document) that the next line goes on.

        Who reads a script line by line without a terminal adds lines until this is false, and then runs the whole. What is
        longer than a line may be needs no more: it is wrong, and the shell says so.
        """
        if len(text) > MAX_LINE or text.count(b"\n") > MAX_CONTINUED:
            return False
        return _is_unfinished(text.decode("utf-8", "surrogateescape"), self._stack[-1].state.aliases)

    async def run_line(self, line: bytes) -> int:
        """Run one line that was typed; unfinished constructs ask for more lines. Return the exit code."""
        self._announce_jobs()
        shell = self._stack[-1]
        source = self._remember(line[:MAX_LINE].decode("utf-8", "surrogateescape"))
        text = await self._whole(source)
        self._begin(text.encode("utf-8", "surrogateescape"))
        try:
            await self._guarded(shell, text)
        except asyncio.CancelledError:
            shell.state.status = _INTERRUPTED
            raise
        finally:
            shell.state.loops = shell.state.guarded = shell.state.depth = 0
            self._end(shell.state.status)
        return shell.state.status

    async def run_command(
        self, command: bytes, stdin: AsyncIterator[bytes], stdout: Callable[[bytes], None], stderr: Callable[[bytes], None]
    ) -> int:
        """Run the command of an exec request, as ``bash -c`` would; return the exit code."""
        shell = self._stack[-1]
        shell.state.source, shell.state.name, shell.state.aliases = "command", "bash", {}
        shell.descriptors = {
            0: IteratorSource(stdin, self._flush),
            1: Output(lambda data: self._hold(stdout, data), self._budget),
            2: Output(lambda data: self._hold(stderr, data), self._budget),
        }
        self._begin(command)
        try:
            await self._guarded(shell, command[:MAX_LINE].decode("utf-8", "surrogateescape"), is_last=True)
        finally:
            self._end(shell.state.status)
        self.finished = True
        self.exit_code = shell.state.status
        return self.exit_code

    def _budget(self) -> Budget:
        return self._session.budget

    def _login(self, account: Account, environment: dict[str, str], terminal: Terminal | None) -> Caller:
        session = self._session
        variables = {
            **{name: value for name, value in environment.items() if name.isidentifier()},
            "HOME": account.home,
            "LOGNAME": account.name,
            "USER": account.name,
            "SHELL": account.shell,
            "PATH": SUPER_PATH if account.uid == 0 else USER_PATH,
            "PWD": account.home,
            "MAIL": f"/var/mail/{account.name}",
            **session.arrival.environment(session.machine.address, session.peer_port, has_terminal=terminal is not None),
            "LANG": "en_US.UTF-8",
            "SHLVL": "1",
        }
        if terminal is not None:
            variables["TERM"] = terminal.name
        state = State(
            variables=dict(variables), exported=set(variables), name="-bash", cwd=session.arrival.folder or account.home
        )
        state.variables |= {"IFS": " \t\n", "PS1": r"\u@\h:\w\$ ", "PS2": "> ", "HISTFILE": f"{account.home}/.bash_history"}
        state.variables |= self._session.machine.shell_variables(account.uid)
        if account.uid:
            state.aliases.update(_COLOURS)
        shell = Caller(self._session, state, account, self._descriptors(terminal))
        if not shell.filesystem.is_folder(state.cwd):
            state.cwd = "/"
            state.set("PWD", "/")
        return shell

    def _descriptors(self, terminal: Terminal | None) -> Descriptors:
        if terminal is None:
            return {}
        screen = Output(lambda data: self._hold(terminal.write, data), self._budget, is_terminal=True)
        return {0: _TerminalSource(terminal, self._flush), 1: screen, 2: screen}

    def _load_history(self, account: Account) -> list[str]:
        try:
            data = self._session.filesystem.read(f"{account.home}/.bash_history")
        except OSError:
            return []
        return data.decode("utf-8", "surrogateescape").splitlines()[-MAX_HISTORY:]

    def _remember(self, line: str) -> str:
        """Expand ``!!`` and its kin, and add the line to the history."""
        history = self._session.history
        expanded = _HISTORY.sub(self._recalled, line) if "!" in line and "'" not in line else line
        if expanded.strip() and (not history or history[-1] != expanded):
            history.append(expanded)
            del history[:-MAX_HISTORY]
        return expanded

    def _recalled(self, match: re.Match[str]) -> str:
        history, wanted = self._session.history, match[1]
        if match.string[match.end() : match.end() + 1] == "=" or match.string[match.start() - 1 : match.start()] in ("$", "{"):
            return match[0]
        if wanted == "!":
            return history[-1] if history else match[0]
        if wanted.lstrip("-").isdigit():
            index = int(wanted) - 1 if int(wanted) > 0 else len(history) + int(wanted)
            return history[index] if 0 <= index < len(history) else match[0]
        return next((line for line in reversed(history) if line.startswith(wanted)), match[0])

    async def _whole(self, text: str) -> str:
        """Ask for more lines while the script is unfinished."""
        terminal = self._session.terminal
        for _ in range(MAX_CONTINUED):
            if terminal is None or not self.needs_more(text.encode("utf-8", "surrogateescape")):
                break
            more = await terminal.read_line("> ")
            if more is None:
                break
            text += "\n" + more.decode("utf-8", "surrogateescape")
        return text

    async def _guarded(self, shell: Interpreter, text: str, *, is_last: bool = False) -> None:
        """Run a script; what ends it early becomes its exit code."""
        session, state = self._session, shell.state
        session.budget = shell.budget = Budget()
        try:
            state.status = await (shell.ended(shell.run_text(text)) if is_last else shell.run_text(text))
        except ExitShell as end:
            state.status = end.code
            self._leave(end.code)
        except (BreakLoop, ReturnFrom):
            state.status = 0
        except BrokenOutputError:
            state.status = 141
        except ExhaustedError as end:
            session.budget = Budget()
            state.status = end.code
            if end.message:
                shell.stderr.write(end.message.encode() + b"\n")
        except RecursionError:
            state.status = SEGFAULT
            shell.stderr.write(b"Segmentation fault\n")

    def _enter(self, shell: Interpreter) -> None:
        """Let the next lines go to a shell that was started inside."""
        if len(self._stack) < 16:
            self._stack.append(shell)

    def _leave(self, code: int) -> None:
        shell = self._stack[-1]
        if shell.is_interactive:
            shell.stderr.write(b"logout\n" if shell.state.name.startswith("-") else b"exit\n")
        if len(self._stack) > 1:
            self._stack.pop()
            self._stack[-1].state.status = code
            return
        self.finished = True
        self.exit_code = code

    def _announce_jobs(self) -> None:
        now = time.monotonic()
        for job in [job for job in self._session.jobs if job.ends_at <= now]:
            self._session.jobs.remove(job)
            if self._session.terminal is not None:
                shown = f"[{job.number}]+  Done                    {job.source}\n"
                self._session.terminal.write(shown.encode("utf-8", "surrogateescape"))

    def _begin(self, line: bytes) -> None:
        self._line = line[:MAX_COMMAND]
        self._is_told = self._is_shown = False
        self._secrets_before = len(self._session.used_secrets)

    def _hold(self, target: Callable[[bytes], None], data: bytes) -> None:
        if self._is_shown:
            target(data)
            return
        self._held.append((target, data))
        self._held_size += len(data)
        if self._held_size > MAX_HELD:
            self._flush()

    def _flush(self) -> None:
        """Show what is held back; before it, tell what is known."""
        if self._is_shown:
            return
        if self._line is not None and not self._session.asks(self._line):
            self._tell(None)
        self._show()

    def _show(self) -> None:
        self._session.tell_files()
        self._is_shown = True
        held, self._held, self._held_size = self._held, [], 0
        for target, data in held:
            target(data)

    def _tell(self, code: int | None) -> None:
        if self._is_told or self._line is None:
            return
        self._is_told = True
        self._session.tell_written(self._line)
        used = self._session.used_secrets[self._secrets_before :]
        if self._line.strip():
            self._session.observer.command(captured(self._session.redacted(self._line, used)), code)

    def _end(self, code: int) -> None:
        self._tell(code)
        if not self._is_shown:
            self._show()
        else:
            self._session.tell_files()


def _is_unfinished(text: str, aliases: Mapping[str, str]) -> bool:
    parser = Parser(text, aliases=aliases)
    try:
        while parser.next_command() is not None:
            pass
    except IncompleteError:
        return True
    except ScriptError:
        return False
    return text.endswith("\\") and not text.endswith("\\\\")
