# SPDX-License-Identifier: MIT
"""
The certificate that Debian's ssl-cert makes when a web server is installed, and what servers offer with it.

It is the decoy's own: the key follows from the seed, the names are those of the host, and it is as old as the installation.
Form and order of its parts are those of ``make-ssl-cert generate-default-snakeoil``.
"""

import os
import ssl
from datetime import UTC, datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.x509.oid import NameOID

from decnet.domain.persona import Persona
from decnet.lures.derived_rsa import rsa_key

BITS = 2048
DAYS = 3650
LONGEST_NAME = 64
_SERIAL_BYTES = 20
_CIPHERS = {"nginx": "HIGH:!aNULL:!MD5", "apache": "HIGH:!aNULL"}
"""nginx's default and that of Debian's ssl.conf."""
_LAST_OF_OLD = 11
_FIRST_WITH_IDENTIFIER = {"debian": 12, "raspbian": 12, "ubuntu": 22}


def snakeoil(persona: Persona) -> tuple[bytes, bytes]:
    """Return certificate and private key in PEM; takes some tenths of a second of processor time."""
    key = rsa_key(persona, "https rsa", BITS)
    host = f"{persona.hostname}.{persona.domain}" if persona.domain else persona.hostname
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, host if len(host) <= LONGEST_NAME else persona.hostname)])
    began_at = datetime.fromtimestamp(persona.installed_at, UTC)
    builder = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(_serial(persona))
        .not_valid_before(began_at)
        .not_valid_after(began_at + timedelta(days=DAYS))
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=False)
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(host)]), critical=False)
    )
    if _has_identifier(persona):
        builder = builder.add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
    certificate = builder.sign(key, hashes.SHA256())
    private = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    return certificate.public_bytes(serialization.Encoding.PEM), private


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
    found.set_alpn_protocols(["http/1.1"])
    certificate, key = snakeoil(persona)
    _load(found, certificate, key)
    return found


def _load(found: ssl.SSLContext, certificate: bytes, key: bytes) -> None:
    """Load what Python takes from files only, through pipes: the key is on no disk."""
    ends = [_filled(certificate), _filled(key)]
    try:
        found.load_cert_chain(*(f"/proc/self/fd/{end}" for end in ends))
    finally:
        for end in ends:
            os.close(end)


def _filled(data: bytes) -> int:
    """Return the reading end of a pipe that holds ``data``, which is less than a pipe takes without a reader."""
    reading, writing = os.pipe()
    os.write(writing, data)
    os.close(writing)
    return reading


def _serial(persona: Persona) -> int:
    """Return the serial number: 20 bytes, the first bit clear, as OpenSSL draws it."""
    return int.from_bytes(persona.derive("https serial", _SERIAL_BYTES)) >> 1 | 1


def _takes_old_versions(persona: Persona) -> bool:
    """
    Whether TLS 1.0 and 1.1 work, which both servers have switched on.

    OpenSSL 1.1.1 of Debian takes them; that of Ubuntu, and OpenSSL 3, do so only at a security level that nobody configures.
    """
    return persona.os_id in ("debian", "raspbian") and _major(persona) <= _LAST_OF_OLD


def _major(persona: Persona) -> int:
    """Return the first number of the release's version."""
    major = persona.os_version.partition(".")[0]
    return int(major) if major.isdecimal() else 0


def _has_identifier(persona: Persona) -> bool:
    """Whether the release's OpenSSL is 3, which adds an identifier of the key."""
    first = _FIRST_WITH_IDENTIFIER.get(persona.os_id)
    return first is not None and _major(persona) >= first
