# SPDX-License-Identifier: MIT
"""The version of the server that a decoy claims to run, and what follows from it."""

import re
from dataclasses import dataclass

SOFTWARE = (
    "PostgreSQL 13.14 (Debian 13.14-0+deb11u1) on x86_64-pc-linux-gnu, "
    "compiled by gcc (Debian 10.2.1-6) 10.2.1 20210110, 64-bit"
)
_SOFTWARE = re.compile(r"PostgreSQL (?P<short>(?P<major>\d+)\.(?P<minor>\d+) \([^)]+\))")


@dataclass(frozen=True, kw_only=True)
class Release:
    """
    One version of PostgreSQL.

    ``software`` is what ``version()`` returns, ``short`` what ``server_version`` shows, ``number`` is server_version_num.
    """

    software: str
    short: str
    major: int
    number: int


def release_of(software: str) -> Release:
    """Return the version that a persona's text names; what cannot be read is taken for that of Debian 11."""
    match = _SOFTWARE.match(software)
    if match is None:
        return release_of(SOFTWARE)
    major = int(match["major"])
    return Release(software=software, short=match["short"], major=major, number=major * 10000 + int(match["minor"]))
