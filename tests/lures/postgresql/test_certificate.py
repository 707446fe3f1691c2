# SPDX-License-Identifier: MIT
"""The TLS of the server."""

import ssl

from decnet.lures.postgresql.certificate import certificate_of
from tests.support.decoys import persona


def test_oldest_version_is_that_of_the_release() -> None:
    assert certificate_of(persona(), 13).context.minimum_version == ssl.TLSVersion.TLSv1_2
    assert len(certificate_of(persona(), 13).digest) == 32
