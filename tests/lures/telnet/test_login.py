# SPDX-License-Identifier: MIT
"""What login says; compared with login 4.13 (shadow) behind a real telnetd, whose words these are."""

import asyncio

from decnet.lures.telnet.login import Login
from decnet.lures.telnet.options import TelnetOptions
from decnet.lures.terminal.pseudo_terminal import PseudoTerminal
from tests.lures.ssh import desk
from tests.support.lures import MemoryPen

OPTIONS = TelnetOptions(failure_seconds=0)


class Door:
    """A login on a terminal that shows what it shows."""

    def __init__(self, options: TelnetOptions = OPTIONS) -> None:
        self.shown = bytearray()
        self.pen = MemoryPen()
        self.asked = asyncio.Event()
        self.terminal = PseudoTerminal(self._show, "xterm", 80, 24, None)
        self.login = Login(self.terminal, desk.session(self.pen), "vm", accounts={"root": "toor"}, options=options)

    def _show(self, data: bytes) -> None:
        """Take what is shown; ``asked`` is set when the password was asked for."""
        self.shown += data
        if b"Password" in self.shown:
            self.asked.set()

    def tried(self) -> list[tuple[str, bytes | None, bool]]:
        """Return names, passwords and outcomes."""
        assert len(self.pen.bodies("credential")) == len(self.pen.records)
        bodies = zip(self.pen.bodies("credential"), self.pen.records, strict=True)
        return [(body.username, secret, body.accepted) for body, (_, _, secret) in bodies]


async def test_a_wrong_password_and_a_right_one() -> None:
    door = Door()
    door.terminal.feed(b"root\rnope\rroot\rtoor\r")
    assert await door.login.run() == b"root"
    assert bytes(door.shown) == (b"vm login: root\r\nPassword: \r\n\r\nLogin incorrect\r\nvm login: root\r\nPassword: \r\n")
    assert door.tried() == [("root", b"nope", False), ("root", b"toor", True)]


async def test_the_fifth_wrong_password_is_the_last() -> None:
    door = Door()
    door.terminal.feed(b"a\rp\r" * 9)
    assert await door.login.run() is None
    assert bytes(door.shown) == b"vm login: a\r\nPassword: \r\n\r\nLogin incorrect\r\n" * 5 + (
        b"Maximum number of tries exceeded (5)\r\n"
    )
    assert door.tried() == [("a", b"p", False)] * 5


async def test_a_name_that_is_known_is_not_asked_for() -> None:
    door = Door()
    door.terminal.feed(b"x\r\x04root\rtoor\r")
    assert await door.login.run(b"someone") == b"root"
    assert door.shown.startswith(b"Password: \r\n\r\nLogin incorrect\r\nvm login: \r\n\r\nLogin incorrect\r\nvm login: root")
    assert door.tried()[0] == ("someone", b"x", False)


async def test_a_control_d_is_an_empty_password() -> None:
    door = Door()
    door.terminal.feed(b"root\r\x04")
    door.terminal.feed(b"root\rtoor\r")
    assert await door.login.run() == b"root"
    assert door.tried()[0] == ("root", b"", False)


async def test_who_takes_too_long_is_sent_away() -> None:
    door = Door(TelnetOptions(login_seconds=0.2))
    door.terminal.feed(b"abc\r")
    assert await door.login.run() is None
    assert bytes(door.shown) == b"vm login: abc\r\nPassword: \r\nLogin timed out after 0 seconds.\r\n"


async def test_the_name_of_one_who_left_before_his_password_is_kept() -> None:
    door = Door()
    door.terminal.feed(b"alone\r")
    door.terminal.feed_end()
    assert await door.login.run() is None
    ((_, body, secret),) = door.pen.records
    assert (body.kind, getattr(body, "mechanism", ""), getattr(body, "username", ""), secret) == (
        *("credential", "none", "alone"),
        None,
    )


async def test_who_is_cut_off_at_the_password_is_kept_too() -> None:
    door = Door()
    door.terminal.feed(b"alone\r")
    async with asyncio.TaskGroup() as tasks:
        waiting = tasks.create_task(door.login.run())
        async with asyncio.timeout(10):
            await door.asked.wait()
        waiting.cancel()
    assert [name for name, _, _ in door.tried()] == ["alone"]


async def test_names_and_passwords_may_be_any_bytes() -> None:
    door = Door()
    door.terminal.feed(b"\xff\xfe\xe4\r\x80\x81\r")
    door.terminal.feed_end()
    await door.login.run()
    assert door.tried() == [("\uefff\ueffe\uefe4", b"\x80\x81", False)]
