# SPDX-License-Identifier: MIT
"""Addresses and ports for decoys of tests: those of this test run, so that two runs on one machine do not meet."""

import socket
from functools import cache

RUNS = 200
PORTS_OF_A_RUN = 20
FIRST_PORT = 21_000

_claims: list[socket.socket] = []


@cache
def number_of_this_run() -> int:
    """Return a number that no other test run has: the kernel gives a name among abstract sockets once, until we are gone."""
    for number in range(RUNS):
        claim = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            claim.bind(f"\0decnet-test-run-{number}")
        except OSError:
            claim.close()
            continue
        _claims.append(claim)
        return number
    raise AssertionError(f"{RUNS} test runs at the same time")


def address(number: int) -> str:
    """Return a loopback address of this run, 1 to 254."""
    return f"127.100.{number_of_this_run()}.{number}"


def port(number: int) -> int:
    """Return a port of this run, 0 to 19, for an address that all runs share."""
    assert number < PORTS_OF_A_RUN
    return FIRST_PORT + PORTS_OF_A_RUN * number_of_this_run() + number
