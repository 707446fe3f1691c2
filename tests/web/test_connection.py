# SPDX-License-Identifier: MIT
"""``decnet.web.connection``; how it ends is in ``test_server``, where it is served."""

from uvicorn.protocols.http.h11_impl import H11Protocol

from decnet.web.connection import REQUEST_SECONDS, STALLED_SECONDS, Connection


def test_it_is_uvicorns_with_more_ends() -> None:
    assert issubclass(Connection, H11Protocol)
    assert 0 < REQUEST_SECONDS < STALLED_SECONDS
