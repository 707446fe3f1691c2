# SPDX-License-Identifier: MIT
"""Who answers where the dashboard shall be."""

import ssl
from dataclasses import replace
from pathlib import Path

import pytest

from decnet.config.listening import parse
from decnet.web.caller import call
from decnet.web.certificate import ensure
from decnet.web.server import bind, tls
from tests.support.dashboards import answering, listening


@pytest.mark.parametrize("address", ["127.0.0.1", "0.0.0.0", "[::]"])
def test_the_certificate_that_is_shown_is_told(tmp_path: Path, address: str) -> None:
    """Where it listens on all addresses it is called on one of this host."""
    place = parse(f"{address}:1")
    made = ensure(tmp_path / "dashboard.pem", place)
    with bind(replace(place, port=0)) as listener, answering(listener, tls(made)):
        shown = call(replace(place, port=listener.getsockname()[1]))
    assert (shown.fingerprint, shown.until) == (made.fingerprint, made.until)


def test_somebody_who_speaks_no_tls_is_another_program() -> None:
    place = parse(listening())
    with bind(place) as listener, answering(listener, None, b"HTTP/1.1 400 Bad Request\r\n\r\n"), pytest.raises(ssl.SSLError):
        call(place)


def test_nobody_is_told() -> None:
    with pytest.raises(ConnectionRefusedError):
        call(parse(listening()))
