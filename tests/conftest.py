# SPDX-License-Identifier: MIT
"""
How hypothesis looks for examples: ``scripts/test --fast`` asks for the profile ``fast``.

No profile repeats the examples of the run before, so each run may find what the others did not. None has a deadline either: how
long an example took says what else the machine was doing.
"""

from hypothesis import settings

settings.register_profile("full", deadline=None, print_blob=True)
settings.register_profile("fast", settings.get_profile("full"), max_examples=25)
settings.load_profile("full")
