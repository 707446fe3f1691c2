# SPDX-License-Identifier: MIT
"""What a fleet file may set for an ftp lure."""

from dataclasses import dataclass
from typing import Annotated, Literal

from msgspec import Meta


@dataclass(frozen=True, kw_only=True)
class FtpOptions:
    """The keys of an ftp lure."""

    accounts: Annotated[
        tuple[str, ...],
        Meta(description="user:password pairs that are let in; empty: those of the decoy's ssh lure, as its seed makes them"),
    ] = ()
    anonymous: Annotated[
        Literal["drawn", "yes", "no"],
        Meta(description="let in anonymous, with a folder to upload to; drawn: one decoy of three"),
    ] = "drawn"
    writable: Annotated[bool, Meta(description="let users upload, rename and delete; no is the default of the package")] = True
    failure_seconds: Annotated[
        float, Meta(description="mean delay of the answer to a wrong password; it varies by a quarter", ge=0, le=30)
    ] = 3.0
    attempts: Annotated[int, Meta(description="logins that may fail in one connection", ge=1, le=100)] = 3
