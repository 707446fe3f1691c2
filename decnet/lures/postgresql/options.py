# SPDX-License-Identifier: MIT
"""What a fleet file may set for a postgresql lure."""

from dataclasses import dataclass
from typing import Annotated, Literal

from msgspec import Meta


@dataclass(frozen=True, kw_only=True)
class PostgresqlOptions:
    """The options of the postgresql lure."""

    accounts: Annotated[
        tuple[str, ...],
        Meta(description="role:password pairs that are let in; empty: weak ones that follow from the decoy's seed"),
    ] = ()
    superusers: Annotated[
        tuple[str, ...], Meta(description="roles that may do everything, COPY from programs and files included")
    ] = ("postgres",)
    answer: Annotated[
        Literal["server", "denial", "no-entry"],
        Meta(
            description="server lets known accounts in to planted tables; denial refuses every password; no-entry refuses "
            "before one is asked for, as a pg_hba.conf without a line for the client does"
        ),
    ] = "server"
    authentication: Annotated[
        Literal["md5", "scram-sha-256", "password"],
        Meta(description="how roles log in; Debian 11 and Ubuntu 20.04 have md5, password asks for it in clear"),
    ] = "md5"
    tls: Annotated[bool, Meta(description="offer TLS with the machine's own certificate, as Debian's server does")] = True
