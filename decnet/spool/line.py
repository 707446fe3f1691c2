# SPDX-License-Identifier: MIT
"""Between a record of evidence and its line, with every check that does not need to know the other lines."""

import ipaddress
from dataclasses import dataclass
from functools import lru_cache, partial

import msgspec
import orjson

from decnet.domain.evidence import BODIES, Body, Endpoint, Origin, Record, Violation, new_id, now
from decnet.errors import DamagedError
from decnet.spool.sealing import DataKey
from decnet.spool.segment import (
    LINE_LIMIT,
    SECRET_LIMIT,
    Content,
    Line,
    Place,
    encode_content,
    encode_place,
    end_line,
    split_line,
)

MALFORMED = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)
"""What decoding raises for what somebody wrote: no JSON, not of its type, no UTF-8, nested without end."""

_EXCERPT = 4096
_FIRST_YEAR, _LAST_YEAR = 1970, 9000
_LINE = msgspec.json.Decoder(Line)
_CONTENT = msgspec.json.Decoder(Content)
_BODY = {kind: msgspec.json.Decoder(body) for kind, body in BODIES.items()}


@dataclass(frozen=True, slots=True)
class Sealed:
    """A line taken apart: what it says in clear, those bytes themselves, and the content that is bound to them."""

    line: Line
    place: bytes
    content: bytes


def write_line(
    origin: Origin, body: Body, secret: bytes | None, *, key: DataKey, host: str, writer: str, sequence: int, blob: str = ""
) -> bytes:
    """
    Return a new record's line; ``blob`` is the file in the blob folder that belongs to it.

    A record that is too long, or holds what is no text, is told by a violation instead.
    """
    place_of = partial(encode_place, id_=new_id(), host=host, writer=writer, sequence=sequence, at=now(), origin=origin)
    kept = None if secret is None else secret[:SECRET_LIMIT]

    def line_of(body: Body) -> bytes:
        content = encode_content(body, kept)
        place = place_of(kind=body.kind, blob=blob)
        return end_line(place, key.encrypt(content, place))

    try:
        line = line_of(body)
    except TypeError:
        body = Violation(reason=f"a record of kind {body.kind} holds what is no text", data=ascii(body)[:_EXCERPT])
        line = line_of(body)
    if len(line) <= LINE_LIMIT:
        return line
    reason = f"a record of kind {body.kind} with {len(line)} bytes is too long"
    return line_of(Violation(reason=reason, data=body.summary()[:_EXCERPT]))


class _Sequence(msgspec.Struct):
    """The one field of a line that another line is compared with."""

    sequence: int


_SEQUENCE = msgspec.json.Decoder(_Sequence)


def sequence_of(line: bytes) -> int:
    """Return the sequence of a line; 0 where it has none."""
    try:
        return _SEQUENCE.decode(line).sequence
    except MALFORMED:
        return 0


def parse(line: bytes, host: str, writer: str) -> Sealed:
    """Return a line that belongs to this folder; raise ``DamagedError`` for any other."""
    if len(line) > LINE_LIMIT:
        raise DamagedError(f"a line is longer than {LINE_LIMIT} bytes")
    try:
        place, content = split_line(line)
        parsed = _LINE.decode(place + b"}")
    except (ValueError, *MALFORMED) as error:
        raise DamagedError(f"the line is no record: {error}") from error
    if parsed.host != host or parsed.writer != writer:
        raise DamagedError("the record names another host or another writer than its folder")
    if parsed.at.utcoffset() or not _FIRST_YEAR <= parsed.at.year <= _LAST_YEAR:
        raise DamagedError("the record names a time that is none, or not in UTC")
    for endpoint in (parsed.peer, parsed.local):
        if endpoint.address and not _is_address(endpoint.address):
            raise DamagedError("the record names what is no IP address")
    return Sealed(parsed, place, content)


def read_content(sealed: Sealed, key: DataKey) -> tuple[Body, bytes, bytes | None]:
    """
    Return the body of a line, its JSON as this version writes it, and its secret.

    Raises ``DamagedError``, which tells nothing of the content, where it cannot be opened or is none of its kind.
    """
    decoder = _BODY.get(sealed.line.kind)
    if decoder is None:
        raise DamagedError("the record is of a kind that nobody knows")
    opened = key.decrypt(sealed.content, sealed.place)
    try:
        content = _CONTENT.decode(opened)
        body = decoder.decode(content.body)
        return body, encode_body(body), content.secret
    except (TypeError, *MALFORMED) as error:
        raise DamagedError("the content is none of its kind") from error


def encode_body(body: Body) -> bytes:
    """Return a body's JSON."""
    return orjson.dumps(body, option=orjson.OPT_UTC_Z)


@lru_cache(maxsize=4096)
def _is_address(text: str) -> bool:
    """Whether a text is an IP address in its shortest form."""
    try:
        return str(ipaddress.ip_address(text)) == text
    except ValueError:
        return False


def _endpoint(place: Place) -> Endpoint:
    """Return the domain's form of a place."""
    return Endpoint(address=place.address, port=place.port)


def to_record(line: Line, body: Body, secret: bytes | None) -> Record:
    """Return the domain's form of a line."""
    return Record(
        id=line.id,
        host=line.host,
        writer=line.writer,
        sequence=line.sequence,
        at=line.at,
        origin=Origin(
            decoy=line.decoy,
            lure=line.lure,
            session=line.session,
            peer=_endpoint(line.peer),
            local=_endpoint(line.local),
        ),
        body=body,
        secret=secret,
    )
