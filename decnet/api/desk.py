# SPDX-License-Identifier: MIT
"""What the routes work with: everything of one running API."""

from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

from decnet.api.door import Door
from decnet.api.feed import Feed
from decnet.api.roster import Roster
from decnet.catalog import services_of
from decnet.config.model import Config
from decnet.events import Event
from decnet.store.keys import Box, Keys
from decnet.store.pool import Pool


@dataclass
class Desk:
    """The store, who comes in, the live feed, the services; ``publish`` tells the bus, ``files`` reads captured files."""

    config: Config
    keys: Keys
    box: Box
    pool: Pool
    door: Door
    feed: Feed
    roster: Roster
    publish: Callable[[Event], Awaitable[None]]
    files: ThreadPoolExecutor = field(default_factory=lambda: ThreadPoolExecutor(max_workers=2, thread_name_prefix="files"))

    def take(self, config: Config) -> None:
        """Take new bounds."""
        self.config = config
        self.door.settings = config.api
        self.door.throttle.free = config.api.login_failures

    def close(self) -> None:
        """Give everything back; what is being done is waited for."""
        self.feed.close()
        self.door.close()
        self.files.shutdown(cancel_futures=True)
        self.pool.close()


def make_desk(config: Config, keys: Keys, publish: Callable[[Event], Awaitable[None]]) -> Desk:
    """Return the desk of a configuration; the store is opened by ``Pool.open``."""
    box = Box(keys)
    pool = Pool(config.paths.store)
    return Desk(
        config=config,
        keys=keys,
        box=box,
        pool=pool,
        door=Door(pool, box, config.api),
        feed=Feed(pool, box),
        roster=Roster(services_of(config.host.role)),
        publish=publish,
    )
