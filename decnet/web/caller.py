# SPDX-License-Identifier: MIT
"""Calls the dashboard as a browser on this host would, to see who answers."""

import socket
import ssl
from dataclasses import dataclass
from datetime import datetime

from cryptography import x509

from decnet.config.listening import Listening
from decnet.web.certificate import fingerprint_of

SECONDS = 2.0


@dataclass(frozen=True)
class Shown:
    """What is told by the certificate of whoever answered."""

    fingerprint: str
    until: datetime


def call(listening: Listening) -> Shown:
    """Return what is shown there; raise ``OSError`` where nobody answers, ``ssl.SSLError`` where it is no TLS."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    # nobody vouches for our own certificate, and who shows it is what is asked
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    with (
        socket.create_connection((listening.reached, listening.port), SECONDS) as connection,
        context.wrap_socket(connection) as secured,
    ):
        found = x509.load_der_x509_certificate(secured.getpeercert(binary_form=True) or b"")
    return Shown(fingerprint_of(found), found.not_valid_after_utc)
