# SPDX-License-Identifier: MIT
"""What somebody may do through the API."""

import re
from enum import StrEnum
from typing import Final

ACCOUNT_NAME: Final = "[a-z0-9][a-z0-9._-]{0,31}"
"""What an account may be called, as a regular expression; a token, too."""
_ACCOUNT_NAME = re.compile(ACCOUNT_NAME)


class Access(StrEnum):
    """A viewer looks; an operator changes the decoys and sees captured secrets, too; an admin decides who is which, too."""

    VIEWER = "viewer"
    OPERATOR = "operator"
    ADMIN = "admin"

    def includes(self, other: "Access") -> bool:
        """Say whether whoever has this may do what ``other`` may."""
        return _ORDER.index(self) >= _ORDER.index(other)


_ORDER: Final = tuple(Access)


def is_account_name(name: str) -> bool:
    """Say whether an account, or a token, may be called this."""
    return _ACCOUNT_NAME.fullmatch(name) is not None
