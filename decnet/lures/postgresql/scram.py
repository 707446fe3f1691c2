# SPDX-License-Identifier: MIT
"""
The server's side of SCRAM-SHA-256 (RFC 5802, RFC 7677), as PostgreSQL speaks it.

What a client sent is enough to try passwords offline; ``Exchange`` keeps it. Names in the messages are ignored, as the server
takes the one of the startup message.
"""

import base64
import binascii
import hashlib
import hmac
import re
from dataclasses import dataclass, field

from decnet.lures.postgresql.report import Report, fatal

MECHANISM = "SCRAM-SHA-256"
PLUS = "SCRAM-SHA-256-PLUS"
ITERATIONS = 4096
SALT_BYTES = 16
NONCE_BYTES = 18
_HASH = "sha256"
_DIGEST_BYTES = 32
_FIRST = re.compile(
    r"(?:(?P<flag>[yn])|p=(?P<binding>[^,]*)),(?P<as>a=[^,]*)?,(?P<bare>n=[^,]*,r=(?P<nonce>[\x21-\x2b\x2d-\x7e]+).*)",
    re.DOTALL,
)
_FINAL = re.compile(r"(?P<without>c=(?P<binding>[^,]*),r=(?P<nonce>[^,]*)(?:,[^,]*)*?),p=(?P<proof>[^,]*)", re.DOTALL)


@dataclass(frozen=True)
class Verifier:
    """What the server keeps of a password."""

    salt: bytes
    stored_key: bytes
    server_key: bytes
    iterations: int = ITERATIONS


def verifier(password: str, salt: bytes) -> Verifier:
    """Return the verifier of a password; takes about two milliseconds of processor time."""
    salted = hashlib.pbkdf2_hmac(_HASH, password.encode(), salt, ITERATIONS)
    client_key = hmac.digest(salted, b"Client Key", _HASH)
    return Verifier(salt, hashlib.sha256(client_key).digest(), hmac.digest(salted, b"Server Key", _HASH))


@dataclass
class Exchange:
    """
    One login.

    ``known`` is None where no role has that name: the exchange goes on and fails. ``certificate_hash`` is that of the TLS
    certificate (RFC 5929, tls-server-end-point), empty without TLS. ``sent`` collects what can be attacked offline.
    """

    salt: bytes
    nonce: str
    known: Verifier | None
    certificate_hash: bytes = b""
    sent: dict[str, str] = field(default_factory=dict)
    _header: str = ""
    _bare: str = ""
    _challenge: str = ""

    def begin(self, mechanism: str, message: bytes) -> bytes:
        """Return the answer to client-first-message; raises ``Report``."""
        if mechanism not in (MECHANISM, *([PLUS] if self.certificate_hash else [])):
            raise fatal("client selected an invalid SASL authentication mechanism", "08P01", "pg_be_scram_init")
        text = message.decode("utf-8", "surrogateescape")
        match = _FIRST.fullmatch(text)
        if match is None:
            raise _malformed_first(text)
        self._refuse_binding(mechanism, match["flag"], match["binding"])
        self._header = text[: match.start("bare")]
        self._bare = match["bare"]
        salt = base64.b64encode(self.salt).decode()
        self._challenge = f"r={match['nonce']}{self.nonce},s={salt},i={ITERATIONS}"
        self.sent |= {"client-first": self._bare, "server-first": self._challenge}
        return self._challenge.encode("utf-8", "surrogateescape")

    def end(self, message: bytes) -> bytes | None:
        """Return server-final-message, none where the password is wrong; raises ``Report``."""
        text = message.decode("utf-8", "surrogateescape")
        match = _FINAL.fullmatch(text)
        if match is None:
            raise _malformed("Malformed attribute in client-final-message.", "read_client_final_message")
        self.sent |= {"client-final": match["without"], "proof": match["proof"]}
        self._refuse_final(match)
        proof = _decoded(match["proof"])
        if len(proof) != _DIGEST_BYTES:
            raise _malformed("Malformed proof in client-final-message.", "read_client_final_message")
        return self._verified(match["without"], proof)

    def _verified(self, without_proof: str, proof: bytes) -> bytes | None:
        """Return the server's signature if the proof is right."""
        if self.known is None:
            return None
        signed = f"{self._bare},{self._challenge},{without_proof}".encode("utf-8", "surrogateescape")
        signature = hmac.digest(self.known.stored_key, signed, _HASH)
        client_key = bytes(left ^ right for left, right in zip(proof, signature, strict=True))
        if not hmac.compare_digest(hashlib.sha256(client_key).digest(), self.known.stored_key):
            return None
        return b"v=" + base64.b64encode(hmac.digest(self.known.server_key, signed, _HASH))

    def _refuse_binding(self, mechanism: str, flag: str | None, binding: str | None) -> None:
        """Refuse a client whose channel binding does not go with the mechanism."""
        if flag == "y" and self.certificate_hash:
            raise fatal(
                "SCRAM channel binding negotiation error",
                "28000",
                "read_client_first_message",
                detail="The client supports SCRAM channel binding but thinks the server does not.  "
                "However, this server does support channel binding.",
            )
        if binding is None and mechanism == PLUS:
            detail = "The client selected SCRAM-SHA-256-PLUS, but the SCRAM message does not include channel binding data."
            raise _malformed(detail, "read_client_first_message")
        if binding is not None and mechanism == MECHANISM:
            detail = (
                "The client selected SCRAM-SHA-256 without channel binding, but the SCRAM message includes channel binding data"
            )
            detail += "."
            raise _malformed(detail, "read_client_first_message")
        if binding not in (None, "tls-server-end-point"):
            raise fatal(f'unsupported SCRAM channel-binding type "{binding}"', "08P01", "read_client_first_message")

    def _refuse_final(self, match: re.Match[str]) -> None:
        """Refuse a last message that does not belong to the first."""
        bound = self.certificate_hash if self._header.startswith("p=") else b""
        if _decoded(match["binding"]) != self._header.encode("utf-8", "surrogateescape") + bound:
            raise fatal("SCRAM channel binding check failed", "28000", "read_client_final_message")
        if match["nonce"] != self._challenge.partition(",")[0].removeprefix("r="):
            detail = "The client sent an invalid nonce."
            raise fatal("invalid SCRAM response", "08P01", "read_client_final_message", detail=detail)


def _decoded(text: str) -> bytes:
    """Return the bytes of base64, none where it is no such thing."""
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return b""


def _malformed(detail: str, routine: str) -> Report:
    """Return the refusal of a message that is none."""
    return fatal("malformed SCRAM message", "08P01", routine, detail=detail)


def _malformed_first(text: str) -> Report:
    """Return what the server says of a first message; where it is wrong further on, that an attribute is."""
    first = text[:1]
    if not first:
        return _malformed("The message is empty.", "read_client_first_message")
    if first not in "nyp":
        return _malformed(f'Unexpected channel-binding flag "{_shown(first)}".', "read_client_first_message")
    return _malformed('Expected attribute "n" but found other characters.', "read_client_first_message")


def _shown(character: str) -> str:
    """Return a character as the server writes one that it did not expect."""
    return f"'{character}'" if "!" <= character <= "~" else f"0x{ord(character) & 0xFF:02x}"
