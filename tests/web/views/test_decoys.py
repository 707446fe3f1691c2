# SPDX-License-Identifier: MIT
"""``decnet.web.views.decoys``: a plan, a confirmation, the progress."""

import asyncio
import re

import pytest

from tests.support.addresses import address
from tests.support.dashboards import DEADLINE_SECONDS, Person

pytestmark = pytest.mark.client
SECOND = f"""\
[fleet]
name = second

[decoy two]
archetype = linux-server
address = {address(43)}
lures = redis
"""
FIELD = re.compile(r'<input type="hidden" name="([a-z]+)" value="([^"]*)">')


def confirmation(who: Person) -> dict[str, str]:
    """Return the fields of the form that carries a plan out."""
    form = who.page[who.page.index('class="row dock" method="post"') :]
    return {name: value for name, value in FIELD.findall(form) if name != "csrf"}


async def settled(who: Person, path: str) -> str:
    """Follow the progress to its end; return what is said then."""
    async with asyncio.timeout(DEADLINE_SECONDS):
        await who.see(path.replace("/decoys?", "/decoys/progress?"))
        while "hx-trigger" in who.page:
            await who.see(path.replace("/decoys?", "/decoys/progress?"))
    return who.text()


async def test_a_decoy_is_planned_made_and_taken_away(admin: Person) -> None:
    await admin.see("/decoys")
    assert address(41) in admin.text()
    await admin.send("/decoys/plan", fleet=SECOND)
    assert "What would change" in admin.text()
    assert address(43) in admin.text()
    fields = confirmation(admin)
    answer = await admin.send("/decoys/apply", **{**fields, "fleet": SECOND})
    assert answer.headers["location"].startswith("/decoys?revision=")
    assert "second-two" in await settled(admin, answer.headers["location"]) or "two" in admin.text()
    await admin.see("/decoys")
    name = re.findall(r'name="names" value="([^"]*two[^"]*)"', admin.page)[0]
    await admin.send("/decoys/teardown", names=name)
    assert "What would go" in admin.text()
    answer = await admin.send("/decoys/teardown", **confirmation(admin))
    said = await settled(admin, answer.headers["location"])
    assert address(43) not in said
    assert address(41) in said


async def test_a_number_of_one_kind_is_a_wish_too(admin: Person) -> None:
    await admin.see("/decoys")
    await admin.send("/decoys/plan", archetype="linux-server", count="2")
    assert "What would change" in admin.text()
    assert confirmation(admin)["count"] == "2"


async def test_what_happens_to_a_decoy_and_its_lures_is_one_row(admin: Person) -> None:
    await admin.see("/decoys")
    await admin.send("/decoys/plan", fleet=SECOND.replace("lures = redis", "lures = redis, ssh"))
    (row,) = re.findall(r"<tr><td>.*?</tr>", admin.page)
    assert all(part in row for part in ("create", "two", address(43), "redis", "ssh"))
    assert "Do it: 3 steps" in admin.text()


async def test_a_theme_is_chosen_and_a_page_is_asked_for_anew_where_a_plan_is_shown(admin: Person) -> None:
    await admin.see("/decoys")
    await admin.send("/decoys/plan", fleet=SECOND)
    answer = await admin.send("/theme", theme="auto", next="/decoys/plan")
    answer = await admin.see(answer.headers["location"])
    assert (answer.status_code, answer.headers["location"]) == (303, "/decoys")


@pytest.mark.parametrize(
    "wish",
    [{"fleet": "[fleet\nnonsense"}, {"archetype": "nothing", "count": "1"}, {"archetype": "linux-server", "count": "x"}, {}],
)
async def test_a_wish_that_is_wrong_is_told_and_stays_in_its_field(admin: Person, wish: dict[str, str]) -> None:
    await admin.see("/decoys")
    answer = await admin.send("/decoys/plan", **wish)
    assert answer.status_code in (400, 422)
    assert 'role="alert"' in admin.page
    assert "nonsense" not in wish.get("fleet", "") or "nonsense</textarea>" in admin.page


async def test_a_plan_for_another_fleet_than_the_one_there_is_is_refused(admin: Person) -> None:
    await admin.see("/decoys")
    answer = await admin.send("/decoys/apply", fleet=SECOND, revision="999999")
    assert answer.status_code == 409
    assert f"{address(43)}:" not in admin.text()
