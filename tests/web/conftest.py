# SPDX-License-Identifier: MIT
"""One decnet with an attacked decoy for all tests of the dashboard, and somebody who is signed in."""

from collections.abc import AsyncIterator, Iterator

import pytest
import pytest_asyncio

from tests.support.dashboards import Person
from tests.support.watched import Watched, signed_in, watched


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Watched]:
    """The services, real ones."""
    with watched(tmp_path_factory.mktemp("watched"), 41) as found:
        yield found


@pytest_asyncio.fixture
async def admin(site: Watched) -> AsyncIterator[Person]:
    """Somebody who may do everything."""
    async with site.person() as who:
        yield await signed_in(who)


@pytest_asyncio.fixture
async def stranger(site: Watched) -> AsyncIterator[Person]:
    """Somebody who is not signed in."""
    async with site.person() as who:
        yield who
