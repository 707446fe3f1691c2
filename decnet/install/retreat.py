# SPDX-License-Identifier: MIT
"""
The way back from a change of the identity that did not work out.

The set that was kept comes back, and the files with it. Before a file has another owner that is package.conf alone, and nothing
is stopped. What was stopped is started by the caller, whatever goes wrong here.
"""

from contextlib import suppress
from dataclasses import replace

from decnet.install import accounts, ownership, placement, services
from decnet.install.failure import InvalidError
from decnet.install.host import Host
from decnet.install.journal import Journal
from decnet.install.layout import PACKAGE_CONF, PREVIOUS
from decnet.install.plan import Plan
from decnet.install.record import Record
from decnet.install.render import sysusers


def retreat(host: Host, plan: Plan, journal: Journal) -> None:
    """Undo the steps of a plan, as far as they came."""
    before = plan.before
    if before is None:
        return
    if journal.facts("previous"):  # what was kept by a run before this one is older than what is in place
        _bring_configuration_back(host)
    changes_hands = "owners" in journal.facts("step")
    if changes_hands:
        running = services.active(host)
        journal.note("was-active", *(unit for unit in running if unit not in journal.facts("was-active")))
        services.stop(host, running)
        _bring_files_back(host, plan, before, journal)
    accounts.leave(host, replace(before, joined=frozenset(journal.facts("joined"))), before.identity)
    for kind in ("left-uid", "left-gid") if changes_hands else ():
        journal.forget(kind)


def _bring_configuration_back(host: Host) -> None:
    """Make package.conf what it was; a disk that cannot be written to is in nobody's way where it is that already."""
    text = host.tree.read(f"{PREVIOUS}/package.conf")
    if text == host.tree.read(PACKAGE_CONF):
        return
    if text is None:
        host.tree.remove(PACKAGE_CONF)
    else:
        host.tree.write(PACKAGE_CONF, text, 0o644)


def _bring_files_back(host: Host, plan: Plan, before: Record, journal: Journal) -> None:
    """Give the files to the accounts from before, and let the rendered ones name these."""
    tree = host.tree
    if accounts.missing(tree, before.identity):
        accounts.make(host, sysusers(before.identity))
    _hand_back(host, plan, before, journal)
    entries = placement.previous(tree)
    placement.put(tree, entries, placement.effective(tree, placement.compare(tree, entries)))
    services.reload(host)
    ownership.make_folders(host)


def _hand_back(host: Host, plan: Plan, before: Record, journal: Journal) -> None:
    """Hand over what carries the numbers of this change, and of those before it that did not end."""
    now: tuple[dict[str, int], dict[str, int]] = {}, {}
    with suppress(InvalidError):  # where an account was never made no file is its own
        now = accounts.numbers(host.tree, plan.identity)
    ways = [now]
    ways += [(pair, {}) for pair in journal.numbers("left-uid") if not pair.items() <= now[0].items()]
    ways += [({}, pair) for pair in journal.numbers("left-gid") if not pair.items() <= now[1].items()]
    for numbers in ways:
        ownership.hand_over_all(host.tree, ownership.back(numbers, (before.uids, before.gids)), host.say)
