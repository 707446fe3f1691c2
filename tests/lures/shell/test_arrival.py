# SPDX-License-Identifier: MIT
"""What a daemon leaves behind in the shell that it opens."""

from decnet.lures.shell.arrival import Arrival
from decnet.lures.shell.shell import Shell
from tests.lures.shell.sessions import MACHINE, Screen, Watching


async def over(daemon: str, line: bytes, username: str = "root") -> str:
    """Return what a line shows to somebody who came by a daemon."""
    screen = Screen()
    arrival = Arrival("192.0.2.7", daemon)
    shell = Shell(MACHINE, MACHINE.new_filesystem(), username, Watching(), screen, arrival=arrival)
    await shell.run_line(line)
    return screen.shown.decode()


async def test_only_sshd_sets_its_variables() -> None:
    assert "SSH_TTY=/dev/pts/0\n" in await over("sshd", b"env")
    shown = await over("telnetd", b"env")
    assert "SSH_" not in shown
    assert "HUSHLOGIN=FALSE\n" in shown


async def test_processes_lead_to_the_daemon_that_was_used() -> None:
    assert "sshd: root [priv]" in await over("sshd", b"ps -ef")
    shown = await over("telnetd", b"ps -ef")
    assert "in.telnetd: 192.0.2.7" in shown
    assert "login -h 192.0.2.7 -p" in shown
    assert "sshd: root" not in shown


async def test_the_connection_is_at_the_port_of_the_daemon() -> None:
    assert ":22 " in await over("sshd", b"netstat -n")
    assert ":23 " in await over("telnetd", b"netstat -n")


def test_login_of_debian_11_tells_the_last_login_before_the_message_and_with_its_zone() -> None:
    """As pam_lastlog of login 4.13 on Debian 12 writes the line; the order is that of the configuration of 4.8."""
    by_telnet, by_ssh = (
        Shell(MACHINE, MACHINE.new_filesystem(), "root", Watching(), Screen(), arrival=Arrival("192.0.2.7", daemon)).greeting()
        for daemon in ("telnetd", "sshd")
    )
    first, last = by_telnet.decode().splitlines()[0], by_ssh.decode().splitlines()[-1]
    assert first.startswith("Last login: ")
    assert first.endswith(" on pts/0")
    assert first.removesuffix(" on pts/0").replace(" UTC ", " ") == last
