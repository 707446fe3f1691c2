# SPDX-License-Identifier: MIT
"""What a client that is in asks of its connection (RFC 4254): channels, and what an sshd that forwards nothing refuses."""

from typing import Any

import asyncssh
from asyncssh import constants
from asyncssh.packet import SSHPacket, String

from decnet.domain.captured import text
from decnet.domain.evidence import Command
from decnet.lures.ssh.channel import Channel
from decnet.lures.ssh.flow import Flow

SESSIONS = 10
_RSA = b"ssh-rsa"


class Requests(Flow):
    """A connection that opens session channels and refuses the rest."""

    def _open_channel(self, pkttype: int, pktid: int, packet: SSHPacket) -> None:
        """Open a session channel; everything else is refused as an sshd refuses that forwards nothing."""
        payload = SSHPacket(packet.get_full_payload()[1:])
        kind, number = payload.get_string(), payload.get_uint32()
        if kind == b"session" and len(self._channels) < SESSIONS:
            super()._process_channel_open(pkttype, pktid, packet)
            return
        forwarded = kind in (b"direct-tcpip", b"direct-streamlocal@openssh.com")
        self._record_forwarding(kind, payload)
        code = asyncssh.OPEN_ADMINISTRATIVELY_PROHIBITED if forwarded else asyncssh.OPEN_CONNECT_FAILED
        self.send_channel_open_failure(number, code, "open failed", "")

    def _record_forwarding(self, kind: bytes, payload: SSHPacket) -> None:
        """Record where a client wanted to be connected to."""
        detail = {"channel": text(kind)}
        if kind == b"direct-tcpip":
            payload.get_bytes(8)
            host, port = text(payload.get_string()), payload.get_uint32()
            detail["target"] = f"{host}:{port}"
        self._session.record(Command(command=f"open {detail['channel']} {detail.get('target', '')}".rstrip(), detail=detail))

    def _ask_globally(self, _pkttype: int, _pktid: int, packet: SSHPacket) -> None:
        """Answer a global request: sshd refuses to listen for the client, and most else."""
        request, reply = packet.get_string(), packet.get_boolean()
        if request == b"tcpip-forward":
            host, port = text(packet.get_string()), packet.get_uint32()
            self._session.record(Command(command=f"listen {host}:{port}", detail={"request": "tcpip-forward"}))
            self.send_debug("Server has disabled port forwarding.", lang="")
        known = request in (b"no-more-sessions@openssh.com", b"hostkeys-prove-00@openssh.com")
        if request == b"hostkeys-prove-00@openssh.com":
            self._prove_keys(packet)
        elif reply:
            self.send_packet(constants.MSG_REQUEST_SUCCESS if known else constants.MSG_REQUEST_FAILURE)

    def _prove_keys(self, packet: SSHPacket) -> None:
        """Sign for the host keys that were announced (OpenSSH's PROTOCOL, section 2.5)."""
        signatures = b""
        for _ in range(len(self._all_server_host_keys)):
            if not packet:
                break
            blob = packet.get_string()
            pair = self._all_server_host_keys.get(blob)
            if pair is None:
                self.send_packet(constants.MSG_REQUEST_FAILURE)
                return
            if pair.algorithm == _RSA and pair is not self._server_host_key:
                pair.set_sig_algorithm(b"rsa-sha2-512")
            signed = String(b"hostkeys-prove-00@openssh.com") + String(self._session_id) + String(blob)
            signatures += String(pair.sign(signed))
        self.send_packet(constants.MSG_REQUEST_SUCCESS, signatures)

    def create_server_channel(self, *_args: Any, **_options: Any) -> Channel:
        """Make a channel of bytes."""
        return Channel(self, self._loop)

    _packet_handlers = {  # noqa: RUF012 - as asyncssh declares it
        **Flow._packet_handlers,  # noqa: SLF001 - the table through which asyncssh dispatches
        constants.MSG_GLOBAL_REQUEST: _ask_globally,
        constants.MSG_CHANNEL_OPEN: _open_channel,
    }
