# SPDX-License-Identifier: MIT
"""
Logins, each recorded before the answer: md5, SCRAM-SHA-256 and clear text, as pg_hba.conf would ask for them.

Of a digest the password is not known, unless it is one of the planted or of the weakest ones; what is needed to try others
offline stands in the record's detail.
"""

import asyncio
import base64
import hashlib
import hmac
import os
import random
import re
from collections.abc import Mapping
from functools import lru_cache

from decnet.domain.captured import storable
from decnet.domain.evidence import Credential
from decnet.domain.persona import Persona
from decnet.lures.lure import Session
from decnet.lures.postgresql.account import WEAK
from decnet.lures.postgresql.channel import Channel
from decnet.lures.postgresql.report import Report, fatal
from decnet.lures.postgresql.scram import MECHANISM, NONCE_BYTES, PLUS, SALT_BYTES, Exchange, Verifier, verifier
from decnet.lures.postgresql.startup import Startup
from decnet.lures.postgresql.wire import Fields, WireError, authentication

_CLEAR, _MD5, _SASL, _SASL_CONTINUE, _SASL_FINAL = 3, 5, 10, 11, 12
_MAX_PASSWORD = 65_536
_MAX_SHOWN = 1_024
_DIGEST = re.compile(rb"md5[0-9a-f]{32}")
_MIN_SECONDS, _MAX_SECONDS = 0.002, 0.009


class Authentication:
    """The login of one connection; ``accounts`` maps roles to passwords. Every way of failing raises ``Report``."""

    def __init__(
        self, channel: Channel, session: Session, startup: Startup, accounts: Mapping[str, str], persona: Persona
    ) -> None:
        self._channel = channel
        self._session = session
        self._startup = startup
        self._password = accounts.get(startup.user) or None
        self._guesses = (*accounts.values(), startup.user, *WEAK)
        self._persona = persona

    async def run(self, method: str, certificate_hash: bytes) -> bool:
        """Let the client log in; false where it left without a word. Raises ``Report`` where it may not come in."""
        ways = {"md5": self._md5, "password": self._clear}
        accepted = await (ways[method]() if method in ways else self._scram(certificate_hash))
        if accepted is False:
            await asyncio.sleep(random.uniform(_MIN_SECONDS, _MAX_SECONDS))  # noqa: S311 - a delay is no secret
            raise self._refused()
        return accepted is not None

    async def _clear(self) -> bool | None:
        """Ask for the password itself."""
        self._channel.put(authentication(_CLEAR))
        answer = await self._answer()
        if answer is None:
            return None
        accepted = self._is_right(answer)
        self._record("password", accepted=accepted, secret=answer)
        return accepted

    async def _md5(self) -> bool | None:
        """Ask for the digest of password, name and a salt."""
        salt = os.urandom(4)
        self._channel.put(authentication(_MD5, salt))
        answer = await self._answer()
        if answer is None:
            return None
        known = self._password is not None and hmac.compare_digest(_digest(self._user, self._password, salt), answer)
        secret = self._guess(answer, salt)
        if _DIGEST.fullmatch(answer):
            detail = {"salt": salt.hex(), "response": answer.decode()}
            self._record("md5", accepted=known, secret=secret.encode() if secret is not None else None, detail=detail)
        else:
            # no digest: whatever it is, it may be the password itself
            self._record("password", accepted=False, secret=answer)
        return known

    async def _scram(self, certificate_hash: bytes) -> bool | None:
        """Let the client prove that it knows the password (RFC 5802)."""
        offered = ([PLUS] if certificate_hash else []) + [MECHANISM]
        self._channel.put(authentication(_SASL, b"".join(name.encode() + b"\0" for name in offered) + b"\0"))
        first = await self._message()
        if first is None:
            return None
        exchange = self._exchange(certificate_hash)
        try:
            mechanism, response = _initial(first)
            self._channel.put(authentication(_SASL_CONTINUE, exchange.begin(mechanism, response)))
            last = await self._message()
            signature = exchange.end(last) if last is not None else None
        except Report:
            self._record("scram-sha-256", accepted=False, detail=_shown_all(exchange.sent), secret=None)
            raise
        if signature is not None:
            self._channel.put(authentication(_SASL_FINAL, signature))
        secret = self._password.encode() if signature is not None and self._password else None
        self._record("scram-sha-256", accepted=signature is not None, detail=_shown_all(exchange.sent), secret=secret)
        return signature is not None if last is not None else None

    def _exchange(self, certificate_hash: bytes) -> Exchange:
        """Return a new exchange; the salt belongs to the role, whether there is one or not."""
        salt = self._persona.derive(f"postgresql salt of {self._startup.user}", SALT_BYTES)
        known = _verifier(self._password, salt) if self._password else None
        nonce = base64.b64encode(os.urandom(NONCE_BYTES)).decode()
        return Exchange(salt, nonce, known, certificate_hash)

    async def _answer(self) -> bytes | None:
        """Return the password message without its end; none where the client left. Raises ``Report``."""
        body = await self._message()
        if body is None:
            return None
        if not body.endswith(b"\0") or body.find(0) != len(body) - 1:
            self._record("password", accepted=False, secret=body)
            raise fatal("invalid password packet size", "08P01", "recv_password_packet")
        if body == b"\0":
            self._record("password", accepted=False, secret=b"")
            raise fatal("empty password returned by client", "28P01", "recv_password_packet")
        return body[:-1]

    async def _message(self) -> bytes | None:
        """Return the body of the next message, which has to be one of a login."""
        if not await self._channel.flush():
            return None
        message = await self._channel.message()
        if message is None:
            return None
        if message.kind != b"p":
            words = f"expected password response, got message type {message.kind[0]}"
            raise fatal(words, "08P01", "recv_password_packet")
        return message.body if message.size <= _MAX_PASSWORD else None

    @property
    def _user(self) -> str:
        return self._startup.user

    def _is_right(self, answer: bytes) -> bool:
        """Whether a password is the role's."""
        return self._password is not None and hmac.compare_digest(self._password.encode(), answer)

    def _guess(self, answer: bytes, salt: bytes) -> str | None:
        """Return the weak password that a digest was made of, if it was."""
        return next((guess for guess in self._guesses if _digest(self._user, guess, salt) == answer), None)

    def _record(self, mechanism: str, *, accepted: bool, secret: bytes | None, detail: dict[str, str] | None = None) -> None:
        """Write down a try."""
        found = {"database": storable(self._startup.database), **(detail or {})}
        body = Credential(mechanism=mechanism, username=storable(self._user), accepted=accepted, detail=found)
        self._session.record(body, secret)

    def _refused(self) -> Report:
        """Return what whoever does not know the password is told."""
        return fatal(f'password authentication failed for user "{self._user}"', "28P01", "auth_failed")


def _digest(user: str, password: str, salt: bytes) -> bytes:
    """Return what a client that knows the password sends (the manual's "MD5 password")."""
    name = user.encode("utf-8", "surrogateescape")
    inner = hashlib.md5(password.encode("utf-8", "surrogateescape") + name, usedforsecurity=False).hexdigest()
    return b"md5" + hashlib.md5(inner.encode() + salt, usedforsecurity=False).hexdigest().encode()


@lru_cache(64)
def _verifier(password: str, salt: bytes) -> Verifier:
    """Return the verifier of a planted password, made once."""
    return verifier(password, salt)


def _initial(body: bytes) -> tuple[str, bytes]:
    """Return the mechanism and the first message of SASLInitialResponse; raises ``Report``."""
    fields = Fields(body)
    try:
        mechanism = fields.string().decode("utf-8", "surrogateescape")
        size = fields.integer()
        response = fields.take(size) if size >= 0 else b""
        fields.end()
    except WireError as error:
        raise fatal(str(error), "08P01", "CheckSCRAMAuth") from error
    return mechanism, response


def _shown_all(sent: Mapping[str, str]) -> dict[str, str]:
    """Return the texts of an exchange for a record's detail."""
    return {name: storable(text[:_MAX_SHOWN]) for name, text in sent.items()}
