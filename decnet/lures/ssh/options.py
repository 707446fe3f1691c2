# SPDX-License-Identifier: MIT
"""What a fleet file may set for an ssh lure."""

from dataclasses import dataclass
from typing import Annotated

import msgspec


@dataclass(frozen=True, kw_only=True)
class SshOptions:
    """The keys of an ssh lure."""

    accounts: Annotated[
        tuple[str, ...],
        msgspec.Meta(
            description="user:password pairs that are let in; empty: a few weak ones that follow from the decoy's seed"
        ),
    ] = ()
    accept_keys: Annotated[
        bool, msgspec.Meta(description="let in whoever proves to own any public key, as one of the accounts")
    ] = False
    failure_seconds: Annotated[
        float, msgspec.Meta(description="mean delay of the answer to a wrong password; it varies by a quarter", ge=0, le=30)
    ] = 2.0
    attempts: Annotated[
        int, msgspec.Meta(description="logins that may fail in one connection (MaxAuthTries)", ge=1, le=100)
    ] = 6
    login_seconds: Annotated[
        float, msgspec.Meta(description="time in which a client has to log in (LoginGraceTime)", gt=0, le=3600)
    ] = 120.0
    record_terminal: Annotated[bool, msgspec.Meta(description="record what is shown and typed on the terminal")] = True
