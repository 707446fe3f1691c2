# SPDX-License-Identifier: MIT
"""
The certificate that Debian's ssl-cert makes when a web server is installed.

It is the decoy's own: the key follows from the seed, the names are those of the host, and it is as old as the installation.
Form and order of its parts are those of ``make-ssl-cert generate-default-snakeoil``.
"""

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


def _serial(persona: Persona) -> int:
    """Return the serial number: 20 bytes, the first bit clear, as OpenSSL draws it."""
    return int.from_bytes(persona.derive("https serial", _SERIAL_BYTES)) >> 1 | 1


def major_version(persona: Persona) -> int:
    """Return the first number of the release's version."""
    major = persona.os_version.partition(".")[0]
    return int(major) if major.isdecimal() else 0


def _has_identifier(persona: Persona) -> bool:
    """Whether the release's OpenSSL is 3, which adds an identifier of the key."""
    first = _FIRST_WITH_IDENTIFIER.get(persona.os_id)
    return first is not None and major_version(persona) >= first
