# SPDX-License-Identifier: MIT
"""
Listens, and answers browsers over TLS: so many connections in all, so many for one address, and no waiting without an end.

The connections are counted when they are accepted, before the handshake: one that never finishes it costs as much memory as one
that does, and uvicorn's own server would not know of it.
"""

import asyncio
import errno
import logging
import socket
import ssl
from asyncio.sslproto import SSLProtocol
from collections import Counter
from ipaddress import IPv6Address, ip_address, ip_network
from typing import Any, Final

from uvicorn import Config
from uvicorn.server import ServerState

from decnet.config.listening import Listening
from decnet.errors import ConfigError, DecnetError, HostError, InUseError
from decnet.remedy import move_dashboard
from decnet.web.certificate import Certificate
from decnet.web.connection import Connection

CONNECTIONS: Final = 256
CONNECTIONS_PER_PEER: Final = 64
HANDSHAKE_SECONDS: Final = 10.0
GOODBYE_SECONDS: Final = 2.0
IDLE_SECONDS: Final = 75
HEAD_BYTES: Final = 16 * 1024
TLS_BUFFER_BYTES: Final = 32 * 1024
_BACKLOG: Final = 128
_BITS_OF_A_PEER: Final = 64
_REST_SECONDS: Final = 0.5
# as linux/in.h and linux/in6.h number them; Python does not
_FREE_BIND: Final = {socket.AF_INET: (socket.IPPROTO_IP, 15), socket.AF_INET6: (socket.IPPROTO_IPV6, 78)}


def bind(listening: Listening) -> socket.socket:
    """
    Return the socket; raise ``InUseError``, ``ConfigError`` for a port that we may not open, else ``HostError``.

    An address that this host does not have yet is listened on all the same: DHCP, or the search for duplicates of IPv6, may
    bring it later than the boot brings us, and who ended with that error would not be started again.
    """
    family = socket.AF_INET6 if isinstance(listening.address, IPv6Address) else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM | socket.SOCK_CLOEXEC | socket.SOCK_NONBLOCK)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.setsockopt(*_FREE_BIND[family], 1)
        if family == socket.AF_INET6:
            listener.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, not listening.address.is_unspecified)
        listener.bind((str(listening.address), listening.port))
        listener.listen(_BACKLOG)
    except OSError as error:
        listener.close()
        raise _refusal(listening, error) from error
    return listener


def tls(certificate: Certificate) -> ssl.SSLContext:
    """Return the context of all connections; raise ``ConfigError`` for a file that holds no key and certificate."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.set_alpn_protocols(["http/1.1"])
    load(context, certificate)
    return context


def load(context: ssl.SSLContext, certificate: Certificate) -> None:
    """Let the connections that come from now on have this certificate."""
    try:
        context.load_cert_chain(certificate.path)
    except OSError as error:
        what = f"{certificate.path} holds no key and certificate that fit"
        raise ConfigError(what, remedy="correct [web] certificate") from error


# asyncio gives each connection, from its handshake on, a buffer of 256 KiB; strangers open as many as they are let
SSLProtocol.max_size = TLS_BUFFER_BYTES

# whoever knocks with something that is no HTTP would otherwise write into the log
logging.getLogger("uvicorn.error").setLevel(logging.ERROR)


class Server:
    """Answers with ``app`` what comes to ``listener``; ``refused`` counts the connections that were too many."""

    def __init__(self, app: Any, listener: socket.socket, context: ssl.SSLContext) -> None:
        self.refused = 0
        self._listener = listener
        self._context = context
        self._state = ServerState()
        self._open: Counter[str] = Counter()
        self._config = Config(
            app,
            lifespan="off",
            ws="none",
            log_config=None,
            access_log=False,
            server_header=False,
            proxy_headers=False,
            timeout_keep_alive=IDLE_SECONDS,
            h11_max_incomplete_event_size=HEAD_BYTES,
        )
        self._config.load()

    @property
    def connections(self) -> int:
        """How many connections are open."""
        return self._open.total()

    async def run(self) -> None:
        """Accept until cancelled."""
        loop = asyncio.get_running_loop()
        async with asyncio.TaskGroup() as tasks:
            while True:
                try:
                    accepted, (host, *_) = await loop.sock_accept(self._listener)
                except OSError:
                    # no descriptor is left, or the client is gone already: the next one may have better luck
                    await asyncio.sleep(_REST_SECONDS)
                    continue
                peer = peer_of(host)
                if self.connections >= CONNECTIONS or self._open[peer] >= CONNECTIONS_PER_PEER:
                    self.refused += 1
                    accepted.close()
                    continue
                self._open[peer] += 1
                tasks.create_task(self._talk(accepted, peer))

    async def stop(self) -> None:
        """Listen no more; let answers that are on their way arrive, but wait for none for long."""
        self._listener.close()
        for connection in list(self._state.connections):
            connection.shutdown()
        if self._state.tasks:
            await asyncio.wait(self._state.tasks, timeout=GOODBYE_SECONDS)
        for task in self._state.tasks:
            task.cancel()

    async def _talk(self, accepted: socket.socket, peer: str) -> None:
        """Serve one connection to its end."""
        connection = Connection(config=self._config, server_state=self._state, app_state={})
        try:
            await asyncio.get_running_loop().connect_accepted_socket(
                lambda: connection, accepted, ssl=self._context, ssl_handshake_timeout=HANDSHAKE_SECONDS
            )
            await connection.ended.wait()
        except OSError:
            # no TLS, or the client went away during the handshake: nothing that an operator could mend
            accepted.close()
        finally:
            self._open -= Counter({peer: 1})


def peer_of(host: str) -> str:
    """Return whose connections are counted together: an address, of IPv6 the 64 bits that one host has to itself."""
    address = ip_address(host)
    if isinstance(address, IPv6Address) and address.ipv4_mapped is None:
        return str(ip_network((int(address), _BITS_OF_A_PEER), strict=False))
    return host


def _refusal(listening: Listening, error: OSError) -> DecnetError:
    """Return what to tell about a socket that cannot be opened."""
    where = f"{listening.address} port {listening.port}"
    remedy = f"choose another address or port: {move_dashboard()}"
    if isinstance(error, PermissionError):
        return ConfigError(f"{where} may only be opened by root, as all ports below 1024", remedy=remedy)
    kind: type[DecnetError] = InUseError if error.errno == errno.EADDRINUSE else HostError
    return kind(f"{where} cannot be listened on: {error.strerror}", remedy=remedy)
