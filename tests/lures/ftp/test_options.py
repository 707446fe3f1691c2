# SPDX-License-Identifier: MIT
"""A fleet file says what an ftp lure is in plain words, and is told what it may not say."""

from decnet.lures.ftp.options import FtpOptions
from decnet.lures.options import check, options_of


def test_options_are_read_from_text() -> None:
    found = options_of(FtpOptions, {"accounts": "a:b, c:d", "anonymous": "yes", "writable": "no", "attempts": "5"})
    assert found == FtpOptions(accounts=("a:b", "c:d"), anonymous="yes", writable=False, attempts=5)


def test_mistakes_are_named() -> None:
    assert [key for key, _ in check(FtpOptions, {"anonymous": "perhaps", "attempts": "0"})] == ["anonymous", "attempts"]
