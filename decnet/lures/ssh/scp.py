# SPDX-License-Identifier: MIT
"""The remote end of the old scp protocol (``scp -t`` and ``scp -f``), as OpenSSH's scp speaks it."""

import asyncio
import fnmatch
import os
import posixpath
import re
import shlex
import stat
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from decnet.lures.lure import Session
from decnet.lures.shell.filesystem import Status
from decnet.lures.shell.transfer import Place, Upload, decode, encode, record_download

CHUNK = 32768
LINE_LIMIT = 8192
DEPTH = 32
SIZE_LIMIT = 1 << 40
_RECORD = re.compile(rb"([CD])([0-7]{4}) (\d{1,18}) (.+)", re.DOTALL)
_MODIFIED = re.compile(rb"T\d+ \d+ ")
_PARTS = (
    (re.compile(rb".[0-7]{4}"), b"bad mode"),
    (re.compile(rb".[0-7]{4} "), b"mode not delimited"),
    (re.compile(rb".[0-7]{4} \d"), b"size not present"),
    (re.compile(rb".[0-7]{4} \d+ "), b"size not delimited"),
)
_TIMES = re.compile(rb"T(\d{1,18}) \d{1,18} (\d{1,18}) \d{1,18}")


@dataclass(frozen=True, kw_only=True)
class ScpCommand:
    """What a client started: ``-t`` (it sends) or ``-f`` (it takes), and the other letters."""

    sends: bool
    options: str
    paths: tuple[bytes, ...]


def parse_scp(command: bytes) -> ScpCommand | None:
    """Return the scp that ``command`` starts, or ``None`` for every other command, which is the shell's."""
    if not command.startswith(b"scp ") or any(byte in command for byte in b";|&<>`$\n\0"):
        return None
    try:
        words = shlex.split(decode(command))[1:]
    except ValueError:
        return None
    letters = "".join(word[1:] for word in words if word.startswith("-"))
    paths = tuple(encode(word) for word in words if not word.startswith("-"))
    if ("t" in letters) == ("f" in letters) or not paths:
        return None
    return ScpCommand(sends="t" in letters, options=letters, paths=paths)


class _AbortedError(Exception):
    """The other side gave up, or speaks another protocol."""


class Scp:
    """One run of scp; ``send`` takes bytes for the client, ``drain`` waits until it has taken them."""

    def __init__(
        self,
        session: Session,
        place: Place,
        reader: asyncio.StreamReader,
        send: Callable[[bytes], None],
        drain: Callable[[], Awaitable[object]],
    ) -> None:
        self._session = session
        self._place = place
        self._files = place.filesystem
        self._reader = reader
        self._send = send
        self._drain = drain
        self._errors = 0

    async def run(self, command: ScpCommand) -> int:
        """Transfer; return the exit status."""
        try:
            if command.sends:
                await self._receive_all(command)
            else:
                await self._send_all(command)
        except (_AbortedError, asyncio.IncompleteReadError):
            return 1
        return 1 if self._errors else 0

    def _path(self, sent: bytes) -> str:
        """Return the absolute path, as the shell would have expanded it."""
        if sent == b"~" or sent.startswith(b"~/"):
            return self._place.home + decode(sent[1:])
        return self._place.path(sent)

    def _complain(self, words: bytes) -> None:
        """Tell the client of an error that does not end the transfer."""
        self._errors += 1
        self._send(b"\x01scp: " + words + b"\n")

    # --- the client sends

    async def _receive_all(self, command: ScpCommand) -> None:
        """Receive into the target."""
        target = self._path(command.paths[0])
        if "d" in command.options and not self._files.is_folder(target):
            self._complain(encode(target) + b": " + os.strerror(20).encode())
            return
        await self._receive_into(target, command, 0)

    async def _receive_into(self, target: str, command: ScpCommand, depth: int) -> None:
        """Receive what belongs into one folder, or one file."""
        self._send(b"\0")
        times: tuple[int, int] | None = None
        is_first = True
        while (line := await self._line()) is not None:
            if line[:1] in (b"\x01", b"\x02"):
                self._errors += 1
                if line[:1] == b"\x02":
                    raise _AbortedError
            elif line == b"E":
                self._send(b"\0")
                return
            elif match := _TIMES.fullmatch(line):
                times = int(match[1]), int(match[2])
                self._send(b"\0")
            else:
                await self._receive_entry(target, line, times, command, depth, is_first=is_first)
                times = None
            is_first = False

    async def _receive_entry(
        self, target: str, line: bytes, times: tuple[int, int] | None, command: ScpCommand, depth: int, *, is_first: bool
    ) -> None:
        """Receive a file or a folder."""
        match = _RECORD.fullmatch(line)
        name = match[4] if match else b""
        if match is None or b"/" in name or name in (b".", b"..") or int(match[3]) > SIZE_LIMIT:
            self._complain(_objection(line, is_first=is_first))
            raise _AbortedError
        path = posixpath.join(target, decode(name)) if self._files.is_folder(target) else target
        if match[1] == b"C":
            await self._receive_file(path, int(match[2], 8), int(match[3]))
        elif "r" not in command.options or depth >= DEPTH:
            self._complain(b"protocol error: received directory without -r")
            raise _AbortedError
        else:
            if not self._make_folder(path, int(match[2], 8)):
                return
            await self._receive_into(path, command, depth + 1)
        if times and "p" in command.options and self._files.exists(path):
            self._files.utime(path, *times)

    def _make_folder(self, path: str, mode: int) -> bool:
        """Make a folder where there is none."""
        try:
            if not self._files.is_folder(path):
                self._files.mkdir(path, mode)
        except OSError as error:
            self._complain(encode(path) + b": " + os.strerror(error.errno or 0).encode())
            return False
        return True

    async def _receive_file(self, path: str, mode: int, size: int) -> None:
        """Receive one file."""
        try:
            self._files.write(path, b"", mode=mode)
        except OSError as error:
            self._complain(encode(path) + b": " + os.strerror(error.errno or 0).encode())
            return
        self._send(b"\0")
        upload = Upload(self._session, self._place, path)
        fits, received = True, 0
        try:
            while received < size:
                data = await self._reader.read(min(CHUNK, size - received))
                if not data:
                    raise _AbortedError
                fits = upload.write(received, data) and fits
                received += len(data)
            await self._response()
        finally:
            fits = self._keep(upload, complete=received == size) and fits
        if fits:
            self._send(b"\0")
        else:
            self._complain(encode(path) + b": No space left on device")

    @staticmethod
    def _keep(upload: Upload, *, complete: bool) -> bool:
        """Close an upload; false where the decoy has no room for it."""
        try:
            upload.close(complete=complete)
        except OSError:
            return False
        return True

    # --- the client takes

    async def _send_all(self, command: ScpCommand) -> None:
        """Send every path, patterns expanded."""
        await self._response()
        for sent in command.paths:
            for path in self._expand(self._path(sent)):
                await self._send_entry(path, command, 0)

    def _expand(self, path: str) -> list[str]:
        """Return the names that the last part of a path matches, or the path itself."""
        folder, name = posixpath.split(path)
        if not re.search(r"[*?\[]", name) or not self._files.is_folder(folder):
            return [path]
        names = [entry for entry in self._files.listdir(folder) if not entry.startswith(".")]
        found = [posixpath.join(folder, entry) for entry in sorted(fnmatch.filter(names, name))]
        return found or [path]

    async def _send_entry(self, path: str, command: ScpCommand, depth: int) -> None:
        """Send a file or a folder."""
        try:
            status = self._files.stat(path)
            content = self._files.read(path) if stat.S_ISREG(status.mode) else b""
        except OSError as error:
            self._complain(encode(path) + b": " + os.strerror(error.errno or 0).encode())
            return
        is_folder = stat.S_ISDIR(status.mode)
        if (is_folder and "r" not in command.options) or not (is_folder or stat.S_ISREG(status.mode)) or depth >= DEPTH:
            self._complain(encode(path) + b": not a regular file")
            return
        if "p" in command.options:
            self._send(f"T{int(status.modified)} 0 {int(status.accessed)} 0\n".encode())
            await self._response()
        if is_folder:
            await self._send_folder(path, status, command, depth)
        else:
            await self._send_file(path, status, content)

    async def _send_file(self, path: str, status: Status, content: bytes) -> None:
        """Send one file."""
        self._send(f"C{status.mode & 0o7777:04o} {len(content)} ".encode() + encode(posixpath.basename(path)) + b"\n")
        if not await self._response():
            return
        for start in range(0, len(content), CHUNK):
            self._send(content[start : start + CHUNK])
            await self._drain()
        record_download(self._session, path, content)
        self._send(b"\0")
        await self._response()

    async def _send_folder(self, path: str, status: Status, command: ScpCommand, depth: int) -> None:
        """Send a folder and all that is in it."""
        self._send(f"D{status.mode & 0o7777:04o} 0 ".encode() + encode(posixpath.basename(path.rstrip("/"))) + b"\n")
        if not await self._response():
            return
        for name in self._files.listdir(path):
            await self._send_entry(posixpath.join(path, name), command, depth + 1)
        self._send(b"E\n")
        await self._response()

    # --- both

    async def _response(self) -> bool:
        """Read the client's answer; false for an error, which it has shown already."""
        code = await self._reader.readexactly(1)
        if code == b"\0":
            return True
        await self._line()
        self._errors += 1
        if code != b"\x01":
            raise _AbortedError
        return False

    async def _line(self) -> bytes | None:
        """Read a control record without its end; ``None`` at the end of input."""
        try:
            line = await self._reader.readuntil(b"\n")
        except asyncio.IncompleteReadError as error:
            if error.partial:
                raise _AbortedError from None
            return None
        except asyncio.LimitOverrunError:
            raise _AbortedError from None
        return line[:-1]


def _objection(line: bytes, *, is_first: bool) -> bytes:
    """Return what scp says to a record that it cannot take."""
    if not line:
        return b"protocol error: unexpected <newline>"
    if line[:1] == b"T":
        return b"protocol error: atime.sec not present" if _MODIFIED.match(line) else b"protocol error: mtime.sec not present"
    if line[:1] not in (b"C", b"D"):
        return line if is_first else b"protocol error: expected control record"
    for pattern, words in _PARTS:
        if not pattern.match(line):
            return b"protocol error: " + words
    return b"error: unexpected filename: " + line.split(b" ", 2)[2]
