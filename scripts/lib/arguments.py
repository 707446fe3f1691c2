# SPDX-License-Identifier: MIT
"""How an argument of the command line is written in a manual."""

from argparse import SUPPRESS, Action, _SubParsersAction


def is_shown(action: Action) -> bool:
    """Say whether an argument belongs into the table."""
    return action.dest != "help" and action.help != SUPPRESS and not isinstance(action, _SubParsersAction)


def call(action: Action) -> str:
    """Return an argument as it is written."""
    value = str(action.metavar or ("|".join(map(str, action.choices)) if action.choices else action.dest.upper()))
    if not action.option_strings:
        return value
    takes_value = action.nargs != 0
    return ", ".join(f"{option} {value}" if takes_value else option for option in action.option_strings)
