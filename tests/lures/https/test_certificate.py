# SPDX-License-Identifier: MIT
"""The certificate, compared with one that Debian 12's make-ssl-cert made (ssl-cert 1.1.2, OpenSSL 3.0.19)."""

import re
from datetime import timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from decnet.lures.https.certificate import snakeoil
from decnet.lures.shell.machine import Machine
from tests.support.clients import run
from tests.support.decoys import decoy, persona

# openssl asn1parse of the original, without offsets, lengths and what differs between two hosts
ORIGINAL = """\
cons SEQUENCE
 cons SEQUENCE
  cons cont [ 0 ]
   prim INTEGER :02
  prim INTEGER
  cons SEQUENCE
   prim OBJECT :sha256WithRSAEncryption
   prim NULL
  cons SEQUENCE
   cons SET
    cons SEQUENCE
     prim OBJECT :commonName
     prim UTF8STRING :files01.corp.example
  cons SEQUENCE
   prim UTCTIME
   prim UTCTIME
  cons SEQUENCE
   cons SET
    cons SEQUENCE
     prim OBJECT :commonName
     prim UTF8STRING :files01.corp.example
  cons SEQUENCE
   cons SEQUENCE
    prim OBJECT :rsaEncryption
    prim NULL
   prim BIT STRING
  cons cont [ 3 ]
   cons SEQUENCE
    cons SEQUENCE
     prim OBJECT :X509v3 Basic Constraints
     prim OCTET STRING [HEX DUMP]:3000
    cons SEQUENCE
     prim OBJECT :X509v3 Subject Alternative Name
     prim OCTET STRING [HEX DUMP]:3016821466696C657330312E636F72702E6578616D706C65
    cons SEQUENCE
     prim OBJECT :X509v3 Subject Key Identifier
     prim OCTET STRING
 cons SEQUENCE
  prim OBJECT :sha256WithRSAEncryption
  prim NULL
 prim BIT STRING
"""
ROW = re.compile(r"\s*\d+:d=(\d+)\s+hl=\d+ l=\s*(\d+) (\w+): (.*?)\s*$")
BOOKWORM = persona(os_version="12", codename="bookworm")


def structure(listing: str) -> str:
    """Return the listing of openssl asn1parse without what differs between two hosts."""
    rows = []
    for line in listing.splitlines():
        found = ROW.match(line)
        assert found, line
        depth, _, kind, rest = found.groups()
        words = re.sub(r"\s+:", " :", re.sub(r"\s+\[HEX", " [HEX", rest)).strip()
        words = re.sub(r"^(UTCTIME|INTEGER) :(?!02$).*", r"\1", words)
        words = re.sub(r"^OCTET STRING \[HEX DUMP\]:0414.*", "OCTET STRING", words)
        rows.append(f"{' ' * int(depth)}{kind} {words}\n")
    return "".join(rows)


def loaded(certificate: bytes) -> x509.Certificate:
    """Return a certificate of PEM."""
    return x509.load_pem_x509_certificate(certificate)


@pytest.mark.client
async def test_every_part_is_where_the_original_has_it(tmp_path: Path) -> None:
    (tmp_path / "own.pem").write_bytes(snakeoil(BOOKWORM)[0])
    finished = await run("openssl", "asn1parse", "-in", str(tmp_path / "own.pem"))
    assert structure(finished.stdout.decode()) == ORIGINAL


def test_openssl_1_1_of_debian_11_adds_no_identifier() -> None:
    own, later = loaded(snakeoil(persona())[0]), loaded(snakeoil(BOOKWORM)[0])
    assert [one.oid._name for one in own.extensions] == ["basicConstraints", "subjectAltName"]
    assert len(later.extensions) == 3


def test_it_is_ten_years_from_the_installation_and_names_the_host() -> None:
    who = persona()
    certificate = loaded(snakeoil(who)[0])
    assert certificate.not_valid_before_utc.timestamp() == who.installed_at
    assert certificate.not_valid_after_utc - certificate.not_valid_before_utc == timedelta(days=3650)
    names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert names.get_values_for_type(x509.DNSName) == ["files01.corp.example"] == [Machine(decoy()).domain_name]
    assert certificate.issuer == certificate.subject
    certificate.verify_directly_issued_by(certificate)


def test_the_shell_of_the_decoy_knows_the_same_day() -> None:
    who = persona()
    assert Machine(decoy(persona=who)).installed_at == who.installed_at


def test_it_stays_over_restarts_and_differs_between_decoys() -> None:
    """The serial number was noted once; a change would be seen by every attacker who came before."""
    first, again, other = (loaded(snakeoil(persona(seed=seed))[0]) for seed in ("test seed", "test seed", "another"))
    assert first == again
    assert f"{first.serial_number:x}" == "7d02327d4a050b4f7ca9cd1c3db2e9b6a3c0be87"
    assert first.public_key() != other.public_key()
    assert first.serial_number != other.serial_number


def test_a_name_too_long_for_its_field_is_cut_to_the_host() -> None:
    domain = ".".join(["department"] * 6) + ".example"
    certificate = loaded(snakeoil(persona(domain=domain))[0])
    assert certificate.subject.rfc4514_string() == "CN=files01"
    names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert names.get_values_for_type(x509.DNSName) == [f"files01.{domain}"]


def test_a_host_without_a_domain_is_named_by_its_own_name() -> None:
    assert loaded(snakeoil(persona(domain=""))[0]).subject.rfc4514_string() == "CN=files01"


def test_the_key_is_that_of_the_certificate() -> None:
    certificate, key = snakeoil(persona())
    private = load_pem_private_key(key, None)
    assert isinstance(private, rsa.RSAPrivateKey)
    assert private.key_size == 2048
    assert private.public_key() == loaded(certificate).public_key()
