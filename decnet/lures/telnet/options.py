# SPDX-License-Identifier: MIT
"""What a fleet file may set for a telnet lure."""

from dataclasses import dataclass
from typing import Annotated

import msgspec


@dataclass(frozen=True, kw_only=True)
class TelnetOptions:
    """The keys of a telnet lure."""

    accounts: Annotated[
        tuple[str, ...],
        msgspec.Meta(
            description="user:password pairs that are let in; empty: a few weak ones of the decoy, the same as for ssh"
        ),
    ] = ()
    failure_seconds: Annotated[
        float, msgspec.Meta(description="mean delay of the answer to a wrong password; it varies by a quarter", ge=0, le=30)
    ] = 3.0
    attempts: Annotated[
        int, msgspec.Meta(description="logins that may fail in one connection (LOGIN_RETRIES)", ge=1, le=100)
    ] = 5
    login_seconds: Annotated[
        float, msgspec.Meta(description="time in which a client has to log in (LOGIN_TIMEOUT)", gt=0, le=3600)
    ] = 60.0
    patience_seconds: Annotated[
        float,
        msgspec.Meta(description="time after which a client that negotiates nothing gets its prompt all the same", ge=0, le=60),
    ] = 3.0
    record_terminal: Annotated[bool, msgspec.Meta(description="record what is shown and typed on the terminal")] = True
