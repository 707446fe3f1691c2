# SPDX-License-Identifier: MIT
"""
The frames of the bus.

``VERB[ SP argument] LF``, four bytes of length (big-endian), the body. The header is printable ASCII of at most 4096 bytes,
the body has at most 1 MiB. A body is never looked into here.
"""

MAX_HEADER = 4096
MAX_BODY = 1024 * 1024
