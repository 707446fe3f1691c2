# SPDX-License-Identifier: MIT
"""Bodies are bounded, forms and pages of other sites are refused before anything is looked at."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from decnet.api.gate import LONGEST_BODY
from tests.support.apis import Served, problem_of, serving

LOGIN = {"username": "admin", "password": "wrong password"}


@pytest_asyncio.fixture
async def served(tmp_path: Path) -> AsyncIterator[Served]:
    async with serving(tmp_path) as found:
        yield found


async def test_body_that_is_too_long_is_refused_whether_it_says_so_or_not(served: Served) -> None:
    client = await served.client(**{"content-type": "application/json"})
    assert problem_of(await client.post("/login", content=b" " * (LONGEST_BODY + 1)), 413) == "too-large"

    async def parts() -> AsyncIterator[bytes]:
        for _ in range(LONGEST_BODY // 65536 + 2):
            yield b" " * 65536

    assert problem_of(await client.post("/login", content=parts()), 413) == "too-large"


async def test_form_is_refused(served: Served) -> None:
    client = await served.client()
    assert problem_of(await client.post("/login", data=LOGIN), 415) == "unsupported-media-type"
    text = {"content-type": "text/plain"}
    assert problem_of(await client.post("/login", content=b"{}", headers=text), 415) == "unsupported-media-type"


@pytest.mark.parametrize(
    "headers",
    [{"sec-fetch-site": "cross-site"}, {"sec-fetch-site": "same-site"}, {"origin": "https://evil.example"}, {"origin": "null"}],
    ids=str,
)
async def test_page_of_another_site_changes_nothing(served: Served, headers: dict[str, str]) -> None:
    client = await served.client()
    await client.post("/login", json=LOGIN | {"password": served.first_password()})
    assert problem_of(await client.post("/logout", headers=headers), 403) == "cross-site"
    assert (await client.get("/me")).is_success
    for own in ({"sec-fetch-site": "same-origin"}, {"origin": "http://decnet"}):
        assert (await client.post("/logout", headers=own)).status_code in {204, 401}
