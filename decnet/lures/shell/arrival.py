# SPDX-License-Identifier: MIT
"""Through which daemon somebody logged in: it leaves its traces in the environment, the processes and the greeting."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Arrival:
    """``daemon`` is ``sshd`` or ``telnetd``; ``port`` the one that it listens on by its standard; ``address`` the client's."""

    address: str
    daemon: str = "sshd"

    @property
    def port(self) -> int:
        """The port of the machine that the client is connected to."""
        return 22 if self.is_ssh else 23

    @property
    def is_ssh(self) -> bool:
        """Whether sshd let the client in; else login(1) did."""
        return self.daemon == "sshd"

    def environment(self, own: str, port: int, *, has_terminal: bool) -> dict[str, str]:
        """Return what the daemon sets: ``own`` is the machine's address, ``port`` the client's."""
        if not self.is_ssh:
            return {"HUSHLOGIN": "FALSE", "MOTD_SHOWN": "pam"}
        tty = {"SSH_TTY": "/dev/pts/0"} if has_terminal else {}
        return {
            "SSH_CLIENT": f"{self.address} {port} {self.port}",
            "SSH_CONNECTION": f"{self.address} {port} {own} {self.port}",
            **tty,
        }
