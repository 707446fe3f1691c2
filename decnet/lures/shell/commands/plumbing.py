# SPDX-License-Identifier: MIT
"""Commands that run commands or make numbers and times: xargs, env, sleep, seq, date, expr, timeout, nohup."""

import re
import time
from calendar import monthrange, timegm

from decnet.lures.shell.budget import TURN
from decnet.lures.shell.caller import quoted
from decnet.lures.shell.invocation import Invocation, curly
from decnet.lures.shell.options import UsageError
from decnet.lures.shell.streams import FileOutput, Source

MAX_SEQUENCE = 200_000
_UNITS = {"": 1, "s": 1, "m": 60, "h": 3600, "d": 86400}
_WORD = re.compile(r"'([^']*)'|\"([^\"]*)\"|\\(.)|([^\s'\"\\]+)", re.DOTALL)


def duration(text: str) -> float | None:
    """Return seconds of a text such as ``1.5m``; ``None`` where it is none."""
    match = re.fullmatch(r"([0-9]{0,9}\.?[0-9]{0,9})([smhd]?)", text)
    return float(match[1]) * _UNITS[match[2]] if match and re.search("[0-9]", match[1]) else None


async def sleep(call: Invocation) -> int:
    """``sleep``."""
    if not call.arguments:
        raise UsageError("missing operand")
    total = 0.0
    for argument in call.arguments:
        seconds = duration(argument)
        if seconds is None:
            raise UsageError(f"invalid time interval {curly(argument)}")
        total += seconds
    await call.shell.pause(total)
    return 0


async def sequence(call: Invocation) -> int:
    """``seq``."""
    numbers = [argument for argument in call.arguments if re.fullmatch(r"-?[0-9]{0,9}\.?[0-9]{1,9}", argument)]
    separator, is_wide = "\n", "-w" in call.arguments
    for argument in call.arguments:
        separator = argument[2:] if re.fullmatch(r"-s.+", argument) else separator
    if "-s" in call.arguments[:-1]:
        separator = call.arguments[call.arguments.index("-s") + 1]
        numbers = [number for number in numbers if number != separator]
    if not numbers:
        raise UsageError(
            "missing operand" if not call.arguments else f"invalid floating point argument: {curly(call.arguments[0])}"
        )
    places = max(len(number.partition(".")[2]) for number in numbers)
    values = [float(number) for number in numbers]
    first = values[0] if len(values) > 1 else 1.0
    step = values[1] if len(values) > 2 else 1.0
    count = min(MAX_SEQUENCE, int((values[-1] - first) / step + 1 + 1e-9)) if step else 0
    texts = [f"{first + step * at:.{places}f}" for at in range(max(0, count))]
    width = max((len(text) for text in texts), default=0) if is_wide else 0
    await call.shell.budget.step(1 + count // TURN)
    call.out(separator.join(text.zfill(width) for text in texts) + ("\n" if texts else ""))
    return 0


async def yes(call: Invocation) -> int:
    """``yes``: until nobody reads, or the line is killed."""
    block = ((" ".join(call.arguments) or "y") + "\n").encode("utf-8", "surrogateescape") * 200
    while True:
        call.stdout.write(block)
        await call.stdout.drain()
        await call.shell.budget.step(8)


async def date(call: Invocation) -> int:
    """``date``."""
    options = call.options(
        "d:uRIr:s:", {"date": "d", "utc": "u", "universal": "u", "set": "s", "reference": "r", "iso-8601": "I"}
    )
    moment = call.machine.now()
    if "d" in options:
        found = moment_of(options.get("d"), moment)
        if found is None:
            return call.fail(f"invalid date {curly(options.get('d'))}")
        moment = found
    elif "r" in options:
        moment = call.filesystem.stat(call.absolute(options.get("r"))).modified
    if "s" in options:
        return call.fail("cannot set date: Operation not permitted") if call.shell.account.uid else 0
    pattern = options.operands[0] if options.operands else ""
    if pattern and not pattern.startswith("+"):
        return call.fail(f"invalid date {curly(pattern)}")
    default = "%a, %d %b %Y %H:%M:%S +0000" if "R" in options else "%Y-%m-%d" if "I" in options else "%a %b %e %H:%M:%S UTC %Y"
    pattern = (pattern[1:] if pattern else default)[:1000]
    pattern = pattern.replace("%s", str(int(moment))).replace("%N", f"{int(moment % 1 * 1e9):09d}").replace("%Z", "UTC")
    pattern = re.sub("%[_-]([dmHMIe])", lambda match: str(int(time.strftime("%" + match[1], time.gmtime(moment)))), pattern)
    call.line(time.strftime(re.sub(r"%(?![a-zA-Z%])", "%%", pattern), time.gmtime(moment)))
    return 0


def moment_of(text: str, now: float) -> float | None:
    """Return the time that a date in words stands for, in seconds since the epoch."""
    if match := re.fullmatch(r"@([0-9]{1,11})", text):
        return float(match[1])
    if text in ("now", "today", ""):
        return now
    if text in ("yesterday", "tomorrow"):
        return now + (86400 if text == "tomorrow" else -86400)
    if match := re.fullmatch(r"([-+]?\d{1,6}) ?(sec|second|min|minute|hour|day|week|month|year)s?( ago)?", text):
        seconds = {"s": 1, "m": 60, "h": 3600, "d": 86400, "w": 604800, "y": 31_536_000}[match[2][0]]
        seconds = 2_592_000 if match[2] == "month" else seconds
        return now + int(match[1]) * seconds * (-1 if match[3] else 1)
    for pattern in ("%Y-%m-%d %H:%M:%S", "%Y-%m-%d %H:%M", "%Y-%m-%d"):
        try:
            return float(timegm(time.strptime(text, pattern)))
        except ValueError:
            continue
    return None


async def calendar(call: Invocation) -> int:
    """``cal``."""
    now = time.gmtime(call.machine.now())
    first, days = monthrange(now.tm_year, now.tm_mon)
    call.line(time.strftime("%B %Y", now).center(20).rstrip())
    call.line("Su Mo Tu We Th Fr Sa")
    cells = ["  "] * ((first + 1) % 7) + [f"{day:>2}" for day in range(1, days + 1)]
    for at in range(0, len(cells), 7):
        call.line(" ".join(cells[at : at + 7]))
    return 0


async def environment(call: Invocation) -> int:
    """``env`` and ``printenv``."""
    if call.name.rsplit("/", 1)[-1] == "printenv" and call.arguments:
        found = [call.environment[name] for name in call.arguments if name in call.environment]
        call.out("".join(value + "\n" for value in found))
        return int(len(found) < len(call.arguments))
    options = call.options("iu:0", {"ignore-environment": "i", "unset": "u"}, in_order=True)
    child = call.shell.fork()
    if "i" in options:
        child.state.exported.clear()
    for name in options.every("u"):
        child.state.exported.discard(name)
    operands = options.operands
    while operands and re.match(r"[A-Za-z_]\w*=", operands[0]):
        name, _, value = operands.pop(0).partition("=")
        child.state.set(name, value)
        child.state.exported.add(name)
    if operands:
        return await child.call_program(operands)
    call.out("".join(f"{name}={value}\n" for name, value in child.state.environment().items()))
    return 0


async def extend_arguments(call: Invocation) -> int:
    """``xargs``."""
    options = call.options(
        "0rtpn:I:L:P:d:i:s:", {"null": "0", "no-run-if-empty": "r", "max-args": "n", "max-procs": "P"}, in_order=True
    )
    text = (await call.stdin.all()).decode("utf-8", "surrogateescape")
    if "0" in options:
        words = [word for word in text.split("\0") if word]
    elif "I" in options or "d" in options or "L" in options:
        words = [word.strip() if "I" in options else word for word in text.rstrip("\n").split("\n") if word]
    else:
        words = ["".join(part for part in match.groups() if part is not None) for match in _WORD.finditer(text)]
    argv = options.operands or ["echo"]
    if not words and "r" in options:
        return 0
    marker = options.get("I")
    size = max(1, int(options.get("n", options.get("L", "5000"))[:6] or 1))
    if marker:
        batches = [[part.replace(marker, word) for part in argv] for word in words]
    else:
        batches = [argv + words[at : at + size] for at in range(0, max(1, len(words)), size)]
    code = 0
    for batch in batches[:5000]:
        await call.shell.budget.step()
        if "t" in options:
            call.error(" ".join(map(quoted, batch)))
        status = await call.shell.call_program(batch) if batch[0] != "echo" else await call.shell.call(batch)
        code = 123 if status and status < 126 else status or code
    return code


async def without_hangup(call: Invocation) -> int:
    """``nohup``, ``setsid``, ``nice``, ``ionice``, ``stdbuf``, ``time``, ``chrt``, ``taskset``: run what follows."""
    words = list(call.arguments)
    name = call.name.rsplit("/", 1)[-1]
    while words and words[0].startswith("-"):
        option = words.pop(0)
        if re.fullmatch("-[ncpoe]", option) and name in ("nice", "ionice", "stdbuf", "chrt") and words:
            words.pop(0)
    if name == "taskset" and words:
        words.pop(0)
    if not words:
        raise UsageError("missing operand")
    if name != "nohup" or not call.stdout.is_terminal:
        return await call.shell.call_program(words)
    call.error("nohup: ignoring input and appending to 'nohup.out'")
    output = FileOutput(call.filesystem, call.absolute("nohup.out"), append=True)
    return await call.shell.call(words, {0: Source(), 1: output, 2: output})


async def limit_time(call: Invocation) -> int:
    """``timeout``: the command ends by itself, sooner or later."""
    options = call.options(
        "fk:s:v", {"signal": "s", "kill-after": "k", "foreground": "f", "preserve-status": "v"}, in_order=True
    )
    if len(options.operands) < 2:
        raise UsageError("missing operand")
    seconds = duration(options.operands[0])
    if seconds is None:
        raise UsageError(f"invalid time interval {curly(options.operands[0])}")
    if options.operands[1] == "sleep" and (duration(options.operands[-1]) or 0) > seconds:
        await call.shell.pause(seconds)
        return 124
    return await call.shell.call_program(options.operands[1:])


async def watch(call: Invocation) -> int:
    """``watch``: shows the command's output once every few seconds."""
    words = [word for word in call.arguments if not re.fullmatch(r"-[a-z]?[0-9.]*", word)]
    while words:
        call.out("\x1b[H\x1b[2J" + f"Every 2.0s: {' '.join(words)}\n\n")
        await call.shell.call(["sh", "-c", " ".join(words)])
        await call.shell.pause(2)
        await call.shell.budget.step(512)
    return 1


async def compute(call: Invocation) -> int:
    """``expr``: numbers, comparisons, ``:``, length, substr."""
    words = call.arguments
    if len(words) == 2 and words[0] == "length":
        call.line(str(len(words[1])))
        return 0
    if len(words) != 3:
        if not words:
            raise UsageError("missing operand")
        call.line(words[0])
        return int(words[0] in ("", "0"))
    left, operator, right = words
    is_number = all(re.fullmatch(r"-?[0-9]{1,18}", word) for word in (left, right))
    if operator in ("+", "-", "*", "/", "%"):
        if not is_number:
            return call.fail("non-integer argument", 2)
        if operator in "/%" and int(right) == 0:
            return call.fail("division by zero", 2)
        first, second = int(left), int(right)
        quotient = abs(first) // abs(second or 1) * (1 if first * second >= 0 else -1)
        value = {"+": first + second, "-": first - second, "*": first * second, "/": quotient, "%": first - quotient * second}[
            operator
        ]
        call.line(str(value))
        return int(value == 0)
    a, b = (int(left), int(right)) if is_number else (left, right)
    holds = {"=": a == b, "!=": a != b, "<": a < b, ">": a > b, "<=": a <= b, ">=": a >= b}.get(operator, False)  # type: ignore[operator]  # as above
    call.line(str(int(holds)))
    return int(not holds)


async def succeed(_: Invocation) -> int:
    """Do what is silent when it works."""
    return 0


async def fail(_: Invocation) -> int:
    """Do nothing, unsuccessfully."""
    return 1


async def clear(call: Invocation) -> int:
    """``clear`` and ``reset``."""
    call.out("\x1b[H\x1b[2J\x1b[3J")
    return 0


async def terminal_name(call: Invocation) -> int:
    """``tty``."""
    if call.stdin.is_terminal:
        call.line(f"/dev/{call.shell.session.tty}")
        return 0
    call.line("not a tty")
    return 1


async def terminal_size(call: Invocation) -> int:
    """``stty`` and ``tput``."""
    terminal = call.shell.session.terminal
    columns, rows = (terminal.columns, terminal.rows) if terminal else (80, 24)
    if call.arguments[:1] == ["size"]:
        call.line(f"{rows} {columns}")
    elif call.arguments[:1] in (["cols"], ["lines"]):
        call.line(str(columns if call.arguments[0] == "cols" else rows))
    elif not call.arguments and call.name.endswith("stty"):
        call.line("speed 38400 baud; line = 0;\n-brkint -imaxbel iutf8")
    return 0


PROGRAMS = {
    "sleep": sleep, "seq": sequence, "yes": yes, "date": date, "cal": calendar, "env": environment, "printenv": environment,
    "xargs": extend_arguments, "nohup": without_hangup, "setsid": without_hangup, "nice": without_hangup,
    "ionice": without_hangup,
    "stdbuf": without_hangup, "time": without_hangup, "chrt": without_hangup, "taskset": without_hangup, "timeout": limit_time,
    "watch": watch, "expr": compute, "true": succeed, "false": fail, "sync": succeed, "clear": clear, "reset": clear,
    "tty": terminal_name, "stty": terminal_size, "tput": terminal_size,
}  # fmt: skip
