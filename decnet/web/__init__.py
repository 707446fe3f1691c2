# SPDX-License-Identifier: MIT
"""The dashboard: pages rendered from what api says."""
