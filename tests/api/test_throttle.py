# SPDX-License-Identifier: MIT
"""Who is wrong too often waits, and keeps nobody else out."""

from decnet.api import throttle
from decnet.api.throttle import Throttle


class Clock:
    """A clock that tests set."""

    now = 1000.0

    def __call__(self) -> float:
        return self.now


def test_failures_cost_time_that_grows_and_is_forgotten() -> None:
    clock = Clock()
    found = Throttle(3, clock)
    waits = []
    for _ in range(5):
        found.fail("admin", "192.0.2.1")
        waits.append(found.wait_seconds("admin", "192.0.2.1"))
    assert waits == [0.0, 0.0, 5.0, 10.0, 20.0]
    assert found.wait_seconds("admin", "192.0.2.2") == 20.0, "the account is guarded wherever somebody is"
    assert found.wait_seconds("other", "192.0.2.1") == 20.0, "and so are the others from there"
    assert found.wait_seconds("other", "192.0.2.2") == 0.0
    for _ in range(50):
        found.fail("admin", "192.0.2.1")
    assert found.wait_seconds("admin", "192.0.2.1") == throttle.LONGEST_SECONDS
    clock.now += throttle.FORGOTTEN_SECONDS + 1
    found.fail("admin", "192.0.2.1")
    assert found.wait_seconds("admin", "192.0.2.1") == 0.0


def test_owner_comes_in_from_where_he_was_right_before() -> None:
    found = Throttle(1, Clock())
    found.succeed("admin", "192.0.2.1")
    for _ in range(9):
        found.fail("admin", "203.0.113.9")
    assert found.wait_seconds("admin", "203.0.113.9") > 0
    assert found.wait_seconds("admin", "192.0.2.1") == 0.0
    found.fail("admin", "192.0.2.1")
    assert found.wait_seconds("admin", "192.0.2.1") > 0


def test_ipv4_within_ipv6_is_the_same_address_and_a_user_of_this_host_is_himself() -> None:
    found = Throttle(1, Clock())
    found.fail("admin", "::ffff:192.0.2.1")
    assert found.wait_seconds("other", "192.0.2.1") > 0
    assert found.wait_seconds("other", "::ffff:192.0.2.2") == 0.0
    found.fail("admin", "uid 1000")
    assert (found.wait_seconds("other", "uid 1000") > 0, found.wait_seconds("other", "uid 1001")) == (True, 0.0)


def test_memory_is_bounded() -> None:
    found = Throttle(1, Clock())
    for number in range(throttle.MOST):
        found.fail(f"account{number}", f"address{number}")
    assert len(found._counts) == throttle.MOST
    assert found.wait_seconds("account0", "address0") == 0.0
