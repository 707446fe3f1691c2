# SPDX-License-Identifier: MIT
"""A line becomes a record only where every part of it is what it has to be."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from decnet.domain.captured import raw, text
from decnet.domain.evidence import Command, new_id, now
from decnet.errors import DamagedError
from decnet.spool.line import parse, read_body, sequence_of, to_record
from decnet.spool.segment import LINE_LIMIT, encode_line
from tests.support.spools import origin


def line(**changes: Any) -> bytes:
    """Return a good line; ``changes`` replace fields."""
    body = Command(command="id")
    good = encode_line(id_=new_id(), host="h", writer="w", sequence=7, at=now(), origin=origin(), body=body, secret=None)
    return json.dumps({**json.loads(good), **changes}).encode()


def test_good_line_is_the_record_that_was_written() -> None:
    parsed = parse(line(), "h", "w")
    body, json_text = read_body(parsed)
    record = to_record(parsed, body, b"secret")
    assert (record.sequence, record.body, record.secret, record.origin.peer.address) == (
        7,
        Command(command="id"),
        b"secret",
        "192.0.2.7",
    )
    assert json.loads(json_text)["command"] == "id"


@pytest.mark.parametrize(
    "changes",
    [
        {"host": "other"},
        {"writer": "other"},
        {"sequence": 0},
        {"sequence": 1 << 64},
        {"sequence": "7"},
        {"id": "x"},
        {"id": "00000000-0000-4000-8000-000000000000"},
        {"at": "2026-01-01T00:00:00"},
        {"at": "yesterday"},
        {"lure": "ssh.evidence"},
        {"lure": "ssh>"},
        {"decoy": "a\nb"},
        {"session": "s" * 65},
        {"peer": {"address": "evil\n", "port": 1}},
        {"peer": {"address": "999.1.1.1", "port": 1}},
        {"peer": {"address": "0::1", "port": 1}},
        {"peer": {"address": "192.0.2.7", "port": 65536}},
        {"secret": "not base64!"},
        {"body": []},
        {"body": {"command": 7}},
        {"body": {"command": "x", "exit_code": 1 << 70}},
        {"kind": "nonsense"},
        {"kind": "lost"},
    ],
)
def test_forged_field_is_refused(changes: dict[str, Any]) -> None:
    with pytest.raises(DamagedError):
        read_body(parse(line(**changes), "h", "w"))


@given(st.binary(max_size=300))
def test_garbage_is_refused_and_never_crashes(garbage: bytes) -> None:
    with pytest.raises(DamagedError):
        parse(garbage, "h", "w")
    assert sequence_of(garbage) == 0


@given(st.binary(max_size=200))
def test_every_byte_that_an_attacker_sent_comes_back(sent: bytes) -> None:
    captured = Command(command=text(sent))
    written = encode_line(id_=new_id(), host="h", writer="w", sequence=1, at=now(), origin=origin(), body=captured, secret=None)
    body, _ = read_body(parse(written[:-1], "h", "w"))
    assert isinstance(body, Command)
    assert raw(body.command) == sent


def test_line_beyond_the_limit_is_not_even_decoded() -> None:
    with pytest.raises(DamagedError, match="longer"):
        parse(b" " * (LINE_LIMIT + 1), "h", "w")


def test_deeply_nested_body_is_refused() -> None:
    nested = line(body="X").replace(b'"X"', b"[" * 5000 + b"]" * 5000)
    with pytest.raises(DamagedError):
        read_body(parse(nested, "h", "w"))


def test_link_local_address_keeps_its_scope() -> None:
    assert parse(line(peer={"address": "fe80::1%eth0", "port": 1}), "h", "w").peer.address == "fe80::1%eth0"
