# SPDX-License-Identifier: MIT
"""The planted data of a decoy."""

import time
from collections.abc import Callable

from decnet.domain.persona import Decoy
from decnet.lures.sql.planted import Dataset
from decnet.lures.sql.themes.billing import BILLING
from decnet.lures.sql.themes.crm import CRM
from decnet.lures.sql.themes.intranet import INTRANET
from decnet.lures.sql.themes.shop import SHOP
from decnet.lures.sql.themes.wordpress import WORDPRESS

THEMES = (SHOP, CRM, INTRANET, BILLING, WORDPRESS)


def dataset_of(decoy: Decoy, now: Callable[[], float] = time.time) -> Dataset:
    """Return the database that the applications of a decoy share, whichever lure shows it."""
    return Dataset(decoy, THEMES, now)
