# SPDX-License-Identifier: MIT
"""What a fleet file may set for https."""

from decnet.lures.http.options import HttpOptions
from decnet.lures.https.options import HttpsOptions
from decnet.lures.options import describe, options_of


def test_the_options_of_http_mean_the_same() -> None:
    assert describe(HttpsOptions) == describe(HttpOptions)
    assert options_of(HttpsOptions, {"site": "portal"}).site == "portal"
