# SPDX-License-Identifier: MIT
"""Listings, for people and for programs."""

import json
import os
from datetime import UTC, datetime
from pathlib import Path

import pytest

from decnet.cli.output import cell, show, styled
from decnet.domain.captured import text as captured

ROWS: list[dict[str, object]] = [{"name": "web-01", "state": "up", "hidden": 1}, {"name": "db", "state": None, "hidden": 2}]


def test_table_is_aligned_and_shows_the_columns_asked_for(capsys: pytest.CaptureFixture[str]) -> None:
    show(ROWS, ("name", "state"), format_="text")
    assert capsys.readouterr().out == "NAME    STATE\nweb-01  up\ndb\n"


def test_json_is_one_object_a_line_with_every_field(capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    show(ROWS, ("name",), format_="json")
    assert [json.loads(line) for line in capfdbinary.readouterr().out.splitlines()] == ROWS


def test_time_is_written_in_utc(capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    show([{"at": datetime(2026, 1, 2, 3, 4, 5, 6, UTC)}], ("at",), format_="json")
    assert json.loads(capfdbinary.readouterr().out) == {"at": "2026-01-02T03:04:05.000006Z"}


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (None, ""),
        (1.25, "1.2"),
        (["a", "b"], "a, b"),
        ("\x1b]0;owned\x07", "\\x1b]0;owned\\x07"),
        ("line\nline", "line\\nline"),
        ("\u202etxt.exe", "\\u202etxt.exe"),
    ],
)
def test_cell_is_harmless_for_a_terminal(value: object, shown: str) -> None:
    assert cell(value) == shown


@pytest.mark.parametrize("text", ["\x9b2J", "\u202egnp.exe", "\x7f", "é", "\U0001f4a3\uefff"])
def test_json_gives_a_terminal_nothing_to_act_upon(text: str, capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    """C1 control characters are commands to a terminal, too, and JSON alone would let them through."""
    show([{"text": text}], (), format_="json")
    line = capfdbinary.readouterr().out
    assert all(byte == 10 or 32 <= byte < 127 for byte in line)
    assert json.loads(line) == {"text": text}


def test_json_takes_the_name_of_any_file(capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    name = os.fsdecode(b"a\xff\xfe")
    show([{name: [Path(name), 1]}], (), format_="json")
    assert json.loads(capfdbinary.readouterr().out) == {captured(b"a\xff\xfe"): [captured(b"a\xff\xfe"), 1]}


def test_no_colour_where_output_is_no_terminal() -> None:
    assert styled("ok", "32") == "ok"


def test_long_listing_is_written_as_it_comes(capsys: pytest.CaptureFixture[str]) -> None:
    show(({"n": number} for number in range(1000)), ("n",), format_="text")
    assert capsys.readouterr().out.splitlines() == ["N", *map(str, range(1000))]
