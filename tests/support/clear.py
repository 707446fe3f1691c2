# SPDX-License-Identifier: MIT
"""A search for secrets that lie on a disk in a form that anybody can read or recognise."""

import base64
import binascii
import hashlib
import os
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from urllib.parse import quote

from tests.support.installation import files


def forms(secret: str) -> Iterator[bytes]:
    """Yield everything that would betray a secret."""
    bare = secret.encode()
    yield from (bare, bare[:16], bare[-16:], bare[::-1], secret.encode("utf-16-le"))
    yield from (binascii.hexlify(bare), binascii.hexlify(bare).upper())
    yield from ("".join(f"%{byte:02x}" for byte in bare).encode(), quote(bare).encode())
    for once in _base64(bare):
        yield once
        yield from _base64(once)
    # what a file with nothing else in it would be called: who guesses the secret would recognise it
    for content in (bare, bare + b"\n"):
        yield hashlib.sha256(content).hexdigest().encode()


def _base64(data: bytes) -> Iterator[bytes]:
    """Yield what base64 shows of data whatever stands around it: one of three alignments, without the letters at the ends."""
    return (base64.b64encode(bytes(shift) + data)[4:-4] for shift in range(3))


def _read(path: Path) -> bytes:
    """Return what a file holds; nothing where it went meanwhile."""
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return b""


def in_clear(folder: Path, secrets: Mapping[str, str]) -> list[str]:
    """Return where a named secret can be read in a file, or in a name, below ``folder``."""
    found = {form: name for name, secret in secrets.items() for form in forms(secret)}
    pattern = re.compile(b"|".join(map(re.escape, sorted(found, key=len, reverse=True))))
    told = set()
    for path in files(folder):
        content = os.fsencode(path) + b"\n" + _read(path)
        told |= {f"{found[match[0]]} in {path}" for match in pattern.finditer(content)}
    return sorted(told)
