# SPDX-License-Identifier: MIT
"""The ftp lure: what one decoy shares between its clients, and the life of one connection."""

from typing import ClassVar

from decnet.domain.persona import Decoy
from decnet.lures.accounts import accounts
from decnet.lures.ftp.conversation import Conversation, Site
from decnet.lures.ftp.line import reply
from decnet.lures.ftp.login import Login
from decnet.lures.ftp.options import FtpOptions
from decnet.lures.ftp.service import Service
from decnet.lures.ftp.settings import settings_of
from decnet.lures.lure import Session
from decnet.lures.shell.machine import machine_of
from decnet.lures.shell.visits import Visits
from decnet.lures.stream import Stream


class Ftp:
    """vsftpd on one decoy."""

    name: ClassVar[str] = "ftp"

    def __init__(self, decoy: Decoy, options: FtpOptions) -> None:
        machine = machine_of(decoy)
        planted = accounts(decoy, options)
        self._site = Site(
            settings=settings_of(decoy, options),
            machine=machine,
            visits=Visits(machine),
            passwords={user.encode(): password.encode() for user, password in planted.items()},
        )
        self._clients = 0

    async def serve(self, session: Session) -> None:
        """Talk to one client until it leaves or a bound is reached."""
        stream = await Stream.open(session)
        self._clients += 1
        conversation = Conversation(self._site, session, stream, self._clients)
        try:
            await _talk(conversation)
            conversation.finish()
            await stream.finish()
        finally:
            self._clients -= 1
            conversation.finish()
            stream.close()


async def _talk(conversation: Conversation) -> None:
    """Greet, let the client log in, and serve him."""
    if not await conversation.say(reply(220, f"({conversation.site.settings.software})")):
        return
    user = await Login(conversation).run()
    if user is not None:
        await Service(conversation, user).run()
