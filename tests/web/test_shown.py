# SPDX-License-Identifier: MIT
"""``decnet.web.shown``: what an attacker wrote does nothing on a page."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from decnet.domain.captured import text
from decnet.web.shown import captured, endpoint, marked, moment, nested, number, seconds, size, told

INSIDE = re.compile(r'<bdi class="captured">(.*)</bdi>', re.DOTALL)
CONTROL = re.compile(r'<span class="control">\\[a-zA-Z0-9]+</span>')


@given(st.binary(max_size=60))
def test_no_bytes_of_an_attacker_become_markup_or_do_anything(data: bytes) -> None:
    inside = INSIDE.fullmatch(str(captured(text(data))))
    assert inside
    rest = CONTROL.sub("", inside[1])
    assert not re.search("[<>\"'\x00-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\u200b-\u200f\ufeff]", rest)


def test_what_would_not_be_seen_is_written_out_and_marked() -> None:
    shown = str(captured("a\x1b[2J\u202eb\n"))
    marks = [f'<span class="control">{written}</span>' for written in (r"\x1b", r"\u202e", r"\n")]
    assert shown == '<bdi class="captured">a{}[2J{}b{}</bdi>'.format(*marks)


def test_a_backslash_that_was_sent_is_a_single_one_and_no_mark() -> None:
    assert str(captured(r"C:\new\x41")) == r'<bdi class="captured">C:\new\x41</bdi>'
    assert str(marked(r"C:\\new")) == r'<bdi class="captured">C:\new</bdi>'


def test_a_link_is_no_link() -> None:
    assert "<a" not in captured("http://203.0.113.9/x <a href=//x>y</a>")


@pytest.mark.parametrize(
    ("value", "expected"),
    [(None, "-"), (0.04, "0.0 s"), (59.9, "59.9 s"), (61, "1 min 1 s"), (7260, "2 h 1 min"), (90000, "1 d 1 h")],
)
def test_durations_are_read_at_a_glance(value: float | None, expected: str) -> None:
    assert seconds(value) == expected


def test_sizes_numbers_and_places_are_read_at_a_glance() -> None:
    assert [size(count) for count in (0, 1023, 1024, 5 * 1024 * 1024)] == ["0 B", "1023 B", "1.0 KiB", "5.0 MiB"]
    assert number(1234567) == "1\u202f234\u202f567"
    assert (endpoint("10.0.0.1", 22), endpoint("::1", 22)) == ("10.0.0.1:22", "[::1]:22")


def test_a_moment_is_in_utc_to_the_second() -> None:
    assert moment("2026-11-23T10:00:00.123456+01:00") == (
        '<time datetime="2026-11-23T09:00:00.123456+00:00">2026-11-23 <b>09:00:00</b></time>'
    )
    assert moment(None) == "&ndash;"


def test_a_field_with_several_values_has_an_entry_for_each() -> None:
    assert nested({"realm": "x"}) == [("realm", "x")]
    assert nested([["Host", "a"], ["Host", "b"]]) == [("Host", "a"), ("Host", "b")]
    assert nested(["a", "b"]) == [("1", "a"), ("2", "b")]
    assert (told({"role": "viewer", "days": 3}), told("words")) == ("role viewer, days 3", "words")
