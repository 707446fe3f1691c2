# SPDX-License-Identifier: MIT
"""``decnet.web.client``: every answer has an end, and what is no answer says so."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from decnet.web import client
from decnet.web.client import Api, AwayError, ProblemError

HEAD = "HTTP/1.1 {}\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n{}"
DEADLINE_SECONDS = 20.0


def answer(text: str, status: str = "200 OK", more: str = "") -> bytes:
    """Return an answer as it goes over the socket."""
    return HEAD.format(f"{status}{more}", len(text), text).encode()


@asynccontextmanager
async def answering(folder: Path, content: bytes, *, stays: bool = False) -> AsyncIterator[tuple[Api, list[bytes]]]:
    """Yield a client, and what it sent, of a socket that always says the same."""
    asked: list[bytes] = []
    ends = asyncio.Event()

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        asked.append(await reader.read(65536))
        writer.write(content)
        if stays:
            await ends.wait()
        writer.close()

    path = folder / "api.sock"
    async with await asyncio.start_unix_server(talk, path), asyncio.timeout(DEADLINE_SECONDS):
        try:
            yield Api(path), asked
        finally:
            ends.set()


async def test_a_question_says_for_whom_and_what(tmp_path: Path) -> None:
    async with answering(tmp_path, answer('{"a": 1}')) as (api, asked):
        found = await api.ask("GET", "/evidence", headers=(("Cookie", "x=y"),), q="a b&c", recorded=True, cursor=None, kind="")
    assert (found.status, found.data, found.cookies) == (200, {"a": 1}, ())
    assert asked[0].startswith(b"GET /api/v1/evidence?q=a+b%26c&recorded=true HTTP/1.1\r\n")
    assert b"Cookie: x=y\r\n" in asked[0]


async def test_a_body_is_json_and_cookies_come_back(tmp_path: Path) -> None:
    said = answer("{}", more="\r\nSet-Cookie: a=b; HttpOnly")
    async with answering(tmp_path, said) as (api, asked):
        assert (await api.ask("POST", "/login", body={"username": "\u00e4"})).cookies == ("a=b; HttpOnly",)
    assert asked[0].endswith('{"username":"\u00e4"}'.encode())
    assert b"Content-Type: application/json\r\n" in asked[0]


async def test_a_refusal_is_told_as_it_was_said(tmp_path: Path) -> None:
    text = '{"type": "urn:decnet:problem:too-many-requests", "title": "T", "detail": "D", "remedy": "R"}'
    async with answering(tmp_path, answer(text, "429 Slow", "\r\nRetry-After: 7")) as (api, _):
        with pytest.raises(ProblemError) as refused:
            await api.ask("GET", "/me")
    problem = refused.value
    assert (problem.status, problem.kind, problem.title, problem.detail) == (429, "too-many-requests", "T", "D")
    assert (problem.remedy, problem.retry_after) == ("R", "7")


@pytest.mark.parametrize(
    "said",
    [
        b"",
        b"SSH-2.0-x\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc",
        answer("no json"),
        b"HTTP/1.1 500 Oh\r\nContent-Length: 4\r\n\r\n<p/>",
    ],
)
async def test_what_is_no_answer_is_as_if_there_were_nobody(tmp_path: Path, said: bytes) -> None:
    async with answering(tmp_path, said) as (api, _):
        with pytest.raises(AwayError):
            await api.ask("GET", "/me")


async def test_where_nobody_listens_nobody_answers(tmp_path: Path) -> None:
    with pytest.raises(AwayError):
        await Api(tmp_path / "api.sock").ask("GET", "/me")


async def test_an_answer_has_an_end_in_time_and_in_bytes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(client, "ANSWER_SECONDS", 0.2)
    async with answering(tmp_path, b"HTTP/1.1 200 OK\r\n", stays=True) as (api, _):
        with pytest.raises(AwayError):
            await api.ask("GET", "/me")
    monkeypatch.setattr(client, "ANSWER_SECONDS", 10)
    monkeypatch.setattr(client, "ANSWER_BYTES", 1000)
    async with answering(tmp_path, answer('"' + "x" * 2000 + '"')) as (api, _):
        with pytest.raises(AwayError):
            await api.ask("GET", "/me")


async def test_a_stream_comes_piece_by_piece_and_says_when_it_breaks(tmp_path: Path) -> None:
    said = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n"
    async with answering(tmp_path, said) as (api, _), api.stream("/events") as stream:
        chunks = stream.chunks()
        assert stream.headers["content-type"] == "text/event-stream"
        assert await anext(chunks) == b"abc"
        with pytest.raises(AwayError):
            await anext(chunks)


async def test_a_stream_that_is_refused_is_told_like_any_answer(tmp_path: Path) -> None:
    async with answering(tmp_path, answer('{"type": "x:not-authenticated"}', "401 No")) as (api, _):
        with pytest.raises(ProblemError) as refused:
            async with api.stream("/events"):
                pass
    assert refused.value.kind == "not-authenticated"
