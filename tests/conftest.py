# SPDX-License-Identifier: MIT
"""
How hypothesis looks for examples: ``scripts/test --fast`` asks for the profile ``fast``.

No profile repeats the examples of the run before, so each run may find what the others did not. None has a deadline either, nor
a limit to how long examples take to draw: that says what else the machine was doing.
"""

from hypothesis import HealthCheck, settings

settings.register_profile("full", deadline=None, print_blob=True, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("fast", settings.get_profile("full"), max_examples=25)
settings.load_profile("full")
