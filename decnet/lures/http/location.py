# SPDX-License-Identifier: MIT
"""From a request target to the path of a resource: decoded, without dot segments, never above the root."""

import re
from urllib.parse import unquote_to_bytes

_BAD_PERCENT = re.compile(rb"%(?![0-9A-Fa-f]{2})")
_ABSOLUTE = re.compile(rb"[A-Za-z][A-Za-z0-9+.-]*://([^/?]*)(.*)", re.DOTALL)


def split_absolute(target: bytes) -> tuple[bytes, bytes]:
    """Return (host, path and query) of a target; the host is empty where the target names none (RFC 9112, 3.2.2)."""
    match = _ABSOLUTE.fullmatch(target)
    if match is None:
        return b"", target
    rest = match[2] if match[2].startswith(b"/") else b"/" + match[2]
    return match[1].rpartition(b"@")[2], rest


def resolve(path: bytes) -> str | None:
    """Return the decoded path, slashes merged; None where it is malformed or leaves the root."""
    if not path.startswith(b"/") or _BAD_PERCENT.search(path):
        return None
    segments: list[bytes] = []
    parts = unquote_to_bytes(path).split(b"/")
    for part in parts:
        if part == b"..":
            if not segments:
                return None
            segments.pop()
        elif part not in (b"", b"."):
            segments.append(part)
    is_folder = parts[-1] in (b"", b".", b"..")
    joined = b"/" + b"/".join(segments)
    return (joined + b"/" if is_folder and segments else joined).decode("latin-1")
