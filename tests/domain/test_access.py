# SPDX-License-Identifier: MIT
"""Who may more may everything that who may less may."""

import pytest

from decnet.domain.access import Access, is_account_name


def test_each_role_includes_those_before_it_and_none_behind() -> None:
    order = [Access.VIEWER, Access.OPERATOR, Access.ADMIN]
    for place, role in enumerate(order):
        assert [role.includes(other) for other in order] == [index <= place for index in range(3)]


@pytest.mark.parametrize(("name", "expected"), [("admin", True), ("a.b-c_9", True), ("", False), ("A", False), ("a b", False)])
def test_name_of_an_account_is_one_plain_word(name: str, *, expected: bool) -> None:
    assert is_account_name(name) is expected
    assert not is_account_name("x" * 33)
