# SPDX-License-Identifier: MIT
"""
The units of decnet on a running system: which are active, and what is done with them.

Services are named one by one, never a target: starting a target starts what the operator stopped. Only the very first
configuration starts ``decnet.target``.
"""

import time
from collections.abc import Callable, Iterable, Sequence

from decnet.catalog import SERVICES, Service, start_order
from decnet.host.process import CommandFailed, check, run
from decnet.install.host import Host
from decnet.install.layout import GATE, PENDING, UNITS
from decnet.install.render import unit_of

TARGET = "decnet.target"
_UNIT_SECONDS = 180.0
_LOOK_SECONDS = 0.25
_MODE = 0o644


def ordered(units: Iterable[str]) -> list[str]:
    """Return the units of our services among these, in the order in which they start."""
    chosen = set(units)
    return [unit_of(service) for service in start_order(SERVICES) if unit_of(service) in chosen]


def units_of(services: Iterable[Service]) -> list[str]:
    """Return the units of services, in the order in which they start."""
    return ordered(unit_of(service) for service in services)


def active(host: Host) -> list[str]:
    """Return our services that run, or are about to; none where no systemd runs."""
    return ordered(running(host))


def failed(host: Host) -> list[str]:
    """Return our services that nobody stopped and that do not run, as they could not go on."""
    return ordered(_listed(host, "failed"))


def running(host: Host) -> list[str]:
    """Return every unit called like ours that is active, or about to be or not to be; none where no systemd runs."""
    return _listed(host, "active,activating,reloading,deactivating")


def _listed(host: Host, states: str) -> list[str]:
    """Return every unit called like ours in one of these states."""
    if not host.is_live:
        return []
    listed = check(("systemctl", "list-units", f"--state={states}", "--plain", "--no-legend", "--full", "decnet-*", TARGET))
    return [line.split()[0] for line in listed.stdout.splitlines() if line.split()]


def reload(host: Host) -> None:
    """Let systemd read its unit files again."""
    if host.is_live:
        check(("systemctl", "daemon-reload"), timeout_seconds=_UNIT_SECONDS)


def enable(host: Host, units: Sequence[str]) -> None:
    """Enable units; that works without a running systemd, too."""
    if units:
        host.program("systemctl", "enable", "--quiet", *units)


def is_masked(host: Host, unit: str) -> bool:
    """Say whether an operator, or a package that was removed, forbids a unit; it cannot be enabled then."""
    return host.tree.target(f"{UNITS}/{unit}") == "/dev/null"


def disable(host: Host, units: Sequence[str]) -> None:
    """Disable units, those that are gone already left out."""
    if units:
        root = () if host.tree.is_host else (f"--root={host.tree.root}",)
        run(("systemctl", *root, "disable", "--quiet", *units))


def stop(host: Host, units: Sequence[str]) -> None:
    """Stop units, the last started first; raise ``CommandFailed`` where one does not stop."""
    if host.is_live and units:
        check(("systemctl", "stop", *reversed(units)), timeout_seconds=_UNIT_SECONDS)


def change_target(host: Host, gone: str, come: str) -> None:
    """
    Let the target of another role be the active one, without what it wants: the operator may have stopped that.

    The one of before would bring its services back with the next restart of ``decnet.target``.
    """
    if host.is_live and running(host):
        check(("systemctl", "stop", gone), timeout_seconds=_UNIT_SECONDS)
        check(("systemctl", "start", "--job-mode=ignore-dependencies", come), timeout_seconds=_UNIT_SECONDS)


def act(host: Host, verb: str, unit: str, *, was_stopped: bool = False) -> bool:
    """
    Start or restart a unit; say what went wrong, which is never the end.

    A package asks the host's policy about it, but for services that we stopped ourselves: those ran with its consent.
    """
    if not host.is_live:
        return False
    invoke = host.by_package and not was_stopped and host.has_program("deb-systemd-invoke")
    program = "deb-systemd-invoke" if invoke else "systemctl"
    try:
        run(("systemctl", "reset-failed", unit))
        check((program, verb, unit), timeout_seconds=_UNIT_SECONDS)
    except CommandFailed as error:
        host.say(f"warning: {unit} did not {verb}: {error.message}; see: journalctl -u {unit}")
        return False
    return True


def process_of(host: Host, unit: str) -> str:
    """Return the number of a unit's main process; 0 where it does not run."""
    return run(("systemctl", "show", "--property=MainPID", "--value", unit)).stdout.strip() if host.is_live else "0"


def record_gate(host: Host) -> None:
    """
    Note the services that run, and hold back those that open the store until the gate is opened.

    Those of a gate that is still shut ran when the first of several attempts began, and are to run again.
    """
    if host.is_live:
        units = ordered({*active(host), *(recorded(host) or ())})
        host.tree.write(GATE, "".join(f"{unit}\n" for unit in units).encode(), _MODE)


def recorded(host: Host) -> list[str] | None:
    """Return what the gate notes; None where there is no gate."""
    text = host.tree.text(GATE)
    return None if text is None else ordered(text.split())


def open_gate(host: Host) -> None:
    """Let the services that open the store start again."""
    host.tree.remove(GATE)


def note_pending(host: Host, units: Sequence[str]) -> None:
    """Note which processes still run the version before."""
    lines = "".join(f"{unit} {process_of(host, unit)}\n" for unit in units)
    host.tree.write(PENDING, lines.encode(), _MODE)


def pending(host: Host) -> list[str]:
    """Return the units whose process is still the one that was noted."""
    rows = [line.split() for line in (host.tree.text(PENDING) or "").splitlines()]
    return [row[0] for row in rows if len(row) == len(("unit", "process")) and process_of(host, row[0]) == row[1]]


def wait_until(holds: Callable[[], bool], seconds: float) -> bool:
    """Look again and again until something holds; say whether it did in time."""
    deadline = time.monotonic() + seconds
    while not holds():
        if time.monotonic() > deadline:
            return False
        time.sleep(_LOOK_SECONDS)
    return True
