# SPDX-License-Identifier: MIT
"""The ssh lure: what one decoy shares between its clients, and the life of one connection."""

import asyncio
import logging
from typing import ClassVar

import asyncssh

from decnet.domain.persona import Decoy
from decnet.lures.accounts import accounts
from decnet.lures.lure import Session
from decnet.lures.shell.machine import machine_of
from decnet.lures.shell.transfer import Memory
from decnet.lures.shell.visits import Visits
from decnet.lures.ssh.algorithms import Profile, profile
from decnet.lures.ssh.authentication import Authentication
from decnet.lures.ssh.conversation import Conversation, Login
from decnet.lures.ssh.keys import host_keys
from decnet.lures.ssh.options import SshOptions
from decnet.lures.ssh.transport import Transport

SOFTWARE = "OpenSSH_8.4p1 Debian-5+deb11u3"
FAREWELL_SECONDS = 5.0


class Ssh:
    """
    OpenSSH on one decoy.

    The host keys are derived in a worker thread when the first client exchanges keys (about a second for the RSA key, once in
    the life of the process); ``prepare`` does it before anybody comes.
    """

    name: ClassVar[str] = "ssh"

    def __init__(self, decoy: Decoy, options: SshOptions) -> None:
        asyncssh.set_log_level(logging.CRITICAL)  # what clients do is evidence; it has no place in the operator's log
        self._decoy = decoy
        self._options = options
        self._software = decoy.persona.software.get("ssh", SOFTWARE)
        self._profile = profile(self._software)
        self._accounts = accounts(decoy, options)
        self._machine = machine_of(decoy)
        self._visits = Visits(self._machine)
        self._keys: asyncio.Future[tuple[asyncssh.SSHKey, ...]] | None = None
        self._settings: asyncssh.SSHServerConnectionOptions | None = None

    async def prepare(self) -> None:
        """Derive the host keys now."""
        await self._host_keys()

    async def serve(self, session: Session) -> None:
        """Talk to one client until it leaves or a bound is reached."""
        loop = asyncio.get_running_loop()
        server = Greeter(self, session)
        settings = await self._connection_settings()
        transport = Transport(settings, session, self._profile, keys=self._host_keys, server=server)
        login = Authentication(transport, session, self._accounts, self._options)
        server.authentication = login
        transport.authenticate = login.answer
        try:
            await loop.connect_accepted_socket(lambda: transport, session.connection)
            await _until_it_ends(transport, session)
        finally:
            login.close()
            await transport.finish()
        if transport.failure:
            raise transport.failure

    def log_in(self, session: Session, username: str) -> Login:
        """Return what the channels of a connection share once ``username`` is in."""
        filesystem = self._visits.admit(session.origin.peer.address, username)
        return Login(
            session=session,
            machine=self._machine,
            filesystem=filesystem,
            username=username,
            profile=self._profile,
            memory=Memory(),
            records_terminal=self._options.record_terminal,
        )

    async def _host_keys(self) -> tuple[asyncssh.SSHKey, ...]:
        """Return the host keys; whoever asks first has them derived."""
        if self._keys is None:
            loop = asyncio.get_running_loop()
            self._keys = loop.run_in_executor(None, host_keys, self._decoy.persona, self._profile.rsa_bits)
        return await asyncio.shield(self._keys)

    async def _connection_settings(self) -> asyncssh.SSHServerConnectionOptions:
        """Return what asyncssh is told; the transport fills in keys when they are needed."""
        if self._settings is None:
            self._settings = await asyncssh.SSHServerConnectionOptions.construct(
                None, config=None, server_factory=asyncssh.SSHServer, **_settings(self._profile, self._software, self._options)
            )
        return self._settings


class Greeter(asyncssh.SSHServer):
    """Opens the session channels of one connection."""

    def __init__(self, lure: Ssh, session: Session) -> None:
        self._lure = lure
        self._session = session
        self._login: Login | None = None
        self.authentication: Authentication | None = None

    def session_requested(self) -> Conversation:
        """Return a conversation for a new channel; all of a connection share one file system."""
        if self._login is None:
            username = self.authentication.username if self.authentication else b""
            self._login = self._lure.log_in(self._session, username.decode("utf-8", "surrogateescape"))
        return Conversation(self._login)


async def _until_it_ends(transport: Transport, session: Session) -> None:
    """Wait until the connection is closed; close it when the client is silent for too long."""
    loop = asyncio.get_running_loop()
    while not transport.lost.is_set():
        left = FAREWELL_SECONDS if transport.is_closed() else transport.heard_at + session.idle_seconds - loop.time()
        if left <= 0:
            session.end("idle")
            return
        try:
            async with asyncio.timeout(left):
                await transport.lost.wait()
        except TimeoutError:
            if transport.is_closed():
                return


def _settings(offered: Profile, software: str, options: SshOptions) -> dict[str, object]:
    """Return asyncssh's options for a profile; what a library lacks (umac without libnettle) is left out."""
    return {
        "server_version": software,
        "server_host_keys": [asyncssh.generate_private_key("ssh-ed25519")],
        "send_server_host_keys": True,
        "kex_algs": _known(offered.key_exchanges, asyncssh.kex.get_kex_algs()),
        "encryption_algs": _known(offered.ciphers, asyncssh.encryption.get_encryption_algs()),
        "mac_algs": _known(offered.macs, asyncssh.mac.get_mac_algs()),
        "compression_algs": list(offered.compressions),
        "gss_host": None,
        "login_timeout": options.login_seconds,
        "rekey_seconds": 0,
        "line_editor": False,
        "encoding": None,
        "agent_forwarding": False,
        "utf8_decode_errors": "surrogateescape",
    }


def _known(names: tuple[str, ...], known: list[bytes]) -> list[str]:
    """Return the names that asyncssh can offer here, in their order."""
    return [name for name in names if name.encode() in known]
