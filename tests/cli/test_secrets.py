# SPDX-License-Identifier: MIT
"""``decnet secrets create`` may be called as often as one likes."""

from pathlib import Path

import pytest

from tests.support.commands import call, printed
from tests.support.workers import config


def test_create_says_what_it_made_and_then_that_all_is_there(
    tmp_path: Path, capsysbinary: pytest.CaptureFixture[bytes]
) -> None:
    made = config(tmp_path)
    assert call(made, "secrets", "create") == 0
    assert "sealing.key" in printed(capsysbinary)
    before = (made.paths.secrets / "store.key").read_bytes()
    assert call(made, "secrets", "create") == 0
    assert printed(capsysbinary).startswith("all keys are in")
    assert (made.paths.secrets / "store.key").read_bytes() == before
