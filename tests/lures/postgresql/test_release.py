# SPDX-License-Identifier: MIT
"""Versions."""

from decnet.lures.postgresql.release import SOFTWARE, release_of


def test_version_is_read_from_the_personas_text() -> None:
    found = release_of("PostgreSQL 12.17 (Ubuntu 12.17-0ubuntu0.20.04.1) on x86_64-pc-linux-gnu, compiled by gcc, 64-bit")
    assert (found.major, found.number, found.short) == (12, 120017, "12.17 (Ubuntu 12.17-0ubuntu0.20.04.1)")
    assert release_of("nonsense").software == SOFTWARE
