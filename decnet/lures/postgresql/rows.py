# SPDX-License-Identifier: MIT
"""The rows of COPY as text, CSV and binary (the manual's page on COPY, "File Formats")."""

import csv
import io
import re
import struct
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from decnet.lures.postgresql.report import Report
from decnet.lures.postgresql.shown import as_binary, from_binary, text_of
from decnet.lures.postgresql.wire import WireError

SIGNATURE = b"PGCOPY\n\xff\r\n\0"
_ESCAPES = {"\b": "\\b", "\f": "\\f", "\n": "\\n", "\r": "\\r", "\t": "\\t", "\v": "\\v", "\\": "\\\\"}
_READ = {"b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v"}
_ESCAPED = re.compile(r"\\(?:([0-7]{1,3})|x([0-9A-Fa-f]{1,2})|(.))", re.DOTALL)
_TRUE = ("", "true", "on", "1")


@dataclass(frozen=True)
class Form:
    """How rows are written."""

    kind: str = "text"
    delimiter: str = "\t"
    null: str = "\\N"
    header: bool = False
    quote: str = '"'

    @property
    def is_binary(self) -> bool:
        """Whether rows are written in binary form."""
        return self.kind == "binary"


def form_of(options: dict[str, str]) -> Form:
    """Return how rows are written as a statement's options say; raises ``Report``."""
    kind = options.get("format", "text").lower()
    if kind not in ("text", "csv", "binary"):
        raise Report(f'COPY format "{kind}" not recognized', "22023", routine="ProcessCopyOptions")
    unknown = next((name for name in options if name not in _KNOWN), None)
    if unknown is not None:
        raise Report(f'option "{unknown}" not recognized', "42601", routine="ProcessCopyOptions")
    delimiter = options.get("delimiter", "," if kind == "csv" else "\t")
    if len(delimiter.encode("utf-8", "surrogateescape")) != 1:
        raise Report("COPY delimiter must be a single one-byte character", "0A000", routine="ProcessCopyOptions")
    header = options.get("header", "off").lower() in _TRUE
    if header and kind != "csv":
        raise Report("COPY HEADER available only in CSV mode", "0A000", routine="ProcessCopyOptions")
    return Form(
        kind, delimiter, options.get("null", "" if kind == "csv" else "\\N"), header, options.get("quote", '"')[:1] or '"'
    )


_KNOWN = (
    "format",
    "delimiter",
    "null",
    "header",
    "quote",
    "escape",
    "force_quote",
    "force_not_null",
    "force_null",
    "encoding",
    "freeze",
    "oids",
)


def written(form: Form, titles: Sequence[str], oids: Sequence[int], rows: Sequence[Sequence[Any]]) -> list[bytes]:
    """Return rows as they are sent, one after another; a binary file with its head and end."""
    if form.is_binary:
        return [SIGNATURE + struct.pack("!ii", 0, 0), *(_binary(row, oids) for row in rows), b"\xff\xff"]
    lines = [_line(form, titles)] if form.header else []
    lines += [
        _line(form, [None if one is None else text_of(one, oid) for one, oid in zip(row, oids, strict=True)]) for row in rows
    ]
    return lines


def _binary(row: Sequence[Any], oids: Sequence[int]) -> bytes:
    """Return one row in binary form."""
    parts = [struct.pack("!h", len(row))]
    for value, oid in zip(row, oids, strict=True):
        data = b"" if value is None else as_binary(value, oid)
        parts.append(struct.pack("!i", -1 if value is None else len(data)) + data)
    return b"".join(parts)


def _line(form: Form, texts: Sequence[str | None]) -> bytes:
    """Return one line."""
    if form.kind == "csv":
        fields = [form.null if text is None else _quoted(form, text) for text in texts]
    else:
        fields = [form.null if text is None else _escaped(form, text) for text in texts]
    return (form.delimiter.join(fields) + "\n").encode("utf-8", "surrogateescape")


def _escaped(form: Form, text: str) -> str:
    """Return a field of the text format."""
    plain = "".join(_ESCAPES.get(one, one) for one in text)
    return plain.replace(form.delimiter, "\\" + form.delimiter) if form.delimiter != "\t" else plain


def _quoted(form: Form, text: str) -> str:
    """Return a field of CSV, quoted where it has to be."""
    if text == form.null or any(one in text for one in (form.delimiter, form.quote, "\n", "\r")):
        return form.quote + text.replace(form.quote, form.quote * 2) + form.quote
    return text


def read(form: Form, data: bytes, oids: Sequence[int]) -> Iterator[list[Any]]:
    """Yield the rows of what was sent, each value a text, bytes that were binary as what they are; raises ``Report``."""
    if form.is_binary:
        yield from _read_binary(data, oids)
        return
    text = data.decode("utf-8", "surrogateescape")
    rows = _read_csv(form, text) if form.kind == "csv" else _read_text(form, text)
    for number, row in enumerate(rows):
        if not (form.header and number == 0):
            yield row


def _read_text(form: Form, text: str) -> Iterator[list[Any]]:
    """Yield the rows of the text format, up to a line of a backslash and a point."""
    lines = (text.replace("\r\n", "\n") if "\r" in text else text).split("\n")
    for line in lines[:-1] if not lines[-1] else lines:
        if line == "\\.":
            return
        yield [None if field == form.null else _ESCAPED.sub(_unescaped, field) for field in line.split(form.delimiter)]


def _unescaped(match: re.Match[str]) -> str:
    """Return what an escape stands for."""
    octal, digits, plain = match.groups()
    if plain is not None:
        return _READ.get(plain, plain)
    return bytes([(int(octal, 8) if octal else int(digits, 16)) & 0xFF]).decode("utf-8", "surrogateescape")


def _read_csv(form: Form, text: str) -> Iterator[list[Any]]:
    """Yield the rows of CSV."""
    lines = text.partition("\n\\.\n")[0]
    try:
        for row in csv.reader(io.StringIO(lines), delimiter=form.delimiter, quotechar=form.quote, strict=True):
            yield [None if field == form.null else field for field in row]
    except csv.Error:
        raise Report("unterminated CSV quoted field", "22P04", routine="CopyReadAttributesCSV") from None


def _read_binary(data: bytes, oids: Sequence[int]) -> Iterator[list[Any]]:
    """Yield the rows of the binary format."""
    if not data.startswith(SIGNATURE):
        raise Report("COPY file signature not recognized", "22P04", routine="BeginCopyFrom")
    try:
        position = len(SIGNATURE) + 8 + struct.unpack_from("!i", data, len(SIGNATURE) + 4)[0]
        while (count := struct.unpack_from("!h", data, position)[0]) >= 0:
            position += 2
            row: list[Any] = []
            for place in range(count):
                size = struct.unpack_from("!i", data, position)[0]
                position += 4
                oid = oids[place] if place < len(oids) else 25
                row.append(None if size < 0 else from_binary(data[position : position + size], oid))
                position += max(size, 0)
            yield row
    except (struct.error, WireError):
        raise Report("unexpected EOF in COPY data", "22P04", routine="CopyGetInt16") from None
