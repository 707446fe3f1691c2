# SPDX-License-Identifier: MIT
"""``decnet.web.views.accounts``: people and programs, and who may see them."""

import re

import pytest

from tests.support.dashboards import NEW_PASSWORD, Person
from tests.support.watched import signed_in

pytestmark = pytest.mark.client


def secret(who: Person) -> str:
    """Return what is shown this once."""
    return str(re.findall(r'class="secret">([^<]+)<', who.page)[0])


async def test_a_person_is_added_changed_closed_and_removed(admin: Person, stranger: Person) -> None:
    await admin.see("/accounts")
    await admin.send("/accounts/users", name="mallory", role="viewer")
    first = secret(admin)
    await admin.see("/accounts")
    assert first not in admin.page
    await signed_in(stranger, "mallory", first)
    await admin.send("/accounts/users/mallory", action="role", role="operator")
    await admin.send("/accounts/users/mallory", action="disable")
    assert (await stranger.see("/password")).status_code == 303
    await admin.send("/accounts/users/mallory", action="enable")
    await admin.send("/accounts/users/mallory", action="password")
    assert secret(admin) != first
    answer = await admin.send("/accounts/users/mallory", action="remove")
    assert answer.headers["location"] == "/accounts"
    await admin.see("/accounts")
    assert "mallory" not in admin.page


async def test_the_last_admin_stays(admin: Person) -> None:
    await admin.see("/accounts")
    for fields in ({"action": "remove"}, {"action": "disable"}, {"action": "role", "role": "viewer"}):
        assert (await admin.send("/accounts/users/admin", **fields)).status_code == 409
        assert 'role="alert"' in admin.page


@pytest.mark.parametrize("name", ["", "admin", "<b>", "a" * 300])
async def test_a_name_that_cannot_be_is_told(admin: Person, name: str) -> None:
    await admin.see("/accounts")
    assert (await admin.send("/accounts/users", name=name, role="viewer")).status_code in (409, 422)
    assert 'role="alert"' in admin.page
    assert "<b>" not in admin.page.partition('role="alert"')[2].partition("</div>")[0].replace("<b>Not valid", "").replace(
        "<b>Conflict", ""
    )


async def test_a_token_is_shown_once_and_removed(admin: Person) -> None:
    await admin.see("/accounts")
    await admin.send("/accounts/tokens", name="siem", role="viewer", days="30")
    assert secret(admin).startswith("decnet_")
    await admin.see("/accounts")
    assert 'class="secret"' not in admin.page
    path = re.findall(r'action="(/accounts/tokens/[^"]+)"', admin.page)[0]
    await admin.send(path)
    await admin.see("/accounts")
    assert path not in admin.page


async def test_a_viewer_sees_no_accounts_and_changes_nothing(admin: Person, stranger: Person) -> None:
    await admin.see("/accounts")
    await admin.send("/accounts/users", name="looker", role="viewer")
    first = secret(admin)
    await stranger.sign_in(first, "looker")
    await stranger.see("/")
    assert "Accounts" not in stranger.text()
    for path in ("/accounts", "/audit"):
        assert (await stranger.see(path)).status_code == 403
    await stranger.see("/decoys")
    assert "/decoys/plan" not in stranger.page
    assert (await stranger.send("/decoys/teardown", confirmed="yes")).status_code == 403
    assert NEW_PASSWORD not in stranger.page


async def test_the_audit_log_tells_who_did_what(admin: Person) -> None:
    await admin.see("/accounts")
    await admin.send("/accounts/users", name="noted", role="viewer")
    await admin.see("/audit")
    assert "noted" in admin.text()
