# SPDX-License-Identifier: MIT
"""Every page in a real browser: how it looks, that it fits, that everybody can use it."""

import re
from pathlib import Path

import pytest
from playwright.async_api import Page

from tests.support.browsers import Browser, Scheme, sign_in, violations
from tests.support.watched import Watched

pytestmark = pytest.mark.client

LISTS = {"evidence": "/evidence", "sessions": "/sessions?recorded=true", "attackers": "/attackers"}
PAGES = {
    "overview": "/",
    **LISTS,
    "evidence-filtered": "/evidence?kind=credential&lure=ssh",
    "evidence-nothing": "/evidence?decoy=nobody",
    "decoys": "/decoys",
    "services": "/services",
    "accounts": "/accounts",
    "audit": "/audit",
    "password": "/password",
    "missing": "/nothing",
}
WIDTHS = (360, 820, 1024, 1440, 2560)
FLEET = "[fleet]\nname = more\n\n[decoy web]\narchetype = web-server\ncount = 2\n"


async def first_of(page: Page, path: str) -> str:
    """Return the address of the first entry of a list."""
    await page.goto(path)
    return str(await page.locator("tbody a.open").first.get_attribute("href"))


async def addresses(page: Page) -> dict[str, str]:
    """Return the address of every page by its name, those of single things among them."""
    found = dict(PAGES)
    for name, path in LISTS.items():
        found[f"{name}-one"] = await first_of(page, path)
    found["secret"] = await first_of(page, "/evidence?kind=credential&q=refused")
    return found


async def settle(page: Page) -> None:
    """Wait until what a page loads by itself is there."""
    await page.wait_for_load_state("load")
    if await page.locator("[data-live]").count():
        await page.locator("[data-live-state] .state-live").wait_for()
    if await page.locator("[data-chart]").count():
        await page.locator("[data-chart] canvas").wait_for()
    if await page.locator("[data-player]").count():
        await page.locator("[data-play]:enabled").wait_for()


async def overflow(page: Page) -> int:
    """Return by how many pixels a page is wider than its window."""
    return int(await page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth"))


@pytest.mark.timeout(600)
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1440, 360])
async def test_every_page_has_its_picture(site: Watched, chromium: Browser, pictures: Path, scheme: Scheme, width: int) -> None:
    """In both looks, wide and narrow; nobody has to scroll sideways, and no page complains."""
    async with chromium.page(site.listen, scheme=scheme, width=width) as page:
        await page.goto("/login")
        await page.screenshot(path=pictures / f"login-{scheme}-{width}.png", full_page=True)
        await sign_in(page)
        for name, path in (await addresses(page)).items():
            await page.goto(path)
            await settle(page)
            await page.screenshot(path=pictures / f"{name}-{scheme}-{width}.png", full_page=True)
            assert await overflow(page) <= 0, name
        await page.goto("/decoys")
        await page.get_by_label("Text of the file").fill(FLEET)
        await page.get_by_role("button", name="Show the plan").first.click()
        await page.get_by_role("heading", name="What would change").wait_for()
        await page.screenshot(path=pictures / f"plan-{scheme}-{width}.png", full_page=True)
        assert await overflow(page) <= 0


@pytest.mark.timeout(600)
async def test_no_page_is_wider_than_any_window(site: Watched, chromium: Browser) -> None:
    async with chromium.page(site.listen) as page:
        await sign_in(page)
        wide = []
        for name, path in (await addresses(page)).items():
            await page.goto(path)
            await settle(page)
            for width in WIDTHS:
                await page.set_viewport_size({"width": width, "height": 900})
                if await overflow(page) > 0:
                    wide.append(f"{name} at {width}")
        assert wide == []


@pytest.mark.timeout(600)
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1440, 360])
async def test_axe_finds_nothing_serious(site: Watched, chromium: Browser, scheme: Scheme, width: int) -> None:
    async with chromium.page(site.listen, scheme=scheme, width=width, bypass_csp=True) as page:
        await page.goto("/login")
        found = {"login": await violations(page)}
        await sign_in(page)
        for name, path in (await addresses(page)).items():
            await page.goto(path)
            await settle(page)
            found[name] = await violations(page)
        assert {name: lines for name, lines in found.items() if lines} == {}


async def test_what_an_attacker_wrote_does_nothing_in_a_browser(site: Watched, chromium: Browser) -> None:
    """Neither in a list nor on a page of its own, and no request leaves for another host."""
    asked: list[str] = []
    async with chromium.page(site.listen) as page:
        page.on("dialog", lambda dialog: asked.append(dialog.message))
        page.on("request", lambda request: asked.append(request.url))
        await sign_in(page)
        await page.goto("/evidence?q=alert")
        await page.locator("tbody a.open").first.click()
        await page.get_by_role("heading", name=re.compile("alert")).wait_for()
        assert await page.locator("script:not([src])").count() == 0
        assert [url for url in asked if not url.startswith(f"https://{site.listen}/")] == []


async def test_everything_is_reached_by_keyboard(site: Watched, chromium: Browser) -> None:
    """The first stop leads past the pages; arrows walk through a list; Enter opens."""
    async with chromium.page(site.listen) as page:
        await sign_in(page)
        await page.goto("/evidence")
        await page.keyboard.press("Tab")
        assert await page.evaluate("document.activeElement.textContent") == "Skip to the content"
        await page.keyboard.press("Enter")
        assert await page.evaluate("document.activeElement.id") == "content"
        await page.keyboard.press("Control+k")
        assert await page.evaluate("document.activeElement.name") == "q"
        await page.locator("tbody a.open").first.focus()
        await page.keyboard.press("ArrowDown")
        second = await page.locator("tbody a.open").nth(1).get_attribute("href")
        assert await page.evaluate("document.activeElement.getAttribute('href')") == second
        outline = await page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
        assert outline == "solid"
        await page.keyboard.press("Enter")
        await page.wait_for_url(f"**{second}")


async def test_the_look_can_be_chosen(site: Watched, chromium: Browser) -> None:
    async with chromium.page(site.listen, scheme="light") as page:
        await sign_in(page)
        ground = "getComputedStyle(document.body).backgroundColor"
        light = await page.evaluate(ground)
        await page.get_by_role("button", name="Dark").click()
        await page.locator("html[data-theme=dark]").wait_for()
        assert await page.evaluate(ground) != light
        await page.goto("/evidence")
        assert await page.evaluate(ground) != light


async def test_nothing_moves_for_who_does_not_want_it(site: Watched, chromium: Browser) -> None:
    async with chromium.page(site.listen) as page:
        await page.emulate_media(reduced_motion="reduce")
        await sign_in(page)
        await page.locator("#feed tr").first.evaluate("row => row.classList.add('fresh')")
        assert await page.locator("#feed tr").first.evaluate("row => getComputedStyle(row).animationName") == "none"


async def test_a_page_works_without_scripts(site: Watched, chromium: Browser) -> None:
    """All but what lives: the feed, the chart, the replay."""
    context = await chromium.chromium.new_context(
        base_url=f"https://{site.listen}", ignore_https_errors=True, java_script_enabled=False
    )
    page = await context.new_page()
    await sign_in(page)
    await page.goto("/evidence?lure=redis")
    assert "SET last of-all" in await page.locator("tbody").inner_text()
    await context.close()
