# SPDX-License-Identifier: MIT
"""A session channel as sshd has it: bytes, a window that opens with the program, few environment variables."""

import asyncio
import re

import asyncssh
from asyncssh import constants
from asyncssh.channel import SSHServerChannel
from asyncssh.packet import SSHPacket, UInt32

WINDOW = 2 << 20
PACKET = 32768
VARIABLES = 64
VARIABLE_BYTES = 4096
_ACCEPTED = re.compile(rb"LANG|LC_.*", re.DOTALL)


class Channel(SSHServerChannel[bytes]):
    """
    A channel of type "session".

    ``command`` is what an exec request asked for, ``environment`` what the client set and sshd's AcceptEnv lets through.
    """

    def __init__(self, connection: asyncssh.SSHServerConnection, loop: asyncio.AbstractEventLoop) -> None:
        super().__init__(
            connection,
            loop,
            allow_pty=True,
            line_editor=False,
            line_echo=False,
            line_history=0,
            max_line_length=0,
            encoding=None,
            errors="strict",
            window=WINDOW,
            max_pktsize=PACKET,
        )
        self._recv_window = 0
        self.environment: dict[str, str] = {}
        self.command = b""

    def open_window(self) -> None:
        """Let the client send; sshd does so when the program has started, before it answers the request."""
        self.send_packet(constants.MSG_CHANNEL_WINDOW_ADJUST, UInt32(WINDOW))
        self._recv_window = WINDOW

    def leave(self, status: int, *, hears: bool) -> None:
        """Report the exit status and close; ``hears`` tells that the client has not ended its input."""
        if self._send_state in {"close_pending", "closed"}:
            return
        self._send_request(b"exit-status", UInt32(status & 0xFF))
        self.write_eof()
        if hears:
            self._send_request(b"eow@openssh.com")
        self.close()

    def unsent(self) -> int:
        """Return how many bytes wait for the client's window."""
        return self._send_buf_len

    def _process_env_request(self, packet: SSHPacket) -> bool:
        """Take a variable, where Debian's sshd_config accepts it."""
        name, value = packet.get_string(), packet.get_string()
        if not _ACCEPTED.fullmatch(name) or len(self.environment) >= VARIABLES or len(name + value) > VARIABLE_BYTES:
            return False
        self.environment[name.decode("utf-8", "surrogateescape")] = value.decode("utf-8", "surrogateescape")
        return True

    def _process_exec_request(self, packet: SSHPacket) -> bool:
        """Take a command as bytes; asyncssh would refuse those that are no UTF-8."""
        self.command = packet.get_string()
        return self._start_session(command=self.command.decode("utf-8", "surrogateescape"))

    def _process_x11_req_request(self, _packet: SSHPacket) -> bool:
        """Refuse X11."""
        return False

    def _process_auth_agent_req_at_openssh_dot_com_request(self, _packet: SSHPacket) -> bool:  # type: ignore[override]  # answers at once
        """Refuse the agent."""
        return False
