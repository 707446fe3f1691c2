# SPDX-License-Identifier: MIT
"""What cannot be done has the code that OpenSSH gives it."""

import pytest
from asyncssh.packet import String, UInt32, UInt64

from tests.lures.ssh.sftp_client import (
    BAD_MESSAGE,
    CLOSE,
    EXTENDED,
    FAILURE,
    GREETING,
    NO_SUCH_FILE,
    OPEN,
    OPENDIR,
    READ,
    REMOVE,
    STAT,
    UNSUPPORTED,
    Client,
    code,
    request,
)


@pytest.mark.parametrize(
    ("packet", "expected"),
    [
        (request(STAT, String("/nothing")), NO_SUCH_FILE),
        (request(OPEN, String("/nothing"), UInt32(1), UInt32(0)), NO_SUCH_FILE),
        (request(OPEN, String("/tmp"), UInt32(2), UInt32(0)), FAILURE),
        (request(OPEN, String("/etc/passwd"), UInt32(2 | 8 | 32), UInt32(0)), FAILURE),
        (request(READ, String("no handle"), UInt64(0), UInt32(1)), FAILURE),
        (request(CLOSE, String("no handle")), NO_SUCH_FILE),
        (request(OPENDIR, String("/etc/passwd")), NO_SUCH_FILE),
        (request(REMOVE, String("/tmp")), FAILURE),
        (request(STAT, String("/" + "x" * 300)), BAD_MESSAGE),
        (request(EXTENDED, String("limits@openssh.com")), UNSUPPORTED),
    ],
)
async def test_refusals_have_the_codes_of_openssh(packet: bytes, expected: int) -> None:
    _, answers = await Client().run(GREETING, packet)
    assert code(answers[1]) == expected
