# SPDX-License-Identifier: MIT
"""Commands about names do what they say, to the decoy's files, and answer in vsftpd's words."""

import pytest

from tests.lures.ftp.visitor import inside

MISSING = {
    "CWD": "550 Failed to change directory.",
    "SIZE": "550 Could not get file size.",
    "MDTM": "550 Could not get file modification time.",
    "MDTM 20200101000000": "550 Could not set file modification time.",
    "RMD": "550 Remove directory operation failed.",
    "DELE": "550 Delete operation failed.",
    "RNFR": "550 RNFR command failed.",
    "MKD /nope": "550 Create directory operation failed.",
    "SITE CHMOD 755": "550 SITE CHMOD command failed.",
}


@pytest.mark.parametrize("command", MISSING)
async def test_what_is_not_there_is_refused(command: str) -> None:
    async with inside() as (visitor, _):
        assert await visitor.say(f"{command} /nope/x" if " /" not in command else f"{command}/x") == f"{MISSING[command]}\r\n"


async def test_folders_come_and_go() -> None:
    async with inside() as (visitor, _):
        assert await visitor.say('MKD a"b') == '257 "/home/ftpuser/a""b" created\r\n'
        assert (await visitor.say('CWD a"b')).startswith("250")
        assert await visitor.say("PWD") == '257 "/home/ftpuser/a""b" is the current directory\r\n'
        assert await visitor.say("CDUP") == "250 Directory successfully changed.\r\n"
        assert await visitor.say('RMD a"b') == "250 Remove directory operation successful.\r\n"


async def test_bytes_that_are_no_text_are_kept_and_doubled_for_telnet() -> None:
    async with inside() as (visitor, _):
        assert await visitor.say(b"MKD n\xff\xfel\r\n") == '257 "/home/ftpuser/n\xff\xff\xfel" created\r\n'
        assert (await visitor.fetch("NLST"))[0].splitlines()[-1] == b"n\xff\xfel"


async def test_files_are_renamed_dated_and_their_modes_set() -> None:
    async with inside() as (visitor, _):
        assert await visitor.send("STOR a", b"12345") == "226 Transfer complete.\r\n"
        assert await visitor.say("RNFR a") == "350 Ready for RNTO.\r\n"
        assert await visitor.say("RNTO b") == "250 Rename successful.\r\n"
        assert await visitor.say("RNTO c") == "503 RNFR required first.\r\n"
        assert await visitor.say("SIZE b") == "213 5\r\n"
        assert await visitor.say("MDTM 20201301000000 b") == "213 File modification time set.\r\n"
        assert await visitor.say("MDTM b") == "213 20210101000000\r\n"
        assert await visitor.say("SITE CHMOD 4600 b") == "200 SITE CHMOD command ok.\r\n"
        assert await visitor.say("SITE CHMOD 600") == "500 SITE CHMOD needs 2 arguments.\r\n"
        assert (await visitor.fetch("LIST b"))[0].startswith(b"-rw-------    1 1001     1001            5 Jan 01  2021 b")
        assert await visitor.say("DELE b") == "250 Delete operation successful.\r\n"


async def test_renaming_what_cannot_be_renamed_fails() -> None:
    async with inside() as (visitor, _):
        await visitor.say("MKD d")
        await visitor.say("RNFR d")
        assert await visitor.say("RNTO /etc/d") == "550 Rename failed.\r\n"
