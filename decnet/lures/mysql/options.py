# SPDX-License-Identifier: MIT
"""What a fleet file may set for a mysql lure."""

from dataclasses import dataclass
from typing import Annotated, Literal

from msgspec import Meta


@dataclass(frozen=True, kw_only=True)
class MysqlOptions:
    """The options of the mysql lure."""

    access: Annotated[
        Literal["drawn", "open", "closed", "host"],
        Meta(
            description="open lets weak passwords in, closed refuses every login, host refuses every address before the login; "
            "drawn takes open or closed from the decoy's seed"
        ),
    ] = "drawn"
    accounts: Annotated[
        tuple[str, ...],
        Meta(description="user:password pairs that are let in; empty: weak ones that follow from the decoy's seed"),
    ] = ()
    files: Annotated[
        bool, Meta(description="let LOAD_FILE and INTO OUTFILE work, as an empty secure_file_priv does; no refuses them")
    ] = True
