# SPDX-License-Identifier: MIT
"""Functions of texts and numbers, and those that choose between values."""

import base64
import binascii
import hashlib
import math
import zlib
from collections.abc import Callable
from decimal import ROUND_DOWN, ROUND_HALF_UP, Decimal
from typing import Any

from decnet.lures.mysql.values import BITS, calculate, collated, compare, float_text, integer, number, rounded, text
from decnet.lures.sql.context import LONGEST_VALUE, Context
from decnet.lures.sql.problem import Kind, SqlError
from decnet.lures.sql.value import Value

Later = Callable[[], Value]
Called = Callable[..., Value]


def _strict(function: Callable[..., Any]) -> Called:
    """Return a function that is NULL where one of its arguments is."""

    def call(context: Context, *arguments: Value, **options: Any) -> Value:
        del context
        return None if None in arguments else function(*arguments, **options)

    return call


def _octets(value: Any) -> bytes:
    """Return a value as bytes."""
    return value if isinstance(value, bytes) else text(value).encode("utf-8", "surrogateescape")


def _like(value: Any, made: str) -> Value:
    """Return a text made of a value: bytes where the value is bytes."""
    return made.encode("utf-8", "surrogateescape") if isinstance(value, bytes) else made


def concat(context: Context, *arguments: Value) -> Value:
    """Join texts; NULL where one of them is."""
    del context
    if not arguments:
        raise TypeError
    return None if None in arguments else "".join(text(argument) for argument in arguments)


def concat_ws(context: Context, separator: Value, *arguments: Value) -> Value:
    """Join texts with another between them; those that are NULL are left out."""
    del context
    if separator is None:
        return None
    return text(separator).join(text(argument) for argument in arguments if argument is not None)


def substring(value: Any, start: Any, length: Any = None) -> Value:
    """Return a part of a text; places count from 1, or from the end."""
    whole = text(value)
    place = integer(start)
    if place < 0:
        place += len(whole) + 1
    if not 0 < place <= len(whole):
        return _like(value, "")
    count = len(whole) if length is None else max(integer(length), 0)
    return _like(value, whole[place - 1 : place - 1 + count])


def substring_index(value: Any, mark: Any, count: Any) -> Value:
    """Return what stands before the mark number ``count``, or behind it, counted from the end."""
    parts, times = text(value).split(text(mark)) if text(mark) else [""], integer(count)
    return text(mark).join(parts[:times] if times >= 0 else parts[times:])


def repeat(value: Any, count: Any) -> Value:
    """Repeat a text."""
    times = max(integer(count), 0)
    return None if len(text(value)) * times > LONGEST_VALUE else text(value) * times


def pad(value: Any, length: Any, filler: Any = " ", *, is_left: bool) -> Value:
    """Fill a text to a length, or cut it."""
    whole, wanted, fill = text(value), integer(length), text(filler)
    if wanted < 0 or wanted > LONGEST_VALUE or (wanted > len(whole) and not fill):
        return None
    missing = (fill * (wanted // max(len(fill), 1) + 1))[: max(wanted - len(whole), 0)]
    return missing + whole if is_left and missing else (whole + missing)[:wanted]


def trim(value: Any, mark: Any = " ", side: str = "both") -> Value:
    """Take a text away at the ends of another one."""
    whole, cut = text(value), text(mark)
    if not cut:
        return whole
    start, end = 0, len(whole)
    while side in ("both", "leading") and whole.startswith(cut, start) and start < end:
        start += len(cut)
    while side in ("both", "trailing") and whole.endswith(cut, start, end) and start < end:
        end -= len(cut)
    return whole[start:end]


def locate(needle: Any, value: Any, start: Any = 1) -> Value:
    """Return the place of a text in another one."""
    place = integer(start)
    return text(value).upper().find(text(needle).upper(), place - 1) + 1 if place > 0 else 0


def replace(value: Any, old: Any, new: Any) -> Value:
    """Replace a text in another one."""
    whole, wanted, other = text(value), text(old), text(new)
    if not wanted:
        return whole
    grown = len(whole) + whole.count(wanted) * (len(other) - len(wanted))
    return None if grown > LONGEST_VALUE else whole.replace(wanted, other)


def hexadecimal(value: Any) -> Value:
    """Return a number or the bytes of a text in hexadecimal."""
    if isinstance(value, (int, float, Decimal)):
        return format(integer(value) & BITS, "X")
    return _octets(value).hex().upper()


def unhex(value: Any) -> Value:
    """Return bytes written in hexadecimal."""
    digits = text(value)
    try:
        return bytes.fromhex("0" * (len(digits) % 2) + digits)
    except ValueError:
        return None


def char(context: Context, *codes: Value, using: str = "") -> Value:
    """Return the characters with some codes."""
    del context
    found = b""
    for code in codes:
        if code is not None:
            whole = integer(code) & 0xFFFFFFFF
            found += whole.to_bytes(max((whole.bit_length() + 7) // 8, 1))
    return found.decode("utf-8", "surrogateescape") if using or found.isascii() else found


def ordinal(value: Any) -> Value:
    """Return the code of the first character."""
    first = text(value)[:1].encode("utf-8", "surrogateescape")
    return int.from_bytes(first)


def convert(context: Context, value: Value, using: str = "", type: Any = None) -> Value:  # noqa: A002 - what the parser calls it
    """Return a value in another type or character set."""
    if value is None:
        return None
    if type is not None:
        return context.dialect.cast(context, value, type)
    return _octets(value) if using.lower() == "binary" else text(value)


def format_number(value: Any, digits: Any, locale: Any = None) -> Value:
    """Return a number with commas between thousands."""
    del locale
    places = min(max(integer(digits), 0), 30)
    return f"{rounded(Decimal(str(number(value))), places):,.{places}f}"


def field(context: Context, value: Value, *choices: Value) -> Value:
    """Return the place of a value among others; 0 where it is not."""
    del context
    if value is None:
        return 0
    same = (place for place, other in enumerate(choices, 1) if other is not None and compare(value, other) == 0)
    return next(same, 0)


def elt(context: Context, place: Value, *choices: Value) -> Value:
    """Return one of several values."""
    del context
    index = 0 if place is None else integer(place)
    return choices[index - 1] if 0 < index <= len(choices) else None


def make_set(context: Context, bits: Value, *choices: Value) -> Value:
    """Return the texts whose bits are set."""
    del context
    if bits is None:
        return None
    chosen = integer(bits)
    return ",".join(text(one) for place, one in enumerate(choices[:64]) if chosen >> place & 1 and one is not None)


def find_in_set(value: Any, among: Any) -> Value:
    """Return the place of a text in a list with commas."""
    items = [collated(one) for one in text(among).split(",")] if among else []
    wanted = collated(text(value))
    return items.index(wanted) + 1 if wanted in items else 0


def round_(value: Any, digits: Any = 0, *, mode: str = ROUND_HALF_UP) -> Value:
    """Return a number with so many digits behind the point."""
    found, places = number(value), max(min(integer(digits), 30), -30)
    if isinstance(found, float):
        if abs(found) > 1e15 and places >= 0:
            return found
        return float(rounded(Decimal(repr(found)), places, mode)) if places < 16 else found
    if isinstance(found, int) and places >= 0:
        return found
    cut = rounded(Decimal(found), places, mode)
    return int(cut) if isinstance(found, int) or places <= 0 else cut


def _whole(mode: Callable[[Any], int]) -> Callable[[Any], Value]:
    """Return a function that makes a whole number of another one."""

    def call(value: Any) -> Value:
        found = number(value)
        return mode(found) if not isinstance(found, float) or abs(found) < 1e15 else found

    return call


def _real(name: str, function: Callable[..., float]) -> Called:
    """Return a function of floating point numbers; NULL where it has no value, an error where that is too big."""

    def call(*arguments: Any) -> Value:
        numbers = [float(number(argument)) for argument in arguments]
        try:
            found = function(*numbers)
        except OverflowError:
            raise SqlError(Kind.OUT_OF_RANGE, "DOUBLE", f"{name}({','.join(map(float_text, numbers))})") from None
        except (ValueError, ZeroDivisionError):
            return None
        if isinstance(found, complex) or found in (math.inf, -math.inf):
            return None
        return found

    return _strict(call)


def logarithm(value: float, other: float | None = None) -> float:
    """Return a logarithm; with two numbers the first one is the base."""
    if other is None:
        return math.log(value)
    return math.log(other) / math.log(value)


def conv(value: Any, before: Any, after: Any) -> Value:
    """Return a number of one base in another one."""
    source, target = abs(integer(before)), abs(integer(after))
    if not 2 <= source <= 36 or not 2 <= target <= 36:
        return None
    digits = ""
    for one in text(value).strip().lower()[:64]:
        digits += one if one.isalnum() and one.isascii() and int(one, 36) < source else ""
        if not digits or digits[-1] != one:
            break
    rest, found = min(int(digits or "0", source), BITS), ""
    while rest or not found:
        rest, place = divmod(rest, target)
        found = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"[place] + found
    return found


def _digest(name: str) -> Called:
    """Return a function that hashes a text, in hexadecimal."""
    return _strict(lambda value: hashlib.new(name, _octets(value), usedforsecurity=False).hexdigest())


def sha2(value: Any, bits: Any) -> Value:
    """Return a SHA-2 hash."""
    name = {0: "sha256", 224: "sha224", 256: "sha256", 384: "sha384", 512: "sha512"}.get(integer(bits))
    return hashlib.new(name, _octets(value)).hexdigest() if name else None


def password(value: Any) -> Value:
    """Return a password as mysql_native_password keeps it."""
    return native_hash(_octets(value)) if value else ""


def native_hash(secret: bytes) -> str:
    """Return a password, in bytes, as mysql_native_password keeps it: a star and SHA1(SHA1(password)) in hexadecimal."""
    inner = hashlib.sha1(secret, usedforsecurity=False).digest()
    return "*" + hashlib.sha1(inner, usedforsecurity=False).hexdigest().upper()


def from_base64(value: Any) -> Value:
    """Return bytes written in base64."""
    try:
        return base64.b64decode(_octets(value), validate=False)
    except (binascii.Error, ValueError):
        return None


def compressed(value: Any) -> Value:
    """Return a text compressed, with its length before it."""
    octets = _octets(value)
    return len(octets).to_bytes(4, "little") + zlib.compress(octets) if octets else b""


def if_(context: Context, condition: Later, then: Later, otherwise: Later) -> Value:
    """Choose between two values; only one of them is evaluated."""
    return then() if context.dialect.truth(condition()) else otherwise()


def ifnull(context: Context, value: Later, other: Later) -> Value:
    """Return a value, or another one where it is NULL."""
    del context
    found = value()
    return other() if found is None else found


def coalesce(context: Context, *values: Later) -> Value:
    """Return the first value that is not NULL."""
    del context
    if not values:
        raise TypeError
    return next((found for value in values if (found := value()) is not None), None)


def nullif(context: Context, value: Value, other: Value) -> Value:
    """Return NULL where two values are equal, else the first one."""
    del context
    return None if value is not None and other is not None and compare(value, other) == 0 else value


def isnull(context: Context, value: Value) -> Value:
    """Whether a value is NULL."""
    del context
    return int(value is None)


def _extreme(sign: int) -> Called:
    """Return GREATEST or LEAST."""

    def call(*values: Any) -> Value:
        if len(values) < 2:
            raise TypeError
        found: Value = values[0]
        for value in values[1:]:
            if compare(value, found) * sign > 0:
                found = value
        return found

    return _strict(call)


def interval(context: Context, value: Value, *bounds: Value) -> Value:
    """Return how many of the bounds a number reaches."""
    del context
    if value is None:
        return -1
    return sum(compare(value, bound) >= 0 for bound in bounds if bound is not None)


def strcmp(one: Any, other: Any) -> Value:
    """Compare two texts."""
    return compare(text(one), text(other))


def insert(value: Any, start: Any, length: Any, new: Any) -> Value:
    """Replace a part of a text."""
    whole, place, count = text(value), integer(start), integer(length)
    if not 0 < place <= len(whole):
        return whole
    end = len(whole) if count < 0 else place - 1 + count
    return whole[: place - 1] + text(new) + whole[end:]


def length(value: Any) -> Value:
    """Return how many bytes a text has."""
    return len(_octets(value))


TEXT_FUNCTIONS: dict[str, Called] = {
    "concat": concat, "concat_ws": concat_ws, "substring": _strict(substring), "substr": _strict(substring),
    "mid": _strict(substring), "substring_index": _strict(substring_index), "left": _strict(lambda a, n: substring(a, 1, n)),
    "right": _strict(lambda a, n: _like(a, text(a)[-integer(n) :] if integer(n) > 0 else "")), "repeat": _strict(repeat),
    "space": _strict(lambda n: repeat(" ", n)), "lpad": _strict(lambda *a: pad(*a, is_left=True)),
    "rpad": _strict(lambda *a: pad(*a, is_left=False)), "trim": _strict(trim), "ltrim": _strict(lambda a: text(a).lstrip(" ")),
    "rtrim": _strict(lambda a: text(a).rstrip(" ")), "locate": _strict(locate), "position": _strict(locate),
    "instr": _strict(lambda a, b: locate(b, a)), "replace": _strict(replace), "upper": _strict(lambda a: text(a).upper()),
    "ucase": _strict(lambda a: text(a).upper()), "lower": _strict(lambda a: text(a).lower()),
    "lcase": _strict(lambda a: text(a).lower()), "reverse": _strict(lambda a: text(a)[::-1]), "length": _strict(length),
    "octet_length": _strict(length), "char_length": _strict(lambda a: len(text(a))),
    "character_length": _strict(lambda a: len(text(a))), "bit_length": _strict(lambda a: 8 * len(_octets(a))),
    "hex": _strict(hexadecimal), "unhex": _strict(unhex), "char": char,
    "ascii": _strict(lambda a: (_octets(a)[:1] or b"\0")[0]),
    "ord": _strict(ordinal), "convert": convert, "format": _strict(format_number), "field": field, "elt": elt,
    "make_set": make_set, "find_in_set": _strict(find_in_set), "strcmp": _strict(strcmp), "insert": _strict(insert),
    "quote": _strict(lambda a: "'" + text(a).replace("\\", "\\\\").replace("'", "\\'").replace("\0", "\\0") + "'"),
    "bin": _strict(lambda a: format(integer(a) & BITS, "b")), "oct": _strict(lambda a: format(integer(a) & BITS, "o")),
    "md5": _digest("md5"), "sha": _digest("sha1"), "sha1": _digest("sha1"), "sha2": _strict(sha2),
    "password": _strict(password),
    "to_base64": _strict(lambda a: base64.b64encode(_octets(a)).decode()), "from_base64": _strict(from_base64),
    "compress": _strict(compressed), "crc32": _strict(lambda a: zlib.crc32(_octets(a))),
    "soundex": _strict(lambda a: text(a)[:4]),
    "uncompressed_length": _strict(lambda a: int.from_bytes(_octets(a)[:4], "little")),
    "json_extract": lambda _, *__: None,
    "json_quote": _strict(lambda a: f'"{text(a)}"'),
    "weight_string": _strict(lambda a: collated(text(a)).encode()), "charset": lambda _, a: "binary" if isinstance(a,
    bytes) else "utf8mb4",
}  # fmt: skip

NUMBER_FUNCTIONS: dict[str, Called] = {
    "abs": _strict(lambda a: abs(number(a))), "sign": _strict(lambda a: (number(a) > 0) - (number(a) < 0)),
    "ceil": _strict(_whole(math.ceil)), "ceiling": _strict(_whole(math.ceil)), "floor": _strict(_whole(math.floor)),
    "round": _strict(round_), "truncate": _strict(lambda a, n: round_(a, n, mode=ROUND_DOWN)),
    "mod": _strict(lambda a, b: calculate("%", a, b)), "pow": _real("pow", lambda a, b: a**b), "power": _real("pow", lambda a,
    b: a**b),
    "sqrt": _real("sqrt", math.sqrt), "exp": _real("exp", math.exp), "ln": _real("ln", math.log), "log": _real("log",
    logarithm),
    "log2": _real("log2", math.log2), "log10": _real("log10", math.log10), "sin": _real("sin", math.sin), "cos": _real("cos",
    math.cos),
    "tan": _real("tan", math.tan), "asin": _real("asin", math.asin), "acos": _real("acos", math.acos), "atan": _real("atan",
    math.atan),
    "atan2": _real("atan2", math.atan2), "cot": _real("cot", lambda a: 1 / math.tan(a)), "degrees": _real("degrees",
    math.degrees),
    "radians": _real("radians", math.radians), "conv": _strict(conv),
    "bit_count": _strict(lambda a: (integer(a) & BITS).bit_count()),
    "greatest": _extreme(1), "least": _extreme(-1), "interval": interval, "pi": lambda _: Decimal("3.141593"),
    "inet_aton": _strict(lambda a: int.from_bytes(bytes(int(part) for part in text(a).split(".")))),
    "inet_ntoa": _strict(lambda a: ".".join(str(byte) for byte in integer(a).to_bytes(4))),
}  # fmt: skip

CHOICES: dict[str, Called] = {"if": if_, "ifnull": ifnull, "coalesce": coalesce, "nvl": ifnull}
VALUE_FUNCTIONS: dict[str, Called] = {"nullif": nullif, "isnull": isnull}
