# SPDX-License-Identifier: MIT
"""``decnet archetypes`` lists every kind of decoy with its lures."""

from pathlib import Path

import orjson
import pytest

from decnet.cli import archetypes
from decnet.engine.catalogue import ARCHETYPES
from tests.support.workers import config


def test_all_archetypes_are_listed_with_their_lures(tmp_path: Path, capsysbinary: pytest.CaptureFixture[bytes]) -> None:
    options = type("Options", (), {"format": "json"})()
    assert archetypes.COMMAND.run(options, config(tmp_path)) == 0
    rows = [orjson.loads(line) for line in capsysbinary.readouterr().out.splitlines()]
    assert tuple(row["name"] for row in rows) == ARCHETYPES
    assert all(row["lures"] and row["systems"] and row["summary"] for row in rows)
