# SPDX-License-Identifier: MIT
"""Whatever bytes an attacker sends become text that leads back to them and does no harm when it is shown."""

import json
import os

from hypothesis import example, given
from hypothesis import strategies as st

from decnet.domain.captured import harmless, raw, storable, text, visible


@given(st.binary())
@example(b"\xee\xbe\x80")
@example(b"\xee\xbf\xbf\xff")
@example("\uef80".encode())
@example(b"%0A]\x00\r\n\xff\xfe")
def test_every_byte_string_comes_back(data: bytes) -> None:
    assert raw(text(data)) == data


@given(st.binary())
def test_text_is_valid_unicode_that_json_carries(data: bytes) -> None:
    assert raw(json.loads(json.dumps(text(data)))) == data
    text(data).encode("utf-8")


@given(st.text(st.characters(exclude_categories=["Cs"], exclude_characters=[chr(code) for code in range(0xEF80, 0xF000)])))
def test_valid_utf8_stays_readable(sent: str) -> None:
    assert text(sent.encode()) == sent


@given(st.binary(), st.binary())
def test_two_byte_strings_never_share_a_text(one: bytes, other: bytes) -> None:
    assert (text(one) == text(other)) == (one == other)


@given(st.binary())
def test_visible_text_has_no_control_and_no_direction_characters(data: bytes) -> None:
    shown = visible(text(data))
    assert not any(ord(char) < 0x20 or 0x7F <= ord(char) <= 0x9F or char in "\u202e\u2066\u200b\ufeff" for char in shown)


def test_visible_shows_bytes_and_controls_as_escapes() -> None:
    assert visible(text(b"a\\b\n\x1b[31m\xff")) == "a\\\\b\\n\\x1b[31m\\xff"


def test_visible_shows_what_cannot_be_seen() -> None:
    assert visible("a\u00ad\u061c\u2060\ufff9\U000e0041b") == "a\\xad\\u061c\\u2060\\ufff9\\U000e0041b"


@given(st.binary())
def test_name_of_a_file_is_shown_whatever_its_bytes_are(data: bytes) -> None:
    """Python keeps bytes that are no UTF-8 as lone surrogates, which neither a terminal nor JSON takes."""
    name = os.fsdecode(data)
    visible(name).encode("utf-8")
    storable(name).encode("utf-8")


def test_bytes_of_a_name_are_shown_as_bytes() -> None:
    assert visible(os.fsdecode(b"a\xff\xfe")) == "a\\xff\\xfe"
    assert visible("\ud800") == "\\ud800"
    assert storable(os.fsdecode(b"a\xff\xfe")) == text(b"a\xff\xfe")
    assert storable("a\ud800") == "a\ufffd"


def test_harmless_text_keeps_its_backslashes() -> None:
    assert harmless("a\\b\x1b[2J\u202e") == "a\\b\\x1b[2J\\u202e"
