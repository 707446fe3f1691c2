# SPDX-License-Identifier: MIT
"""The keys that MySQL 8 makes at its first start, derived from the decoy: for TLS, and for passwords on plain connections."""

import ssl
from datetime import UTC, datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.x509.oid import NameOID

from decnet.domain.persona import Persona
from decnet.lures.derived_rsa import rsa_key
from decnet.lures.tls import as_files

_BITS = 2048
_DAYS = 3650


class PasswordKey:
    """The RSA key that clients encrypt passwords for; making it takes some tenths of a second of processor time."""

    def __init__(self, persona: Persona) -> None:
        self._private = rsa_key(persona, "mysql rsa", _BITS)
        self.public = self._private.public_key().public_bytes(
            serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
        )

    def decrypted(self, data: bytes, scramble: bytes) -> bytes | None:
        """Return a password that a client encrypted for the key and hid with the scramble; None where it is none."""
        padded = padding.OAEP(padding.MGF1(hashes.SHA1()), hashes.SHA1(), None)  # noqa: S303 - the protocol's own
        try:
            hidden = self._private.decrypt(data, padded)
        except ValueError:
            return None
        return bytes(byte ^ scramble[place % len(scramble)] for place, byte in enumerate(hidden)).removesuffix(b"\0")


def _name(version: str, what: str) -> x509.Name:
    """Return a name as the server gives it to its certificates."""
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, f"MySQL_Server_{version}_Auto_Generated_{what}_Certificate")])


def _certificate(  # noqa: PLR0917 - what a certificate says
    version: str, what: str, key: rsa.RSAPrivateKey, issuer: rsa.RSAPrivateKey, serial: int, made_at: float
) -> bytes:
    """Return a certificate in PEM."""
    began_at = datetime.fromtimestamp(made_at, UTC)
    builder = (
        x509.CertificateBuilder()
        .subject_name(_name(version, what))
        .issuer_name(_name(version, "CA"))
        .public_key(key.public_key())
        .serial_number(serial)
        .not_valid_before(began_at)
        .not_valid_after(began_at + timedelta(days=_DAYS))
        .add_extension(x509.BasicConstraints(ca=what == "CA", path_length=None), critical=True)
    )
    return builder.sign(issuer, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)


def tls_context(persona: Persona, version: str, made_at: float) -> ssl.SSLContext:
    """Return what the server offers; takes about a second of processor time."""
    own, authority = rsa_key(persona, "mysql tls", _BITS), rsa_key(persona, "mysql authority", _BITS)
    short = version.partition("-")[0]
    chain = _certificate(short, "Server", own, authority, 2, made_at) + _certificate(
        short, "CA", authority, authority, 1, made_at
    )
    private = own.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    found = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    found.minimum_version = ssl.TLSVersion.TLSv1_2
    with as_files(chain, private) as paths:
        found.load_cert_chain(*paths)
    return found
