# SPDX-License-Identifier: MIT
"""Conditional requests and ranges (RFC 9110, sections 13 and 14) as nginx and Apache each decide them."""

import re
from datetime import UTC, datetime
from email.utils import format_datetime, parsedate_to_datetime
from http import HTTPStatus
from typing import Protocol

from decnet.lures.http.message import Answer, Head

_RANGE = re.compile(rb"(\d{0,18})[ \t]*-[ \t]*(\d{0,18})")
_MAX_RANGES = 200


class Manner(Protocol):
    """What differs between the servers."""

    part_fields: tuple[str, str]
    exact_dates: bool
    refuses_bad_ranges: bool
    merges_ranges: bool

    def etag(self, modified: int, size: int) -> str:
        """Return the entity tag of a file."""

    def boundary(self) -> str:
        """Return a boundary for several ranges."""


def http_date(seconds: float) -> str:
    """Return a date as header fields carry it."""
    return format_datetime(datetime.fromtimestamp(int(seconds), UTC), usegmt=True)


def select(manner: Manner, head: Head, answer: Answer) -> Answer:
    """Return ``answer``, a whole static file, or what the request's conditions and ranges make of it."""
    if answer.modified is None or answer.status != HTTPStatus.OK:
        return answer
    etag = manner.etag(answer.modified, len(answer.body))
    if _fails(head, etag, answer.modified):
        return Answer(
            status=412, modified=answer.modified, content_type=answer.content_type, is_page=True, hangs_up=manner.exact_dates
        )
    if _is_known(manner, head, etag, answer.modified):
        answer.status = 304
        return answer
    return _cut(manner, head, answer, etag)


def _fails(head: Head, etag: str, modified: int) -> bool:
    """Whether If-Match or If-Unmodified-Since forbids the request."""
    wanted = head.value(b"if-match")
    if wanted:
        return not _names(wanted, etag)
    since = _date(head.value(b"if-unmodified-since"))
    return since is not None and modified > since


def _is_known(manner: Manner, head: Head, etag: str, modified: int) -> bool:
    """Whether the client has the file already."""
    known = head.value(b"if-none-match")
    if known:
        return _names(known, etag)
    since = _date(head.value(b"if-modified-since"))
    return since is not None and (since == modified if manner.exact_dates else since >= modified)


def _names(field: bytes, etag: str) -> bool:
    """Whether a list of entity tags names ``etag``, weakly compared."""
    tags = {tag.strip().removeprefix(b"W/") for tag in field.split(b",")}
    return b"*" in tags or etag.encode() in tags


def _date(field: bytes) -> int | None:
    """Return the seconds of a date field; None where it is none."""
    try:
        return int(parsedate_to_datetime(field.decode("ascii")).timestamp())
    except (ValueError, TypeError, OverflowError, IndexError):
        return None


def _cut(manner: Manner, head: Head, answer: Answer, etag: str) -> Answer:
    """Return the ranges that the request asks for."""
    field = head.value(b"range")
    condition = head.value(b"if-range")
    current = (etag.encode(), http_date(answer.modified or 0).encode())
    if not field.startswith(b"bytes=") or (condition and condition not in current):
        return answer
    size = len(answer.body)
    ranges = _ranges(field[6:], size)
    if ranges is None and not manner.refuses_bad_ranges:
        return answer
    if not ranges:
        return Answer(status=416, is_page=True, fields=[("Content-Range", f"bytes */{size}")])
    if manner.merges_ranges:
        ranges = _merge(ranges)
    if len(ranges) > 1 and sum(end - start for start, end in ranges) > size:
        return answer
    answer.status = 206
    return _single(answer, *ranges[0], size) if len(ranges) == 1 else _several(manner, answer, ranges)


def _ranges(spec: bytes, size: int) -> list[tuple[int, int]] | None:
    """Return the satisfiable ranges as (start, end), the end excluded; None where one is malformed."""
    found = []
    for item in spec.split(b",")[:_MAX_RANGES]:
        match = _RANGE.fullmatch(item.strip())
        if match is None or not (match[1] or match[2]):
            return None
        if not match[1]:
            start, end = max(0, size - int(match[2])), size
        else:
            start, end = int(match[1]), min(int(match[2]) + 1 if match[2] else size, size)
            if match[2] and int(match[2]) < start:
                return None
        if start < end:
            found.append((start, end))
    return found


def _merge(ranges: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """Return ranges, each joined with the one before where they touch."""
    merged = ranges[:1]
    for start, end in ranges[1:]:
        last_start, last_end = merged[-1]
        if start <= last_end and last_start <= end:
            merged[-1] = (min(start, last_start), max(end, last_end))
        else:
            merged.append((start, end))
    return merged


def _single(answer: Answer, start: int, end: int, size: int) -> Answer:
    """Return one range."""
    answer.body = answer.body[start:end]
    answer.fields.append(("Content-Range", f"bytes {start}-{end - 1}/{size}"))
    return answer


def _several(manner: Manner, answer: Answer, ranges: list[tuple[int, int]]) -> Answer:
    """Return several ranges as a multipart body."""
    boundary, size = manner.boundary(), len(answer.body)
    type_name, range_name = manner.part_fields
    parts = [
        f"\r\n--{boundary}\r\n{type_name}: {answer.content_type}\r\n"
        f"{range_name}: bytes {start}-{end - 1}/{size}\r\n\r\n".encode()
        + answer.body[start:end]
        for start, end in ranges
    ]
    answer.body = b"".join(parts) + f"\r\n--{boundary}--\r\n".encode()
    answer.content_type = f"multipart/byteranges; boundary={boundary}"
    return answer
