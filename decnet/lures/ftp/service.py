# SPDX-License-Identifier: MIT
"""What a client may do once he is logged in: the commands of vsftpd, and what it says to those that it refuses."""

from collections.abc import Awaitable, Callable
from contextlib import suppress
from functools import partial

from decnet.lures.ftp import listing, names, talk
from decnet.lures.ftp.conversation import Conversation, User
from decnet.lures.ftp.data import NoDataError
from decnet.lures.ftp.line import Command, number, reply
from decnet.lures.ftp.transfers import Transfers

_ABORT = (b"ABOR", b"\xff\xf4\xff\xf2ABOR")
_DENIED = reply(550, "Permission denied.")
_UNKNOWN = reply(500, "Unknown command.")
_ALWAYS: dict[bytes, bytes] = {
    b"SYST": reply(215, "UNIX Type: L8"),
    b"FEAT": talk.FEATURES,
    b"HELP": talk.HELP,
    b"NOOP": reply(200, "NOOP ok."),
    b"ALLO": reply(202, "ALLO command ignored."),
    b"ABOR": reply(225, "No transfer to ABOR."),
    b"REIN": reply(502, "REIN not implemented."),
    b"ACCT": reply(502, "ACCT not implemented."),
    b"SMNT": reply(502, "SMNT not implemented."),
    b"PASS": reply(230, "Already logged in."),
    b"PBSZ": _DENIED,
    b"PROT": _DENIED,
}
_NAMES: dict[bytes, Callable[[User, bytes], bytes]] = {
    b"PWD": names.where,
    b"XPWD": names.where,
    b"CWD": names.change,
    b"XCWD": names.change,
    b"CDUP": names.up,
    b"XCUP": names.up,
    b"SIZE": names.size,
    b"MDTM": names.modified,
    b"TYPE": talk.set_type,
    b"REST": talk.set_restart,
    b"USER": talk.log_in_again,
}
_CHANGES: dict[bytes, Callable[[User, bytes], bytes]] = {
    b"MKD": names.make_folder,
    b"XMKD": names.make_folder,
    b"RMD": names.remove_folder,
    b"XRMD": names.remove_folder,
    b"DELE": names.delete,
    b"RNFR": names.rename_from,
    b"RNTO": names.rename_to,
}
_UPLOADS = (b"STOR", b"STOU", b"APPE")
_INTERNET_4_ONLY = (b"PASV", b"PORT")


class Service:
    """Answers the commands of one user until he leaves."""

    def __init__(self, conversation: Conversation, user: User) -> None:
        self._conversation = conversation
        self._data = conversation.data
        self._user = user
        self._transfers = Transfers(conversation, user)

    async def run(self) -> None:
        """Answer commands."""
        while command := await self._conversation.hear():
            if command.name == b"QUIT":
                await self._conversation.say(reply(221, "Goodbye."))
                return
            answer = await self._answer(command)
            if not await self._conversation.say(answer) or self._conversation.session.reason != "client":
                return

    async def _answer(self, command: Command) -> bytes:
        """Return the answer to a command."""
        name, argument = command.name, command.argument
        if name in (b"PASS", b"ACCT") and argument:
            self._conversation.recorder.credential(self._user.name, argument, accepted=False, command=name.decode())
        if name in _ABORT:
            return _ALWAYS[b"ABOR"]
        if name in _ALWAYS:
            return _ALWAYS[name]
        if name in _NAMES:
            return _NAMES[name](self._user, argument)
        if name in _CHANGES:
            return _CHANGES[name](self._user, argument) if self._may_change else _DENIED
        try:
            return await self._work(name, argument)
        except NoDataError as error:
            return error.answer

    @property
    def _may_change(self) -> bool:
        """Whether the user may change what there is; anonymous may upload, and that alone."""
        return self._conversation.site.settings.writable and not self._user.is_anonymous

    async def _work(self, name: bytes, argument: bytes) -> bytes:
        """Answer what concerns data connections and their transfers."""
        if name in _UPLOADS:
            if not self._conversation.site.settings.writable or (self._user.is_anonymous and name == b"APPE"):
                return _DENIED
            return await self._transfers.upload(argument, append=name == b"APPE", unique=name == b"STOU")
        if name in _INTERNET_4_ONLY and self._data.only_extended:
            return _DENIED
        works: dict[bytes, Callable[[bytes], Awaitable[bytes]]] = {
            b"RETR": self._transfers.download,
            b"LIST": partial(self._transfers.listing, detailed=True),
            b"NLST": partial(self._transfers.listing, detailed=False),
            b"PASV": self._open,
            b"EPSV": self._open_extended,
        }
        if name in works:
            return await works[name](argument)
        return self._set(name, argument)

    def _set(self, name: bytes, argument: bytes) -> bytes:
        """Answer what is left."""
        sets = {
            b"PORT": self._data.go_to,
            b"EPRT": self._data.go_to_extended,
            b"STAT": self._status,
            b"SITE": self._site,
            b"OPTS": talk.set_option,
            b"MODE": talk.set_mode,
            b"STRU": talk.set_structure,
        }
        return sets[name](argument) if name in sets else _UNKNOWN

    async def _open(self, _: bytes) -> bytes:
        """Answer PASV: no IPv4 address fits a client who came by IPv6."""
        door = await self._data.open()
        if door is None:
            return self._give_up()
        address = "0.0.0.0" if ":" in door.address else door.address  # noqa: S104 - told, not bound
        numbers = f"{address.replace('.', ',')},{door.port >> 8},{door.port & 255}"
        return reply(227, f"Entering Passive Mode ({numbers}).")

    async def _open_extended(self, argument: bytes) -> bytes:
        """Answer EPSV (RFC 2428, section 3)."""
        if argument.upper() == b"ALL":
            self._data.only_extended = True
            return reply(200, "EPSV ALL ok.")
        if argument and number(argument) not in (1, 2):
            return reply(522, "Bad network protocol.")
        door = await self._data.open()
        return reply(229, f"Entering Extended Passive Mode (|||{door.port}|)") if door else self._give_up()

    def _give_up(self) -> bytes:
        """End the session as vsftpd does where no port can be had."""
        self._conversation.session.end("lure")
        return reply(500, "OOPS: vsf_sysutil_bind")

    def _status(self, argument: bytes) -> bytes:
        """Answer STAT: of the connection, or of files."""
        if not argument:
            return talk.status(self._conversation, self._user)
        files = self._user.files
        asked = listing.wanted(files, argument)
        now = self._conversation.site.machine.now()
        lines = b""
        with suppress(OSError):
            lines = b"".join(listing.rows(files, asked, detailed=True, hidden=True, now=now)) if asked else b""
        return reply(213, "Status follows:", more=True) + lines + reply(213, "End of status")

    def _site(self, argument: bytes) -> bytes:
        """Answer SITE."""
        if self._user.is_anonymous:
            return _DENIED
        told = talk.site(self._user, argument, writable=self._may_change)
        if told is not None:
            return told
        name, _, rest = argument.partition(b" ")
        if name.upper() == b"CHMOD" and self._may_change:
            return names.change_mode(self._user, rest)
        return reply(500, "Unknown SITE command.")
