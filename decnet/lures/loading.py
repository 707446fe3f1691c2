# SPDX-License-Identifier: MIT
"""Finds what the list of lures names as "module:Name"; each module is imported when the first decoy needs it."""

import importlib
from functools import cache
from typing import Any

from decnet.domain.persona import Decoy
from decnet.lures.lure import Lure, LureType
from decnet.lures.options import options_of


@cache
def load(reference: str) -> type[Any]:
    """Return the class that ``module:Name`` names; raises ``ImportError`` or ``AttributeError`` where there is none."""
    module, _, name = reference.partition(":")
    found: type[Any] = getattr(importlib.import_module(module), name)
    return found


def build(type_: LureType, decoy: Decoy, values: dict[str, str]) -> Lure:
    """Return the lure of one decoy; raises ``PlanError`` where the options do not fit."""
    lure: Lure = load(type_.implementation)(decoy, options_of(load(type_.options), values))
    return lure
