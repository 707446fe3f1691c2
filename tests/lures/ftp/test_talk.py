# SPDX-License-Identifier: MIT
"""What the server says of itself, and settings that it takes, are vsftpd's; the expected words were read from it."""

import pytest

from decnet.lures.ftp.talk import octal, set_mode, set_option, set_structure, shown
from tests.lures.ftp.visitor import inside


@pytest.mark.parametrize(
    ("said", "answer"),
    [
        ("SYST", "215 UNIX Type: L8"),
        ("NOOP x", "200 NOOP ok."),
        ("TYPE", "500 Unrecognised TYPE command."),
        ("TYPE a", "200 Switching to ASCII mode."),
        ("TYPE L 8", "200 Switching to Binary mode."),
        ("REST x", "350 Restart position accepted (0)."),
        ("REST 12", "350 Restart position accepted (12)."),
        ("ALLO 1", "202 ALLO command ignored."),
        ("ABOR", "225 No transfer to ABOR."),
        ("\xff\xf4\xff\xf2ABOR", "225 No transfer to ABOR."),
        ("SITE", "500 Unknown SITE command."),
        ("SITE HELP", "214 CHMOD UMASK HELP"),
        ("SITE UMASK 777", "200 UMASK set to 0777"),
        ("USER ftpuser", "331 Any password will do."),
        ("USER root", "530 Can't change to another user."),
        ("PASS x", "230 Already logged in."),
        ("AUTH TLS", "500 Unknown command."),
        ("PBSZ 0", "550 Permission denied."),
        ("MLSD", "500 Unknown command."),
        ("OPTS UTF8 ON", "200 Always in UTF8 mode."),
        (" ", "500 Unknown command."),
    ],
)
async def test_answers_are_those_of_vsftpd(said: str, answer: str) -> None:
    async with inside() as (visitor, _):
        assert await visitor.say(said) == f"{answer}\r\n"


async def test_status_names_the_client_the_user_and_the_version() -> None:
    async with inside() as (visitor, _):
        lines = (await visitor.say("STAT")).splitlines()
        assert lines[:4] == [
            "211-FTP server status:",
            "     Connected to ::ffff:127.0.0.1",
            "     Logged in as ftpuser",
            "     TYPE: ASCII",
        ]
        assert lines[-3:] == [
            "     At session startup, client count was 1",
            "     vsFTPd 3.0.3 - secure, fast, stable",
            "211 End of status",
        ]


def test_modes_and_structures_are_those_that_anybody_uses() -> None:
    assert (set_mode(b"s")[:3], set_mode(b"B")[:3], set_structure(b"F")[:3], set_structure(b"R")[:3]) == (
        b"200",
        b"504",
        b"200",
        b"504",
    )


def test_options_are_utf8_alone() -> None:
    assert (set_option(b"utf8 on")[:3], set_option(b"MLST")[:3]) == (b"200", b"501")


def test_masks_are_octal() -> None:
    assert [octal(text) for text in (b"022", b"22 x", b"abc", b"9", b"")] == [0o22, 0o22, 0, 0, 0]
    assert [shown(mask) for mask in (0, 0o22)] == ["0", "022"]
