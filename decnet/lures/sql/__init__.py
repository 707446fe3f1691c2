# SPDX-License-Identifier: MIT
"""What the lures that speak SQL share: planted data, and a small evaluator of statements."""
