# SPDX-License-Identifier: MIT
"""One module for each noun of the API."""
