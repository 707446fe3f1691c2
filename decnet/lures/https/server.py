# SPDX-License-Identifier: MIT
"""The https lure: the http lure's server and site of the same decoy, behind TLS as Debian's packages configure it."""

import asyncio
import ssl
from typing import ClassVar

from decnet.domain.persona import Decoy
from decnet.lures.http.head import HeadReader
from decnet.lures.http.message import Answer, Head, Received, Version
from decnet.lures.http.nginx import Nginx
from decnet.lures.http.server import Conversation, Http
from decnet.lures.https.context import context
from decnet.lures.https.options import HttpsOptions
from decnet.lures.lure import Session
from decnet.lures.stream import Stream
from decnet.lures.tls import TlsStream

_TLS_STARTS = (0x16, 0x80)
"""What nginx takes for TLS: a handshake's record, or a hello of SSL 2."""
_HTTP_STARTS = (b"GET ", b"POST ", b"HEAD ", b"PUT ")
"""What OpenSSL takes for HTTP, on which Apache says so."""
_LONGEST_START = 5
_PATIENCE_SECONDS = 0.25
_SHOWN_BYTES = 256
_TO_NGINX = "The plain HTTP request was sent to HTTPS port"
_TO_APACHE = (
    "Reason: You're speaking plain HTTP to an SSL-enabled server port.<br />\n"
    " Instead use the HTTPS scheme to access this URL, please.<br />\n"
)


class Https(Http):
    """
    One decoy's web server behind TLS.

    The key is derived in a worker thread when the first client comes (some tenths of a second, once in the life of the
    process); ``prepare`` does it before anybody comes.
    """

    name: ClassVar[str] = "https"
    scheme: ClassVar[str] = "https"

    def __init__(self, decoy: Decoy, options: HttpsOptions) -> None:
        super().__init__(decoy, options)
        self._persona = decoy.persona
        self._context: asyncio.Future[ssl.SSLContext] | None = None

    async def prepare(self) -> None:
        """Derive the key and make the certificate now."""
        await self._tls_context()

    async def serve(self, session: Session) -> None:
        """Answer requests until the client leaves, a bound is reached or an answer closes the connection."""
        raw = await Stream.open(session)
        try:
            stream = await self._converse(session, raw) if await raw.fill() else raw
            await stream.finish()
        finally:
            raw.close()

    async def _converse(self, session: Session, raw: Stream) -> Stream:
        """Speak TLS, or tell a client that speaks HTTP without it; return the stream that is to be finished."""
        if await self._is_plain(raw):
            await PlainConversation(self, session, raw).exchange()
            return raw
        stream = TlsStream(raw, await self._tls_context())
        if not await stream.handshake():
            return raw
        conversation = Conversation(self, session, stream, server_name=stream.server_name)
        while await conversation.exchange():
            await stream.give_way()
        return stream

    async def _is_plain(self, raw: Stream) -> bool:
        """Whether a client speaks HTTP, as its server would see it."""
        if isinstance(self.server, Nginx):
            return raw.buffer[0] not in _TLS_STARTS
        while len(raw.buffer) < _LONGEST_START and any(start.startswith(raw.buffer) for start in _HTTP_STARTS):
            if not await raw.fill():
                return False
        return raw.buffer.startswith(_HTTP_STARTS)

    async def _tls_context(self) -> ssl.SSLContext:
        """Return key, certificate and what is offered; whoever asks first has them made."""
        if self._context is None:
            server = "nginx" if isinstance(self.server, Nginx) else "apache"
            self._context = asyncio.get_running_loop().run_in_executor(None, context, self._persona, server)
        return await asyncio.shield(self._context)


class PlainConversation(Conversation):
    """One request that came without TLS: recorded, and answered with what is wrong about it."""

    async def exchange(self) -> bool:
        """Read, record, answer; Apache answers every such client alike."""
        if isinstance(self._lure.server, Nginx):
            return await super().exchange()
        reader = HeadReader(self._lure.server.limits)
        while not reader.feed(self._stream.buffer) and await self._stream.fill(_PATIENCE_SECONDS):
            pass
        head = reader.head or Head(line=b"")
        answer = Answer(status=400, close=True, named=False, is_page=True, parameter=_TO_APACHE, is_markup=True)
        if head.method and head.target and not head.fault:
            self._record(head, self._received(head), answer)
        else:
            self._record_violation("incomplete request", (bytes(reader.raw) + bytes(self._stream.buffer))[:_SHOWN_BYTES])
        simple = Head(line=b"GET / HTTP/1.1", method=b"GET", target=b"/", version_text=b"HTTP/1.1", version=Version(1, 1))
        await self._stream.send(self._lure.server.render(self._received(simple), answer, keep=False, left=0))
        return False

    async def _respond(self, head: Head) -> bool:
        """Answer as nginx does, which reads the head first."""
        request = self._located(head)
        answer = self._lure.server.judge_head(request.head)
        answer = answer or Answer(status=400, close=True, is_page=True, parameter=_TO_NGINX)
        self._record(head, request, answer)
        await self._stream.send(self._lure.server.render(request, answer, keep=False, left=0))
        return False

    def _received(self, head: Head) -> Received:
        """Return a request as it came."""
        return Received(head=head, port=self._session.origin.local.port, scheme=self._lure.scheme)
