# SPDX-License-Identifier: MIT
"""What goes wrong in a handler stays there."""

import asyncio

import pytest

from decnet.runtime.guard import guarded
from decnet.runtime.worker import Counters


async def work(error: BaseException | None = None) -> None:
    if error:
        raise error


async def test_work_that_went_well_is_counted() -> None:
    counters = Counters()
    assert await guarded(work(), counters, "work")
    assert (counters.handled, counters.failed) == (1, 0)


async def test_work_that_failed_is_counted_and_logged_with_its_traceback(caplog: pytest.LogCaptureFixture) -> None:
    counters = Counters()
    assert not await guarded(work(ValueError("why")), counters, "sewing")
    assert (counters.handled, counters.failed) == (0, 1)
    assert "sewing failed" in caplog.text
    assert "ValueError: why" in caplog.text


@pytest.mark.parametrize("error", [asyncio.CancelledError(), KeyboardInterrupt()])
async def test_end_of_the_process_is_not_swallowed(error: BaseException) -> None:
    with pytest.raises(type(error)):
        await guarded(work(error), Counters(), "work")
