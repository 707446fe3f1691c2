# SPDX-License-Identifier: MIT
"""HTTP/1.x as nginx or Apache speak it."""
