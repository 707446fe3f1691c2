# SPDX-License-Identifier: MIT
"""``decnet attackers`` lists who came."""

from pathlib import Path

import pytest

from decnet.domain.evidence import Opened
from decnet.errors import NotFoundError, PlanError
from tests.support.commands import call, printed, rows
from tests.support.stores import stored

Output = pytest.CaptureFixture[bytes]


def test_attackers_are_listed_and_shown_one_by_one(tmp_path: Path, capsysbinary: Output) -> None:
    with stored(tmp_path) as store:
        store.write(Opened(), decoy="one")
        store.write(Opened(), decoy="two")
        store.bring()
        assert call(store.config, "attackers") == 0
        assert "192.0.2.7" in printed(capsysbinary)
        assert call(store.config, "attackers", "--format", "json") == 0
        (listed,) = rows(capsysbinary)
        assert (listed["address"], listed["touches"], listed["decoys"]) == ("192.0.2.7", 2, 2)
        assert call(store.config, "attackers", "192.0.2.7", "--format", "json") == 0
        (shown,) = rows(capsysbinary)
        assert shown["names"] == ["one", "two"]


def test_address_that_never_came_or_is_none_is_said_so(tmp_path: Path) -> None:
    with stored(tmp_path) as store:
        with pytest.raises(NotFoundError):
            call(store.config, "attackers", "192.0.2.8")
        with pytest.raises(PlanError):
            call(store.config, "attackers", "nobody")
