# SPDX-License-Identifier: MIT
"""The lure answers as a real PostgreSQL 15 did, message by message, but for places in the source of the server."""

import json
import struct
from pathlib import Path
from typing import Any

from tests.lures.postgresql.database import Message, logged_in, message

RECORDED: list[tuple[str, list[Any]]] = json.loads(Path(__file__).with_name("postgresql-15.json").read_text())
PLACES = "FLR"


def plain(answer: list[Message]) -> list[Any]:
    """Return messages as they were recorded."""
    found: list[Any] = []
    for kind, body in answer:
        if kind in b"EN":
            parts = [part.decode() for part in body.split(b"\0") if part]
            found.append([kind.decode(), [part for part in parts if part[0] not in PLACES]])
        elif kind == b"T":
            found.append(["T", columns(body)])
        elif kind == b"A":
            found.append(["A", body[4:].decode()])
        else:
            found.append([kind.decode(), body.decode("latin-1")])
    return found


def columns(body: bytes) -> list[list[Any]]:
    """Return name, type, size, modifier and form of the columns."""
    found = []
    position = 2
    for _ in range(int.from_bytes(body[:2])):
        end = body.index(0, position)
        _, _, oid, size, modifier, form = struct.unpack("!IHIhih", body[end + 1 : end + 19])
        found.append([body[position:end].decode(), oid, size, modifier, form])
        position = end + 19
    return found


async def test_answers_are_those_of_a_real_server() -> None:
    async with logged_in() as (client, _):
        differing = []
        for statement, expected in RECORDED:
            answer = await client.ask(statement)
            if any(kind == b"G" for kind, _ in answer):
                await client.send(message(b"f", b"x\0"))
                answer += await client.until(b"Z")
            if plain(answer) != expected:
                differing.append((statement, expected, plain(answer)))
        assert not differing
        assert len(RECORDED) > 100
