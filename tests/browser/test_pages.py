# SPDX-License-Identifier: MIT
"""Every page in a real browser: how it looks, that it fits, that everybody can use it."""

import re
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from playwright.async_api import Page

from tests.support.browsers import Browser, Scheme, sign_in, violations
from tests.support.dashboards import listening, person
from tests.support.installation import installed
from tests.support.watched import Watched, first_password

pytestmark = pytest.mark.client

LISTS = {"evidence": "/evidence", "sessions": "/sessions?recorded=true", "attackers": "/attackers"}
PAGES = {
    "overview": "/",
    **LISTS,
    "evidence-filtered": "/evidence?kind=credential&lure=ssh",
    "evidence-nothing": "/evidence?decoy=nobody",
    "evidence-refused": "/evidence?cursor=nonsense",
    "overview-month": "/?hours=744",
    "decoys": "/decoys",
    "services": "/services",
    "accounts": "/accounts",
    "audit": "/audit",
    "password": "/password",
    "missing": "/nothing",
}
EMPTY = {f"empty-{name}": path for name, path in LISTS.items()} | {"empty-overview": "/", "empty-decoys": "/decoys"}
LOOKS: tuple[tuple[Scheme, int], ...] = (("light", 1440), ("dark", 1440), ("light", 360), ("dark", 360))
WORST_MILLISECONDS = 60_000
WIDTHS = (360, 820, 1024, 1440, 2560)
FLEET = "[fleet]\nname = more\n\n[decoy web]\narchetype = web-server\ncount = {}\n"
PLANS = (("plan-refused", FLEET.format("two"), "Not valid"), ("plan", FLEET.format(2), "What would change"))


async def first_of(page: Page, path: str) -> str:
    """Return the address of the first entry of a list."""
    await page.goto(path)
    return str(await page.locator("tbody a.open").first.get_attribute("href"))


async def addresses(page: Page) -> dict[str, str]:
    """Return the address of every page by its name, those of single things among them."""
    found = dict(PAGES)
    for name, path in LISTS.items():
        found[f"{name}-one"] = await first_of(page, path)
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


async def every_page(page: Page) -> AsyncIterator[str]:
    """Show every page, and what forms make of it, one after another; yield the name of each when it is there."""
    for part in (entrance, looked_at, accounts, plans):
        async for name in part(page):
            yield name


async def entrance(page: Page) -> AsyncIterator[str]:
    """Show the login, refused and then not."""
    await page.goto("/login")
    yield "login"
    await page.get_by_label("Name").fill("admin")
    await page.get_by_label("Password").fill("a guess")
    await page.get_by_role("button", name="Sign in").click()
    await page.get_by_role("alert").wait_for()
    yield "login-refused"
    await sign_in(page)


async def looked_at(page: Page) -> AsyncIterator[str]:
    """Show what one only looks at."""
    for name, path in (await addresses(page)).items():
        await page.goto(path)
        await settle(page)
        yield name
    await page.goto(await first_of(page, "/evidence?kind=credential&q=refused"))
    yield "secret"
    await page.get_by_role("button", name="Show the secret").click()
    await page.get_by_text("The secret", exact=True).wait_for()
    yield "secret-shown"


async def accounts(page: Page) -> AsyncIterator[str]:
    """Make a token, and take it away again when asked whether one means it."""
    await page.goto("/accounts")
    form = page.locator("form[action='/accounts/tokens']")
    await form.get_by_label("Name").fill("siem")
    await form.get_by_role("button").click()
    await page.get_by_text("shown this once").wait_for()
    yield "token-made"
    await page.get_by_role("button", name="Remove the token siem").click()
    await page.get_by_role("dialog").wait_for()
    yield "question"
    await page.get_by_role("dialog").get_by_role("button", name="Remove").click()
    await page.get_by_text("No program has a token.").wait_for()


async def plans(page: Page) -> AsyncIterator[str]:
    """Plan something wrong, something right, and the end of everything; do none of it."""
    for name, fleet, said in PLANS:
        await page.goto("/decoys")
        await page.get_by_label("Text of the file").fill(fleet)
        await page.get_by_role("button", name="Show the plan").first.click()
        await page.get_by_text(said).wait_for()
        yield name
    await page.goto("/decoys")
    await page.get_by_role("button", name="Take all decoys away").click()
    await page.get_by_role("heading", name="What would go").wait_for()
    yield "teardown"


async def overflow(page: Page) -> int:
    """Return by how many pixels a page is wider than what of its window a scrollbar leaves to it."""
    return int(await page.evaluate("document.documentElement.scrollWidth - document.body.offsetWidth"))


async def flaws(page: Page, picture: Path) -> list[str]:
    """Take a picture of a page; return what is wrong with it."""
    await page.screenshot(path=picture, full_page=True)
    wide = await overflow(page)
    return [*([f"{wide} pixels too wide"] if wide > 0 else []), *await violations(page)]


@pytest.mark.timeout(600)
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1440, 360])
async def test_every_page_fits_and_axe_finds_nothing_serious(
    site: Watched, chromium: Browser, pictures: Path, scheme: Scheme, width: int
) -> None:
    """In both looks, wide and narrow; its picture is for people to look at."""
    async with chromium.page(site.listen, scheme=scheme, width=width) as page:
        found = {name: await flaws(page, pictures / f"{name}-{scheme}-{width}.png") async for name in every_page(page)}
    assert {name: lines for name, lines in found.items() if lines} == {}


@pytest.mark.timeout(600)
async def test_no_page_is_wider_than_any_window(site: Watched, chromium: Browser) -> None:
    async with chromium.page(site.listen) as page:
        wide = []
        async for name in every_page(page):
            for width in WIDTHS:
                await page.set_viewport_size({"width": width, "height": 900})
                if await overflow(page) > 0:
                    wide.append(f"{name} at {width}")
        assert wide == []


async def test_a_page_that_is_too_wide_is_found(site: Watched, chromium: Browser) -> None:
    """By a pixel, scrollbar or not."""
    async with chromium.page(site.listen) as page:
        await page.goto("/login")
        assert await overflow(page) == 0
        await page.evaluate("document.body.append(Object.assign(document.createElement('p'), {id: 'wide', textContent: 'x'}))")
        await page.evaluate("document.querySelector('#wide').style.width = `${document.body.offsetWidth + 1}px`")
        assert await overflow(page) == 1


@pytest.mark.timeout(600)
async def test_what_is_empty_or_waits_looks_as_good(chromium: Browser, tmp_path: Path, pictures: Path) -> None:
    """Before the first decoy; and a change that was asked for while the agent is away."""
    listen = listening()
    found = {}
    async with installed(tmp_path, DECNET_WEB_LISTEN=listen) as installation:
        async with person(listen) as admin:
            await admin.sign_in(await first_password(installation))
        await installation.kill("agent")
        for number, (scheme, width) in enumerate(LOOKS, start=1):
            async with chromium.page(listen, scheme=scheme, width=width) as page:
                await sign_in(page)
                for name, path in EMPTY.items():
                    await page.goto(path)
                    await settle(page)
                    found[name] = await flaws(page, pictures / f"{name}-{scheme}-{width}.png")
                await page.goto("/decoys")
                await page.get_by_label("How many").fill(str(number))
                await page.get_by_role("button", name="Show the plan").last.click()
                await page.get_by_role("button", name=re.compile("Do it")).click()
                await page.get_by_text("The agent does not run").wait_for(timeout=WORST_MILLISECONDS)
                await page.get_by_text("This waits for the agent").wait_for()
                found["waiting"] = await flaws(page, pictures / f"waiting-{scheme}-{width}.png")
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
