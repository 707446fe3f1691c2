# SPDX-License-Identifier: MIT
"""What follows from a batch is announced, and nothing that an attacker sent is in it."""

from decnet.domain.evidence import Command, Opened
from decnet.events import AttackerObserved, EvidenceStored, decode
from tests.support.stores import Stored


def test_each_record_and_each_new_attacker_is_announced_once(store: Stored) -> None:
    store.write(Opened(), Command(command="touch hunter3"), secret=b"hunter2")
    (outcome,) = store.bring()
    first, second, observed = (decode(body) for _, body in outcome.messages)
    assert isinstance(first, EvidenceStored)
    assert isinstance(second, EvidenceStored)
    assert (first.kind, second.kind) == ("opened", "command")
    assert isinstance(observed, AttackerObserved)
    assert (observed.address, observed.decoy, observed.at) == ("192.0.2.7", "files01", first.at)
    assert not [body for _, body in outcome.messages if b"hunter" in body]
