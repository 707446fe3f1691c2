# SPDX-License-Identifier: MIT
"""One module for each service: wiring, not rules."""
