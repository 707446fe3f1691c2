# SPDX-License-Identifier: MIT
"""
The commands that mend something, where they depend on who runs the services here: systemd, or somebody in a checkout.

People paste them, as root mostly. What others can name (files in a spool, decoys) never stands in one but through ``quoted``.
"""

import os
import shlex
from pathlib import Path

from decnet import paths
from decnet.catalog import SERVICES
from decnet.domain.captured import harmless

UNITS = (paths.UNIT, Path("/usr/lib/systemd/system/decnet-bus.service"))
"""Where ``decnet init`` and the package put the unit of the bus."""
AS_ROOT = "sudo decnet doctor"


def has_units() -> bool:
    """Say whether systemd runs our services on this host."""
    return any(paths.is_installed(unit) for unit in UNITS)


def start(service: str) -> str:
    """Return what starts a service, and shows why it did not start."""
    return f"systemctl start decnet-{service}; journalctl -u decnet-{service}" if has_units() else f"decnet {service}"


def stop(service: str) -> str:
    """Return what stops a service."""
    return f"systemctl stop decnet-{service}" if has_units() else f"stop the other decnet {service}"


def restart(service: str) -> str:
    """Return what has a service begin anew."""
    return f"systemctl restart decnet-{service}" if has_units() else f"end decnet {service}, then: decnet {service}"


def move_dashboard() -> str:
    """Return what lets the dashboard listen elsewhere."""
    if has_units():
        return "decnet configure set DECNET_WEB_LISTEN=ADDRESS:PORT"
    return "set listen in [web] and start it again"


def read_log(service: str, log: Path) -> str:
    """Return what shows the log of a service."""
    return f"journalctl -u decnet-{service}" if has_units() else f"tail {quoted(log)}"


def make_folders() -> str:
    """Return what makes the folders of the services and gives them their owners."""
    return "systemd-tmpfiles --create decnet.conf" if has_units() else "start the services: they make it"


def make_keys() -> str:
    """Return what makes the keys of this host."""
    return "systemctl restart decnet-secrets" if has_units() else "decnet secrets create"


def make_store() -> str:
    """Return what makes the store, or brings it to the schema of this version."""
    users = " ".join(f"decnet-{service.name}" for service in SERVICES if service.opens_store)
    return f"decnet configure apply && systemctl restart {users}" if has_units() else "decnet store migrate"


def quoted(path: Path | str) -> str:
    """Return a path as one word for a shell; one that no terminal shows as it is names nothing, and does nothing either."""
    return shlex.quote(harmless(str(path)))


def as_owner(uid: int) -> str:
    """Return what lets us use what belongs to another account."""
    if os.geteuid() == 0:
        return f"run it as that account: sudo --user='#{uid}' decnet …"
    return "run it as that account, or as root with sudo"
