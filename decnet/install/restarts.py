# SPDX-License-Identifier: MIT
"""
Which services start again when a host was configured, one after the other, and which have to wait for the operator.

Of two services that hold the same sockets the second waits until the first has them again.
"""

from collections.abc import Sequence

from decnet.catalog import services_of
from decnet.install import health, services
from decnet.install.host import Host
from decnet.install.journal import Journal
from decnet.install.migration import AS_OPERATOR
from decnet.install.plan import Plan, changed_role
from decnet.install.render import unit_of

_NONE = {"", "0"}


def carry_out(host: Host, plan: Plan, journal: Journal) -> list[str]:
    """Restart what has to run anew, note what still runs as before; return the units whose process is another one now."""
    running = services.active(host)
    stopped = {*journal.facts("was-active"), *journal.facts("stopped")}
    gone, come = changed_role(plan)
    # nobody can have stopped what the role before, or the version before, did not have
    new = {*services.units_of(come), *_brought(plan)} if running else set()
    wanted = {*stopped, *journal.facts("restart"), *new}
    # nobody stopped what failed: an older version may not have been able to read the store, and this one can
    upgraded = {*journal.facts("recorded"), *running, *services.failed(host)} if plan.is_upgrade else set()
    waiting = set() if plan.identity.restart_on_upgrade else upgraded & set(running) - wanted
    units = services.ordered((wanted | upgraded) - waiting - set(services.units_of(gone)))
    processes = {unit: services.process_of(host, unit) for unit in units}
    _restart(host, units, running, stopped)
    left = [unit for unit in units if processes[unit] not in _NONE and services.process_of(host, unit) == processes[unit]]
    _tell(host, services.ordered(waiting), left)
    return [unit for unit in units if unit not in left]


def _brought(plan: Plan) -> list[str]:
    """Return the services of the role that were never enabled before."""
    return services.units_of(row for row in services_of(plan.identity.role) if unit_of(row) in plan.enable)


def _restart(host: Host, units: Sequence[str], running: Sequence[str], stopped: set[str]) -> None:
    """Restart units one after the other; a holder whose neighbour is not well keeps the sockets open."""
    held = ""
    for unit in units:
        if unit in health.HOLDERS and unit in running and held and not _is_whole(held):
            host.say(f"warning: {held} is not well, so {unit} keeps the ports open and was not restarted: decnet doctor")
            continue
        services.act(host, "restart", unit, was_stopped=unit in stopped)
        held = unit if unit in health.HOLDERS else held


def _is_whole(unit: str) -> bool:
    """Wait until a holder has its sockets again; say whether it has."""
    return services.wait_until(lambda: health.holds_everything(AS_OPERATOR, unit), health.SECONDS)


def _tell(host: Host, waiting: Sequence[str], left: Sequence[str]) -> None:
    """Say and note which services run as before, those of earlier times that still do among them."""
    if waiting:
        host.say(f"the services still run the version before: systemctl restart {' '.join(waiting)}")
    if left:
        host.say(f"still as before, by the policy of this host or for a warning above: {' '.join(left)}")
    if waiting or left:
        services.note_pending(host, services.ordered({*services.pending(host), *waiting, *left}))
