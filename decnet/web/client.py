# SPDX-License-Identifier: MIT
"""
Asks api, over its UNIX socket, in HTTP/1.1: one connection for each question.

h11 is there already, as uvicorn stands on it; a connection to a UNIX socket costs 50 µs, so none is kept. Every question has an
end in time and every answer one in bytes, except a stream, which lasts as long as whoever reads it.
"""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlencode

import h11
import orjson

BASE: Final = "/api/v1"
ANSWER_SECONDS: Final = 20.0
ANSWER_BYTES: Final = 16 * 1024 * 1024
_CHUNK: Final = 64 * 1024
_FIRST_ERROR: Final = 400

Headers = tuple[tuple[str, str], ...]


class AwayError(Exception):
    """Api does not answer, or not as it should; asking again later may help."""


class ProblemError(Exception):
    """Api refused (RFC 9457); ``kind`` is the last word of the problem's type."""

    def __init__(self, status: int, said: Mapping[str, Any], headers: Mapping[str, str]) -> None:
        super().__init__(status)
        self.status = status
        self.kind = str(said.get("type", "")).rpartition(":")[2]
        self.title = str(said.get("title", ""))
        self.detail = str(said.get("detail", ""))
        self.remedy = str(said.get("remedy", ""))
        self.retry_after = headers.get("retry-after", "")


@dataclass(frozen=True)
class Answer:
    """What api said: ``data`` is the JSON of the body, None without one; ``cookies`` are its Set-Cookie headers."""

    status: int
    data: Any
    cookies: tuple[str, ...]


class Stream:
    """An answer that comes piece by piece."""

    def __init__(self, talk: "_Talk", head: h11.Response) -> None:
        self.headers = {name.decode("ascii"): value.decode("latin-1") for name, value in head.headers}
        self._talk = talk

    async def chunks(self) -> AsyncIterator[bytes]:
        """Yield the body; raise ``AwayError`` where the connection breaks in the middle of it."""
        while isinstance(event := await self._talk.next_event(), h11.Data):
            yield bytes(event.data)


class Api:
    """Api at ``path``; ``headers`` of a call say for whom it is made."""

    def __init__(self, path: Path) -> None:
        self._path = path

    async def ask(self, method: str, path: str, *, headers: Headers = (), body: Any = None, **query: object) -> Answer:
        """Return the answer; raise ``ProblemError`` for a refusal and ``AwayError`` where there is no answer."""
        try:
            async with asyncio.timeout(ANSWER_SECONDS), self._talk(method, path, headers, body, query) as talk:
                head = await talk.head()
                content = await talk.content()
        except TimeoutError as error:
            raise AwayError from error
        data = _decoded(content) if head.status_code != _NO_CONTENT else None
        _refuse(head, data)
        cookies = tuple(value.decode("latin-1") for name, value in head.headers if name == b"set-cookie")
        return Answer(head.status_code, data, cookies)

    @asynccontextmanager
    async def stream(self, path: str, *, headers: Headers = (), **query: object) -> AsyncIterator[Stream]:
        """Yield an answer that is read piece by piece; its head has to come in time, its end need not."""
        async with self._talk("GET", path, headers, None, query) as talk:
            try:
                async with asyncio.timeout(ANSWER_SECONDS):
                    head = await talk.head()
                    content = await talk.content() if head.status_code >= _FIRST_ERROR else b""
            except TimeoutError as error:
                raise AwayError from error
            _refuse(head, _decoded(content) if content else {})
            yield Stream(talk, head)

    @asynccontextmanager
    async def _talk(
        self, method: str, path: str, headers: Headers, body: Any, query: Mapping[str, object]
    ) -> AsyncIterator["_Talk"]:
        """Open a connection and send the request; close it however the block ends."""
        asked = {name: _written(value) for name, value in query.items() if value not in (None, "")}
        target = f"{BASE}{path}{'?' if asked else ''}{urlencode(asked)}"
        content = b"" if body is None else orjson.dumps(body)
        given = [("Host", "decnet"), ("Connection", "close"), ("Content-Length", str(len(content))), *headers]
        if body is not None:
            given.append(("Content-Type", "application/json"))
        try:
            reader, writer = await asyncio.open_unix_connection(self._path, limit=_CHUNK)
        except OSError as error:
            raise AwayError from error
        try:
            talk = _Talk(reader)
            writer.write(talk.request(method, target, given, content))
            yield talk
        finally:
            writer.close()


class _Talk:
    """One request and its answer."""

    def __init__(self, reader: asyncio.StreamReader) -> None:
        self._connection = h11.Connection(h11.CLIENT)
        self._reader = reader

    def request(self, method: str, target: str, headers: list[tuple[str, str]], content: bytes) -> bytes:
        """Return the bytes of the request."""
        events = (h11.Request(method=method, target=target, headers=headers), h11.Data(data=content), h11.EndOfMessage())
        return b"".join(self._connection.send(event) or b"" for event in events)

    async def next_event(self) -> h11.Event | type[h11.PAUSED]:
        """Return what comes next; raise ``AwayError`` where the connection breaks or is no HTTP."""
        try:
            while (event := self._connection.next_event()) is h11.NEED_DATA:
                self._connection.receive_data(await self._reader.read(_CHUNK))
        except (OSError, h11.RemoteProtocolError) as error:
            raise AwayError from error
        return event  # type: ignore[return-value]  # NEED_DATA was taken out above

    async def head(self) -> h11.Response:
        """Return the head of the answer."""
        while not isinstance(event := await self.next_event(), h11.Response):
            if not isinstance(event, h11.InformationalResponse):
                raise AwayError
        return event

    async def content(self) -> bytes:
        """Return the body; raise ``AwayError`` for one without an end."""
        parts = bytearray()
        while isinstance(event := await self.next_event(), h11.Data):
            parts += event.data
            if len(parts) > ANSWER_BYTES:
                raise AwayError
        return bytes(parts)


_NO_CONTENT: Final = 204


def _written(value: object) -> str:
    """Return a value as it stands in a query."""
    return str(value).lower() if isinstance(value, bool) else str(value)


def _decoded(content: bytes) -> Any:
    """Return the JSON of a body; raise ``AwayError`` for what is none."""
    try:
        return orjson.loads(content)
    except orjson.JSONDecodeError as error:
        raise AwayError from error


def _refuse(head: h11.Response, data: Any) -> None:
    """Raise ``ProblemError`` where the answer is a refusal."""
    if head.status_code >= _FIRST_ERROR:
        headers = {name.decode("ascii"): value.decode("latin-1") for name, value in head.headers}
        raise ProblemError(head.status_code, data if isinstance(data, dict) else {}, headers)
