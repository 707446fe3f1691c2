# SPDX-License-Identifier: MIT
"""
The form of a spool on the disk.

``<spool>/<host>/<writer>/<first sequence, 20 digits>.jsonl``: a header line, then one record a line, each line ended by a
line feed and at most ``LINE_LIMIT`` bytes long. Where, when and about whom stands in clear, what was sent does not. Captured
files lie beside them in ``blobs/<sha256>`` (``decnet.spool.sealed_file``).
"""

import os
import re
from binascii import a2b_base64, b2a_base64
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import Annotated

import msgspec
import orjson
from msgspec import Meta

from decnet.domain.evidence import Body, Origin

VERSION = 1
LINE_LIMIT = 1 << 20
SECRET_LIMIT = 1 << 16
BLOBS = "blobs"
_SEGMENTS_LIMIT = 100_000
_NAME = re.compile(r"([0-9]{20})\.jsonl")
_SHA256 = re.compile(r"[0-9a-f]{64}")

_CONTENT = b',"content":"'
_END = b'"}'

Token = Annotated[str, Meta(pattern=r"^[A-Za-z0-9_-]{1,64}\Z")]
Name = Annotated[str, Meta(pattern=r"^[A-Za-z0-9._-]{0,253}\Z")]
Port = Annotated[int, Meta(ge=0, le=65535)]
Sequence = Annotated[int, Meta(ge=1, lt=1 << 62)]


class Header(msgspec.Struct, frozen=True):
    """
    The first line of a segment; ``key`` is the sealed data key (base64 on the disk).

    ``recipient`` is the fingerprint of the key that opens it.
    """

    version: int
    host: str
    writer: str
    first: Sequence
    recipient: Annotated[str, Meta(pattern=r"^[0-9a-f]{16}\Z")]
    key: bytes


class Place(msgspec.Struct, frozen=True):
    """An endpoint as a line holds it."""

    address: Annotated[str, Meta(pattern=r"^[0-9a-f:.]{0,45}(%[A-Za-z0-9._-]{1,15})?\Z")]
    port: Port


class Line(msgspec.Struct, frozen=True):
    """
    What a line says in clear, checked here; the sealed content follows it.

    ``blob`` is the file in the blob folder that belongs to the record: a writer, who cannot read what was written before,
    learns from it which files wait.
    """

    id: Annotated[str, Meta(pattern=r"^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}\Z")]
    host: str
    writer: str
    sequence: Sequence
    at: Annotated[datetime, Meta(tz=True)]
    decoy: Name
    lure: Token
    session: Annotated[str, Meta(max_length=64)]
    peer: Place
    local: Place
    kind: str
    blob: Annotated[str, Meta(pattern=r"^([0-9a-f]{32})?\Z")] = ""


class Content(msgspec.Struct, frozen=True):
    """What a record says, once it is opened; the secret is in base64."""

    body: msgspec.Raw
    secret: bytes | None = None


def encode_header(header: Header) -> bytes:
    """Return the header's line."""
    return msgspec.json.encode(header) + b"\n"


def encode_content(body: Body, secret: bytes | None) -> bytes:
    """Return what a record says, to be sealed. Raise ``TypeError`` where a text is no Unicode."""
    content: dict[str, Body | str] = {"body": body}
    if secret is not None:
        content["secret"] = b2a_base64(secret, newline=False).decode()
    return orjson.dumps(content, option=orjson.OPT_UTC_Z)


def encode_place(
    *, id_: str, host: str, writer: str, sequence: int, at: datetime, origin: Origin, kind: str, blob: str = ""
) -> bytes:
    """Return the beginning of a record's line: what stands in clear, and what the content is bound to."""
    record = {"id": id_, "host": host, "writer": writer, "sequence": sequence, "at": at}
    record |= {
        "decoy": origin.decoy,
        "lure": origin.lure,
        "session": origin.session,
        "peer": origin.peer,
        "local": origin.local,
    }
    record |= {"kind": kind}
    if blob:
        record["blob"] = blob
    return orjson.dumps(record, option=orjson.OPT_UTC_Z)[:-1]


def end_line(place: bytes, content: bytes) -> bytes:
    """Return the whole line; ``content`` is sealed."""
    return b"".join((place, _CONTENT, b2a_base64(content, newline=False), _END, b"\n"))


def split_line(line: bytes) -> tuple[bytes, bytes]:
    """Return the two parts of a line without its line feed; raise ``ValueError`` where it is none."""
    place, mark, rest = line.rpartition(_CONTENT)
    if not mark or not rest.endswith(_END):
        raise ValueError("it has no content")
    return place, a2b_base64(rest.removesuffix(_END), strict_mode=True)


def segment_name(first: int) -> str:
    """Return the file name of the segment that begins with sequence ``first``."""
    return f"{first:020}.jsonl"


def segments(folder: int) -> list[int]:
    """Return the first sequences of the segments in a folder (a descriptor), ascending; a bounded number of them."""
    with os.scandir(folder) as entries:
        names = (_NAME.fullmatch(entry.name) for entry in islice(entries, _SEGMENTS_LIMIT))
        return sorted(int(match[1]) for match in names if match)


def sha256_in(body: Body) -> str:
    """Return the sha256 of the captured file that a body names; empty where it names none or what is no sha256."""
    name = getattr(body, "sha256", "") or getattr(body, "body_sha256", "")
    return name if _SHA256.fullmatch(name) else ""


@contextmanager
def opened(path: Path) -> Iterator[int]:
    """Hold a folder open by its descriptor; a symbolic link in its last part is refused (``OSError``)."""
    folder = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
    try:
        yield folder
    finally:
        os.close(folder)
