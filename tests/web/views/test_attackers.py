# SPDX-License-Identifier: MIT
"""``decnet.web.views.attackers``: who it was."""

import pytest

from tests.support.dashboards import Person

pytestmark = pytest.mark.client


async def test_an_address_is_listed_with_what_it_did(admin: Person) -> None:
    await admin.see("/attackers")
    assert 'href="/attackers/127.0.0.1"' in admin.page
    await admin.see("/attackers/127.0.0.1")
    said = admin.text()
    assert "SET last of-all" in said
    assert "one" in said


@pytest.mark.parametrize("address", ["192.0.2.1", "2001:db8::1", "nobody", "a/b/c"])
async def test_an_address_that_did_nothing_is_told(admin: Person, address: str) -> None:
    assert (await admin.see(f"/attackers/{address}")).status_code in (404, 422)
