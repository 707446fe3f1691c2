# SPDX-License-Identifier: MIT
"""Options as getopt reads them."""

import pytest

from decnet.lures.shell.options import UsageError, parse


def test_options_and_operands_mix() -> None:
    found = parse(["-ab", "x", "-n5", "-o", "v", "--", "-z"], "abn:o:")

    assert (found.given, found.operands) == ({"a": [""], "b": [""], "n": ["5"], "o": ["v"]}, ["x", "-z"])
    assert "ax" in found
    assert (found.get("n"), found.get("q", "d"), found.every("o")) == ("5", "d", ["v"])


def test_long_options_may_be_cut_short() -> None:
    found = parse(["--num=3", "--all"], "an:", {"number": "n", "all": "a"})

    assert found.given == {"n": ["3"], "a": [""]}


def test_order_ends_at_the_first_operand() -> None:
    assert parse(["-a", "x", "-b"], "ab", in_order=True).operands == ["x", "-b"]


@pytest.mark.parametrize("arguments", [["-z"], ["-n"], ["--nothing"], ["--number"], ["--all=1"]])
def test_a_wrong_option_is_refused(arguments: list[str]) -> None:
    with pytest.raises(UsageError):
        parse(arguments, "an:", {"number": "n", "all": "a"})
