# SPDX-License-Identifier: MIT
"""Commands about processes."""

import pytest

from tests.lures.shell.sessions import said

TABLE = [
    ("ps | head -1", 0, "    PID TTY          TIME CMD\n"),
    ("ps aux | head -2 | tail -1 | cut -c1-13", 0, "root         \n"),
    ("ps -ef | head -1", 0, "UID          PID    PPID  C STIME TTY          TIME CMD\n"),
    ("ps -p 1 -o comm=", 0, "   init\n"),
    ("ps -p 1", 0, ("    PID TTY          TIME CMD\n      1 ?        00:22:35 init\n")),
    ("kill", 2, ("kill: usage: kill [-s sigspec | -n signum | -sigspec] pid | jobspec ... or kill -l [sigspec]\n")),
    ("kill -l", 0, "HUP INT QUIT ILL TRAP ABRT BUS FPE KILL USR1 SEGV USR2 PIPE ALRM TERM\n"),
    ("kill 999999", 1, "bash: line 1: kill: (999999) - No such process\n"),
    ("kill abc", 1, "bash: line 1: kill: abc: arguments must be process or job IDs\n"),
    ("pgrep -f 'cron -f' | wc -l", 0, "1\n"),
    ("pkill nothing; echo $?", 0, "1\n"),
    ("killall nothing", 1, "nothing: no process found\n"),
    ("top -bn1 | sed -n 7p", 0, "    PID USER      PR  NI    VIRT    RES    SHR S  %CPU  %MEM     TIME+ COMMAND\n"),
]


@pytest.mark.parametrize(("line", "code", "output"), TABLE)
async def test_tasks_answers_as_the_real_ones(line: str, code: int, output: str) -> None:
    """Exit code and output, errors last, of a line in an empty folder."""
    assert await said(line) == (code, output)
