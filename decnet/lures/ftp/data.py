# SPDX-License-Identifier: MIT
"""
The data connection of a session (RFC 959, section 3.2; RFC 2428).

A decoy lets clients in and never connects out. So passive mode works, and what active mode asks for is remembered, is evidence
where it names another host (the FTP bounce, CVE-1999-0017), and fails when it is used, as it does behind a strict firewall.
"""

from contextlib import suppress
from ipaddress import IPv4Address, IPv6Address, ip_address

from decnet.domain.evidence import Endpoint
from decnet.errors import HostError
from decnet.lures.door import DOOR_SECONDS, Door, Passage
from decnet.lures.ftp.line import number, reply
from decnet.lures.ftp.recorder import Recorder
from decnet.lures.lure import Session

ACCEPT_SECONDS = 60.0
DOOR_LIFE_SECONDS = 2 * DOOR_SECONDS
_FIRST_FREE_PORT = 1024
_LAST_PORT = 65535
_LAST_BYTE = 255
_VERSIONS = {1: 4, 2: 6}
"""The version of IP by the number that EPRT has for it."""


class NoDataError(Exception):
    """There is no data connection; ``answer`` is what the client is told."""

    def __init__(self, answer: bytes) -> None:
        super().__init__()
        self.answer = answer


class Data:
    """Where the next transfer goes."""

    def __init__(self, session: Session, recorder: Recorder) -> None:
        self._session = session
        self._recorder = recorder
        self._door: Door | None = None
        self._is_active = False
        self.only_extended = False

    @property
    def is_ready(self) -> bool:
        """Whether the client has said where a transfer goes."""
        return self._is_active or self._door is not None

    def close(self) -> None:
        """Forget what was said."""
        self._is_active = False
        if self._door is not None:
            self._door.close()
            self._door = None

    async def open(self) -> Endpoint | None:
        """Open a door and return where it is; nothing where there is none to be had."""
        self.close()
        with suppress(HostError):
            self._door = await Door.open(self._session, DOOR_LIFE_SECONDS)
        return self._door.endpoint if self._door is not None else None

    async def connect(self) -> Passage:
        """Return the connection for a transfer; raises ``NoDataError``, everything forgotten, where nobody connected."""
        door, self._door, self._is_active = self._door, None, False
        if door is None:
            raise NoDataError(reply(425, "Failed to establish connection."))
        try:
            passage = await door.accept(ACCEPT_SECONDS)
        finally:
            door.close()
        if passage is None:
            said = "Security: Bad IP connecting." if door.strangers else "Failed to establish connection."
            raise NoDataError(reply(425, said))
        return passage

    def go_to(self, argument: bytes) -> bytes:
        """Answer PORT."""
        self.close()
        numbers = [number(part) for part in argument.split(b",")]
        if len(numbers) != 6 or max(numbers) > _LAST_BYTE:
            return reply(500, "Illegal PORT command.")
        values = bytes(numbers)
        if not self._may_go_to(IPv4Address(values[:4]), int.from_bytes(values[4:]), argument):
            return reply(500, "Illegal PORT command.")
        self._is_active = True
        return reply(200, "PORT command successful. Consider using PASV.")

    def go_to_extended(self, argument: bytes) -> bytes:
        """Answer EPRT (RFC 2428, section 2)."""
        self.close()
        empty, _, rest = argument.partition(b"|")
        protocol, _, rest = rest.partition(b"|")
        address, _, rest = rest.partition(b"|")
        port, _, end = rest.partition(b"|")
        if empty:
            return reply(500, "Bad EPRT command.")
        if number(protocol) not in _VERSIONS:
            return reply(500, "Bad EPRT protocol.")
        found = _address(address, _VERSIONS[number(protocol)])
        if found is None or end or not port or number(port) > _LAST_PORT:
            return reply(500, "Bad EPRT command.")
        if not self._may_go_to(found, number(port), argument):
            return reply(500, "Illegal EPRT command.")
        self._is_active = True
        return reply(200, "EPRT command successful. Consider using EPSV.")

    def _may_go_to(self, address: IPv4Address | IPv6Address, port: int, argument: bytes) -> bool:
        """Say whether a client may name this place: his own host, and no port of a service; another host is evidence."""
        mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
        if str(mapped or address) != self._session.origin.peer.address:
            self._recorder.violation("data connection to another address", argument)
            return False
        return port >= _FIRST_FREE_PORT


def _address(text: bytes, version: int) -> IPv4Address | IPv6Address | None:
    """Return an address of this version of IP."""
    try:
        found = ip_address(text[:64].decode("ascii"))
    except ValueError:
        return None
    return found if found.version == version else None
