# SPDX-License-Identifier: MIT
"""
The way of a connection up to its first query: encryption, cancel requests, the startup message, the login.

Each step ends in one of three ways: the client is let on, it is told why not, or it is left without a word as the server does.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping

from decnet.domain.captured import storable, text
from decnet.domain.evidence import Identified, Violation
from decnet.domain.persona import Persona
from decnet.lures.lure import Session
from decnet.lures.postgresql.authentication import Authentication
from decnet.lures.postgresql.certificate import Certificate
from decnet.lures.postgresql.channel import Channel
from decnet.lures.postgresql.options import PostgresqlOptions
from decnet.lures.postgresql.report import Report, fatal
from decnet.lures.postgresql.startup import MAX_PACKET, Startup, parse
from decnet.lures.postgresql.wire import (
    CANCEL_REQUEST,
    GSS_REQUEST,
    PROTOCOL,
    SSL_REQUEST,
    Fields,
    WireError,
    negotiation,
    told,
)

LOGIN_SECONDS = 60.0
"""How long a client has for its login (authentication_timeout)."""
_GSS_PACKET = 16_384
_MAX_SETTINGS = 32
_SHOWN = 256
_OLD = 2
_ENCRYPTION_RELEASE = 14


class Entrance:
    """Lets one client in; ``cancel`` is told the process and the key of a request to cancel."""

    def __init__(
        self,
        channel: Channel,
        session: Session,
        *,
        options: PostgresqlOptions,
        persona: Persona,
        major: int,
        cancel: Callable[[int, bytes], None],
        tls: Callable[[], Awaitable[Certificate | None]],
    ) -> None:
        self._channel = channel
        self._session = session
        self._options = options
        self._persona = persona
        self._major = major
        self._cancel = cancel
        self._tls = tls
        self._certificate: Certificate | None = None
        self._is_old = False

    async def admit(self, accounts: Mapping[str, str]) -> Startup | None:
        """Return what a client wants that has logged in; none where it did not, and then it has been told why."""
        try:
            async with asyncio.timeout(LOGIN_SECONDS):
                return await self._admitted(accounts)
        except TimeoutError:
            self._session.end("time")
        except Report as report:
            await self._refuse(report)
        return None

    async def _admitted(self, accounts: Mapping[str, str]) -> Startup | None:
        """Go through all steps; raises ``Report``."""
        startup = await self._startup()
        if startup is None:
            return None
        if startup.negotiates:
            self._channel.put(negotiation(startup.unknown))
        self._refuse_host(startup)
        login = Authentication(self._channel, self._session, startup, accounts, self._persona)
        digest = self._certificate.digest if self._certificate and self._channel.tls_version else b""
        return startup if await login.run(self._options.authentication, digest) else None

    async def _startup(self) -> Startup | None:
        """Return what the startup message says; none where none comes."""
        code, body = await self._first_packet()
        if body is None:
            return None
        self._is_old = code >> 16 < PROTOCOL >> 16
        try:
            startup = self._parsed(code, body)
        except Report:
            self._violate("startup message", body)
            raise
        self._identify(startup)
        return startup

    def _parsed(self, code: int, body: bytes) -> Startup:
        """Return what the packet says; protocol 2.0, which nobody speaks any more, has no line in pg_hba.conf."""
        startup = None if self._is_old and code >> 16 == _OLD else parse(code, body, self._major)
        if startup is None:
            user, database = (body[at : at + size].split(b"\0")[0] for at, size in ((64, 32), (0, 64)))
            names = [one.decode("utf-8", "surrogateescape") for one in (user, database or user)]
            host = self._session.origin.peer.address
            words = f'no pg_hba.conf entry for host "{host}", user "{names[0]}", database "{names[1]}", SSL off'
            raise fatal(words, "28000", "ClientAuthentication")
        return startup

    async def _first_packet(self) -> tuple[int, bytes | None]:
        """Answer requests for encryption, each once, and return the code and body of the packet behind them."""
        asked: set[int] = set()
        while True:
            packet = await self._channel.packet(MAX_PACKET)
            if packet is None:
                self._note_broken()
                return 0, None
            code, body = int.from_bytes(packet[:4]), packet[4:]
            if code == CANCEL_REQUEST:
                self._take_cancel(body)
                return 0, None
            if code not in (SSL_REQUEST, GSS_REQUEST) or code in asked:
                return code, body
            asked.add(code)
            if not await (self._encrypt() if code == SSL_REQUEST else self._refuse_gss()):
                return 0, None

    async def _encrypt(self) -> bool:
        """Answer a request for TLS; false where the client broke off."""
        self._certificate = self._certificate or await self._tls()
        if self._certificate is None or self._channel.tls_version:
            return await self._channel.stream.send(b"N")
        if self._channel.stream.buffer:
            # bytes that came before the handshake could have been slipped in by somebody else (CVE-2021-23214)
            self._violate("unencrypted data after a request for TLS", bytes(self._channel.stream.buffer[:_SHOWN]))
            await self._refuse(fatal("received unencrypted data after SSL request", "08P01", "ProcessStartupPacket"))
            return False
        if await self._channel.stream.send(b"S") and await self._channel.start_tls(self._certificate.context):
            return True
        self._session.end("protocol")
        return False

    async def _refuse_gss(self) -> bool:
        """Agree to GSSAPI as Debian's server does, which has no key for it: the first token ends the connection."""
        await self._channel.stream.send(b"G")
        token = await self._channel.packet(_GSS_PACKET)
        if token is not None:
            self._violate("GSSAPI token", token)
        return False

    def _take_cancel(self, body: bytes) -> None:
        """Pass a request to cancel on; nobody is ever told whether it fitted."""
        fields = Fields(body)
        try:
            pid, key = fields.integer(), fields.take(4)
        except WireError:
            self._violate("cancel request", body)
            return
        self._session.record(Identified(software="", detail={"request": "cancel", "process": str(pid)}))
        self._cancel(pid, key)

    def _refuse_host(self, startup: Startup) -> None:
        """Refuse who has no line in pg_hba.conf; raises ``Report``."""
        if not startup.replication and self._options.answer != "no-entry":
            return
        host = self._session.origin.peer.address
        if self._major >= _ENCRYPTION_RELEASE:
            tail = "SSL encryption" if self._channel.tls_version else "no encryption"
        else:
            tail = "SSL on" if self._channel.tls_version else "SSL off"
        head = f'no pg_hba.conf entry for host "{host}", user "{startup.user}", database "{startup.database}", '
        if startup.replication:
            head = f'no pg_hba.conf entry for replication connection from host "{host}", user "{startup.user}", '
        raise fatal(head + tail, "28000", "ClientAuthentication")

    async def _refuse(self, report: Report) -> None:
        """Tell the client why it may not come in."""
        self._session.end("lure")
        # a client of protocol 2.0 or less gets plain text
        old = b"E" + f"{report.severity}:  {report.message}\n".encode("utf-8", "surrogateescape") + b"\0"
        self._channel.put(old if self._is_old else told(report, self._major))
        await self._channel.flush()

    def _identify(self, startup: Startup) -> None:
        """Record what the client said of itself."""
        detail = {
            storable(f"setting {name[:64]}"): storable(value[:_SHOWN])
            for name, value in list(startup.settings.items())[:_MAX_SETTINGS]
        }
        further = len(startup.settings) - _MAX_SETTINGS
        detail |= {"further settings": str(further)} if further > 0 else {}
        detail |= {"user": storable(startup.user), "database": storable(startup.database)}
        detail |= {"options": storable(startup.options[:_SHOWN])} if startup.options else {}
        detail |= {"replication": "yes"} if startup.replication else {}
        detail |= {"tls": self._channel.tls_version} if self._channel.tls_version else {}
        detail |= {"protocol": ".".join(map(str, startup.version))}
        software = startup.settings.get("application_name", "")
        self._session.record(Identified(software=storable(software[:_SHOWN]), detail=detail))

    def _note_broken(self) -> None:
        """Record bytes that are no packet."""
        if self._channel.broken.strip():
            self._violate("invalid length of startup packet", self._channel.broken)

    def _violate(self, reason: str, data: bytes) -> None:
        """Record what broke the protocol; a password may be in it."""
        secret = data[:_SHOWN] if b"pass" in data.lower() else None
        self._session.record(Violation(reason=reason, data="[secret]" if secret else text(data[:_SHOWN])), secret)
        self._session.end("protocol")
