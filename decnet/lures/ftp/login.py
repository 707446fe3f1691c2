# SPDX-License-Identifier: MIT
"""What a client may say before he is logged in, and how he logs in."""

from decnet.lures.ftp import talk
from decnet.lures.ftp.conversation import Conversation, User
from decnet.lures.ftp.line import Command, reply
from decnet.lures.ftp.place import Files
from decnet.lures.ftp.settings import ANONYMOUS_ROOT
from decnet.lures.shell.accounts import Accounts
from decnet.lures.shell.filesystem import User as Rights
from decnet.lures.shell.transfer import decode, place_of

ANONYMOUS = (b"FTP", b"ANONYMOUS")
ACCOUNT = "ftp"
PASSWORD_SECONDS = 0.03
_MAX_NAME = 1024


class Login:
    """The logins of one connection."""

    def __init__(self, conversation: Conversation) -> None:
        self._conversation = conversation
        self._settings = conversation.site.settings
        self._name = b""
        self._failures = 0
        self._unknown = 0

    async def run(self) -> User | None:
        """Return who logged in; nothing where the connection ends before."""
        while command := await self._conversation.hear():
            if command.name == b"PASS":
                user = await self._check(command.argument)
                if user is not None:
                    return user
            elif not await self._conversation.say(self._answer(command)) or command.name == b"QUIT":
                return None
            if self._has_enough():
                self._conversation.session.end("lure")
                return None
        return None

    def _has_enough(self) -> bool:
        """Say whether the server hangs up: on too many wrong passwords, or on one that speaks something else than FTP."""
        bound = self._settings.unknown_commands
        return self._failures >= self._settings.attempts or (bound > 0 and self._unknown >= bound)

    def _answer(self, command: Command) -> bytes:
        """Answer whatever is no password."""
        if command.name == b"USER":
            self._name = command.argument[:_MAX_NAME]
            return reply(331, "Please specify the password.")
        if command.name == b"QUIT":
            return reply(221, "Goodbye.")
        if command.name == b"FEAT":
            return talk.FEATURES
        if command.name == b"OPTS":
            return talk.set_option(command.argument)
        self._unknown += 1
        if command.name == b"ACCT" and command.argument:
            self._conversation.recorder.credential(self._name, command.argument, accepted=False, command="ACCT")
        return reply(530, "Please login with USER and PASS.")

    async def _check(self, password: bytes) -> User | None:
        """Compare a password, after the time that this takes, and answer."""
        conversation, name = self._conversation, self._name
        accepted = bool(name) and self._is_right(name, password)
        conversation.recorder.credential(name, password, accepted=accepted)
        if not name:
            await conversation.say(reply(503, "Login with USER first."))
            return None
        self._name = b""
        await conversation.wait(PASSWORD_SECONDS if accepted else self._settings.failure_seconds)
        if not accepted:
            self._failures += 1
            await conversation.say(reply(530, "Login incorrect."))
            return None
        user = self._let_in(name)
        return user if await conversation.say(reply(230, "Login successful.")) else None

    def _is_right(self, name: bytes, password: bytes) -> bool:
        """Tell whether an account has this password; anonymous has every one."""
        if name.upper() in ANONYMOUS:
            return self._settings.anonymous
        return self._conversation.site.passwords.get(name) == password

    def _let_in(self, name: bytes) -> User:
        """Return a user in his home."""
        conversation = self._conversation
        site, address = conversation.site, conversation.session.origin.peer.address
        if name.upper() in ANONYMOUS:
            filesystem = site.visits.filesystem(address)
            found = Accounts(filesystem).by_name(ACCOUNT)
            rights = Rights(found.uid, found.gid) if found else Rights(65534, 65534)
            view = filesystem.bound(rights)
            view.umask = 0o077
            files = Files(view, ANONYMOUS_ROOT, root=ANONYMOUS_ROOT)
            return User(name=ACCOUNT.encode(), files=files, umask=0o077, is_anonymous=True)
        place = place_of(site.visits.admit(address, decode(name)), decode(name))
        place.filesystem.umask = self._settings.umask
        files = Files(place.filesystem, place.home)
        return User(name=name, files=files, umask=self._settings.umask)
