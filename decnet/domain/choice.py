# SPDX-License-Identifier: MIT
"""Which decoys an operator means by names."""

from collections.abc import Iterable, Mapping

from decnet.domain.problem import unknown
from decnet.errors import NotFoundError


def choose(names: Iterable[str], fleets: Mapping[str, str]) -> frozenset[str]:
    """
    Return the decoys that are meant; ``fleets`` maps every decoy to its fleet, whose name stands for all of its decoys.

    A name that both have means the decoy. Raises ``NotFoundError`` that names everything which is neither.
    """
    known = {*fleets, *fleets.values()}
    if missing := [unknown("decoy or fleet", name, sorted(known)) for name in names if name not in known]:
        raise NotFoundError("\n".join(missing), remedy="decnet status lists them")
    asked = frozenset(names)
    return frozenset(decoy for decoy, fleet in fleets.items() if decoy in asked or (fleet in asked and fleet not in fleets))
