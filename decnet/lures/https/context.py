# SPDX-License-Identifier: MIT
"""
What nginx and Apache offer in a TLS handshake as Debian configures them: versions, ciphers and their order, tickets, protocols.

Compared with nginx 1.22.1 and Apache 2.4.71 of Debian 12, suite by suite.
"""

import base64
import ssl

from decnet.domain.persona import Persona
from decnet.lures.https.certificate import major_version, snakeoil
from decnet.lures.tls import as_files

_CIPHERS = {"nginx": "HIGH:!aNULL:!MD5", "apache": "HIGH:!aNULL"}
"""nginx's default and that of Debian's ssl.conf."""
_LAST_OF_OLD = 11
_MODULUS = bytes.fromhex(
    "ffffffffffffffffc90fdaa22168c234c4c6628b80dc1cd129024e088a67cc74020bbea63b139b22514a08798e3404ddef9519b3cd3a431b302b0a6df25f1437"
    "4fe1356d6d51c245e485b576625e7ec6f44c42e9a637ed6b0bff5cb6f406b7edee386bfb5a899fa5ae9f24117c4b1fe649286651ece45b3dc2007cb8a163bf05"
    "98da48361c55d39a69163fa8fd24cf5f83655d23dca3ad961c62f356208552bb9ed529077096966d670c354e4abc9804f1746c08ca18217c32905e462e36ce3b"
    "e39e772c180e86039b2783a2ec07a28fb5c55df06f4c52c9de2bcbf6955817183995497cea956ae515d2261898fa051015728e5a8aacaa68ffffffffffffffff"
)
"""The 2048-bit MODP group (RFC 3526, section 3), which Apache has built in for keys of that size; nginx has none."""
_GROUP = b"\x30\x82\x01\x08\x02\x82\x01\x01\x00" + _MODULUS + b"\x02\x01\x02"
"""The group in DER (PKCS #3): a sequence of the modulus and the generator 2."""


def context(persona: Persona, server: str) -> ssl.SSLContext:
    """Return what a server (``nginx`` or ``apache``) offers as Debian configures it; takes as long as ``snakeoil``."""
    found = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    if _takes_old_versions(persona):
        found.minimum_version = ssl.TLSVersion.MINIMUM_SUPPORTED
        found.set_ciphers(f"{_CIPHERS[server]}:@SECLEVEL=0")
    else:
        found.minimum_version = ssl.TLSVersion.TLSv1_2
        found.set_ciphers(_CIPHERS[server])
    found.options |= ssl.OP_NO_SSLv3 | ssl.OP_NO_RENEGOTIATION | ssl.OP_CIPHER_SERVER_PREFERENCE
    if server == "apache":
        found.options &= ~ssl.OP_CIPHER_SERVER_PREFERENCE
        found.options |= ssl.OP_NO_TICKET
        _load_group(found)
    found.set_alpn_protocols(["http/1.1"])
    load_snakeoil(found, persona)
    return found


def load_snakeoil(found: ssl.SSLContext, persona: Persona) -> bytes:
    """Let a server offer the decoy's certificate, and return that in PEM; takes as long as ``snakeoil``."""
    certificate, key = snakeoil(persona)
    with as_files(certificate, key) as paths:
        found.load_cert_chain(*paths)
    return certificate


def _load_group(found: ssl.SSLContext) -> None:
    """Offer key exchanges over a finite field."""
    pem = b"-----BEGIN DH PARAMETERS-----\n" + base64.encodebytes(_GROUP) + b"-----END DH PARAMETERS-----\n"
    with as_files(pem) as paths:
        found.load_dh_params(*paths)


def _takes_old_versions(persona: Persona) -> bool:
    """
    Whether TLS 1.0 and 1.1 work, which both servers have switched on.

    OpenSSL 1.1.1 of Debian takes them; that of Ubuntu, and OpenSSL 3, do so only at a security level that nobody configures.
    """
    return persona.os_id in ("debian", "raspbian") and major_version(persona) <= _LAST_OF_OLD
