# SPDX-License-Identifier: MIT
"""How /admin/ asks for a password: Basic (RFC 7617) or Digest (RFC 7616)."""

import base64
import hashlib
import time

from decnet.domain.persona import Persona
from decnet.lures.http.options import HttpOptions

_QOP = 'qop="auth"'


def challenge(persona: Persona, options: HttpOptions) -> str:
    """Return the value of WWW-Authenticate; a digest's nonce is fresh, as both servers make it."""
    realm = options.realm.replace("\\", "\\\\").replace('"', '\\"')
    if options.authentication == "basic":
        return f'Basic realm="{realm}"'
    algorithm = "SHA-256" if options.authentication == "digest-sha256" else "MD5"
    return f'Digest realm="{realm}", nonce="{_nonce(persona)}", algorithm={algorithm}, {_QOP}'


def _nonce(persona: Persona) -> str:
    """Return a nonce in the shape of mod_auth_digest: the time in microseconds, then a hash."""
    moment = (time.time_ns() // 1000).to_bytes(8, "little")
    digest = hashlib.sha256(persona.derive("http nonce") + moment).hexdigest()[:40]
    return base64.b64encode(moment).decode() + digest
