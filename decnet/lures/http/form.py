# SPDX-License-Identifier: MIT
"""
Passwords and names in what a client sent: query strings, urlencoded, multipart and JSON bodies, XML-RPC calls.

The type that a request claims is not believed; each form is looked for. Values of sensitive fields are replaced in place,
so that everything else stays as it came.
"""

import json
import re
from dataclasses import dataclass, field
from urllib.parse import unquote_to_bytes

SECRET = b"[secret]"
_MAX_PAIRS = 20_000
_MAX_PARTS = 2_000
_SCANNED_BYTES = 65_536
_SENSITIVE = re.compile(
    rb"pass(?:w(?:or)?d|phrase|wd|code|wrd)?\d?|pwd|psw|psd|secret|token|pin|otp|api_?key|auth_?token|access_?token|"
    rb"[a-z0-9_.\[-]*(?:password|passwd|passwort|contrasena|senha|secret)\]?|(?:user|j|login|new|old|confirm|current)_?-?pass|"
    rb"pma_password|client_?secret|refresh_?token|.*\[(?:pass|pwd|token)\]",
    re.IGNORECASE,
)
_NAME = re.compile(
    rb"user(?:_?name|_?id|_?login)?|u?name|login(?:_?name|_?id)?|log|e?-?mail|usr|account|j_username|pma_username|uid|"
    rb"[a-z0-9_.\[-]*(?:username|email)\]?",
    re.IGNORECASE,
)
_TOKENS = re.compile(rb".*(?:token|api_?key)", re.IGNORECASE)
_PAIR = re.compile(rb"(^|[&;?\s])([^=&;?\s]{1,256})=([^&;\r\n]*)")
_JSON_PAIR = re.compile(rb'"((?:[^"\\]|\\.){1,256})"\s*:\s*("(?:[^"\\]|\\.)*"?|-?\d[\d.eE+-]*)')
_XML_CALL = re.compile(rb"<methodName>\s*(?:wp|metaWeblog|blogger|mt)\.", re.IGNORECASE)
_XML_VALUE = re.compile(rb"(<value>(?:<string>)?)([^<]{1,1024})((?:</string>)?</value>)", re.IGNORECASE)
_BOUNDARY = re.compile(rb'boundary="?([^";,\s]{1,200})"?', re.IGNORECASE)
_DISPOSITION = re.compile(rb'\b(name|filename)\*?="((?:[^"\\\r\n]|\\.)*)"', re.IGNORECASE)


@dataclass(frozen=True, kw_only=True)
class Upload:
    """A file of a multipart body."""

    filename: bytes
    data: bytes


@dataclass(kw_only=True)
class Found:
    """The names and secrets of one text, and the text without the secrets."""

    redacted: bytes
    names: list[bytes] = field(default_factory=list)
    secrets: list[bytes] = field(default_factory=list)
    tokens: list[bytes] = field(default_factory=list)
    uploads: list[Upload] = field(default_factory=list)

    def note(self, key: bytes, value: bytes) -> bool:
        """Keep the value of a field that matters; true when it is a secret."""
        if _SENSITIVE.fullmatch(key):
            if value:
                (self.tokens if _TOKENS.fullmatch(key) else self.secrets).append(value)
            return bool(value)
        if _NAME.fullmatch(key) and value:
            self.names.append(value)
        return False


def decode(value: bytes) -> bytes:
    """Return what a urlencoded value stands for."""
    return unquote_to_bytes(value.replace(b"+", b" "))


def search_pairs(text: bytes) -> Found:
    """Look through ``key=value`` pairs; of a text with too many of them only the start is looked at, and kept."""
    if text.count(b"=") > _MAX_PAIRS:
        text = text[:_SCANNED_BYTES]
    found = Found(redacted=text)

    def replace(match: re.Match[bytes]) -> bytes:
        is_secret = found.note(decode(match[2]), decode(match[3]))
        return match[1] + match[2] + b"=" + SECRET if is_secret else match[0]

    found.redacted = _PAIR.sub(replace, text)
    return found


def search_json(text: bytes) -> Found:
    """Look through ``"key": value`` pairs, at any depth, in JSON that need not be valid."""
    found = Found(redacted=text)

    def replace(match: re.Match[bytes]) -> bytes:
        is_secret = found.note(_unquote(b'"' + match[1] + b'"'), _unquote(match[2]))
        return match[0][: match.start(2) - match.start()] + b'"' + SECRET + b'"' if is_secret else match[0]

    found.redacted = _JSON_PAIR.sub(replace, text)
    return found


def search_xml(text: bytes) -> Found:
    """Look into a call of WordPress' XML-RPC: the first two strings that are no number are name and password."""
    found = Found(redacted=text)
    values = [match for match in _XML_VALUE.finditer(text) if match[2] and not match[2].isdigit()]
    if _XML_CALL.search(text) and len(values) > 1:
        name, secret = values[0], values[1]
        found.names.append(name[2])
        found.secrets.append(secret[2])
        found.redacted = text[: secret.start(2)] + SECRET + text[secret.end(2) :]
    return found


def search_multipart(text: bytes, boundary: bytes) -> Found:
    """Look through the parts of a multipart body (RFC 7578); parts with a file name are uploads."""
    found = Found(redacted=text)
    delimiter = b"--" + boundary
    parts = text.split(delimiter, _MAX_PARTS)[:_MAX_PARTS]
    for index, part in enumerate(parts[1:], 1):
        head, separator, content = _split_part(part)
        data = content.removesuffix(b"\r\n") if content.endswith(b"\r\n") else content.removesuffix(b"\n")
        labels = {match[1].lower(): match[2] for match in _DISPOSITION.finditer(head)}
        if b"filename" in labels:
            found.uploads.append(Upload(filename=labels[b"filename"], data=data))
        elif found.note(labels.get(b"name", b""), data):
            parts[index] = head + separator + SECRET + content[len(data) :]
    found.redacted = delimiter.join(parts)
    return found


def search(content_type: bytes, text: bytes) -> Found:
    """Look for names and secrets in a body of any type."""
    boundary = _BOUNDARY.search(content_type)
    if boundary and b"--" + boundary[1] in text:
        return search_multipart(text, boundary[1])
    if text.lstrip()[:1] in (b"{", b"["):
        return search_json(text)
    if b"<methodCall>" in text:
        return search_xml(text)
    return search_pairs(text)


def _split_part(part: bytes) -> tuple[bytes, bytes, bytes]:
    """Return the head of a part, the empty line and the content."""
    positions = [(part.find(separator), separator) for separator in (b"\r\n\r\n", b"\n\n") if separator in part]
    if not positions:
        return part, b"", b""
    _, separator = min(positions)
    return part.partition(separator)


def _unquote(text: bytes) -> bytes:
    """Return the value of a JSON scalar; the text itself where it is none."""
    try:
        value = json.loads(text)
    except ValueError:
        return text.strip(b'"')
    return value.encode("utf-8", "surrogatepass") if isinstance(value, str) else text
