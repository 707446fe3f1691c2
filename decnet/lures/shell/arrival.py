# SPDX-License-Identifier: MIT
"""Through which daemon somebody logged in: it leaves its traces in the environment, the processes and the greeting."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Arrival:
    """
    ``daemon`` is ``sshd``, ``telnetd`` or ``postgres``; ``port`` the one that it listens on by its standard.

    ``address`` is the client's; ``folder`` is where a shell begins that no login opened, else empty.
    """

    address: str
    daemon: str = "sshd"
    folder: str = ""

    @property
    def port(self) -> int:
        """The port of the machine that the client is connected to."""
        return {"sshd": 22, "telnetd": 23}.get(self.daemon, 5432)

    @property
    def is_ssh(self) -> bool:
        """Whether sshd let the client in; else login(1) did."""
        return self.daemon == "sshd"

    def environment(self, own: str, port: int, *, has_terminal: bool) -> dict[str, str]:
        """Return what the daemon sets: ``own`` is the machine's address, ``port`` the client's."""
        if self.daemon == "postgres":
            # what pg_ctlcluster leaves of its environment (postgresql-common)
            return {
                "PWD": self.folder,
                "PGDATA": self.folder,
                "PGLOCALEDIR": "/usr/share/locale",
                "PGSYSCONFDIR": "/etc/postgresql-common",
                "PG_OOM_ADJUST_FILE": "/proc/self/oom_score_adj",
            }
        if not self.is_ssh:
            return {"HUSHLOGIN": "FALSE", "MOTD_SHOWN": "pam"}
        tty = {"SSH_TTY": "/dev/pts/0"} if has_terminal else {}
        return {
            "SSH_CLIENT": f"{self.address} {port} {self.port}",
            "SSH_CONNECTION": f"{self.address} {port} {own} {self.port}",
            **tty,
        }
