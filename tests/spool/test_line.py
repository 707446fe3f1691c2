# SPDX-License-Identifier: MIT
"""A line becomes a record only where every part of it is what it has to be."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from decnet.domain.captured import raw, text
from decnet.domain.evidence import Command, File, new_id, now
from decnet.errors import DamagedError
from decnet.spool.line import parse, read_content, sequence_of, to_record, write_line
from decnet.spool.sealing import KEY_BYTES, DataKey
from decnet.spool.segment import LINE_LIMIT, encode_place, end_line, split_line
from tests.support.spools import origin

KEY = DataKey(bytes(KEY_BYTES))


def line(**changes: Any) -> bytes:
    """Return a good line; ``changes`` replace fields of what stands in clear."""
    good = write_line(origin(), Command(command="id"), b"secret", key=KEY, host="h", writer="w", sequence=7)[:-1]
    place, content = split_line(good)
    return end_line(json.dumps({**json.loads(place + b"}"), **changes}, separators=(",", ":")).encode()[:-1], content)[:-1]


def sealed(content: bytes) -> bytes:
    """Return a good line whose content is what somebody with the key wrote."""
    place = encode_place(id_=new_id(), host="h", writer="w", sequence=7, at=now(), origin=origin(), kind="command")
    return end_line(place, KEY.encrypt(content, place))[:-1]


def test_good_line_is_the_record_that_was_written() -> None:
    parsed = parse(line(), "h", "w")
    body, json_text, secret = read_content(parsed, KEY)
    record = to_record(parsed.line, body, secret)
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
        {"at": "0001-01-01T00:00:00+23:59"},
        {"at": "9999-12-31T23:59:59-23:59"},
        {"at": "1969-12-31T23:59:59Z"},
        {"at": "9001-01-01T00:00:00Z"},
        {"at": "2026-01-01T00:00:00+01:00"},
        {"blob": "../x"},
        {"id": new_id()},
        {"kind": "nonsense"},
        {"kind": "lost"},
    ],
)
def test_forged_field_is_refused(changes: dict[str, Any]) -> None:
    with pytest.raises(DamagedError):
        read_content(parse(line(**changes), "h", "w"), KEY)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"[]",
        b'{"body":[]}',
        b'{"body":{"command":7}}',
        b'{"body":{"command":"x","exit_code":1180591620717411303424}}',
        b'{"body":{"command":"x"},"secret":"not base64!"}',
        b'{"body":' + b"[" * 5000 + b"]" * 5000 + b"}",
    ],
)
def test_content_that_is_none_of_its_kind_is_refused_and_not_told(content: bytes) -> None:
    with pytest.raises(DamagedError, match=r"^the content is none of its kind$"):
        read_content(parse(sealed(content), "h", "w"), KEY)


@pytest.mark.parametrize(
    "changes",
    [{"peer": {"address": "192.0.2.8", "port": 1}}, {"decoy": "other"}, {"session": "s"}, {"at": "2026-01-01T00:00:00Z"}],
)
def test_what_stands_in_clear_cannot_be_exchanged(changes: dict[str, Any]) -> None:
    with pytest.raises(DamagedError, match="cannot be opened"):
        read_content(parse(line(**changes), "h", "w"), KEY)


@pytest.mark.parametrize(
    "change",
    [
        lambda good: good[:-2],
        lambda good: good[:-3] + b'!"}',
        lambda good: good[:-1] + b',"kind":"file"}',
        lambda good: good.replace(b'"content"', b'"contents"'),
        lambda _: b'{"content":"AAAA"}',
        lambda good: good[:-2] + b'\\n"}',
    ],
)
def test_line_that_does_not_end_with_its_content_is_refused(change: Callable[[bytes], bytes]) -> None:
    with pytest.raises(DamagedError, match="no record"):
        parse(change(line()), "h", "w")


def test_nothing_that_was_sent_stands_in_the_line_and_the_captured_file_is_named() -> None:
    sent = File(path="/tmp/hunter2", direction="upload", sha256="0a" * 32, size=9)
    written = write_line(origin(), sent, b"hunter3", key=KEY, host="h", writer="w", sequence=7, blob="b1" * 16)
    parsed = parse(written[:-1], "h", "w")
    assert parsed.line.blob == "b1" * 16
    for secret in (b"hunter", b"0a0a"):
        assert secret not in parsed.place
        assert secret not in parsed.content


@given(st.binary(max_size=300))
def test_garbage_is_refused_and_never_crashes(garbage: bytes) -> None:
    with pytest.raises(DamagedError):
        parse(garbage, "h", "w")
    assert sequence_of(garbage) == 0


@given(st.binary(max_size=200))
def test_every_byte_that_an_attacker_sent_comes_back(sent: bytes) -> None:
    written = write_line(origin(), Command(command=text(sent)), sent, key=KEY, host="h", writer="w", sequence=1)
    body, _, secret = read_content(parse(written[:-1], "h", "w"), KEY)
    assert secret == sent
    assert isinstance(body, Command)
    assert raw(body.command) == sent


def test_line_beyond_the_limit_is_not_even_decoded() -> None:
    with pytest.raises(DamagedError, match="longer"):
        parse(b" " * (LINE_LIMIT + 1), "h", "w")


def test_deeply_nested_field_is_refused() -> None:
    nested = line(kind="X").replace(b'"X"', b"[" * 5000 + b"]" * 5000)
    with pytest.raises(DamagedError):
        parse(nested, "h", "w")


def test_link_local_address_keeps_its_scope() -> None:
    assert parse(line(peer={"address": "fe80::1%eth0", "port": 1}), "h", "w").line.peer.address == "fe80::1%eth0"
