# SPDX-License-Identifier: MIT
"""Both sides agree on a version or say why not, and take no message for another."""

import pytest

from decnet.engine.messages import Bye, End, HandoverError, Key, Welcome, agree, expect, show


def test_agree_takes_the_newest_common_version_and_says_what_each_side_speaks() -> None:
    assert agree([0, 1, 7]) == 1
    assert agree([1, 2, 7]) == 2
    with pytest.raises(HandoverError, match="versions 3, 4, the agent 1, 2") as caught:
        agree([3, 4])
    assert "one version" in caught.value.remedy


def test_expect_passes_the_reason_of_a_refusal_on() -> None:
    assert expect(Welcome(1, "0", "h"), Welcome).host == "h"
    with pytest.raises(HandoverError, match="expected Welcome, got Bye"):
        expect(Bye(), Welcome)


def test_keys_are_shown_as_people_write_them() -> None:
    assert (show(Key("127.0.0.1", 80)), show(Key("::1", 80))) == ("127.0.0.1:80", "[::1]:80")


def test_expect_names_the_reason_why_the_agent_ended_it() -> None:
    with pytest.raises(HandoverError, match="the agent refuses: too old"):
        expect(End("too old"), Welcome)
