# SPDX-License-Identifier: MIT
"""The service ``web``: shows the dashboard to browsers, made from what api says."""

import logging
from typing import ClassVar

from decnet.bus.bus import Bus
from decnet.config.listening import parse
from decnet.config.model import Config
from decnet.errors import ConfigError
from decnet.runtime.worker import Worker, every
from decnet.web import certificate, server
from decnet.web.app import make
from decnet.web.assets import Assets
from decnet.web.certificate import Certificate
from decnet.web.client import Api
from decnet.web.visit import Site

log = logging.getLogger(__name__)


class Web(Worker):
    """Listens as soon as it started, whether api is there or not: the pages say so, and go on by themselves."""

    name = "web"
    fixed: ClassVar[tuple[str, ...]] = (*Worker.fixed, "web")

    def __init__(self, config: Config, bus: Bus) -> None:
        super().__init__(config, bus)
        try:
            self._listening = parse(config.web.listen)
        except ValueError:
            remedy = "ADDRESS:PORT, such as 127.0.0.1:8443 or [::1]:8443"
            raise ConfigError(f"[web] listen = {config.web.listen} is no address and port", remedy=remedy) from None

    async def start(self) -> None:
        """Listen, with a certificate."""
        self._certificate = self._find_certificate()
        self._context = server.tls(self._certificate)
        site = Site(Api(self.config.api_socket), Assets())
        self._server = server.Server(make(site), server.bind(self._listening), self._context)
        self._tell()

    async def run(self) -> None:
        """Answer browsers."""
        await self._server.run()

    async def stop(self) -> None:
        """Let the answers that are on their way arrive."""
        if hasattr(self, "_server"):
            await self._server.stop()

    @every(10)
    async def count(self) -> None:
        """Say how many are connected, and how many were too many."""
        self.counters.dropped = self._server.refused
        self.counters.detail["connections"] = self._server.connections

    @every(3600)
    async def renew(self) -> None:
        """Have a new certificate before the old one ends."""
        found = self._find_certificate()
        if found.fingerprint != self._certificate.fingerprint:
            self._certificate = found
            server.load(self._context, found)
            self._tell()

    def _find_certificate(self) -> Certificate:
        """Return the operator's certificate where there is one, else our own."""
        return certificate.find(self.config.web.certificate, self.config.paths.certificate, self._listening)

    def _tell(self) -> None:
        """Say where browsers find the dashboard, and by what they know it."""
        found = self._certificate
        log.info("%s with a certificate until %s, SHA-256 %s", self._listening.url, found.until.date(), found.fingerprint)
