# SPDX-License-Identifier: MIT
"""``decnet.web.views.access``: in, out, the password, the look."""

import pytest

from tests.support.dashboards import NEW_PASSWORD, Person
from tests.support.watched import signed_in

pytestmark = pytest.mark.client


async def test_a_wrong_password_is_told_and_the_name_stays(stranger: Person) -> None:
    await stranger.see("/login?next=/evidence")
    answer = await stranger.send("/login", username="<b>eve</b>", password="wrong", next="/evidence")
    assert answer.status_code == 401
    assert 'value="&lt;b&gt;eve&lt;/b&gt;"' in stranger.page
    assert 'name="next" value="/evidence"' in stranger.page
    assert 'role="alert"' in stranger.page


async def test_a_guess_counts_for_the_address_of_the_connection_whatever_a_header_says(admin: Person, stranger: Person) -> None:
    """Otherwise whoever guesses would be somebody else each time."""
    stranger.client.headers["x-forwarded-for"] = "198.51.100.66"
    await stranger.see("/login")
    assert (await stranger.send("/login", username="mallory", password="wrong")).status_code == 401
    await admin.see("/audit")
    assert "no such account" in admin.text()
    assert "198.51.100.66" not in admin.page


async def test_whoever_signs_in_comes_where_he_wanted_and_nowhere_else(stranger: Person) -> None:
    answer = await stranger.see("/evidence?q=a%20b")
    assert answer.headers["location"] == "/login?next=%2Fevidence%3Fq%3Da%2520b"
    await stranger.see("/login")
    for wanted, led in (("/sessions", "/sessions"), ("https://evil.example/", "/"), ("//evil.example", "/"), ("/\\evil", "/")):
        await stranger.see("/login")
        answer = await stranger.send("/login", username="admin", password=NEW_PASSWORD, next=wanted)
        assert (answer.status_code, answer.headers["location"]) == (303, led)


async def test_the_session_cookie_is_out_of_reach_of_scripts_and_other_sites(stranger: Person) -> None:
    await stranger.see("/login")
    answer = await stranger.send("/login", username="admin", password=NEW_PASSWORD)
    (cookie,) = (line for line in answer.headers.get_list("set-cookie") if "session" in line)
    said = {part.strip().lower() for part in cookie.split(";")[1:]}
    assert cookie.startswith("__Host-decnet_session=")
    assert {"httponly", "secure", "path=/", "samesite=strict"} <= said
    assert not any(part.startswith("domain") for part in said)


async def test_signing_out_ends_the_session_at_api(admin: Person) -> None:
    await admin.see("/")
    kept = dict(admin.client.cookies)
    assert (await admin.send("/logout")).headers["location"] == "/login"
    admin.client.cookies.update(kept)
    assert (await admin.see("/evidence")).headers["location"].startswith("/login")


async def test_two_new_passwords_that_differ_change_nothing(admin: Person) -> None:
    await admin.see("/password")
    answer = await admin.send("/password", current=NEW_PASSWORD, new="one-of-twelve", again="another-one-12")
    assert answer.status_code == 422
    assert "not the same" in admin.text()
    answer = await admin.send("/password", current="not the current one", new="one-of-twelve", again="one-of-twelve")
    assert answer.status_code == 401
    assert (await admin.see("/")).status_code == 200


async def test_a_first_password_opens_nothing_but_its_change(admin: Person, stranger: Person) -> None:
    await admin.see("/accounts")
    await admin.send("/accounts/users", name="fresh", role="viewer")
    first = admin.page.partition('class="secret">')[2].partition("<")[0]
    await signed_in(stranger, "fresh", first)
    assert (await stranger.see("/evidence")).headers["location"] == "/password"
    await stranger.see("/password")
    assert "made for you" in stranger.text()
    answer = await stranger.send("/password", current=first, new=NEW_PASSWORD, again=NEW_PASSWORD)
    assert answer.headers["location"] == "/"
    assert (await stranger.see("/evidence")).status_code == 200


async def test_the_look_is_remembered(stranger: Person) -> None:
    await stranger.see("/login")
    assert 'data-theme="auto"' in stranger.page
    assert (await stranger.send("/theme", theme="dark", next="/login")).headers["location"] == "/login"
    await stranger.see("/login")
    assert 'data-theme="dark"' in stranger.page
    await stranger.send("/theme", theme="'><script>", next="/login")
    await stranger.see("/login")
    assert 'data-theme="dark"' in stranger.page
