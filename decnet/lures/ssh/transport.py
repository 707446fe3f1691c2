# SPDX-License-Identifier: MIT
"""
The server's side of one connection, as OpenSSH behaves where asyncssh behaves otherwise.

asyncssh does the cryptography, the framing and the channels. What it does differently from OpenSSH on the wire is put
right here by overriding methods of asyncssh's connection, public and private (the lock pins its version, and the tests hold
the outcome to lists taken from OpenSSH): no SSH_MSG_IGNORE before every packet, the extension list, strict key exchange only
where the version claims it, the words of refusals, bytes in user names. Packets are RFC 4253, 4252, 4254 and 8308, and
OpenSSH's PROTOCOL file.
"""

import asyncio
import re
import sys
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from typing import Any, cast

import asyncssh
from asyncssh import constants
from asyncssh.packet import NameList, SSHPacket, String, UInt32

from decnet.domain.captured import text
from decnet.domain.evidence import Identified, Violation
from decnet.lures.lure import Session
from decnet.lures.ssh.algorithms import Profile
from decnet.lures.ssh.hassh import parse_offer
from decnet.lures.ssh.requests import Requests

LINE_LIMIT = 8192
SHOWN_BYTES = 1024
LIST_BYTES = 4096
_PROTOCOL_ERROR = 2
_STRICT_SERVER = b"kex-strict-s-v00@openssh.com"
_IDENTIFICATION = re.compile(rb"SSH-(\d{1,9})\.(\d{1,9})-.", re.DOTALL)


class Transport(Requests):
    """
    One client's connection.

    ``keys`` is awaited before the first key exchange goes on; ``server`` makes the sessions of new channels; ``authenticate``
    is awaited with every login request.
    """

    def __init__(
        self,
        options: asyncssh.SSHServerConnectionOptions,
        session: Session,
        profile: Profile,
        *,
        keys: Callable[[], Awaitable[tuple[asyncssh.SSHKey, ...]]],
        server: asyncssh.SSHServer,
    ) -> None:
        self._profile = profile
        self._keys = keys
        self._is_strict = False
        super().__init__(options, session)
        self._protocol_factory = lambda: server
        self._server_host_key_algs = [name.encode() for name in profile.host_keys]
        self.authenticate: Callable[[SSHPacket], Awaitable[None]] | None = None
        self.failure: BaseException | None = None
        self._is_identified = False
        self.lost = asyncio.Event()
        self._wire: asyncio.Transport | None = None

    # --- the client's identification (RFC 4253, section 4.2)

    def _recv_version(self) -> bool:
        """Read the client's first line and judge it in the words of sshd."""
        end = self._inpbuf.find(b"\n", 0, LINE_LIMIT)
        line = self._inpbuf[: end if end >= 0 else LINE_LIMIT].removesuffix(b"\r")
        if b"\0" in line or b"\r" in line:
            return self._turn_away("not an SSH client", self._profile.foreign)
        if end < 0:
            return len(self._inpbuf) >= LINE_LIMIT and self._turn_away("not an SSH client", self._profile.foreign)
        match = _IDENTIFICATION.match(line)
        if match is None:
            return self._turn_away("not an SSH client", self._profile.foreign)
        if int(match[1]) != 2 and (int(match[1]), int(match[2])) != (1, 99):
            return self._turn_away("another version of SSH", self._profile.mismatch)
        self._inpbuf = self._inpbuf[end + 1 :]
        self._client_version = line
        self._send_kexinit()
        self._kexinit_sent = True
        self._recv_handler = self._recv_pkthdr
        return True

    def _turn_away(self, reason: str, answer: bytes) -> bool:
        """Record who speaks no SSH, say so, and hang up once the answer is out."""
        self.violate(reason, self._inpbuf)
        self._session.end("protocol")
        self._send(answer)
        self._close_softly()
        return False

    def violate(self, reason: str, data: bytes = b"") -> None:
        """Record that the client broke the protocol."""
        self._session.record(Violation(reason=reason, data=text(data[:SHOWN_BYTES])))

    # --- key exchange

    @property
    def _strict_kex(self) -> bool:
        """Whether both sides announced strict key exchange."""
        return self._is_strict

    @_strict_kex.setter
    def _strict_kex(self, value: bool) -> None:
        """Take asyncssh's decision, which knows the client's side alone."""
        self._is_strict = value and self._profile.strict

    def _get_extra_kex_algs(self) -> list[bytes]:
        """Return what is appended to the key exchanges."""
        return [_STRICT_SERVER] if self._profile.strict else []

    async def _begin_key_exchange(self, pkttype: int, pktid: int, packet: SSHPacket) -> None:
        """Fingerprint the client, then exchange keys."""
        if not self._session_id:
            self._identify(packet.get_remaining_payload())
            self._take_keys(await self._keys())
        await super()._process_kexinit(pkttype, pktid, packet)

    def _take_keys(self, keys: tuple[asyncssh.SSHKey, ...]) -> None:
        """Take the host keys, each for the algorithms that the imitated version uses it with."""
        pairs = [pair for key in keys for pair in asyncssh.load_keypairs(key)]
        self._all_server_host_keys = OrderedDict((pair.public_data, pair) for pair in pairs)
        offered = set(self._server_host_key_algs or ())
        self._server_host_keys = OrderedDict(
            (name, pair) for pair in pairs for name in pair.host_key_algorithms if name in offered
        )

    def _identify(self, payload: bytes) -> None:
        """Record the client's software and its HASSH."""
        try:
            offer = parse_offer(payload)
        except ValueError:
            self.violate("malformed key exchange", payload)
            return
        detail = {
            "key_exchanges": text(offer.key_exchanges[:LIST_BYTES]),
            "host_keys": text(offer.host_keys[:LIST_BYTES]),
            "ciphers": text(offer.ciphers[:LIST_BYTES]),
            "macs": text(offer.macs[:LIST_BYTES]),
            "compressions": text(offer.compressions[:LIST_BYTES]),
        }
        software = text(self._client_version)
        self._is_identified = True
        self._session.record(Identified(software=software, fingerprint=offer.hassh, detail=detail))

    def _send_ext_info(self) -> None:
        """Send the extensions of the imitated version (RFC 8308)."""
        extensions = (("server-sig-algs", self._profile.signatures), *self._profile.extensions)
        pairs = b"".join(String(name) + String(value) for name, value in extensions)
        self.send_packet(constants.MSG_EXT_INFO, UInt32(len(extensions)) + pairs)

    # --- authentication (RFC 4252)

    def _answer_login(self, _pkttype: int, pktid: int, packet: SSHPacket) -> Awaitable[None] | None:
        """Hand a request to the authentication; before its time it is unimplemented, after it ignored."""
        if self._auth_complete:
            return None
        if not self._auth_in_progress or self.authenticate is None:
            self.send_packet(constants.MSG_UNIMPLEMENTED, UInt32(pktid))
            return None
        return self.authenticate(packet)

    @property
    def methods(self) -> tuple[str, ...]:
        """The ways to log in that are offered."""
        return self._profile.methods

    @property
    def session_id(self) -> bytes:
        """The hash of the first key exchange, which signatures cover."""
        return self._session_id

    def ask(self, question: Any) -> None:
        """Hand the packets of a login's dialogue to ``question`` until the login is answered."""
        self._auth = question

    def refuse_login(self, methods: tuple[str, ...]) -> None:
        """Answer that the login failed and what can continue."""
        self._auth = None
        self.send_packet(constants.MSG_USERAUTH_FAILURE, NameList(name.encode() for name in methods), b"\0")

    async def accept_login(self, username: str) -> None:
        """Answer that the login succeeded; the client may open channels now."""
        self._username = username
        await self.send_userauth_success()

    def hang_up(self, reason: str) -> None:
        """Send a disconnect in sshd's words and end the connection."""
        self.send_packet(constants.MSG_DISCONNECT, UInt32(_PROTOCOL_ERROR), String(reason), String(""))
        self._session.end("protocol")
        self._close_softly()

    def _close_softly(self) -> None:
        """Close once everything that was written is out."""
        if self._transport:
            self._transport.close()
            self._transport = None
            self._loop.call_soon(self._cleanup, None)

    def _send_disconnect(self, code: int, reason: str, _lang: str) -> None:
        """Say what OpenSSH would: that a packet is corrupt; everything else ends it without a word."""
        if code == constants.DISC_BY_APPLICATION:
            return
        self.violate(reason)
        self._session.end("protocol")
        if self._recv_encryption and (code == constants.DISC_MAC_ERROR or reason == "Max packet size exceeded"):
            super()._send_disconnect(_PROTOCOL_ERROR, "Packet corrupt", "")

    def internal_error(self, exc_info: Any = None, error_logger: Any = None) -> None:
        """Keep a failure for whoever serves the session; what hostile bytes can cause inside asyncssh is a violation."""
        error = (exc_info or sys.exc_info())[1]
        super().internal_error(exc_info, error_logger)
        if isinstance(error, ValueError | ConnectionError | asyncssh.Error):
            self.violate(f"{type(error).__name__}: {error}")
            self._session.end("protocol")
        else:
            self.failure = error

    # --- the end

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Greet the client."""
        self._wire = cast("asyncio.Transport", transport)
        super().connection_made(transport)

    def connection_lost(self, exc: Exception | None = None) -> None:
        """Tell whoever waits."""
        super().connection_lost(exc)
        self.lost.set()

    async def finish(self) -> None:
        """Close whatever is open and wait for every task of this connection."""
        if self._client_version and not self._is_identified:
            self._session.record(Identified(software=text(self._client_version)))
        if self._wire is not None:
            self._wire.abort()
        if not self.is_closed():
            self._cleanup(None)
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    _packet_handlers = {  # noqa: RUF012 - as asyncssh declares it
        **Requests._packet_handlers,  # noqa: SLF001 - the table through which asyncssh dispatches
        constants.MSG_KEXINIT: _begin_key_exchange,
        constants.MSG_USERAUTH_REQUEST: _answer_login,
    }
