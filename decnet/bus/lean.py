# SPDX-License-Identifier: MIT
"""
Keep what it does not need out of the bus process.

The bus speaks over a UNIX socket only, but asyncio and hashlib load OpenSSL when they can: 5 MB, a fifth of the process. Both
are made to work without it, and msgspec without typing_extensions, which it takes in place of typing where it is installed.
Import this before asyncio; it does something only where the process is ``decnet bus``.
"""

import sys
from typing import Final

UNWANTED: Final = ("ssl", "_hashlib", "typing_extensions")

if sys.argv[1:2] == ["bus"] and "asyncio" not in sys.modules:
    # the import system takes None for "there is no such module"
    sys.modules.update(dict.fromkeys(UNWANTED))  # type: ignore[arg-type]  # documented: sys.modules may hold None
