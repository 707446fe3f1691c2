# SPDX-License-Identifier: MIT
"""
The certificate of the dashboard, where the operator brought none: signed by itself, made at the first start, renewed in time.

Key and certificate are one file, so that no crash leaves two that do not fit. Browsers warn once; whoever compares the
fingerprint that the log tells knows whom he talks to.
"""

import os
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from decnet.config.listening import Listening
from decnet.errors import ConfigError, HostError
from decnet.host.addresses import own_addresses, own_names

VALID: Final = timedelta(days=365)
RENEWED_BEFORE: Final = timedelta(days=30)
_CLOCKS_DIFFER: Final = timedelta(hours=1)
_LONGEST_NAME: Final = 64
_KEY_MODE: Final = 0o600
_SIX: Final = 6


@dataclass(frozen=True)
class Certificate:
    """A file with key and certificate, the certificate's fingerprint, and for whom and how long it is valid."""

    path: Path
    fingerprint: str
    names: frozenset[str]
    until: datetime


def find(operators: str, ours: Path, listening: Listening) -> Certificate:
    """
    Return the operator's certificate where a path to one is given, else ours.

    Raises ``ConfigError`` where the operator's cannot be used.
    """
    if not operators:
        return ensure(ours, listening)
    found = read(Path(operators))
    if found is None:
        raise ConfigError(
            f"{operators} holds no certificate with names in it, or may not be read",
            remedy="[web] certificate names a PEM file with a key, its certificate and what leads to its root; empty: our own",
        )
    return found


def ensure(path: Path, listening: Listening, *, now: datetime | None = None) -> Certificate:
    """
    Return the certificate in ``path``; make it anew where it is missing, of other names, or ends within a month.

    Raises ``HostError`` where it cannot be written.
    """
    now = now or datetime.now(UTC)
    wanted = names(listening)
    found = read(path)
    if found and wanted <= found.names and found.until - now > RENEWED_BEFORE:
        return found
    try:
        _write(path, make(sorted(wanted), now))
    except OSError as error:
        raise HostError(f"the certificate {path} cannot be written: {error.strerror}", remedy="decnet doctor") from error
    made = read(path)
    if made is None:
        raise HostError(f"the certificate {path} is not what was written into it", remedy="decnet doctor")
    return made


def names(listening: Listening) -> frozenset[str]:
    """Return every name and address under which a browser may ask for the dashboard."""
    if listening.address.is_unspecified:
        both = listening.address.version == _SIX
        reached = [str(one) for one in own_addresses() if both or one.version != _SIX]
    else:
        reached = [str(listening.address)]
    return frozenset([*reached, "localhost", *(name for name in own_names() if _is_name(name))])


def read(path: Path) -> Certificate | None:
    """Return the certificate of a file; None where there is none that can be used."""
    try:
        found = x509.load_pem_x509_certificate(path.read_bytes())
        said = found.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except (OSError, ValueError, x509.ExtensionNotFound):
        return None
    hosts = said.get_values_for_type(x509.DNSName)
    addresses = said.get_values_for_type(x509.IPAddress)
    names_in_it = frozenset([*hosts, *map(str, addresses)])
    return Certificate(path, fingerprint_of(found), names_in_it, found.not_valid_after_utc)


def fingerprint_of(found: x509.Certificate) -> str:
    """Return the fingerprint of a certificate, as browsers and openssl write it."""
    return found.fingerprint(hashes.SHA256()).hex(":").upper()


def make(hosts: Sequence[str], now: datetime) -> bytes:
    """Return a new key and its certificate, for these names and addresses, as PEM (RFC 7468)."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, own_names()[0][:_LONGEST_NAME] or "decnet")])
    usage = x509.KeyUsage(
        digital_signature=True,
        **dict.fromkeys(("content_commitment", "key_encipherment", "data_encipherment", "key_agreement"), False),
        **dict.fromkeys(("key_cert_sign", "crl_sign", "encipher_only", "decipher_only"), False),
    )
    made = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - _CLOCKS_DIFFER)
        .not_valid_after(now + VALID)
        .add_extension(x509.SubjectAlternativeName([_general_name(host) for host in hosts]), critical=False)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(usage, critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .sign(key, hashes.SHA256())
    )
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    return private + made.public_bytes(Encoding.PEM)


def _is_name(name: str) -> bool:
    """Say whether a host's name may stand in a certificate; people call hosts what they like."""
    return name.isascii() and 0 < len(name) <= _LONGEST_NAME and name.replace("-", "").replace(".", "").isalnum()


def _general_name(host: str) -> x509.GeneralName:
    """Return a name or an address as a certificate writes it."""
    try:
        return x509.IPAddress(ip_address(host))
    except ValueError:
        return x509.DNSName(host)


def _write(path: Path, content: bytes) -> None:
    """Write a file that nobody else can read, whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o750)
    fresh = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    handle = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, _KEY_MODE)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        fresh.replace(path)
    except OSError:
        fresh.unlink(missing_ok=True)
        raise
