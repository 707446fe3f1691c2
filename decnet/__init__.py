# SPDX-License-Identifier: MIT
"""decnet: a deception network. One host, or a fleet, pretends to be many machines on a LAN."""
