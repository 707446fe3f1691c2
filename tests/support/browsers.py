# SPDX-License-Identifier: MIT
"""
Debian's Chromium, driven by Playwright, which needs no browser of its own for that; without a window.

Playwright rather than Selenium: it waits for what has to appear instead of asking again and again, sees every message of the
console, and lets a test choose colour scheme and width. Whatever a page complains about fails the test.
"""

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, Literal

from playwright.async_api import Browser as Chromium
from playwright.async_api import ConsoleMessage, Page, async_playwright

from scripts.lib.assets import content, locked
from tests.support.dashboards import NEW_PASSWORD
from tests.support.sources import ROOT

PROGRAM = "/usr/bin/chromium"
PACKAGES = ROOT / ".venv" / "npm"
DEADLINE_MILLISECONDS = 30_000
SERIOUS = {"serious", "critical"}
# what is away, or refuses, says so by its status, which the console repeats, as does htmx
EXPECTED = ("Failed to load resource", "htmx: htmx:sse:error: ", "htmx: htmx:error: Failed to fetch")

Scheme = Literal["light", "dark"]


@dataclass
class Browser:
    """A browser; ``complaints`` are what pages wrote on their console."""

    chromium: Chromium
    complaints: list[str] = field(default_factory=list)

    @asynccontextmanager
    async def page(self, listen: str, *, scheme: Scheme = "light", width: int = 1440) -> AsyncIterator[Page]:
        """Yield a page of somebody new; the certificate is not looked at."""
        context = await self.chromium.new_context(
            base_url=f"https://{listen}",
            ignore_https_errors=True,
            color_scheme=scheme,
            viewport={"width": width, "height": 900},
        )
        context.set_default_timeout(DEADLINE_MILLISECONDS)
        page = await context.new_page()
        page.on("console", self._hear)
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        yield page
        await context.close()

    def _hear(self, message: ConsoleMessage) -> None:
        """Note what is no mere remark."""
        if message.type in {"error", "warning"} and not message.text.startswith(EXPECTED):
            self.complaints.append(message.text)


@asynccontextmanager
async def browser() -> AsyncIterator[Browser]:
    """Run a browser until the block ends; fail where a page complained."""
    # a container's root has no user namespaces for Chromium's sandbox; nothing but our own pages is opened
    arguments = ["--no-sandbox"] if os.geteuid() == 0 else []
    async with async_playwright() as playwright:
        chromium = await playwright.chromium.launch(executable_path=PROGRAM, args=arguments)
        found = Browser(chromium)
        yield found
        await chromium.close()
    if found.complaints:
        raise AssertionError("\n".join(found.complaints))


async def sign_in(page: Page, password: str = NEW_PASSWORD, name: str = "admin") -> None:
    """Sign in by the form."""
    await page.goto("/login")
    await page.get_by_label("Name").fill(name)
    await page.get_by_label("Password").fill(password)
    await page.get_by_role("button", name="Sign in").click()
    await page.wait_for_url(lambda url: "/login" not in url)


async def violations(page: Page) -> list[str]:
    """Return what axe-core finds that is serious, a line for each."""
    if not await page.evaluate("typeof axe !== 'undefined'"):
        (axe,) = (one for one in locked(dev=True) if one.name == "axe-core")
        # the console's way in, which the policy of the page does not forbid
        await page.evaluate(content(PACKAGES, axe, "axe.min.js").decode())
    found: dict[str, Any] = await page.evaluate("axe.run(document, {resultTypes: ['violations']})")
    return [
        f"{one['id']} ({one['impact']}): {node['html'][:200]}"
        for one in found["violations"]
        if one["impact"] in SERIOUS
        for node in one["nodes"]
    ]
