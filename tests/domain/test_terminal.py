# SPDX-License-Identifier: MIT
"""What an attacker recorded cannot act on the operator's terminal."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from decnet.domain.terminal import LIMIT, TerminalFilter


@pytest.mark.parametrize(
    "harmless", ["plain\r\n\ttext\b", "\x1b[1;31mred\x1b[0m", "\x1b[2J\x1b[H", "\x1b[10;20Hx", "\x1b[K", "grüße 漢字"]
)
def test_text_colours_and_cursor_pass(harmless: str) -> None:
    assert TerminalFilter().feed(harmless) == harmless


@pytest.mark.parametrize(
    "harmful",
    [
        "\x1b]0;title\x07",
        "\x1b]52;c;ZXZpbA==\x1b\\",
        "\x1b]8;;http://evil\x1b\\",
        "\x1b[c",
        "\x1b[6n",
        "\x1b[21t",
        "\x1b[?1049h",
        "\x1b[5i",
        "\x1bP$q\x1b\\",
        "\x1b_x\x1b\\",
        "\x1bc",
        "\x1b(0",
        "\x07\x00\x0e\x7f",
        "\x9b6n"[:1],
        "\u202e",
    ],
)
def test_what_makes_a_terminal_act_is_left_out(harmful: str) -> None:
    assert TerminalFilter().feed(f"a{harmful}b") == "ab"


def test_sequence_over_two_pieces_is_put_together() -> None:
    pieces = TerminalFilter()
    assert "".join(pieces.feed(piece) for piece in ("a\x1b", "[3", "1mb\x1b]0;ti", "tle", "\x07c")) == "a\x1b[31mbc"


def test_sequence_without_an_end_hides_no_more_than_the_limit() -> None:
    pieces = TerminalFilter()
    shown = "".join(pieces.feed(piece) for piece in ("\x1b]0;", "x" * LIMIT, "seen"))
    assert shown.endswith("seen")


@given(st.lists(st.text(alphabet=st.sampled_from("\x1b[]P\\;?01mnct\x07\x9b\x00aé\u202e\r\n")), max_size=20))
def test_nothing_harmful_passes_however_it_is_cut(pieces: list[str]) -> None:
    terminal = TerminalFilter()
    shown = "".join(terminal.feed(piece) for piece in pieces)
    assert re.sub(r"\x1b\[[0-9;:]{0,64}[A-HJKLMPX@dfm]|[\r\n\t\x08]", "", shown).isprintable()
