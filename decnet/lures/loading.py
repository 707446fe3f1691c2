# SPDX-License-Identifier: MIT
"""Finds what the list of lures names as "module:Name"; each module is imported when the first decoy needs it."""

import importlib
from functools import cache
from typing import Any

from decnet.domain.persona import Decoy
from decnet.lures.library import executing_nothing
from decnet.lures.lure import Lure
from decnet.lures.options import options_of
from decnet.lures.registry import lure_type


@cache
def load(reference: str) -> type[Any]:
    """Return the class that ``module:Name`` names; raises ``ImportError`` or ``AttributeError`` where there is none."""
    module, _, name = reference.partition(":")
    with executing_nothing():
        found: type[Any] = getattr(importlib.import_module(module), name)
    return found


def planted(name: str, decoy: Decoy, values: dict[str, str]) -> dict[str, str]:
    """Return the passwords by user name that a lure would let in; none where it plants no accounts. Raises as ``build``."""
    row = lure_type(name)
    if not row.accounts:
        return {}
    found: dict[str, str] = load(row.accounts)(decoy, options_of(load(row.options), values))
    return found


def build(name: str, decoy: Decoy, values: dict[str, str]) -> Lure:
    """
    Return the lure called ``name`` for one decoy.

    Raises ``NotFoundError`` where there is no such lure, ``PlanError`` where the options do not fit.
    """
    row = lure_type(name)
    lure: Lure = load(row.implementation)(decoy, options_of(load(row.options), values))
    return lure
