# SPDX-License-Identifier: MIT
"""``decnet lures`` lists every lure, and every option of one with its meaning."""

from pathlib import Path

import orjson
import pytest

from decnet.cli import lures
from decnet.errors import NotFoundError
from decnet.lures.registry import LURES
from tests.support.workers import config


def run(folder: Path, name: str | None, capsys: pytest.CaptureFixture[bytes]) -> list[dict[str, str]]:
    """Run the command and return its rows."""
    options = type("Options", (), {"format": "json", "name": name})()
    assert lures.COMMAND.run(options, config(folder)) == 0
    return [orjson.loads(line) for line in capsys.readouterr().out.splitlines()]


def test_all_lures_are_listed(tmp_path: Path, capsysbinary: pytest.CaptureFixture[bytes]) -> None:
    assert [row["name"] for row in run(tmp_path, None, capsysbinary)] == [lure.name for lure in LURES]


def test_options_of_a_lure_begin_with_its_port_and_all_have_a_meaning(
    tmp_path: Path, capsysbinary: pytest.CaptureFixture[bytes]
) -> None:
    rows = run(tmp_path, "redis", capsysbinary)
    assert (rows[0]["name"], rows[0]["default"]) == ("port", "6379")
    assert "password" in [row["name"] for row in rows]
    assert all(row["description"] for row in rows)


def test_unknown_lure_is_refused(tmp_path: Path, capsysbinary: pytest.CaptureFixture[bytes]) -> None:
    with pytest.raises(NotFoundError):
        run(tmp_path, "gopher", capsysbinary)
