# SPDX-License-Identifier: MIT
"""``decnet.web.views.sessions``: conversations and their recordings."""

import json
import re

import pytest

from tests.support.dashboards import Person

pytestmark = pytest.mark.client


async def test_a_session_with_a_recording_is_found_and_played(admin: Person) -> None:
    await admin.see("/sessions?recorded=true")
    (path,) = set(re.findall(r'href="(/sessions/[^"?]+)"', admin.page))
    await admin.see(path)
    assert "typed-in-the-terminal" in admin.text()
    assert f'data-player="{path}/recording"' in admin.page
    answer = await admin.see(f"{path}/recording")
    head, *events = [json.loads(line) for line in answer.text.splitlines()]
    assert head["version"] == 2
    assert "typed-in-the-terminal" in "".join(text for _, _, text in events)


async def test_a_session_without_a_recording_has_no_player(admin: Person) -> None:
    await admin.see("/sessions?recorded=false&lure=redis")
    await admin.see(re.findall(r'href="(/sessions/[^"?]+)"', admin.page)[0])
    assert "data-player" not in admin.page
    assert "SET" in admin.text()


async def test_a_session_that_is_not_there_is_told(admin: Person) -> None:
    assert (await admin.see("/sessions/nothing")).status_code in (404, 422)
    assert (await admin.see("/sessions/nothing/recording")).status_code in (404, 422)
