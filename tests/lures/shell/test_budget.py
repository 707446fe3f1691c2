# SPDX-License-Identifier: MIT
"""The account of one line."""

import pytest

from decnet.lures.shell.budget import OUTPUT_BYTES, Budget, ExhaustedError


async def test_a_line_ends_at_its_last_step() -> None:
    budget = Budget(steps=100)
    await budget.step(50)

    with pytest.raises(ExhaustedError):
        await budget.step(60)
    with pytest.raises(ExhaustedError):
        budget.check()


def test_output_has_a_bound() -> None:
    budget = Budget()
    budget.written(OUTPUT_BYTES)

    with pytest.raises(ExhaustedError) as caught:
        budget.written(1)
    assert caught.value.code == 137
