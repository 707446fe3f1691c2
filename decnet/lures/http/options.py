# SPDX-License-Identifier: MIT
"""What a fleet file may set for an http lure."""

from dataclasses import dataclass
from typing import Annotated, Literal

from msgspec import Meta


@dataclass(frozen=True, kw_only=True)
class HttpOptions:
    """The options of the http lure."""

    site: Annotated[
        Literal["auto", "nginx", "apache", "portal"],
        Meta(description="what is served: the default site of nginx or Apache, a login portal; auto follows the persona"),
    ] = "auto"
    authentication: Annotated[
        Literal["none", "basic", "digest", "digest-sha256"],
        Meta(description="how /admin/ asks for a password"),
    ] = "basic"
    realm: Annotated[str, Meta(description="the realm that /admin/ names")] = "Restricted"
    accept: Annotated[
        Literal["none", "planted"], Meta(description="which logins the portal accepts: none, or those of accounts")
    ] = "none"
    accounts: Annotated[tuple[str, ...], Meta(description="planted accounts of the portal, each name:password")] = (
        "admin:admin",
    )
