# SPDX-License-Identifier: MIT
"""Each decoy has keys of its own, the same after every start."""

import time

from decnet.lures.redis.planted import plant
from tests.support.decoys import persona


def test_keys_are_the_persona_s_own_and_stay() -> None:
    one, again, other = (plant(persona(seed=seed)) for seed in ("a", "a", "b"))
    assert list(one.entries) == list(again.entries)
    assert set(one.entries).isdisjoint(other.entries)


def test_sessions_end_in_the_future_and_a_password_is_left_to_be_found() -> None:
    entries = plant(persona(seed="a")).entries
    ends = [entry.expires_at for key, entry in entries.items() if b":session:" in key]
    assert all(end is not None and end > time.time() for end in ends)
    assert len(ends) >= 4
    assert any(isinstance(entry.value, dict) and b"password" in entry.value for entry in entries.values())
