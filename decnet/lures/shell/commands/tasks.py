# SPDX-License-Identifier: MIT
"""Commands about processes and services: ps, top, kill, systemctl, crontab."""

import asyncio
import re
import time
from collections.abc import Callable

from decnet.lures.shell.commands.system import load_line
from decnet.lures.shell.invocation import Invocation
from decnet.lures.shell.process import Process

_SIGNALS = "HUP INT QUIT ILL TRAP ABRT BUS FPE KILL USR1 SEGV USR2 PIPE ALRM TERM"


def _clock(seconds: int) -> str:
    return f"{seconds // 3600:02d}:{seconds // 60 % 60:02d}:{seconds % 60:02d}"


def _began(process: Process, now: float) -> str:
    is_today = now - process.started_at < 86_400
    return time.strftime("%H:%M" if is_today else "%b%d", time.gmtime(process.started_at))


async def processes(call: Invocation) -> int:
    """``ps``: BSD and UNIX styles."""
    await asyncio.sleep(0)
    arguments = [argument for argument in call.arguments if argument]
    flags = "".join(argument.lstrip("-") for argument in arguments if not argument.startswith("--") and "=" not in argument)
    is_bsd = any(not argument.startswith("-") for argument in arguments[:1]) or "aux" in flags
    everything = _wanted(call, arguments, flags, is_bsd=is_bsd)
    if any(argument.startswith(("-eo", "-o", "o")) for argument in arguments):
        return _columns(call, everything, arguments)
    if is_bsd and "u" in flags:
        _user_format(call, everything)
        return 0
    title, row = _BSD if is_bsd else _FULL if "f" in flags else _SHORT
    call.line(title)
    for one in everything:
        call.line(row(one, call.machine.now()))
    return 0


def _wanted(call: Invocation, arguments: list[str], flags: str, *, is_bsd: bool) -> list[Process]:
    """Return the processes that the options select: those with the given numbers, all, or those with a terminal."""
    everything = call.shell.session.all_processes()
    if "-p" in arguments[:-1]:
        wanted = arguments[arguments.index("-p") + 1].split(",")
        return [process for process in everything if str(process.pid) in wanted]
    if ("x" in flags and is_bsd) or set(flags) & {"e", "A"}:
        return everything
    return [process for process in everything if process.tty != "?"]


def _full_row(one: Process, now: float) -> str:
    began, seconds = _began(one, now), _clock(one.seconds)
    return f"{one.user[:8]:<8} {one.pid:>7} {one.parent:>7}  0 {began} {one.tty:<8} {seconds} {one.command}"


def _bsd_row(one: Process, _: float) -> str:
    return f"{one.pid:>7} {one.tty:<8} {one.state:<4} {one.seconds // 60:>3}:{one.seconds % 60:02d} {one.command}"


def _short_row(one: Process, _: float) -> str:
    return f"{one.pid:>7} {one.tty:<8} {_clock(one.seconds)} {one.name}"


_FULL = ("UID          PID    PPID  C STIME TTY          TIME CMD", _full_row)
_BSD = ("    PID TTY      STAT   TIME COMMAND", _bsd_row)
_SHORT = ("    PID TTY          TIME CMD", _short_row)


def _user_format(call: Invocation, everything: list[Process]) -> None:
    total = call.machine.memory["total"]
    call.line("USER         PID %CPU %MEM    VSZ   RSS TTY      STAT START   TIME COMMAND")
    for one in everything:
        user = one.user if len(one.user) <= 8 else one.user[:7] + "+"
        state = "I<" if one.state == "I<" else one.state
        call.line(
            f"{user:<8} {one.pid:>7}  0.0 {one.resident_kib * 100 / total:>4.1f} {one.virtual_kib:>6} "
            f"{one.resident_kib:>5} {one.tty:<8} "
            f"{state:<4} {_began(one, call.machine.now()):<6} {one.seconds // 60:>3}:{one.seconds % 60:02d} {one.command}"
        )


def _columns(call: Invocation, everything: list[Process], arguments: list[str]) -> int:
    match = re.search(r"-?e?o[ =]?([a-z%_,=]+)", " ".join(arguments))
    names = [name.rstrip("=") for name in (match[1] if match else "pid,comm").split(",") if name]
    total = call.machine.memory["total"]
    values: dict[str, Callable[[Process], object]] = {
        "pid": lambda one: one.pid, "ppid": lambda one: one.parent, "user": lambda one: one.user, "uid": lambda one: one.uid,
        "comm": lambda one: one.name, "cmd": lambda one: one.command, "args": lambda one: one.command,
        "command": lambda one: one.command,
        "%cpu": lambda _: "0.0", "pcpu": lambda _: "0.0", "%mem": lambda one: f"{one.resident_kib * 100 / total:.1f}",
        "pmem": lambda one: f"{one.resident_kib * 100 / total:.1f}", "rss": lambda one: one.resident_kib,
        "tty": lambda one: one.tty,
        "stat": lambda one: one.state, "time": lambda one: _clock(one.seconds),
        "etime": lambda one: _clock(int(call.machine.now() - one.started_at)),
    }  # fmt: skip
    known = [name for name in names if name in values]
    if "=" not in (match[1] if match else ""):
        call.line(" ".join(f"{name.upper():>7}" for name in known))
    for one in everything:
        call.line(" ".join(f"{values[name](one)!s:>7}" for name in known))
    return 0


async def top(call: Invocation) -> int:
    """``top``: one screen; without ``-b``, another one every three seconds until the client has enough."""
    flags = "".join(call.arguments)
    for _ in range(1 if "n" in flags or not call.stdout.is_terminal else 20):
        _screen(call)
        if "n" in flags or not call.stdout.is_terminal:
            break
        await call.shell.pause(3)
        call.out("\x1b[H\x1b[2J")
    return 0


def _screen(call: Invocation) -> None:
    everything, memory = call.shell.session.all_processes(), call.machine.memory
    kib = {name: value / 1024 for name, value in memory.items()}
    call.line("top -" + load_line(call))
    call.line(f"Tasks: {len(everything):>3} total,   1 running, {len(everything) - 1:>3} sleeping,   0 stopped,   0 zombie")
    call.line("%Cpu(s):  0.3 us,  0.2 sy,  0.0 ni, 99.5 id,  0.0 wa,  0.0 hi,  0.0 si,  0.0 st")
    call.line(
        f"MiB Mem : {kib['total']:>8.1f} total, {kib['free']:>8.1f} free, {kib['used']:>8.1f} used, "
        f"{kib['cached']:>8.1f} buff/cache"
    )
    call.line(
        f"MiB Swap: {kib['swap']:>8.1f} total, {kib['swap']:>8.1f} free,      0.0 used. {kib['available']:>8.1f} avail Mem\n"
    )
    call.line("    PID USER      PR  NI    VIRT    RES    SHR S  %CPU  %MEM     TIME+ COMMAND")
    ordered = sorted(everything, key=lambda one: -one.seconds)[: 200 if not call.stdout.is_terminal else 16]
    for one in ordered:
        share = one.resident_kib * 100 / memory["total"]
        call.line(
            f"{one.pid:>7} {one.user[:8]:<8}  20   0 {one.virtual_kib:>7} {one.resident_kib:>6} "
            f"{one.resident_kib // 2:>6} {one.state[0]}   0.0 "
            f"{share:>5.1f} {one.seconds // 60:>3}:{one.seconds % 60:02d}.00 {one.name}"
        )


async def process_tree(call: Invocation) -> int:
    """``pstree``."""
    everything = [one for one in call.shell.session.all_processes() if not one.is_kernel]
    children: dict[int, list[Process]] = {}
    for one in everything:
        children.setdefault(one.parent, []).append(one)
    call.line("systemd")
    pending = [(one, 1) for one in reversed(children.get(1, []))]
    while pending:
        one, depth = pending.pop()
        call.line("    " * (depth - 1) + " ├─" + one.name)
        pending.extend((child, depth + 1) for child in reversed(children.get(one.pid, [])[:100]))
    return 0


async def kill(call: Invocation) -> int:
    """``kill``."""
    words = list(call.arguments)
    if words[:1] in (["-l"], ["-L"]):
        call.line(_SIGNALS)
        return 0
    if words and re.fullmatch(r"-(\d{1,2}|(SIG)?[A-Z0-9]+|s)", words[0]):
        flag = words.pop(0)
        del words[: flag == "-s"]
    if not words:
        call.error("kill: usage: kill [-s sigspec | -n signum | -sigspec] pid | jobspec ... or kill -l [sigspec]")
        return 2
    wrong = [message for word in words if (message := _kill_one(call, word))]
    for message in wrong:
        call.shell.complain(f"kill: {message}")
    return int(bool(wrong))


def _kill_one(call: Invocation, word: str) -> str:
    """End a job or a process; return what is wrong with that."""
    session = call.shell.session
    jobs = [job for job in session.jobs if word in (f"%{job.number}", str(job.pid))]
    for job in jobs:
        session.jobs.remove(job)
    if jobs:
        return ""
    if not re.fullmatch(r"-?\d+", word):
        return f"{word}: arguments must be process or job IDs"
    found = next((one for one in session.all_processes() if str(one.pid) == word), None)
    if found is None:
        return f"({word}) - No such process"
    return "" if _end(call, found) else f"({word}) - Operation not permitted"


def _end(call: Invocation, process: Process) -> bool:
    if call.shell.account.uid not in (0, process.uid):
        return False
    session = call.shell.session
    if process in session.processes:
        if process.pid != session.pid:
            session.processes.remove(process)
    elif process.pid > 1 and not process.is_kernel:
        session.killed.add(process.pid)
    return True


async def kill_by_name(call: Invocation) -> int:
    """``pkill``, ``killall``, ``pgrep``, ``pidof``."""
    name = call.name.rsplit("/", 1)[-1]
    words = [word for word in call.arguments if not word.startswith("-")]
    if not words:
        call.error(f"{name}: no process selection criteria" if name != "killall" else "Usage: killall [OPTION]... [--] NAME...")
        return 2 if name != "killall" else 1
    found = [one for one in call.shell.session.all_processes() if one.pid != call.pid and _is_named(call, name, words, one)]
    if name == "pgrep":
        call.out("".join(f"{one.pid}{' ' + one.name if '-l' in call.arguments else ''}\n" for one in found))
    elif name == "pidof" and found:
        call.line(" ".join(str(one.pid) for one in reversed(found)))
    elif name in ("pkill", "killall"):
        if not found and name == "killall":
            call.error("".join(f"{word}: no process found\n" for word in words).rstrip())
        for one in found:
            _end(call, one)
    return int(not found)


def _is_named(call: Invocation, name: str, words: list[str], process: Process) -> bool:
    if name in ("killall", "pidof"):
        return process.name in words
    is_full = any(re.fullmatch(r"-[a-z]*f[a-z]*", word) for word in call.arguments)
    return any(word in (process.command if is_full else process.name) for word in words)


async def open_files(call: Invocation) -> int:
    """``lsof`` and ``fuser``."""
    if call.name.endswith("fuser"):
        return 1
    call.line("COMMAND     PID   USER   FD   TYPE DEVICE SIZE/OFF NODE NAME")
    for one in call.machine.listening:
        call.line(
            f"{one.program[:9]:<9} {one.pid:>5} {one.user[:6]:>6}    3u  IPv4  {13_000 + one.pid}      0t0  TCP "
            f"*:{one.port} (LISTEN)"
        )
    return 0


PROGRAMS = {
    "ps": processes, "top": top, "pstree": process_tree, "kill": kill, "pgrep": kill_by_name, "pkill": kill_by_name,
    "killall": kill_by_name, "pidof": kill_by_name, "lsof": open_files, "fuser": open_files,
}  # fmt: skip
BUILTINS = {
    "kill": kill,
}  # fmt: skip
