# SPDX-License-Identifier: MIT
"""What a fleet file may set for a redis lure."""

from dataclasses import dataclass
from typing import Annotated

from msgspec import Meta


@dataclass(frozen=True, kw_only=True)
class RedisOptions:
    """The options of the redis lure."""

    password: Annotated[str, Meta(description="requirepass; empty leaves the server open")] = ""
    users: Annotated[tuple[str, ...], Meta(description="further accounts of the access list, each name:password")] = ()
    protected: Annotated[
        bool,
        Meta(description="refuse CONFIG SET dir, MODULE and DEBUG as Redis 7 does by default; no lets attacks go on"),
    ] = False
