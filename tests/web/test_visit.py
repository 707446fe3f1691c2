# SPDX-License-Identifier: MIT
"""``decnet.web.visit``: who may do what, and where one is led."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from decnet.web.visit import Me, local, whole


@pytest.mark.parametrize(
    ("target", "expected"),
    [
        ("/evidence?q=a&kind=b", "/evidence?q=a&kind=b"),
        ("/sessions/x%20y", "/sessions/x%20y"),
        ("https://evil.example", "/"),
        ("//evil.example", "/"),
        ("/\\evil.example", "/"),
        ("evil", "/"),
        ("", "/"),
        ("/a\r\nSet-Cookie: x", "/"),
        ("/\t/evil.example", "/"),
    ],
)
def test_one_is_led_to_pages_of_ours_only(target: str, expected: str) -> None:
    assert local(target) == expected


@given(st.text(max_size=40))
def test_no_text_leads_to_another_site(text: str) -> None:
    target = local(text)
    assert target.startswith("/")
    assert not target.startswith("//")
    assert target.isascii()
    assert target.isprintable()


@pytest.mark.parametrize(
    ("text", "number"), [("0", 0), ("7", 7), ("9" * 18, 10**18 - 1), ("9" * 5000, None), ("", None), ("-1", None), ("x", None)]
)
def test_a_number_is_one_that_fits(text: str, number: int | None) -> None:
    assert whole(text) == number


def test_a_role_may_what_lower_ones_may() -> None:
    ranks = ("viewer", "operator", "admin")
    for place, role in enumerate(ranks):
        me = Me("x", role, must_change_password=False)
        assert [me.may(other) for other in ranks] == [other_place <= place for other_place in range(3)]  # type: ignore[arg-type]  # three literals
    assert not Me("x", "something new", must_change_password=False).may("viewer")
