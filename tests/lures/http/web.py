# SPDX-License-Identifier: MIT
"""What the tests of the http lure share: a lure, and a client that sends bytes as they are."""

from typing import Any

from decnet.lures.http.options import HttpOptions
from decnet.lures.http.server import Http
from tests.support.decoys import decoy, persona

APACHE = "Apache/2.4.56 (Debian)"


def web(software: str = "nginx/1.18.0", hostname: str = "files01", seed: str = "test seed", **options: Any) -> Http:
    """Return an http lure."""
    who = persona(software={"http": software}, hostname=hostname, seed=seed)
    return Http(decoy(persona=who), HttpOptions(**options))


def request(line: str = "GET / HTTP/1.1", *fields: str, body: bytes = b"") -> bytes:
    """Return a request with a host and, where there is a body, its length."""
    length = [f"Content-Length: {len(body)}"] if body else []
    return "\r\n".join([line, "Host: web.example", *fields, *length, "", ""]).encode() + body
