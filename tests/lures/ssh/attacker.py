# SPDX-License-Identifier: MIT
"""Attackers: OpenSSH's own programs with a password, and a client that sends any bytes as name and password."""

import asyncio
from pathlib import Path
from typing import Any

import asyncssh
from asyncssh.connection import SSHClientConnectionOptions
from asyncssh.constants import MSG_USERAUTH_REQUEST
from asyncssh.packet import Boolean, SSHPacket, String

from decnet.lures.ssh.options import SshOptions
from decnet.lures.ssh.server import Ssh
from tests.support import clients
from tests.support.decoys import decoy
from tests.support.lures import Served

ROOT = ("root", "123456")
OPTIONS = SshOptions(accounts=("root:123456", "admin:admin"), failure_seconds=0)
_SAFE = (
    "-F/dev/null",
    "-oStrictHostKeyChecking=no",
    "-oUserKnownHostsFile=/dev/null",
    "-oLogLevel=ERROR",
    "-oIdentityFile=/nonexistent",
)


def lure(options: SshOptions = OPTIONS, **overrides: Any) -> Ssh:
    """Return an ssh lure on a decoy."""
    return Ssh(decoy(**overrides), options)


class Attacker:
    """Runs OpenSSH's programs against a lure; the password comes from an askpass program in ``folder``."""

    def __init__(self, served: Served, folder: Path, *, user: str = "root", passwords: tuple[str, ...] = ("123456",)) -> None:
        self.served = served
        self.user = user
        self._folder = folder
        folder.mkdir(exist_ok=True)
        (folder / "passwords").write_text("".join(f"{password}\n" for password in passwords))
        askpass = folder / "askpass"
        askpass.write_text(
            f"#!/bin/sh\ncd {folder}\nhead -n 1 passwords\nif [ $(wc -l <passwords) -gt 1 ]; then sed -i 1d passwords; fi\n"
        )
        askpass.chmod(0o700)
        self.environment = {"SSH_ASKPASS": str(askpass), "SSH_ASKPASS_REQUIRE": "force", "HOME": str(folder)}

    async def ssh(self, *arguments: str, options: tuple[str, ...] = (), stdin: bytes = b"") -> clients.Finished:
        """Run ssh."""
        target = (f"{self.user}@{self.served.host}", *arguments)
        return await self._run("ssh", *_SAFE, *options, "-p", str(self.served.port), *target, stdin=stdin)

    async def scp(self, *arguments: str) -> clients.Finished:
        """Run scp; HOST in an argument is the lure."""
        host = f"{self.user}@{self.served.host}"
        return await self._run(
            "scp", *_SAFE, "-P", str(self.served.port), *(argument.replace("HOST", host) for argument in arguments)
        )

    async def sftp(self, batch: str) -> clients.Finished:
        """Run sftp with a batch of commands."""
        (self._folder / "batch").write_text(batch)
        arguments = ("-oBatchMode=no", "-P", str(self.served.port), "-b", str(self._folder / "batch"))
        return await self._run("sftp", *_SAFE, *arguments, f"{self.user}@{self.served.host}")

    async def _run(self, *argv: str, stdin: bytes = b"") -> clients.Finished:
        return await clients.run(*argv, stdin=stdin, environment=self.environment)


class RawClient(asyncssh.SSHClientConnection):
    """A client that sends the requests to log in that it was given, one after the other, as they are."""

    def __init__(self, options: SSHClientConnectionOptions, requests: list[bytes]) -> None:
        super().__init__(asyncio.get_running_loop(), options)
        self.requests = list(requests)
        self.failures = 0
        self.is_in = asyncio.Event()
        self.is_over = asyncio.Event()

    def try_next_auth(self, *, next_method: bool = False) -> None:  # noqa: ARG002 - asyncssh's own signature
        """Send the next request."""
        self._auth_methods = []
        if self.requests:
            self.send_packet(MSG_USERAUTH_REQUEST, self.requests.pop(0))
        else:
            self.is_over.set()

    def _fail(self, _type: int, _id: int, _packet: SSHPacket) -> None:
        self.failures += 1
        self.try_next_auth()

    def _succeed(self, _type: int, _id: int, _packet: SSHPacket) -> None:
        self.is_in.set()
        self.is_over.set()

    def connection_lost(self, exc: Exception | None = None) -> None:
        """Note the end."""
        super().connection_lost(exc)
        self.is_over.set()

    _packet_handlers = {  # noqa: RUF012 - as asyncssh declares it
        **asyncssh.SSHClientConnection._packet_handlers,
        51: _fail,
        52: _succeed,
    }


def password_request(user: bytes, password: bytes, service: bytes = b"ssh-connection") -> bytes:
    """Return the body of a request with a password."""
    return String(user) + String(service) + String(b"password") + Boolean(value=False) + String(password)


async def try_logins(served: Served, *requests: bytes) -> RawClient:
    """Send requests until they are used up, one succeeds or the server hangs up; the connection is closed after it."""
    loop = asyncio.get_running_loop()
    options = await SSHClientConnectionOptions.construct(
        None, config=None, known_hosts=None, username="unused", client_keys=None, agent_path=None, gss_host=None
    )
    client = RawClient(options, list(requests))
    await loop.create_connection(lambda: client, served.host, served.port)
    async with asyncio.timeout(10):
        await client.is_over.wait()
    client.abort()
    await client.wait_closed()
    return client


async def exchange(served: Served, *chunks: bytes, ends: bool = False) -> bytes:
    """Send chunks and return all that comes until the server hangs up."""
    reader, writer = await asyncio.open_connection(served.host, served.port)
    try:
        for chunk in chunks:
            writer.write(chunk)
            await writer.drain()
        if ends:
            writer.write_eof()
        async with asyncio.timeout(10):
            return await reader.read()
    except ConnectionError:
        return b""
    finally:
        writer.close()


def log_in(served: Served) -> Any:
    """Connect as root with asyncssh's client."""
    return asyncssh.connect(
        served.host, served.port, username="root", password="123456", known_hosts=None, config=None, client_keys=None
    )
