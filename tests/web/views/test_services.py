# SPDX-License-Identifier: MIT
"""``decnet.web.views.services``: how the services are."""

import asyncio

import pytest

from decnet.catalog import Role, services_of
from tests.support.dashboards import DEADLINE_SECONDS, Person

pytestmark = pytest.mark.client


@pytest.mark.parametrize("path", ["/services", "/services/state", "/services/state?brief"])
async def test_every_service_is_shown_with_its_state(admin: Person, path: str) -> None:
    async with asyncio.timeout(DEADLINE_SECONDS):
        await admin.see(path)
        while admin.page.count("state-ok") < len(services_of(Role.MASTER)):
            await admin.see(path)
    assert all(service.name in admin.text() for service in services_of(Role.MASTER))


async def test_a_part_of_a_page_is_no_page(admin: Person) -> None:
    await admin.see("/services/state")
    assert "<html" not in admin.page
