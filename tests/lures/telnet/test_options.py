# SPDX-License-Identifier: MIT
"""What a fleet file may set for telnet."""

import pytest

from decnet.errors import PlanError
from decnet.lures.options import options_of
from decnet.lures.telnet.options import TelnetOptions


def test_the_defaults_are_those_of_login() -> None:
    options = options_of(TelnetOptions, {})
    assert (options.attempts, options.login_seconds, options.failure_seconds) == (5, 60.0, 3.0)


@pytest.mark.parametrize("wrong", [{"attempts": "0"}, {"login_seconds": "-1"}, {"banner": "x"}])
def test_what_makes_no_sense_is_refused(wrong: dict[str, str]) -> None:
    with pytest.raises(PlanError):
        options_of(TelnetOptions, wrong)
