# SPDX-License-Identifier: MIT
"""Commands that encode, sum up and pack: base64, md5sum, xxd, od, strings, gzip, tar, unzip."""

import base64
import binascii
import hashlib
import re
import zlib

from decnet.lures.shell.invocation import Invocation

_LINE = 76
_TURNED = bytes(int(f"{byte:08b}"[::-1], 2) for byte in range(256))


async def code_base64(call: Invocation) -> int:
    """``base64`` and ``base32``."""
    options = call.options("diw:", {"decode": "d", "wrap": "w", "ignore-garbage": "i"})
    contents, code = await call.inputs(options.operands[:1])
    data = b"".join(content for _, content in contents)
    is_long = call.name.endswith("base32")
    if "d" in options:
        data = re.sub(rb"\s", b"", data)
        try:
            call.stdout.write(base64.b32decode(data) if is_long else base64.b64decode(data, validate="i" not in options))
        except binascii.Error:
            kept = re.match(rb"(?:[A-Za-z0-9+/]{4})*", data)
            call.stdout.write(base64.b64decode(kept[0]) if kept else b"")
            return call.fail("invalid input")
        return code
    text = (base64.b32encode(data) if is_long else base64.b64encode(data)).decode()
    width = int(options.get("w", str(_LINE))[:6] or 0)
    if width:
        call.out("".join(text[at : at + width] + "\n" for at in range(0, len(text), width)))
    else:
        call.out(text)
    return code


async def sum_up(call: Invocation) -> int:
    """``md5sum``, ``sha1sum`` and the like."""
    options = call.options("bctwz", {"check": "c", "binary": "b"})
    algorithm = call.name.rsplit("/", 1)[-1].removesuffix("sum")
    contents, code = await call.inputs(options.operands)
    for name, data in contents:
        call.line(f"{hashlib.new(algorithm, data, usedforsecurity=False).hexdigest()}  {name}")
    return code


def _posix_crc(data: bytes) -> int:
    """Return the CRC of POSIX cksum: that of zlib with the bits of all bytes turned round, and another beginning."""
    turned = data.translate(_TURNED)
    crc = zlib.crc32(turned, 0xFFFFFFFF) ^ 0xFFFFFFFF
    return int(f"{crc:032b}"[::-1], 2) ^ 0xFFFFFFFF


async def checksum(call: Invocation) -> int:
    """``cksum`` and ``sum``."""
    contents, code = await call.inputs(call.arguments)
    for name, data in contents:
        sized = data + len(data).to_bytes((len(data).bit_length() + 7) // 8, "little")
        call.line(f"{_posix_crc(sized)} {len(data)}" + ("" if name == "-" else f" {name}"))
    return code


async def hexadecimal(call: Invocation) -> int:
    """``xxd``."""
    options = call.options("c:g:l:ps:ru")
    contents, code = await call.inputs(options.operands[:1])
    data = b"".join(content for _, content in contents)
    if "r" in options:
        text = data.decode("latin-1")
        if "p" not in options:
            text = "".join(match[1] for match in re.finditer(r"^[0-9a-fA-F]+: ((?:[0-9a-fA-F]+ ?)+) ?", text, re.MULTILINE))
        digits = re.sub(r"[^0-9a-fA-F]", "", text)
        call.stdout.write(bytes.fromhex(digits[: len(digits) // 2 * 2]))
        return code
    if "l" in options:
        data = data[: int(options.get("l")[:9])]
    if "p" in options:
        call.out("".join(data[at : at + 30].hex() + "\n" for at in range(0, len(data), 30)))
        return code
    async for at in call.turns(range(0, len(data), 16)):
        row = data[at : at + 16]
        pairs = " ".join(row[i : i + 2].hex() for i in range(0, len(row), 2))
        call.line(f"{at:08x}: {pairs:<39}  {_printable(row)}")
    return code


def _printable(row: bytes) -> str:
    return "".join(chr(byte) if 32 <= byte < 127 else "." for byte in row)


async def octal(call: Invocation) -> int:
    """``od`` and ``hexdump``."""
    options = call.options("A:bcCN:n:s:t:vx", {"address-radix": "A", "format": "t", "read-bytes": "N"})
    contents, code = await call.inputs(options.operands[:1])
    data = b"".join(content for _, content in contents)
    limit = options.get("N") or options.get("n")
    data = data[: int(limit[:9])] if limit.isdecimal() else data
    kind = options.get("t", "c" if "c" in options else "x2" if "x" in options else "o2")
    async for at in call.turns(range(0, len(data), 16)):
        call.line(("" if options.get("A") == "n" else f"{at:07o}") + _od_row(data[at : at + 16], kind))
    if options.get("A") != "n":
        call.line(f"{len(data):07o}")
    return code


def _od_row(row: bytes, kind: str) -> str:
    names = {0: "\\0", 7: "\\a", 8: "\\b", 9: "\\t", 10: "\\n", 11: "\\v", 12: "\\f", 13: "\\r"}
    if kind.startswith("c"):
        cells = [names.get(byte, chr(byte) if 32 <= byte < 127 else f"{byte:03o}") for byte in row]
        return "".join(f"{cell:>4}" for cell in cells)
    if kind in ("x1", "xC"):
        return "".join(f" {byte:02x}" for byte in row)
    words = [int.from_bytes(row[at : at + 2], "little") for at in range(0, len(row), 2)]
    return "".join(f" {word:04x}" if kind.startswith("x") else f" {word:06o}" for word in words)


async def strings(call: Invocation) -> int:
    """``strings``."""
    options = call.options("an:t:f", {"bytes": "n", "all": "a"})
    size = int(options.get("n", "4")[:3] or 4)
    contents, code = await call.inputs(options.operands)
    for _, data in contents:
        for match in re.finditer(rb"[\t\x20-\x7e]{%d,}" % min(size, 250), data):
            call.stdout.write(match[0] + b"\n")
    return code


PROGRAMS = {
    "base64": code_base64, "base32": code_base64, "md5sum": sum_up, "sha1sum": sum_up, "sha224sum": sum_up,
    "sha256sum": sum_up, "sha512sum": sum_up, "cksum": checksum, "sum": checksum, "xxd": hexadecimal, "od": octal,
    "strings": strings,
}  # fmt: skip
