# SPDX-License-Identifier: MIT
"""A machine has one clock, which shows UTC: whatever tells the time takes it from there."""

import re
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from decnet.lures.shell.arrival import Arrival
from decnet.lures.shell.machine import Machine
from decnet.lures.shell.shell import Shell
from tests.lures.shell.sessions import Screen, Watching, said
from tests.support.decoys import decoy, persona
from tests.support.sources import expect_none, modules

OF_ITS_OWN = re.compile(r"time\.time\(|time_ns|gmtime\(\)|localtime\(|mktime|datetime\.now|date\.today")
BEGIN = re.compile(r"now: Callable\[\[\], float\] = time\.time\b")

SHELL = Path("decnet/lures/shell")

TABLE = [
    ("date", "Mon Nov 23 04:05:00 UTC 2026\n"),
    ("date +%s.%N; echo $EPOCHSECONDS $SECONDS", "1795406700.250000000\n1795406700 0\n"),
    ("date -R -d yesterday", "Sun, 22 Nov 2026 04:05:00 +0000\n"),
    ("date -d '2028-02-29 01:02'", "Tue Feb 29 01:02:00 UTC 2028\n"),
    ("date -d '2027-02-29'", "date: invalid date \u20182027-02-29\u2019\n"),
    ("printf '%(%F %T)T\\n' -1", "2026-11-23 04:05:00\n"),
    ("timedatectl | head -1", "               Local time: Mon 2026-11-23 04:05:00 UTC\n"),
    ("uptime; uptime -s", " 04:05:00 up 62 days, 13:51,  0 users,  load average: 0.03, 0.05, 0.15\n2026-09-21 14:13:20\n"),
    ("cat /proc/uptime", "5406700.25 10651199.49\n"),
    ("ps -p 1 -o time=", "00:22:35\n"),
    ("ps -ef | head -2 | tail -1", "root           1       0  0 Sep21 ?        00:22:35 /sbin/init\n"),
    ("ps -ef | tail -1 | cut -c29-34", "04:05 \n"),
    ("touch f; ls -l f", "-rw-r--r-- 1 root root 0 Nov 23 04:05 f\n"),
    ("touch -d '183 days ago' f; ls -l f", "-rw-r--r-- 1 root root 0 May 24  2026 f\n"),
    ("touch -d '182 days ago' f; ls -l f", "-rw-r--r-- 1 root root 0 May 25 04:05 f\n"),
    ("touch -d tomorrow f; ls -l f", "-rw-r--r-- 1 root root 0 Nov 24  2026 f\n"),
    ("touch -t 202402290607 f; ls -l f", "-rw-r--r-- 1 root root 0 Feb 29  2024 f\n"),
    ("touch -t 202302290607 f", "touch: invalid date format \u2018202302290607\u2019\n"),
    ("touch -d '3 days ago' f; find . -mtime +2", "./f\n"),
    ("tail -1 /var/log/syslog | cut -c1-15", "Nov 23 03:42:13\n"),
    ("echo root:x | chpasswd; grep ^root /etc/shadow | cut -d: -f3", "20780\n"),
]  # fmt: skip
CALENDARS = {
    "2028-02-29T23:59:59.9": "   February 2028\nSu Mo Tu We Th Fr Sa\n"
    "       1  2  3  4  5\n 6  7  8  9 10 11 12\n13 14 15 16 17 18 19\n20 21 22 23 24 25 26\n27 28 29\n",
    "2027-02-01T00:00:00": "   February 2027\nSu Mo Tu We Th Fr Sa\n"
    "    1  2  3  4  5  6\n 7  8  9 10 11 12 13\n14 15 16 17 18 19 20\n21 22 23 24 25 26 27\n28\n",
}


def machine(moment: str) -> Machine:
    """Return a machine whose clock stands; it has run since 21 September 2026, or for an hour."""
    now = datetime.fromisoformat(moment).replace(tzinfo=UTC).timestamp()
    return Machine(decoy(), now=lambda: now)


@pytest.fixture(params=["UTC0", "TOK-9", "NYC5NYD,M3.2.0,M11.1.0"])
def _zone(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Let the decoy's host be in this time zone."""
    with monkeypatch.context() as patch:
        patch.setenv("TZ", request.param)
        time.tzset()
        yield
    time.tzset()


@pytest.mark.usefixtures("_zone")
@pytest.mark.parametrize(("line", "output"), TABLE)
async def test_every_command_tells_the_time_of_the_machine(line: str, output: str) -> None:
    """Output, errors last, of a line in an empty folder; the time zone of the host changes nothing."""
    assert (await said(line))[1] == output


@pytest.mark.usefixtures("_zone")
@pytest.mark.parametrize("moment", CALENDARS)
async def test_the_calendar_knows_how_long_february_is(moment: str) -> None:
    assert await said("cal", machine(moment)) == (0, CALENDARS[moment])


@pytest.mark.parametrize(
    "moment", ["2026-12-31T23:59:59.99", "2027-01-01T00:00:00", "2028-02-29T12:00:00", "2026-01-01T00:00:01"]
)
def test_the_last_login_lies_between_the_start_and_now(moment: str) -> None:
    computer = machine(moment)
    shell = Shell(computer, computer.new_filesystem(), "root", Watching(), Screen(), arrival=Arrival("192.0.2.7"))

    line = shell.greeting().decode().splitlines()[-1]

    last = datetime.strptime(line.split(" from ")[0], "Last login: %a %b %d %H:%M:%S %Y").replace(tzinfo=UTC).timestamp()
    assert computer.booted_at // 86400 * 86400 <= last < computer.now()


async def test_a_machine_was_started_before_now() -> None:
    """A decoy whose persona was made for another clock, or whose host has lost the time."""
    computer = Machine(decoy(persona=persona(booted_at=2_000_000_000)), now=lambda: 1_795_406_700.0)
    assert await said("uptime -s; cat /proc/uptime | cut -d' ' -f1", computer) == (0, "2026-11-23 03:05:00\n3600.00\n")


def test_nothing_in_the_shell_asks_another_clock() -> None:
    expect_none(
        f"{module.path}:{number}: {line.strip()}"
        for module in modules("decnet")
        if SHELL in module.path.parents
        for number, line in enumerate(module.lines, start=1)
        if OF_ITS_OWN.search(line) or ("time.time" in line and not BEGIN.search(line))
    )
