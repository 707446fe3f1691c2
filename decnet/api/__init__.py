# SPDX-License-Identifier: MIT
"""The API: REST and a live feed, on a UNIX socket."""
