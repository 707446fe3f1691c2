# SPDX-License-Identifier: MIT
"""One package for each protocol that a decoy speaks."""
