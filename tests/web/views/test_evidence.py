# SPDX-License-Identifier: MIT
"""``decnet.web.views.evidence``: all that was done, and nothing of it does anything here."""

import hashlib
import re

import pytest

from tests.support.dashboards import Person
from tests.support.watched import SECRET, UPLOAD, Watched

pytestmark = pytest.mark.client
LINK = re.compile(r'href="(/evidence/[^"?]+)"')


async def found(site: Watched, kind: str, text: str) -> str:
    """Return the id of a record."""
    rows = await site.installation.evidence("--kind", kind)
    return next(str(row["id"]) for row in rows if text in str(row))


async def test_everything_that_was_done_is_listed(admin: Person) -> None:
    await admin.see("/evidence")
    said = admin.text()
    for text in ("SET last of-all", "GET /.env", "password of 'root'", "echo typed-in-the-terminal"):
        assert text in said


async def test_what_an_attacker_wrote_is_text_and_no_link(admin: Person) -> None:
    await admin.see("/evidence?q=alert")
    assert "<script>alert" not in admin.page
    assert "203.0.113.9" in admin.page
    assert "//203.0.113.9" not in "".join(re.findall(r'(?:href|src)="([^"]*)"', admin.page))
    assert '<span class="control">\\x1b</span>' in admin.page
    assert '<span class="control">\\u202e</span>' in admin.page
    assert "\u202e" not in admin.page


@pytest.mark.parametrize(
    ("query", "there", "not_there"),
    [
        ("kind=credential", "refused password", "SET last"),
        ("lure=redis", "SET last", "refused password"),
        ("q=of-all", "SET last", "SET key"),
        ("decoy=nobody", "Nothing fits these filters", "SET last"),
        ("since=2020-01-01T00:00&until=2020-01-02T00:00", "Nothing fits these filters", "SET last"),
    ],
)
async def test_filters_leave_what_fits_and_stay_in_their_fields(admin: Person, query: str, there: str, not_there: str) -> None:
    await admin.see(f"/evidence?{query}")
    assert there in admin.text()
    assert not_there not in admin.text()
    name, _, value = query.partition("&")[0].partition("=")
    assert re.search(f'(name="{name}"[^>]*value="{value}"|value="{value}" selected)', admin.page)


async def test_a_wrong_filter_is_told(admin: Person) -> None:
    assert (await admin.see("/evidence?since=yesterday")).status_code == 422
    assert 'role="alert"' in admin.page


async def test_a_list_goes_on_where_it_ended(admin: Person) -> None:
    """Every record is on one page or the other, none on both."""
    await admin.see("/evidence?lure=ssh")
    first = LINK.findall(admin.page)
    assert len(first) == len(set(first))
    assert len(first) >= 5


async def test_a_secret_is_shown_when_it_is_asked_for_and_not_before(admin: Person, site: Watched) -> None:
    path = f"/evidence/{await found(site, 'credential', SECRET)}"
    await admin.see(path)
    assert SECRET not in admin.page
    await admin.send(f"{path}/secret")
    assert SECRET in admin.page
    await admin.see("/audit")
    assert path.rpartition("/")[2] in admin.page


async def test_a_captured_file_is_saved_and_never_shown(admin: Person, site: Watched) -> None:
    await admin.see(f"/evidence/{await found(site, 'file', 'x.sh')}")
    name = hashlib.sha256(UPLOAD).hexdigest()
    assert f'href="/blobs/{name}"' in admin.page
    answer = await admin.see(f"/blobs/{name}")
    assert answer.content == UPLOAD
    assert answer.headers["content-disposition"].startswith("attachment")
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert "sandbox" in answer.headers["content-security-policy"]


@pytest.mark.parametrize("path", ["/evidence/nothing", "/evidence/%2e%2e%2fme", "/blobs/nothing", f"/blobs/{'0' * 64}"])
async def test_what_is_not_there_is_told(admin: Person, path: str) -> None:
    assert (await admin.see(path)).status_code in (404, 422)
    assert 'role="alert"' in admin.page
