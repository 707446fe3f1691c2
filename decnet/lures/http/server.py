# SPDX-License-Identifier: MIT
"""
The http lure: a conversation of requests and answers on one connection.

The parser is our own: a decoy has to take requests that no library lets through, byte for byte, and to refuse them in the
words of the server that it claims to be.
"""

from typing import ClassVar

from decnet.domain.captured import text
from decnet.domain.evidence import File, Request, Violation
from decnet.domain.persona import Decoy, Persona
from decnet.lures.http import credentials
from decnet.lures.http.apache import Apache
from decnet.lures.http.body import BodyReader, Kept, frame
from decnet.lures.http.head import HeadReader
from decnet.lures.http.location import resolve, split_absolute
from decnet.lures.http.message import Answer, Head, Received
from decnet.lures.http.nginx import Nginx
from decnet.lures.http.options import HttpOptions
from decnet.lures.http.portal import Portal
from decnet.lures.http.resource import Resources
from decnet.lures.http.site import plant
from decnet.lures.http.wordpress import WordPress
from decnet.lures.lure import CapturedFile, Session
from decnet.lures.stream import Stream

_BODY_BYTES = 1 << 20
_SHOWN_BYTES = 256
_PATIENCE_SECONDS = 0.25
_FALLBACK = {"nginx": "nginx/1.18.0", "apache": "Apache/2.4.56 (Debian)"}


class Http:
    """One decoy's web server."""

    name: ClassVar[str] = "http"
    scheme: ClassVar[str] = "http"

    def __init__(self, decoy: Decoy, options: HttpOptions) -> None:
        persona = decoy.persona
        claimed = persona.software.get("http", persona.software.get("https", ""))
        kind = options.site if options.site in _FALLBACK else ("apache" if claimed.lower().startswith("apache") else "nginx")
        software = claimed if claimed.lower().startswith(kind) else _FALLBACK[kind]
        self.server: Nginx | Apache = Nginx(software) if kind == "nginx" else Apache(software, persona.hostname)
        # nginx answers for a file without asking for the body; an application behind it, like Apache, asks
        self.asks_for_bodies = self.server.asks_for_bodies or options.site == "portal"
        self.resources = Resources(
            persona, options, self.server, plant(persona, server=kind), self._application(persona, options)
        )

    def _application(self, persona: Persona, options: HttpOptions) -> Portal | WordPress | None:
        """Return what answers beside the files: a portal by option, on some decoys with Apache a WordPress."""
        if options.site == "portal":
            return Portal(persona, options)
        has_wordpress = isinstance(self.server, Apache) and persona.between("http wordpress", 0, 1)
        return WordPress(persona) if has_wordpress else None

    async def serve(self, session: Session) -> None:
        """Answer requests until the client leaves, a bound is reached or an answer closes the connection."""
        stream = await Stream.open(session)
        conversation = Conversation(self, session, stream)
        try:
            while await conversation.exchange():
                await stream.give_way()
            await stream.finish()
        finally:
            stream.close()


class Conversation:
    """The requests of one connection."""

    def __init__(self, lure: Http, session: Session, stream: Stream, *, server_name: bytes = b"") -> None:
        self._lure = lure
        self._session = session
        self._stream = stream
        self._left = lure.server.requests_per_connection
        self._unread: BodyReader | None = None
        self._server_name = server_name

    async def exchange(self) -> bool:
        """Read one request, record it, answer it; false when the connection ends."""
        if not await self._skip_body():
            return False
        reader = HeadReader(self._lure.server.limits)
        while not reader.feed(self._stream.buffer):
            if not await self._stream.fill():
                self._note_torn(reader)
                return False
        head = reader.head or Head(line=b"")
        if head.fault:
            return await self._refuse(head, bytes(reader.raw))
        return await self._respond(head)

    async def _respond(self, head: Head) -> bool:
        """Answer a request whose head could be read."""
        server = self._lure.server
        request = self._located(head)
        length, fault = frame(head)
        answer = server.judge_head(request.head) or self._judge_name(request) or server.judge_body(request.head, length, fault)
        if answer is None or (not answer.close and length != 0):
            request, answer = await self._with_body(request, length, answer)
        left = self._left
        self._left -= 1
        answer.close = answer.close or fault == "both"
        keep = self._left > 0 and not answer.close and _wants_to_stay(head)
        self._record(head, request, answer)
        sent = await self._stream.send(server.render(request, answer, keep=keep, left=left))
        return sent and keep and not answer.hangs_up

    def _judge_name(self, request: Received) -> Answer | None:
        """Return Apache's refusal of a client that named the host to TLS and not to HTTP."""
        if self._server_name and not request.host and isinstance(self._lure.server, Apache):
            return Answer(status=400, close=True, is_page=True)
        return None

    def _located(self, head: Head) -> Received:
        """Return a request with its host and path; a target may name the host itself."""
        host, target = split_absolute(head.target)
        inner = Head(**{name: getattr(head, name) for name in Head.__dataclass_fields__} | {"target": target})
        return Received(
            head=inner,
            path=resolve(inner.path) or "/",
            host=(host or head.value(b"host")).decode("latin-1"),
            port=self._session.origin.local.port,
            scheme=self._lure.scheme,
        )

    async def _with_body(self, request: Received, length: int | None, answer: Answer | None) -> tuple[Received, Answer]:
        """Read the body, then find the answer; what the body breaks decides."""
        head, server = request.head, self._lure.server
        kept = Kept(_BODY_BYTES)
        upload = self._session.capture() if head.method == b"PUT" and length != 0 else None
        reader = BodyReader(length, _Both(kept, upload))
        if self._lure.asks_for_bodies and answer is None and length != 0:
            await self._ask_for_body(head)
        complete = await self._read_body(reader)
        if upload is not None:
            self._keep_upload(upload, request)
        values = {name: getattr(request, name) for name in ("head", "path", "host", "port", "scheme")}
        request = Received(**values, body=bytes(kept.data), size=reader.size)
        if not complete and self._stream.is_open:
            self._unread = reader
            return request, answer or self._lure.resources.answer(request)
        if reader.fault or not complete:
            return request, self._broken(request, reader)
        if isinstance(server, Nginx) and reader.size > _BODY_BYTES:
            return request, server.too_large()
        return request, answer or self._lure.resources.answer(request)

    async def _read_body(self, reader: BodyReader) -> bool:
        """
        Read a body; true when it is complete or broken.

        nginx answers for a file before it has the body: a client that pauses within one gets its answer then.
        """
        patience = None if self._lure.asks_for_bodies else _PATIENCE_SECONDS
        complete = reader.feed(self._stream.buffer)
        while not complete and await self._stream.fill(patience):
            complete = reader.feed(self._stream.buffer)
        return complete

    async def _skip_body(self) -> bool:
        """Drop what was still to come of a body that has its answer; false when the client left."""
        reader, self._unread = self._unread, None
        if reader is None:
            return True
        before = reader.size
        while not reader.feed(self._stream.buffer):
            if not await self._stream.fill():
                break
        if reader.size > before:
            self._session.record(Violation(reason=f"{reader.size - before} bytes of a body came after its answer"))
        return reader.done and not reader.fault

    async def _ask_for_body(self, head: Head) -> None:
        """Send 100 to a client that waits for it."""
        if b"100-continue" in head.tokens(b"expect") and head.version >= (1, 1):
            await self._stream.send(b"HTTP/1.1 100 Continue\r\n\r\n")

    def _broken(self, request: Received, reader: BodyReader) -> Answer:
        """Return the answer to a body that broke; nginx has decided before it reads one that it does not need."""
        if isinstance(self._lure.server, Nginx) and reader.fault:
            answer = self._lure.resources.answer(request)
            answer.close = True
            return answer
        return Answer(status=400, close=True, is_page=True, sized=False)

    async def _refuse(self, head: Head, raw: bytes) -> bool:
        """Answer what is no request: recorded as a violation, and as a request where it names a target."""
        server = self._lure.server
        request = Received(
            head=head,
            host=head.value(b"host").decode("latin-1"),
            port=self._session.origin.local.port,
            scheme=self._lure.scheme,
        )
        answer = server.judge_head(head) or Answer(status=400, close=True, is_page=True)
        self._record_violation(f"malformed request: {head.fault}", (raw + bytes(self._stream.buffer))[:_SHOWN_BYTES])
        if head.target and head.method and head.version_text:
            self._record(head, request, answer)
        self._session.end("protocol")
        await self._stream.send(server.render(request, answer, keep=False, left=0))
        return False

    def _record(self, head: Head, request: Received, answer: Answer) -> None:
        """Write the logins, the uploads and the request."""
        original = Received(head=head, body=request.body, size=request.size)
        gathered = credentials.gather(original)
        for attempt in gathered.attempts:
            self._session.record(attempt.credential(accepted=answer.accepted), attempt.secret)
        for upload in gathered.uploads:
            self._keep(upload.data, text(upload.filename))
        digest = ""
        if gathered.body and head.method != b"PUT":
            digest = self._capture(gathered.body)
        self._session.record(
            Request(
                method=text(head.method),
                target=text(gathered.target),
                version=text(head.version_text),
                headers=[(text(name), text(value)) for name, value in gathered.fields],
                status=answer.status,
                body_sha256=digest,
                body_size=request.size,
            ),
            gathered.hidden or None,
        )

    def _capture(self, data: bytes) -> str:
        """Keep bytes as a blob and return its sha256."""
        file = self._session.capture()
        file.write(data)
        return file.finish().sha256

    def _keep(self, data: bytes, path: str) -> None:
        """Keep an uploaded file."""
        file = self._session.capture()
        file.write(data)
        self._record_file(file, path)

    def _keep_upload(self, file: CapturedFile, request: Received) -> None:
        """Keep the body of a PUT."""
        self._record_file(file, text(request.head.path))

    def _record_file(self, file: CapturedFile, path: str) -> None:
        """Close a captured file and record it."""
        blob = file.finish()
        self._session.record(File(path=path, direction="upload", sha256=blob.sha256, size=blob.size, truncated=blob.truncated))

    def _note_torn(self, reader: HeadReader) -> None:
        """Record what came of a request that never got complete."""
        came = bytes(reader.raw) + bytes(self._stream.buffer)
        if came.strip():
            self._record_violation("incomplete request", came[:_SHOWN_BYTES])

    def _record_violation(self, reason: str, data: bytes) -> None:
        """Record what broke the protocol; where a secret is in it, the whole of it stands beside the record as one."""
        shown = credentials.redact(data)
        self._session.record(Violation(reason=reason, data=text(shown)), data if shown != data else None)


class _Both:
    """Writes a body to memory and, where it is an upload, to a captured file."""

    def __init__(self, kept: Kept, upload: CapturedFile | None) -> None:
        self._kept = kept
        self._upload = upload

    def write(self, data: bytes) -> None:
        """Take the next bytes."""
        self._kept.write(data)
        if self._upload is not None:
            self._upload.write(data)


def _wants_to_stay(head: Head) -> bool:
    """Whether the client keeps the connection (RFC 9112, section 9.3)."""
    tokens = head.tokens(b"connection")
    if head.version < (1, 0) or b"close" in tokens:
        return False
    return head.version >= (1, 1) or b"keep-alive" in tokens
