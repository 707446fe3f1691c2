# SPDX-License-Identifier: MIT
"""
What a request tries to log in with, and its header fields without that.

Basic (RFC 7617), Digest (RFC 7616: only a response crosses the wire, never the password), bearer tokens and keys in
header fields.
"""

import base64
import binascii
import re
from dataclasses import dataclass, field

from decnet.domain.captured import text
from decnet.domain.evidence import Credential
from decnet.lures.http import form
from decnet.lures.http.message import Received

_KEYS = re.compile(
    rb"(?:x-)?(?:api-?key|auth(?:entication)?-?token|access-?token|csrf-?token|vault-token|gitlab-token)|private-token",
    re.IGNORECASE,
)
_AUTHORIZATION = re.compile(rb"(?:proxy-)?authorization", re.IGNORECASE)
_DIGEST_PAIR = re.compile(rb'([A-Za-z0-9_*-]{1,32})\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s,"]*))')
_COOKIE_PAIR = re.compile(rb"([^=;\s]+)=([^;]*)")
_COOKIE_VALUE = re.compile(rb"[A-Za-z0-9+/=_.%:!~|,\"-]*")
_USER_INFO = re.compile(rb"(^[A-Za-z][A-Za-z0-9+.-]*://[^/@:\s]*):([^/@\s]*)@")


@dataclass(frozen=True, kw_only=True)
class Attempt:
    """A login that was tried; ``secret`` is None where none was sent in clear."""

    mechanism: str
    username: bytes = b""
    secret: bytes | None = None
    detail: dict[str, str] = field(default_factory=dict)

    def credential(self, *, accepted: bool) -> Credential:
        """Return the body of the record."""
        return Credential(mechanism=self.mechanism, username=text(self.username), accepted=accepted, detail=self.detail)


@dataclass(frozen=True, kw_only=True)
class Gathered:
    """
    A request taken apart: the logins in it, and what may be shown of it.

    ``hidden`` holds the header fields that are not shown whole and are no login: cookies, what a referer names.
    """

    attempts: list[Attempt]
    hidden: bytes
    target: bytes
    fields: list[tuple[bytes, bytes]]
    body: bytes
    uploads: list[form.Upload]


def gather(request: Received) -> Gathered:
    """Return every login of a request, and the request without the secrets."""
    attempts: list[Attempt] = []
    hidden: list[bytes] = []
    fields = _fields(request.head.fields, attempts, hidden)
    target = _target(request.head.target, attempts)
    body = form.search(request.head.value(b"content-type"), request.body)
    attempts += _form_attempts(body, "body")
    return Gathered(
        attempts=attempts, hidden=b"\n".join(hidden), target=target, fields=fields, body=body.redacted, uploads=body.uploads
    )


def _fields(fields: tuple[tuple[bytes, bytes], ...], attempts: list[Attempt], hidden: list[bytes]) -> list[tuple[bytes, bytes]]:
    """Return header fields without secrets; a line that continues a sensitive field (RFC 9112, 5.2) is one of them."""
    shown = []
    is_sensitive = False
    for name, value in fields:
        if name[:1] in (b" ", b"\t") and is_sensitive:
            attempts.append(
                Attempt(mechanism="auth", secret=name.strip() + (b":" + value if value else b""), detail={"in": "continuation"})
            )
            shown.append((name[:1] + form.SECRET, b""))
            continue
        is_sensitive = _is_sensitive(name.strip())
        before = len(attempts)
        shown.append((name, _field(name.strip(), value, attempts)))
        if shown[-1][1] != value and len(attempts) == before:
            hidden.append(name + b": " + value)
    return shown


def redact(data: bytes) -> bytes:
    """Return bytes that are no request without what looks like a secret in them."""
    lines = []
    for line in form.search_pairs(data).redacted.split(b"\n"):
        name, colon, value = line.partition(b":")
        bare = name.strip()
        lines.append(name + colon + b" " + _field(bare, value.strip(), []) if colon and _is_sensitive(bare) else line)
    return b"\n".join(lines)


def _is_sensitive(name: bytes) -> bool:
    """Whether a header field of this name carries secrets."""
    return bool(_AUTHORIZATION.fullmatch(name) or _KEYS.fullmatch(name)) or name.lower() in (b"cookie", b"cookie2")


def _field(name: bytes, value: bytes, attempts: list[Attempt]) -> bytes:
    """Return the value of a header field without its secret; what was tried with it goes to ``attempts``."""
    if _AUTHORIZATION.fullmatch(name):
        return _authorization(value, attempts)
    if name.lower() in (b"cookie", b"cookie2"):
        return _COOKIE_PAIR.sub(_cookie, value)
    if _KEYS.fullmatch(name) and value:
        attempts.append(Attempt(mechanism="auth", secret=value, detail={"field": text(name)}))
        return form.SECRET
    found = form.search_pairs(_USER_INFO.sub(rb"\1:[secret]@", value))
    attempts += _form_attempts(found, text(name)) if name.lower() != b"referer" else []
    return found.redacted


def _target(target: bytes, attempts: list[Attempt]) -> bytes:
    """Return the target without user information and secret parameters."""
    match = _USER_INFO.match(target)
    if match:
        attempts.append(
            Attempt(mechanism="basic", username=match[1].partition(b"://")[2], secret=match[2], detail={"in": "target"})
        )
    # the whole target: parameters may stand in the path, too (RFC 3986, section 3.3)
    found = form.search_pairs(_USER_INFO.sub(rb"\1:[secret]@", target))
    attempts += _form_attempts(found, "query")
    return found.redacted


def _cookie(match: re.Match[bytes]) -> bytes:
    """Replace the value of a cookie, unless it is too odd to be one: then it is an attack, and evidence."""
    name, value = match[1], match[2].strip()
    is_password = form.Found(redacted=b"").note(name, value)
    return name + b"=" + form.SECRET if value and (is_password or _COOKIE_VALUE.fullmatch(value)) else match[0]


def _authorization(value: bytes, attempts: list[Attempt]) -> bytes:
    """Return an Authorization field without its secret."""
    scheme, _, rest = value.partition(b" ")
    rest = rest.strip()
    lowered = scheme.lower()
    if lowered == b"basic":
        attempts.append(_basic(rest))
    elif lowered == b"digest":
        attempts.append(_digest(rest))
    elif rest:
        attempts.append(Attempt(mechanism="auth", secret=rest, detail={"scheme": text(scheme)}))
    elif scheme:
        attempts.append(Attempt(mechanism="auth", secret=scheme))
        return form.SECRET
    return scheme + b" " + form.SECRET if rest else scheme


def _basic(encoded: bytes) -> Attempt:
    """Return the name and password of a basic credential; what cannot be decoded is kept whole."""
    try:
        name, colon, secret = base64.b64decode(encoded + b"=" * (-len(encoded) % 4), validate=True).partition(b":")
    except (ValueError, binascii.Error):
        return Attempt(mechanism="basic", secret=encoded, detail={"malformed": "not base64"})
    if not colon:
        # a token in the place of both; nobody can tell, so it is taken for what must not be shown
        return Attempt(mechanism="basic", secret=name, detail={"malformed": "no colon"})
    return Attempt(mechanism="basic", username=name, secret=secret)


def _digest(parameters: bytes) -> Attempt:
    """Return a digest credential; its response is no secret, but can be attacked offline."""
    values = {match[1].lower(): match[2] if match[2] is not None else match[3] for match in _DIGEST_PAIR.finditer(parameters)}
    detail = {text(key): text(value) for key, value in list(values.items())[:16] if key != b"username"}
    return Attempt(mechanism="digest", username=values.get(b"username", b""), detail=detail)


def _form_attempts(found: form.Found, place: str) -> list[Attempt]:
    """Pair each secret of a form with the name beside it; tokens stand alone."""
    name = next(iter(found.names), b"")
    attempts = [Attempt(mechanism="form", username=name, secret=secret, detail={"in": place}) for secret in found.secrets]
    return attempts + [Attempt(mechanism="auth", secret=token, detail={"in": place}) for token in found.tokens]
