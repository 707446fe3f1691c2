# SPDX-License-Identifier: MIT
"""Who is logged in may do what his server lets him, and every command of his is evidence."""

import pytest

from tests.lures.ftp.visitor import inside


@pytest.mark.parametrize("command", ["STOR x", "STOU", "APPE x", "MKD x", "XMKD x", "RMD x", "DELE x", "RNFR x", "RNTO x"])
async def test_nothing_is_changed_where_the_server_is_as_its_package_makes_it(command: str) -> None:
    async with inside(writable=False) as (visitor, _):
        assert await visitor.say(command) == "550 Permission denied.\r\n"


async def test_site_commands_are_those_that_may_be_used() -> None:
    async with inside(writable=False) as (visitor, _):
        assert await visitor.say("SITE HELP") == "214 UMASK HELP\r\n"
        assert await visitor.say("SITE CHMOD 755 x") == "500 Unknown SITE command.\r\n"
    async with inside(anonymous="yes") as (visitor, _):
        assert await visitor.say("SITE HELP") == "550 Permission denied.\r\n"


async def test_commands_that_come_together_are_answered_one_after_the_other() -> None:
    async with inside() as (visitor, _):
        visitor.writer.write(b"PWD\r\n\r\nSYST\nFOO\r\nQUIT\r\nNOOP\r\n")
        codes = [(await visitor.answer())[:3] for _ in range(5)]
        assert codes == ["257", "215", "500", "221", ""]


async def test_commands_are_recorded_in_order_before_their_answers() -> None:
    async with inside() as (visitor, served):
        for command in ("cwd /etc", "FOO \x01 bar", "SITE EXEC id"):
            await visitor.say(command)
            assert served.pen.bodies("command")[-1].command == command
    assert [body.command for body in served.pen.bodies("command")[:2]] == ["USER ftpuser", "PASS [secret]"]


async def test_status_of_files_comes_by_the_control_connection() -> None:
    async with inside() as (visitor, _):
        lines = (await visitor.say("STAT /srv/ftp")).splitlines()
        assert (lines[0], lines[-1]) == ("213-Status follows:", "213 End of status")
        assert [line.split()[-1] for line in lines[1:-1]] == [".", "..", "incoming", "pub"]
        assert await visitor.say("STAT /nope/x") == "213-Status follows:\r\n213 End of status\r\n"
