# SPDX-License-Identifier: MIT
"""
What tests find wherever they run, and how hypothesis looks for examples: ``scripts/test --fast`` asks for the profile ``fast``.

A shell lets what it starts in the background ignore SIGINT, and children inherit that: here it interrupts.

No profile repeats the examples of the run before, so each run may find what the others did not. None has a deadline either, nor
a limit to how long examples take to draw: that says what else the machine was doing.
"""

import signal

import pytest
from hypothesis import HealthCheck, settings

if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

settings.register_profile("full", deadline=None, print_blob=True, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("fast", settings.get_profile("full"), max_examples=25)
settings.load_profile("full")


def pytest_addoption(parser: pytest.Parser) -> None:
    """Let tests/browser leave what it saw somewhere: ``scripts/test tests/browser --screenshots FOLDER``."""
    parser.addoption(
        "--screenshots", metavar="FOLDER", default="", help="where tests/browser writes what every page looks like"
    )
