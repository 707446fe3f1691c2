# SPDX-License-Identifier: MIT
"""
Commands that work with the store, done as the account that owns it where root asks.

That account may put what it likes in the place of the store: a pipe, a link to another database, views without an end. Root
would read all that with its own might; as the account it reaches nothing that the account does not.
"""

from argparse import Namespace
from collections.abc import Callable

from decnet.cli.command import Command
from decnet.config.model import Config
from decnet.host.account import as_account, owner_of
from decnet.store import keys


def run(command: Command, options: Namespace, config: Config, answered: Callable[[Callable[[], int]], int]) -> int:
    """
    Run a command as the owner of the store and return its exit code; ``answered`` turns its errors into words and a code.

    The keys, which only root may read, are loaded before.
    """
    account = owner_of(config.paths.store.parent)
    if account is None:
        return command.run(options, config)

    if command.uses_keys:
        keys.hold(config.paths.secrets)
    return int(as_account(account, lambda: answered(lambda: command.run(options, config))))
