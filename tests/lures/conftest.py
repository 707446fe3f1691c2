# SPDX-License-Identifier: MIT
"""Each test of a lure has machines of its own, even where its decoy is that of the test before."""

import pytest

from decnet.lures.shell.machine import MACHINES


@pytest.fixture(autouse=True)
def no_machines() -> None:
    """Forget the machines that the tests before made."""
    MACHINES.clear()
