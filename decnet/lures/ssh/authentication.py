# SPDX-License-Identifier: MIT
"""
Logins, as sshd with PAM answers them (RFC 4252 and 4256), each recorded before the answer.

Names and passwords are bytes: asyncssh would turn away those that are no UTF-8, and attackers send them.
"""

import asyncio
import base64
import hashlib
import random
from collections.abc import Awaitable, Callable, Mapping

import asyncssh
from asyncssh.logging import SSHLogger
from asyncssh.packet import Boolean, SSHPacket, SSHPacketHandler, String, UInt32
from asyncssh.public_key import decode_ssh_public_key

from decnet.domain.captured import text
from decnet.domain.evidence import Credential
from decnet.lures.lure import Session
from decnet.lures.ssh.options import SshOptions
from decnet.lures.ssh.transport import Transport

_INFO_REQUEST = 60
_INFO_RESPONSE = 61
_KEY_OK = 60
_REQUEST = 50
_QUICK_SECONDS = 0.006
_PASSWORD_SECONDS = 0.06
_JITTER = 0.25
_SIGNED = {b"publickey": False, b"publickey-hostbound-v00@openssh.com": True}


class Authentication:
    """The logins of one connection; ``accounts`` maps user names to passwords."""

    def __init__(self, transport: Transport, session: Session, accounts: Mapping[str, str], options: SshOptions) -> None:
        self._transport = transport
        self._session = session
        self._passwords = {user.encode(): password.encode() for user, password in accounts.items()}
        self._options = options
        self._methods = transport.methods
        self._first: tuple[bytes, bytes] | None = None
        self._requests = 0
        self._failures = 0
        self._nameless = False
        self.username = b""

    async def answer(self, packet: SSHPacket) -> None:
        """Answer one SSH_MSG_USERAUTH_REQUEST."""
        user, service, method = packet.get_string(), packet.get_string(), packet.get_string()
        self._requests += 1
        if self._first is None:
            self._first = (user, service)
        elif self._first != (user, service):
            self._change(user, service, packet.get_string() if method == b"password" and not packet.get_boolean() else None)
            return
        self._nameless = self._nameless or method == b"none"
        await self._dispatch(user, method, packet)

    def close(self) -> None:
        """Record the name of a client that asked for the methods and left."""
        if self._nameless and self._requests == 1 and self._first is not None:
            self._record("none", self._first[0], accepted=False)

    async def _dispatch(self, user: bytes, method: bytes, packet: SSHPacket) -> None:
        """Go by the method."""
        if method == b"password":
            await self._password(user, packet)
        elif method in _SIGNED:
            await self._public_key(user, method, packet)
        elif method == b"keyboard-interactive" and method.decode() in self._methods:
            self._ask(user)
        else:
            if method not in (b"none", b"keyboard-interactive"):
                self._transport.violate("unknown way to log in", method)
            await self._refuse(method, _QUICK_SECONDS if self._requests > 1 else 0)

    async def _password(self, user: bytes, packet: SSHPacket) -> None:
        """Compare a password (RFC 4252, section 8)."""
        changes, password = packet.get_boolean(), packet.get_string()
        right = not changes and self._is_right(user, password)
        self._record("password", user, password, accepted=right)
        if changes:
            self._record("password", user, packet.get_string(), accepted=False, detail={"request": "change"})
        await self._conclude(user, b"password", accepted=right)

    async def _conclude(self, user: bytes, method: bytes, *, accepted: bool) -> None:
        """Answer after the time that PAM takes."""
        if accepted:
            await asyncio.sleep(_vary(_PASSWORD_SECONDS))
            await self._let_in(user)
        else:
            await self._refuse(method, _vary(self._options.failure_seconds))

    def _is_right(self, user: bytes, password: bytes) -> bool:
        """Tell whether an account has this password."""
        return self._passwords.get(user) == password

    async def _let_in(self, user: bytes) -> None:
        """Open the door."""
        self.username = user
        await self._transport.accept_login(user.decode("utf-8", "surrogateescape"))

    async def _refuse(self, method: bytes, seconds: float) -> None:
        """Count a failure and answer it; the first "none" is free of charge, as with sshd."""
        await asyncio.sleep(seconds)
        if self._requests > 1 or method != b"none":
            self._failures += 1
        if self._failures >= self._options.attempts:
            self._transport.hang_up("Too many authentication failures")
        else:
            self._transport.refuse_login(self._methods)

    def _change(self, user: bytes, service: bytes, password: bytes | None) -> None:
        """End a client that changes its name under way, as sshd does."""
        self._record("none" if password is None else "password", user, password, accepted=False)
        names = [b",".join(pair).decode("utf-8", "replace") for pair in (self._first or (b"", b""), (user, service))]
        self._transport.hang_up(f"Change of username or service not allowed: ({names[0]}) -> ({names[1]})")

    # --- public keys (RFC 4252, section 7)

    async def _public_key(self, user: bytes, method: bytes, packet: SSHPacket) -> None:
        """Record a key that is offered or proved; nobody owns one here unless the options say so."""
        signed, algorithm, blob = packet.get_boolean(), packet.get_string(), packet.get_string()
        host_key = packet.get_string() if _SIGNED[method] else None
        signature = packet.get_string() if signed else b""
        known = self._options.accept_keys and user in self._passwords
        right = known and signed and self._is_proved((user, method, algorithm, blob, host_key), signature)
        self._record("publickey", user, accepted=right, detail=_describe(algorithm, blob, signed=signed))
        if right:
            await self._let_in(user)
        elif known and not signed and _load(blob) is not None:
            self._transport.send_packet(_KEY_OK, String(algorithm), String(blob))
        else:
            await self._refuse(method, _vary(_QUICK_SECONDS))

    def _is_proved(self, request: tuple[bytes, bytes, bytes, bytes, bytes | None], signature: bytes) -> bool:
        """Verify the signature over the session and the request."""
        user, method, algorithm, blob, host_key = request
        key = _load(blob)
        signed = b"".join(
            (
                String(self._transport.session_id),
                bytes((_REQUEST,)),
                String(user),
                String(b"ssh-connection"),
                String(method),
                Boolean(value=True),
                String(algorithm),
                String(blob),
                b"" if host_key is None else String(host_key),
            )
        )
        return key is not None and key.verify(signed, signature)

    # --- keyboard-interactive (RFC 4256)

    def _ask(self, user: bytes) -> None:
        """Ask for the password, as PAM does."""
        self._transport.ask(Question(self._transport.logger, lambda packet: self._replied(user, packet)))
        prompt = UInt32(1) + String("Password: ") + Boolean(value=False)
        self._transport.send_packet(_INFO_REQUEST, String(""), String(""), String(""), prompt)

    async def _replied(self, user: bytes, packet: SSHPacket) -> None:
        """Compare what was typed."""
        count = packet.get_uint32()
        password = packet.get_string() if count else b""
        right = count == 1 and self._is_right(user, password)
        self._record("keyboard-interactive", user, password, accepted=right)
        await self._conclude(user, b"keyboard-interactive", accepted=right)

    def _record(
        self, mechanism: str, user: bytes, secret: bytes | None = None, *, accepted: bool, detail: dict[str, str] | None = None
    ) -> None:
        """Write an attempt."""
        body = Credential(mechanism=mechanism, username=text(user), accepted=accepted, detail=detail or {})
        self._session.record(body, secret)


class Question(SSHPacketHandler):
    """An open question: takes the packets of the login's dialogue."""

    def __init__(self, logger: SSHLogger, reply: Callable[[SSHPacket], Awaitable[None]]) -> None:
        self._logger = logger
        self._reply = reply

    @property
    def logger(self) -> SSHLogger:
        """The logger of the connection."""
        return self._logger

    def cancel(self) -> None:
        """Forget the question."""

    def process_packet(self, pkttype: int, _pktid: int, packet: SSHPacket) -> bool | Awaitable[None]:
        """Take the answer; no other packet belongs here."""
        return self._reply(packet) if pkttype == _INFO_RESPONSE else False


def _describe(algorithm: bytes, blob: bytes, *, signed: bool) -> dict[str, str]:
    """Return what is known of a key; the fingerprint as ssh-keygen prints it."""
    digest = base64.b64encode(hashlib.sha256(blob).digest()).rstrip(b"=").decode()
    return {
        "algorithm": text(algorithm),
        "fingerprint": f"SHA256:{digest}",
        "key": base64.b64encode(blob).decode(),
        "signed": "yes" if signed else "no",
    }


def _load(blob: bytes) -> asyncssh.SSHKey | None:
    """Decode a public key."""
    try:
        return decode_ssh_public_key(blob)
    except asyncssh.KeyImportError:
        return None


def _vary(seconds: float) -> float:
    """Return ``seconds``, a quarter more or less, as pam_fail_delay varies them."""
    return seconds * random.uniform(1 - _JITTER, 1 + _JITTER)  # noqa: S311 - a delay is no secret
