# SPDX-License-Identifier: MIT
"""What is remembered: evidence, secrets, attackers, the event log, the fleet."""
