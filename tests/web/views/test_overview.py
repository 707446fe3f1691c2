# SPDX-License-Identifier: MIT
"""``decnet.web.views.overview``: what happens and what happened."""

import pytest

from decnet.catalog import Role, services_of
from tests.support.dashboards import Person

pytestmark = pytest.mark.client


async def test_the_first_page_shows_evidence_touches_services_and_attackers(admin: Person) -> None:
    await admin.see("/")
    said = admin.text()
    assert "SET last of-all" in said
    assert "127.0.0.1" in said
    assert all(service.name in said for service in services_of(Role.MASTER))
    assert 'hx-sse:connect="/live?after=' in admin.page


@pytest.mark.parametrize(("asked", "hours"), [("24", 24), ("168", 168), ("744", 744), ("", 24), ("9999999", 24), ("x", 24)])
async def test_touches_are_told_for_one_of_three_spans(admin: Person, asked: str, hours: int) -> None:
    said = (await admin.see(f"/touches?hours={asked}")).json()
    assert len(said["hours"]) == hours
    assert said["total"] >= 5
