# SPDX-License-Identifier: MIT
"""What goes wrong in a handler stays there."""

import asyncio
import gc

import pytest

from decnet.runtime.guard import guarded, tell_loop_failure
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


def fall(*_: object) -> None:
    """Fail with what an attacker sent."""
    raise KeyError("hunter2")


async def climb() -> None:
    """Fail where nobody looks."""
    fall()


async def test_loop_tells_what_failed_and_not_what_it_was_given(caplog: pytest.LogCaptureFixture) -> None:
    """The words of asyncio hold the arguments of callbacks and the exceptions of tasks."""
    loop = asyncio.get_running_loop()
    loop.set_exception_handler(tell_loop_failure)
    loop.call_soon(fall, b"hunter2")
    task = loop.create_task(climb())
    await asyncio.wait([task])
    del task
    gc.collect()
    said = [(record.name, record.getMessage(), type(record.exc_info[1])) for record in caplog.records if record.exc_info]
    assert said == [
        ("decnet.runtime.guard", "Exception in callback fall", KeyError),
        ("decnet.runtime.guard", "Task exception was never retrieved", KeyError),
    ]


async def test_loop_that_has_no_exception_to_show_is_told_all_the_same(caplog: pytest.LogCaptureFixture) -> None:
    loop = asyncio.get_running_loop()
    pending = loop.create_task(climb())
    tell_loop_failure(loop, {})
    tell_loop_failure(loop, {"message": "Task <Task exception=KeyError('hunter2')> has errored out"})
    tell_loop_failure(loop, {"message": "Task was destroyed but it is pending!", "task": pending})
    pending.cancel()
    assert [record.getMessage() for record in caplog.records] == [
        "the event loop failed",
        "Task",
        "Task was destroyed but it is pending! (climb)",
    ]
