# SPDX-License-Identifier: MIT
"""The TLS of Debian's PostgreSQL: ssl is on, with the certificate that ssl-cert made."""

import hashlib
import ssl
from dataclasses import dataclass

from decnet.domain.persona import Persona
from decnet.lures.https.context import load_snakeoil

_CIPHERS = "HIGH:MEDIUM:+3DES:!aNULL"
"""The default of ssl_ciphers."""
_TLS12_RELEASE = 13
"""The release whose ssl_min_protocol_version is TLSv1.2 by default."""


@dataclass(frozen=True)
class Certificate:
    """The server's TLS: its context and the digest of its certificate to which SCRAM may bind (RFC 5929)."""

    context: ssl.SSLContext
    digest: bytes


def certificate_of(persona: Persona, major: int) -> Certificate:
    """Return what a server offers; takes some tenths of a second of processor time for the first lure of a decoy."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    if major >= _TLS12_RELEASE:
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        context.set_ciphers(_CIPHERS)
    else:
        # what OpenSSL took at that time wants this level of today's
        context.minimum_version = ssl.TLSVersion.MINIMUM_SUPPORTED
        context.set_ciphers(_CIPHERS + ":@SECLEVEL=0")
    context.options |= ssl.OP_NO_SSLv3 | ssl.OP_NO_RENEGOTIATION | ssl.OP_CIPHER_SERVER_PREFERENCE | ssl.OP_NO_TICKET
    pem = load_snakeoil(context, persona)
    return Certificate(context, hashlib.sha256(ssl.PEM_cert_to_DER_cert(pem.decode())).digest())
