# SPDX-License-Identifier: MIT
"""
The way back from a change of the identity that did not work out.

The set that was kept comes back, the files with it, and what ran before runs again.
"""

from contextlib import suppress
from dataclasses import replace

from decnet.install import accounts, ownership, placement, services
from decnet.install.failure import InvalidError
from decnet.install.host import Host
from decnet.install.journal import Journal
from decnet.install.layout import PACKAGE_CONF, PREVIOUS
from decnet.install.plan import Plan
from decnet.install.render import sysusers


def retreat(host: Host, plan: Plan, journal: Journal) -> None:
    """Undo the steps of a plan in the order in which they can be undone while nothing runs."""
    before, tree = plan.before, host.tree
    if before is None:
        return
    services.stop(host, services.active(host))
    text = tree.read(f"{PREVIOUS}/package.conf")
    if text is not None:
        tree.write(PACKAGE_CONF, text, 0o644)
    accounts.make(host, sysusers(before.identity))
    with suppress(InvalidError):
        moves = ownership.back(accounts.numbers(tree, plan.identity), (before.uids, before.gids))
        ownership.hand_over_all(tree, moves, host.say)
    entries = placement.previous(tree)
    placement.put(tree, entries, placement.effective(tree, placement.compare(tree, entries)))
    services.reload(host)
    ownership.make_folders(host)
    accounts.leave(host, replace(before, joined=frozenset(journal.facts("joined"))), before.identity)
    for unit in services.ordered(journal.facts("was-active")):
        services.act(host, "start", unit, was_stopped=True)
