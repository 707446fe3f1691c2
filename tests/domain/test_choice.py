# SPDX-License-Identifier: MIT
"""A name stands for a decoy or for a whole fleet, and one that is neither is told with what was meant."""

import pytest

from decnet.domain.choice import choose
from decnet.errors import NotFoundError

FLEETS = {"web": "office", "files": "office", "lab": "lab", "probe": "lab"}


@pytest.mark.parametrize(
    ("names", "chosen"),
    [
        (["web"], {"web"}),
        (["office"], {"web", "files"}),
        (["lab"], {"lab"}),
        (["office", "web", "probe"], {"web", "files", "probe"}),
    ],
)
def test_names_of_decoys_and_fleets_are_told_apart(names: list[str], chosen: set[str]) -> None:
    assert choose(names, FLEETS) == chosen


def test_everything_unknown_is_named_at_once_with_what_was_meant() -> None:
    with pytest.raises(NotFoundError) as refused:
        choose(["offize", "web", "zzz"], FLEETS)
    first, second = refused.value.message.splitlines()
    assert first == "there is no decoy or fleet 'offize'; did you mean 'office'?"
    assert second == "there is no decoy or fleet 'zzz'; there is: files, lab, office, probe, web"
