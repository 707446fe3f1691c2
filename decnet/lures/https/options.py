# SPDX-License-Identifier: MIT
"""What a fleet file may set for an https lure."""

from dataclasses import dataclass

from decnet.lures.http.options import HttpOptions


@dataclass(frozen=True, kw_only=True)
class HttpsOptions(HttpOptions):
    """The options of the https lure: those of http; the same ones show the same site."""
