# SPDX-License-Identifier: MIT
"""Services are killed while a page is open: it says so, goes on by itself, shows nothing twice and lacks nothing."""

import asyncio
import re
from pathlib import Path

import pytest
from playwright.async_api import Page, expect

from tests.support.addresses import address
from tests.support.browsers import Browser, sign_in
from tests.support.dashboards import listening, person
from tests.support.installation import Installation, Place, installed, kept
from tests.support.watched import FLEET, first_password

pytestmark = pytest.mark.client
SAID = {
    "api": re.compile("api is away"),
    "web": re.compile("connection lost"),
    "bus": re.compile(r"bus\s+(stale|unknown)"),
}
WORST_MILLISECONDS = 60_000


async def attack(place: Place, mark: str) -> None:
    """Leave a mark in the evidence."""
    reader, writer = await asyncio.open_connection(place.address, place.port)
    writer.write(f"SET {mark} x\r\n".encode())
    assert await reader.readline() == b"+OK\r\n"
    writer.close()


async def open_feed(page: Page, listen: str, installation: Installation) -> None:
    """Open the overview as somebody whose password was changed."""
    async with person(listen) as admin:
        await admin.sign_in(await first_password(installation))
    await sign_in(page)
    await page.locator("[data-live-state] .state-live").wait_for()


async def shown(page: Page, mark: str) -> int:
    """Return how often the feed tells of something."""
    return await page.locator("#feed tr", has_text=mark).count()


@pytest.mark.timeout(300)
@pytest.mark.parametrize("victim", SAID)
async def test_a_page_outlives_its_services(chromium: Browser, tmp_path: Path, victim: str) -> None:
    fleet, listen = tmp_path / "fleet.ini", listening()
    fleet.write_text(FLEET.format(address=address(46)))
    async with (
        installed(tmp_path / "data", str(fleet), DECNET_WEB_LISTEN=listen) as installation,
        chromium.page(listen) as page,
    ):
        place = await installation.place("redis")
        await attack(place, "before-the-page")
        await open_feed(page, listen, installation)
        for round_ in range(2):
            marks = [f"{when}-{round_}-" for when in ("before", "during", "after")]
            await attack(place, marks[0])
            await page.locator("#feed tr", has_text=marks[0]).wait_for()
            await installation.kill(victim)
            await expect(page.locator("main")).to_contain_text(SAID[victim], timeout=WORST_MILLISECONDS, use_inner_text=True)
            await attack(place, marks[1])
            async with kept(installation):
                await expect(page.locator("[data-live-state]")).to_have_text("live", timeout=WORST_MILLISECONDS)
                await expect(page.locator("main")).not_to_contain_text(
                    SAID[victim], timeout=WORST_MILLISECONDS, use_inner_text=True
                )
                await attack(place, marks[2])
                await page.locator("#feed tr", has_text=marks[2]).wait_for()
                await page.locator("#feed tr", has_text=marks[1]).wait_for()
                assert [await shown(page, mark) for mark in (*marks, "before-the-page")] == [1, 1, 1, 1]


@pytest.mark.timeout(300)
async def test_a_page_that_is_opened_while_api_is_away_comes_by_itself(
    chromium: Browser, tmp_path: Path, pictures: Path
) -> None:
    fleet, listen = tmp_path / "fleet.ini", listening()
    fleet.write_text(FLEET.format(address=address(46)))
    async with (
        installed(tmp_path / "data", str(fleet), DECNET_WEB_LISTEN=listen) as installation,
        chromium.page(listen) as page,
    ):
        await open_feed(page, listen, installation)
        await installation.kill("api")
        await page.goto("/evidence")
        await expect(page.get_by_role("heading", level=1)).to_have_text("The dashboard waits for api")
        await page.screenshot(path=pictures / "away-light-1440.png", full_page=True)
        async with kept(installation):
            await expect(page.get_by_role("heading", level=1)).to_have_text("Evidence", timeout=WORST_MILLISECONDS)


@pytest.mark.timeout(300)
@pytest.mark.parametrize("victim", ["api", "web"])
async def test_a_page_without_a_feed_tells_it_too(chromium: Browser, tmp_path: Path, victim: str) -> None:
    fleet, listen = tmp_path / "fleet.ini", listening()
    fleet.write_text(FLEET.format(address=address(46)))
    async with (
        installed(tmp_path / "data", str(fleet), DECNET_WEB_LISTEN=listen) as installation,
        chromium.page(listen) as page,
    ):
        await open_feed(page, listen, installation)
        await page.goto("/evidence")
        await installation.kill(victim)
        said = page.get_by_role("status").filter(has_text="does not answer")
        await expect(said).to_be_visible(timeout=WORST_MILLISECONDS)
        async with kept(installation):
            await expect(said).to_have_count(0, timeout=WORST_MILLISECONDS)


@pytest.mark.timeout(300)
async def test_a_form_that_met_no_api_is_not_sent_again_by_itself(chromium: Browser, tmp_path: Path) -> None:
    fleet, listen = tmp_path / "fleet.ini", listening()
    fleet.write_text(FLEET.format(address=address(46)))
    async with (
        installed(tmp_path / "data", str(fleet), DECNET_WEB_LISTEN=listen) as installation,
        chromium.page(listen) as page,
    ):
        await open_feed(page, listen, installation)
        await page.goto("/accounts")
        form = page.locator("form[action='/accounts/tokens']")
        await form.get_by_label("Name").fill("siem")
        await installation.kill("api")
        await form.get_by_role("button").click()
        await expect(page.get_by_role("heading", level=1)).to_have_text("The dashboard waits for api")
        async with kept(installation):
            await expect(page.get_by_role("heading", level=1)).to_have_text("Accounts", timeout=WORST_MILLISECONDS)
            await expect(page.locator("main")).to_contain_text("No program has a token.")
