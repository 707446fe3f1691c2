# SPDX-License-Identifier: MIT
"""Pure rules, no input or output: personas, evidence, fleets."""
