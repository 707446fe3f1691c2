# SPDX-License-Identifier: MIT
"""HTTP on the socket of the API; who connects through it is told by the kernel."""

import asyncio
import logging
import os
import socket
from collections.abc import Mapping
from typing import Any, Final

import uvicorn
from starlette.types import ASGIApp
from uvicorn.lifespan.off import LifespanOff
from uvicorn.protocols.http.h11_impl import H11Protocol

from decnet.api.deps import LOCAL
from decnet.bus.endpoint import Endpoint
from decnet.config.model import Api, Config
from decnet.errors import ConfigError, HostError
from decnet.host.peer import user_of

STOP_SECONDS: Final = 3
"""How long requests may take to come to their end."""
TICK_SECONDS: Final = 1.0
CONNECTIONS: Final = 512
_HEAD_BYTES: Final = 32 * 1024


class LocalProtocol(H11Protocol):
    """A connection; through the UNIX socket its client is the user who connected."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as its base has it
        """Take a connection."""
        super().connection_made(transport)
        found: socket.socket = transport.get_extra_info("socket")
        if found.family == socket.AF_UNIX:
            uid = user_of(found)
            self.client = (f"{LOCAL}{uid}", uid)


class Server:
    """Serves an application on the socket of the configuration, on TCP too where that says so."""

    def __init__(self, app: ASGIApp, config: Config, environment: Mapping[str, str]) -> None:
        self._endpoint = Endpoint(config.api_socket, config.api.group, service="api")
        self._listen = config.api.listen
        self._environment = environment
        self._sockets: list[socket.socket] = []
        self._server = uvicorn.Server(_settings(app))
        # what goes wrong in a request is in our log already, with its route
        logging.getLogger("uvicorn.error").setLevel(logging.CRITICAL)

    async def start(self) -> None:
        """Listen; raises what ``Endpoint.open`` does, and ``HostError`` where TCP cannot be had."""
        self._server.config.load()
        self._server.lifespan = LifespanOff(self._server.config)
        self._sockets = [self._endpoint.open(self._environment)]
        if self._listen:
            self._sockets.append(_open_tcp(self._listen))
        for listener in self._sockets:
            listener.settimeout(0)
        await self._server.on_tick(0)
        await self._server.startup(sockets=self._sockets)

    async def run(self) -> None:
        """Look after the socket and the date in the answers."""
        while True:
            await asyncio.sleep(TICK_SECONDS)
            await self._server.on_tick(0)
            self._endpoint.check()

    async def stop(self) -> None:
        """Accept nothing more, let what is being answered come to its end, but not for ever."""
        if self._server.started:
            await self._server.shutdown(sockets=self._sockets[1:])
        self._endpoint.close()


def refuse_move(before: Api, after: Api) -> None:
    """Raise ``ConfigError`` where a configuration wants other sockets than those that are open."""
    if (before.socket, before.group, before.listen) != (after.socket, after.group, after.listen):
        raise ConfigError("the sockets of the API cannot change while it runs", remedy="restart it")


def _settings(app: ASGIApp) -> uvicorn.Config:
    """Return how uvicorn serves: our sockets, our log, our event loop."""
    settings: dict[str, Any] = {
        "http": LocalProtocol,
        "ws": "none",
        "lifespan": "off",
        "loop": "none",
        "log_config": None,
        "access_log": False,
        "server_header": False,
        "proxy_headers": False,
        "timeout_keep_alive": 60,
        "timeout_graceful_shutdown": STOP_SECONDS,
        "limit_concurrency": CONNECTIONS,
        "h11_max_incomplete_event_size": _HEAD_BYTES,
    }
    return uvicorn.Config(app, **settings)


def _open_tcp(listen: str) -> socket.socket:
    """Listen on an address and a port, written with a colon between."""
    address, _, port = listen.rpartition(":")
    address = address.strip("[]")
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM | socket.SOCK_CLOEXEC)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((address, int(port)))
        listener.listen()
    except OverflowError:
        listener.close()
        raise ConfigError(f"[api] listen: {port} is no port", remedy="choose one from 1 to 65535") from None
    except OSError as error:
        listener.close()
        raise HostError(
            f"cannot listen on {listen}: {os.strerror(error.errno or 0)}", remedy="set [api] listen to what is free, or empty"
        ) from error
    return listener
