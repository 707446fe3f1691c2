# SPDX-License-Identifier: MIT
"""
Transfers: listings, downloads, uploads.

A client may ask for a transfer before or after it connects to the door, so nothing is said until it has connected; what is
wrong with the name is said before.
"""

import hashlib
import itertools
from collections.abc import Iterable

from decnet.domain.captured import text
from decnet.domain.evidence import Blob, File
from decnet.lures.door import Passage
from decnet.lures.ftp.conversation import Conversation, User
from decnet.lures.ftp.data import NoDataError
from decnet.lures.ftp.line import reply
from decnet.lures.ftp.listing import rows, wanted
from decnet.lures.ftp.place import IN_FLIGHT
from decnet.lures.lure import Session
from decnet.lures.shell.filesystem import Filesystem
from decnet.lures.shell.transfer import SPARSE_LIMIT, encode
from decnet.lures.stream import CHUNK

LISTING_BYTES = 1 << 20
_PIECE = 8192
_UNIQUE_TRIES = 100
_NO_CONNECTION = reply(425, "Use PORT or PASV first.")
_NO_FOLDER = reply(226, "Transfer done (but failed to open directory).")
_TIMEOUT = reply(421, "Data timeout. Reconnect. Sorry.")


class Transfers:
    """The transfers of one user; every method returns the last answer of its command."""

    def __init__(self, conversation: Conversation, user: User) -> None:
        self._conversation = conversation
        self._session = conversation.session
        self._data = conversation.data
        self._user = user
        self._files = user.files

    async def listing(self, argument: bytes, *, detailed: bool) -> bytes:
        """Answer LIST or NLST."""
        if not self._data.is_ready:
            return _NO_CONNECTION
        asked = wanted(self._files, argument)
        passage = await self._begin("Here comes the directory listing.")
        try:
            if asked is None:
                return _NO_FOLDER
            now = self._conversation.site.machine.now()
            told = await self._send(passage, _chunks(rows(self._files, asked, detailed=detailed, now=now)))
        except OSError:
            return _NO_FOLDER
        finally:
            passage.close()
        return reply(226, "Directory send OK.") if told else self._broken("writing")

    async def download(self, argument: bytes) -> bytes:
        """Answer RETR."""
        restart = self._user.take_restart()
        if not self._data.is_ready:
            return _NO_CONNECTION
        if restart and not self._user.is_binary:
            return reply(550, "No support for resume of ASCII transfer.")
        try:
            size = self._files.file(argument).size  # what the kernel says; files of /proc say 0 and have content
            path = self._files.real(argument)
            content = self._files.place.read(path)
        except OSError:
            return reply(550, "Failed to open file.")
        try:
            said = b"Opening BINARY mode data connection for %b (%d bytes)." % (self._files.expand(argument), size)
            passage = await self._begin(said)
            try:
                return await self._give(passage, path, content, restart)
            finally:
                passage.close()
        finally:
            self._files.memory.take(-size)

    async def upload(self, argument: bytes, *, append: bool = False, unique: bool = False) -> bytes:
        """Answer STOR, APPE or STOU."""
        restart = self._user.take_restart()
        if not self._data.is_ready:
            return _NO_CONNECTION
        filesystem = self._files.filesystem
        try:
            argument = self._files.expand(argument)
            name = self._unique(argument or b"STOU") if unique else argument
            path = self._files.real(name)
            if self._user.is_anonymous and filesystem.exists(path):
                return reply(553, "Could not create file.")
            filesystem.write(path, b"", append=append or restart > 0)
            place = filesystem.stat(path).size if append else restart
        except OSError:
            return reply(553, "Could not create file.")
        passage = await self._begin(b"FILE: " + name if unique else b"Ok to send data.")
        incoming = Incoming(self._session, filesystem, path, place)
        try:
            is_whole = await self._take(passage, incoming)
        except BaseException:
            incoming.close(is_whole=False)
            raise
        finally:
            passage.close()
        has_room = incoming.close(is_whole=is_whole)
        if not is_whole:
            return self._broken("reading")
        return reply(226, "Transfer complete.") if has_room else reply(451, "Failure writing to local file.")

    async def _begin(self, said: str | bytes) -> Passage:
        """Wait for the client's connection and announce the transfer; raises ``NoDataError``."""
        passage = await self._data.connect()
        if await self._conversation.say(reply(150, said)):
            return passage
        passage.close()
        raise NoDataError(b"")

    async def _give(self, passage: Passage, path: str, content: bytes, restart: int) -> bytes:
        """Send a file from a place on, and record what was sent."""
        digest, sent = hashlib.sha256(), 0
        for start in range(min(restart, len(content)), len(content), CHUNK):
            chunk = content[start : start + CHUNK]
            if not await passage.send(chunk):
                break
            digest.update(chunk)
            sent += len(chunk)
            await passage.give_way()
        is_whole = sent == max(0, len(content) - restart)
        body = File(path=_told(path), direction="download", sha256=digest.hexdigest(), size=sent, truncated=not is_whole)
        self._session.record(body)
        return reply(226, "Transfer complete.") if is_whole else self._broken("writing")

    async def _send(self, passage: Passage, chunks: Iterable[bytes]) -> bool:
        """Send what is made while it is sent; false when the client left or does not read."""
        for chunk in chunks:
            if not await passage.send(chunk):
                return False
            await passage.give_way()
        return True

    async def _take(self, passage: Passage, incoming: "Incoming") -> bool:
        """Take what comes until the client closes; false when it broke off, was silent or sent too much."""
        while await passage.fill():
            incoming.write(passage.take(len(passage.buffer)))
            await passage.give_way()
        if passage.buffer:
            incoming.write(passage.take(len(passage.buffer)))
        return not passage.is_broken and self._session.reason == "client"

    def _broken(self, doing: str) -> bytes:
        """Return what is said of a transfer that broke off."""
        if self._session.reason == "idle":
            return _TIMEOUT
        return reply(426, f"Failure {doing} network stream.")

    def _unique(self, name: bytes) -> bytes:
        """Return a name that is not taken yet; raises ``OSError`` where that cannot be."""
        exists = self._files.filesystem.exists
        if name != b"STOU" and not exists(self._files.real(name)):
            return name
        for number in itertools.islice(itertools.count(1), _UNIQUE_TRIES):
            candidate = name + b".%d" % number
            if not exists(self._files.real(candidate)):
                return candidate
        raise OSError


class Incoming:
    """A file that arrives: kept as evidence just as it was sent, and written into the decoy's file from ``start`` on."""

    def __init__(self, session: Session, filesystem: Filesystem, path: str, start: int) -> None:
        self._session = session
        self._filesystem = filesystem
        self._path = path
        self._start = start
        self._capture = session.capture()
        self._content = bytearray()
        self._sent = 0
        self._has_room = True

    def write(self, data: bytes) -> None:
        """Take the next bytes; those for which the decoy has no room are evidence only."""
        self._capture.write(data)
        self._sent += len(data)
        if self._has_room and self._sent <= SPARSE_LIMIT and IN_FLIGHT.take(len(data)):
            self._content += data
        else:
            self._has_room = False

    def close(self, *, is_whole: bool) -> bool:
        """Record the file, then show it to the decoy; false where that has no room."""
        if self._sent:
            blob: Blob = self._capture.finish()
            truncated = blob.truncated or not is_whole
            path = _told(self._path)
            body = File(path=path, direction="upload", sha256=blob.sha256, size=blob.size, truncated=truncated)
            self._session.record(body)
        else:
            self._capture.discard()
        try:
            self._fill()
        except OSError:
            return False
        finally:
            IN_FLIGHT.take(-len(self._content))
        return self._has_room

    def _fill(self) -> None:
        """Write the content into the decoy's file, over what is there."""
        content = bytes(self._content)
        if self._start:
            before = bytes(self._filesystem.read(self._path)) if self._filesystem.exists(self._path) else b""
            if self._start + len(content) > SPARSE_LIMIT:
                raise OSError
            content = before[: self._start].ljust(self._start, b"\0") + content + before[self._start + len(content) :]
        self._filesystem.write(self._path, content)


def _chunks(lines: Iterable[bytes]) -> Iterable[bytes]:
    """Yield lines together, up to a size, and not without end."""
    waiting, total = bytearray(), 0
    for line in lines:
        waiting += line
        total += len(line)
        if len(waiting) > _PIECE:
            yield bytes(waiting)
            waiting.clear()
        if total > LISTING_BYTES:
            break
    if waiting:
        yield bytes(waiting)


def _told(path: str) -> str:
    """Return a path as evidence names it."""
    return text(encode(path))
