# SPDX-License-Identifier: MIT
"""Where the agent learns what shall be: from the store on a master, from what it was told last where there is none."""

import logging
from contextlib import closing

from decnet.config.model import Config
from decnet.engine.steward import Steward
from decnet.errors import DecnetError
from decnet.store import fleet
from decnet.store.database import connect

log = logging.getLogger(__name__)


class Wishes:
    """Reads the desired state; a store that cannot be read changes nothing and is complained about once."""

    def __init__(self, config: Config, steward: Steward) -> None:
        self.complaint = ""
        self._path = config.paths.store if config.host.role == "master" else None
        self._steward = steward

    def look(self) -> None:
        """Pass the newest revision on."""
        if self._path is None:
            return
        try:
            with closing(connect(self._path, read_only=True)) as connection:
                newest = fleet.current(connection)
            self._steward.ask(newest.revision, newest.document)
        except DecnetError as error:
            self._complain(error.message)
        else:
            self.complaint = ""

    def _complain(self, message: str) -> None:
        """Say once what is wrong with the store."""
        if message != self.complaint:
            log.warning("the desired state cannot be read, revision %d stays: %s", self._steward.revision, message)
        self.complaint = message
