# SPDX-License-Identifier: MIT
"""The one durable primitive: append-only segments of evidence, one writer, one sequence."""
