# SPDX-License-Identifier: MIT
"""Each test of the store has one of its own."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.stores import Stored, stored


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Stored]:
    """Return an open, empty store."""
    with stored(tmp_path) as opened:
        yield opened
