# SPDX-License-Identifier: MIT
"""Functions of texts, bytes and arrays."""

import base64
import binascii
import hashlib
import re
from typing import Any

from decnet.lures.postgresql.casting import bytes_of
from decnet.lures.postgresql.functions.declare import Collection
from decnet.lures.postgresql.pattern import expression_of
from decnet.lures.postgresql.report import Report
from decnet.lures.postgresql.shown import text_of
from decnet.lures.sql.value import Value

TEXT = Collection()
strict, plain = TEXT.strict, TEXT.plain
LONGEST = 1 << 20
_WORD = re.compile(r"[a-z_][a-z0-9_$]*")
_RESERVED = frozenset(
    [
        "all",
        "analyse",
        "analyze",
        "and",
        "any",
        "array",
        "as",
        "asc",
        "asymmetric",
        "authorization",
        "both",
        "case",
        "cast",
        "check",
        "collate",
        "column",
        "constraint",
        "create",
        "current_date",
        "current_role",
        "current_time",
        "current_timestamp",
        "current_user",
        "default",
        "desc",
        "distinct",
        "do",
        "else",
        "end",
        "except",
        "false",
        "fetch",
        "for",
        "foreign",
        "from",
        "grant",
        "group",
        "having",
        "in",
        "initially",
        "intersect",
        "into",
        "lateral",
        "leading",
        "limit",
        "localtime",
        "localtimestamp",
        "not",
        "null",
        "offset",
        "on",
        "only",
        "or",
        "order",
        "placing",
        "primary",
        "references",
        "returning",
        "select",
        "session_user",
        "some",
        "table",
        "then",
        "to",
        "trailing",
        "true",
        "union",
        "unique",
        "user",
        "using",
        "variadic",
        "when",
        "where",
        "window",
        "with",
    ]
)


@strict("length char_length character_length", "int4")
def length(_: Any, value: Value, _encoding: Value = "") -> Value:
    """Count characters, or bytes."""
    return len(value) if isinstance(value, (bytes, str)) else len(text_of(value))


@strict("octet_length", "int4")
def octet_length(_: Any, value: Value) -> Value:
    """Count bytes."""
    return len(value if isinstance(value, bytes) else text_of(value).encode("utf-8", "surrogateescape"))


@strict("bit_length", "int4")
def bit_length(_: Any, value: Value) -> Value:
    """Count bits."""
    return 8 * len(value if isinstance(value, bytes) else text_of(value).encode("utf-8", "surrogateescape"))


@strict("lower", "text")
def lower(_: Any, value: Value) -> Value:
    """Write in small letters."""
    return text_of(value).lower()


@strict("upper", "text")
def upper(_: Any, value: Value) -> Value:
    """Write in capitals."""
    return text_of(value).upper()


@strict("reverse", "text")
def reverse(_: Any, value: Value) -> Value:
    """Write backwards."""
    return text_of(value)[::-1]


@strict("initcap", "text")
def initcap(_: Any, value: Value) -> Value:
    """Write each word with a capital."""
    return re.sub(r"[^\W_]+", lambda match: match[0].capitalize(), text_of(value))


@strict("substring substr", "text")
def substring(_: Any, value: Value, start: Value = 1, count: Value = None) -> Value:
    """Return a part: by places, counted from 1, or what a regular expression finds."""
    if isinstance(start, str) and not start.lstrip("-").isdigit():
        return _found_part(text_of(value), start)
    whole = value if isinstance(value, bytes) else text_of(value)
    first = int(start) - 1  # type: ignore[arg-type]  # a number, or the call fails as one of wrong arguments
    if count is None:
        return whole[max(first, 0) :]
    if int(count) < 0:  # type: ignore[arg-type]  # as above
        raise Report("negative substring length not allowed", "22011", routine="text_substring")
    return whole[max(first, 0) : max(first + int(count), 0)]  # type: ignore[arg-type]  # as above


def _found_part(text: str, pattern: str) -> Value:
    """Return what a regular expression finds: its first group, where it has one."""
    match = expression_of(pattern, ignores_case=False).search(text)
    if match is None:
        return None
    return match[1] if match.re.groups else match[0]


@strict("strpos", "int4")
def strpos(_: Any, one: Value, other: Value) -> Value:
    """Return where a text begins in another one, counted from 1."""
    return text_of(one).find(text_of(other)) + 1


@strict("position", "int4")
def position(_: Any, needle: Value, hay: Value) -> Value:
    """Return where the first text begins in the second one."""
    return text_of(hay).find(text_of(needle)) + 1


@strict("replace", "text")
def replace(_: Any, value: Value, old: Value, new: Value) -> Value:
    """Replace a text everywhere."""
    whole, before, after = text_of(value), text_of(old), text_of(new)
    if not before or len(whole) + whole.count(before) * len(after) > LONGEST:
        return whole
    return whole.replace(before, after)


@strict("btrim", "text")
def btrim(_: Any, value: Value, letters: Value = " ") -> Value:
    """Remove letters from both ends."""
    return value.strip(bytes_of(letters)) if isinstance(value, bytes) else text_of(value).strip(text_of(letters))


@strict("ltrim", "text")
def ltrim(_: Any, value: Value, letters: Value = " ") -> Value:
    """Remove letters from the beginning."""
    return text_of(value).lstrip(text_of(letters))


@strict("rtrim", "text")
def rtrim(_: Any, value: Value, letters: Value = " ") -> Value:
    """Remove letters from the end."""
    return text_of(value).rstrip(text_of(letters))


@strict("trim", "text")
def trim(_: Any, value: Value, letters: Value = " ", side: str = "both") -> Value:
    """Remove letters from one end or both."""
    return {"leading": ltrim, "trailing": rtrim}.get(side, btrim)(_, value, letters)


@plain("concat", "text")
def concat(_: Any, *values: Value) -> Value:
    """Join values as texts; NULL is nothing."""
    return "".join(text_of(value) for value in values if value is not None)[:LONGEST]


@plain("concat_ws", "text")
def concat_ws(_: Any, separator: Value, *values: Value) -> Value:
    """Join values with something between them."""
    if separator is None:
        return None
    return text_of(separator).join(text_of(value) for value in values if value is not None)[:LONGEST]


@strict("left", "text")
def left(_: Any, value: Value, count: Value) -> Value:
    """Return the first characters."""
    return text_of(value)[: int(count)]  # type: ignore[arg-type]  # a number, or the call fails


@strict("right", "text")
def right(_: Any, value: Value, count: Value) -> Value:
    """Return the last characters."""
    number = int(count)  # type: ignore[arg-type]  # a number, or the call fails
    return text_of(value)[-number:] if number else ""


@strict("lpad", "text")
def lpad(_: Any, value: Value, size: Value, fill: Value = " ") -> Value:
    """Fill a text up at its beginning."""
    text, wanted, more = text_of(value), _size(size), text_of(fill)
    missing = max(wanted - len(text), 0)
    return (more * (missing // len(more) + 1))[:missing] + text[:wanted] if more else text[:wanted]


@strict("rpad", "text")
def rpad(_: Any, value: Value, size: Value, fill: Value = " ") -> Value:
    """Fill a text up at its end."""
    text, wanted, more = text_of(value), _size(size), text_of(fill)
    missing = max(wanted - len(text), 0)
    return text[:wanted] + ((more * (missing // len(more) + 1))[:missing] if more else "")


@strict("repeat", "text")
def repeat(_: Any, value: Value, count: Value) -> Value:
    """Repeat a text."""
    text = text_of(value)
    times = max(int(count), 0)  # type: ignore[arg-type]  # a number, or the call fails
    if len(text) * times > LONGEST:
        raise Report("requested length too large", "54000", routine="repeat")
    return text * times


def _size(value: Value) -> int:
    """Return a length; raises where it is too large."""
    number = max(int(value), 0)  # type: ignore[arg-type]  # a number, or the call fails
    if number > LONGEST:
        raise Report("requested length too large", "54000", routine="lpad")
    return number


@strict("split_part", "text")
def split_part(_: Any, value: Value, separator: Value, place: Value) -> Value:
    """Return one field, counted from 1."""
    number = int(place)  # type: ignore[arg-type]  # a number, or the call fails
    if number <= 0:
        raise Report("field position must be greater than zero", "22023", routine="split_text")
    parts = text_of(value).split(text_of(separator)) if separator else [text_of(value)]
    return parts[number - 1] if number <= len(parts) else ""


@strict("ascii", "int4")
def ascii_(_: Any, value: Value) -> Value:
    """Return the number of the first character."""
    text = text_of(value)
    return ord(text[0]) if text else 0


@strict("chr", "text")
def chr_(_: Any, value: Value) -> Value:
    """Return a character by its number."""
    number = int(value)  # type: ignore[arg-type]  # a number, or the call fails
    if number == 0:
        raise Report("null character not permitted", "54000", routine="chr")
    if not 0 < number <= 0x10FFFF or 0xD800 <= number < 0xE000:
        raise Report("requested character too large for encoding: " + str(number), "54000", routine="chr")
    return chr(number)


def _data(value: Value) -> bytes:
    """Return the bytes of a text or of bytes."""
    return value if isinstance(value, bytes) else text_of(value).encode("utf-8", "surrogateescape")


@strict("md5", "text")
def md5(_: Any, value: Value) -> Value:
    """Return a digest in hexadecimal."""
    return hashlib.md5(_data(value), usedforsecurity=False).hexdigest()


@strict("sha256", "bytea")
def sha256(_: Any, value: Value) -> Value:
    """Return a digest."""
    return hashlib.sha256(bytes_of(value)).digest()


@strict("sha512", "bytea")
def sha512(_: Any, value: Value) -> Value:
    """Return a digest."""
    return hashlib.sha512(bytes_of(value)).digest()


@strict("encode", "text")
def encode(_: Any, value: Value, form: Value) -> Value:
    """Write bytes as a text."""
    data = bytes_of(value)
    kind = text_of(form).lower()
    if kind == "hex":
        return data.hex()
    if kind == "base64":
        text = base64.b64encode(data).decode()
        return "\n".join(text[at : at + 76] for at in range(0, len(text), 76))
    if kind == "escape":
        return "".join("\\\\" if one == 92 else chr(one) if 0 < one < 128 else f"\\{one:03o}" for one in data)
    raise Report(f'unrecognized encoding: "{text_of(form)}"', "22023", routine="binary_encode")


@strict("decode", "bytea")
def decode(_: Any, value: Value, form: Value) -> Value:
    """Read bytes that were written as a text."""
    text, kind = text_of(value), text_of(form).lower()
    try:
        if kind == "hex":
            return bytes.fromhex(text)
        if kind == "base64":
            return base64.b64decode(re.sub(r"\s", "", text), validate=True)
    except (ValueError, binascii.Error):
        words = "invalid base64 end sequence" if kind == "base64" else "invalid hexadecimal data: odd number of digits"
        raise Report(words, "22023", routine="pg_base64_decode") from None
    if kind == "escape":
        return bytes_of(text)
    raise Report(f'unrecognized encoding: "{text_of(form)}"', "22023", routine="binary_decode")


@strict("convert_from", "text")
def convert_from(_: Any, value: Value, encoding: Value) -> Value:
    """Read bytes as a text."""
    data = bytes_of(value)
    try:
        return data.decode("latin-1" if "latin" in text_of(encoding).lower() else "utf-8")
    except UnicodeDecodeError as error:
        words = f'invalid byte sequence for encoding "UTF8": 0x{data[error.start]:02x}'
        raise Report(words, "22021", routine="report_invalid_encoding") from None


@strict("convert_to", "bytea")
def convert_to(_: Any, value: Value, encoding: Value) -> Value:
    """Return the bytes of a text."""
    return text_of(value).encode("latin-1" if "latin" in text_of(encoding).lower() else "utf-8", "replace")


def quoted_name(name: str) -> str:
    """Return a name as it has to be written."""
    return name if _WORD.fullmatch(name) and name not in _RESERVED else '"' + name.replace('"', '""') + '"'


def quoted_text(text: str) -> str:
    """Return a text as it has to be written."""
    return ("E" if "\\" in text else "") + "'" + text.replace("'", "''").replace("\\", "\\\\") + "'"


@strict("quote_ident", "text")
def quote_ident(_: Any, value: Value) -> Value:
    """Write a name."""
    return quoted_name(text_of(value))


@strict("quote_literal", "text")
def quote_literal(_: Any, value: Value) -> Value:
    """Write a text."""
    return quoted_text(text_of(value))


@plain("quote_nullable", "text")
def quote_nullable(_: Any, value: Value) -> Value:
    """Write a text, or NULL."""
    return "NULL" if value is None else quoted_text(text_of(value))


@plain("format", "text")
def format_(_: Any, form: Value, *values: Value) -> Value:
    """Fill a text's places in."""
    if form is None:
        return None
    left_over = iter(values)

    def fill(match: re.Match[str]) -> str:
        if match[0] == "%%":
            return "%"
        value = values[int(match[1]) - 1] if match[1] and 0 < int(match[1]) <= len(values) else next(left_over, None)
        if match[2] == "I":
            return quoted_name(text_of(value)) if value is not None else ""
        if match[2] == "L":
            return "NULL" if value is None else quoted_text(text_of(value))
        return "" if value is None else text_of(value)

    return re.sub(r"%%|%(?:(\d{1,3})\$)?([sIL])", fill, text_of(form))[:LONGEST]


@strict("translate", "text")
def translate(_: Any, value: Value, old: Value, new: Value) -> Value:
    """Replace characters by others."""
    before, after = text_of(old), text_of(new)
    table = {ord(one): after[place] if place < len(after) else None for place, one in reversed(list(enumerate(before)))}
    return text_of(value).translate(table)


@strict("starts_with", "bool")
def starts_with(_: Any, value: Value, head: Value) -> Value:
    """Whether a text begins with another one."""
    return text_of(value).startswith(text_of(head))


@strict("to_hex", "text")
def to_hex(_: Any, value: Value) -> Value:
    """Write a number in hexadecimal."""
    return f"{int(value) & (1 << 64) - 1 if int(value) < 0 else int(value):x}"  # type: ignore[arg-type]  # a number, or the call fails


@strict("regexp_replace", "text")
def regexp_replace(_: Any, value: Value, pattern: Value, new: Value, flags: Value = "") -> Value:
    """Replace what a regular expression finds."""
    expression = expression_of(text_of(pattern), ignores_case="i" in text_of(flags))
    form = text_of(new)

    def fill(match: re.Match[str]) -> str:
        return re.sub(r"\\(\d|&|\\)", lambda one: _group(match, one[1]), form)

    return expression.substitute(fill, text_of(value), first=1, every="g" in text_of(flags))[0][:LONGEST]


def _group(match: re.Match[str], name: str) -> str:
    """Return what an escape of a replacement stands for."""
    if name == "\\":
        return "\\"
    number = 0 if name == "&" else int(name)
    return (match[number] or "") if number <= match.re.groups else ""
