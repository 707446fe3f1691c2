# SPDX-License-Identifier: MIT
"""
One control group per machine: it holds every process of the machine, so that ending the group leaves none.

It hangs directly below the root of the unified hierarchy. Where the host has hierarchies of version 1 as well, systemd-nspawn
makes a group of the same name in the one that systemd uses; that one is removed too.
"""

import os
import select
import time
from contextlib import suppress
from pathlib import Path

from decnet.errors import HostError
from scripts.lib.lab.mounts import mounts

END_SECONDS = 20.0


def unified() -> Path:
    """Return where the unified hierarchy is mounted."""
    for mount in mounts():
        if mount.kind == "cgroup2":
            return mount.point
    raise HostError("no unified hierarchy of control groups is mounted", remedy="mount -t cgroup2 none /sys/fs/cgroup")


class Group:
    """The control group of one machine."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.path = unified() / name

    @property
    def payload(self) -> Path:
        """Where the machine's own groups are: the root, as seen from inside."""
        return self.path / "payload"

    def make(self) -> None:
        """Make the group, if it is not there yet."""
        self.path.mkdir(exist_ok=True)

    def is_populated(self) -> bool:
        """Say whether any process is in the group."""
        try:
            return "populated 1" in (self.path / "cgroup.events").read_text()
        except FileNotFoundError:
            return False

    def kill(self) -> None:
        """End every process of the group at once, and wait until none is left."""
        with suppress(FileNotFoundError):
            (self.path / "cgroup.kill").write_text("1")
            self._until_empty()

    def remove(self) -> None:
        """Remove the empty group, with everything that was made in it, from every hierarchy."""
        for mount in mounts():
            if mount.kind in {"cgroup", "cgroup2"} and (mount.point / self.name).is_dir():
                for folder, _, _ in os.walk(mount.point / self.name, topdown=False):
                    Path(folder).rmdir()

    def _until_empty(self) -> None:
        """Wait for the kernel to say that nobody is left."""
        deadline = time.monotonic() + END_SECONDS
        with (self.path / "cgroup.events").open() as events:
            poll = select.poll()
            poll.register(events, select.POLLPRI)
            while "populated 1" in events.read():
                left = deadline - time.monotonic()
                if left <= 0:
                    raise HostError(f"processes of {self.path} did not end within {END_SECONDS:.0f} s of being killed")
                poll.poll(left * 1000)
                events.seek(0)
