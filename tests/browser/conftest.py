# SPDX-License-Identifier: MIT
"""A real browser, and one decnet with an attacked decoy for all tests of a module that only look."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
import pytest_asyncio

from tests.support.browsers import Browser, browser
from tests.support.watched import Watched, watched


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Watched]:
    """The services, real ones; gone before other tests need the machine."""
    with watched(tmp_path_factory.mktemp("watched"), 48) as found:
        yield found


@pytest.fixture(scope="session")
def pictures(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where screenshots go."""
    named = request.config.getoption("--screenshots")
    folder = Path(named) if named else tmp_path_factory.mktemp("screenshots")
    folder.mkdir(parents=True, exist_ok=True)
    return folder


@pytest_asyncio.fixture
async def chromium() -> AsyncIterator[Browser]:
    """Chromium, without a window."""
    async with browser() as found:
        yield found
