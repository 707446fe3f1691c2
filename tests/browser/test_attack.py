# SPDX-License-Identifier: MIT
"""From the first password to the replay of a session, as an operator does it on the first day."""

import asyncio
import re
import statistics
from pathlib import Path

import pytest
from playwright.async_api import Page, expect

from tests.support.addresses import address
from tests.support.browsers import Browser, sign_in
from tests.support.dashboards import NEW_PASSWORD, listening
from tests.support.installation import Place, installed
from tests.support.watched import FLEET, TYPED, first_password, ssh

pytestmark = pytest.mark.client
WITHIN_SECONDS = 1.0
ATTACKS = 5


async def change_the_first_password(page: Page, first: str) -> None:
    """Do what the dashboard asks for before it shows anything."""
    await expect(page.get_by_role("heading")).to_have_text("Choose a password of your own")
    await page.goto("/evidence")
    await page.wait_for_url("**/password")
    await page.get_by_label("Current password").fill(first)
    await page.get_by_label("New password, 12 characters or more").fill(NEW_PASSWORD)
    await page.get_by_label("New password again").fill(NEW_PASSWORD)
    await page.get_by_role("button", name="Change it").click()
    await expect(page.get_by_role("heading", level=1)).to_have_text("Overview")


async def seconds_until_seen(page: Page, place: Place, mark: str) -> float:
    """Attack, and return how long it took from the first byte of it until a row of the feed told it."""
    loop = asyncio.get_running_loop()
    reader, writer = await asyncio.open_connection(place.address, place.port)
    begun = loop.time()
    writer.write(f"SET {mark} x\r\n".encode())
    await page.locator("#feed tr", has_text=mark).wait_for()
    took = loop.time() - begun
    assert await reader.readline() == b"+OK\r\n"
    writer.close()
    return took


@pytest.mark.timeout(300)
async def test_an_operator_signs_in_sees_an_attack_and_replays_it(chromium: Browser, tmp_path: Path) -> None:
    fleet, listen = tmp_path / "fleet.ini", listening()
    fleet.write_text(FLEET.format(address=address(45)))
    async with (
        installed(tmp_path / "data", str(fleet), DECNET_WEB_LISTEN=listen) as installation,
        chromium.page(listen) as page,
    ):
        first = await first_password(installation)
        await sign_in(page, first)
        await change_the_first_password(page, first)
        await page.locator("[data-live-state] .state-live").wait_for()
        await expect(page.get_by_text("Nobody has touched a decoy yet")).to_be_visible()
        place = await installation.place("redis")
        took = [await seconds_until_seen(page, place, f"mark-{number}") for number in range(ATTACKS)]
        assert statistics.median(took) <= WITHIN_SECONDS, took
        assert not await page.locator("[data-empty]").is_visible()

        await ssh(await installation.place("ssh"), stdin=TYPED.encode(), options=("-tt",))
        await page.locator("#feed tr", has_text="of terminal").wait_for()
        await page.get_by_role("link", name="Sessions").click()
        await page.get_by_role("row", name=re.compile("recording")).get_by_role("link").first.click()
        await replay(page)


async def replay(page: Page) -> None:
    """Play the recording of a session from its beginning to its end, and jump back in it."""
    screen, play = page.locator("[data-screen]"), page.locator("[data-play]")
    await expect(screen).to_contain_text("typed-in-the-terminal")
    await play.click()
    await expect(play).to_have_text("Pause")
    await page.get_by_label("Speed").select_option("16")
    await expect(play).to_have_text("Play again")
    await expect(screen).to_contain_text("typed-in-the-terminal")
    await page.get_by_label("Position in seconds").fill("0")
    await expect(screen).not_to_contain_text("typed-in-the-terminal")
