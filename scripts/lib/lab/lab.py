# SPDX-License-Identifier: MIT
"""The lab: machines are made here, found again, and removed with all that was made for them."""

import hashlib
import os
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

import msgspec

from decnet.errors import HostError, InUseError, NotFoundError, NotRunningError, PlanError
from scripts.lib.lab.base import Base, Say, prune, remove_tree
from scripts.lib.lab.folder import Folder, locked, locked_if_free
from scripts.lib.lab.machine import Machine
from scripts.lib.lab.network import Network, free_address
from scripts.lib.lab.program import DEADLINE_SECONDS, Finished, attempt, expect_success
from scripts.lib.lab.record import Phase, Process, Record

# what a host name may be, short enough for everything that is named after it
NAME = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")
NAME_LENGTH = 40
NETWORK = "lab"
SUITE = "trixie"
LOCK = "lock"


class Lab:
    """
    All machines of one folder.

    Those that are made with an ``owner`` do not outlive it: the next one who makes a machine removes them.
    """

    def __init__(self, folder: Folder, *, say: Say, owner: Process | None = None, network: str = NETWORK) -> None:
        if os.geteuid() != 0:
            raise HostError(
                "the lab needs root: it mounts file systems and boots machines", remedy="run it as root, or with sudo"
            )
        self.folder = folder
        self.say = say
        self.owner = owner
        self.network = Network(folder.networks / network)
        folder.make()

    def boot(
        self,
        name: str,
        *,
        hostname: str = "",
        suite: str = SUITE,
        docker: bool = False,
        binds: Mapping[Path, str] | None = None,
        on: Machine | None = None,
    ) -> Machine:
        """
        Make a machine and boot it; nothing is left of it where that fails.

        ``binds`` are folders of the host and where they are seen inside, read-only. ``on`` is a machine that became a layer:
        the new one begins with its disk.
        """
        checked(name)
        self.sweep()
        lowers = layers_of(on) if on else [str(Base(self.folder, suite, docker=docker).ensure(self.say))]
        record = Record(
            name=name,
            hostname=hostname or name,
            suite=on.suite if on else suite,
            docker=docker,
            network=self.network.folder.name,
            address="",
            group=group_name(self.folder, name),
            lowers=lowers,
            binds={str(source.absolute()): target for source, target in (binds or {}).items()},
            owner=self.owner,
        )
        with self._made(record) as machine:
            self.say(f"{name}: booting")
            machine.prepare_disk()
            machine.power_on()
            machine.record.phase = Phase.MADE
            machine.record.write(machine.folder)
        return machine

    def outside_command(self, argv: Sequence[str]) -> list[str]:
        """Return the command that runs a program of the host beside the machines; there has to be one."""
        if not self.network.is_made:
            raise NotRunningError("no machine is on the network", remedy="scripts/lab boot NAME")
        return self.network.command(argv)

    def outside(
        self, argv: Sequence[str], *, check: bool = True, stdin: str = "", deadline_seconds: float = DEADLINE_SECONDS
    ) -> Finished:
        """Run a program of the host beside the machines; raise ``CommandFailedError`` where ``check`` and it fails."""
        what = f"outside: {' '.join(argv)}"
        finished = attempt(self.outside_command(argv), what=what, stdin=stdin, deadline_seconds=deadline_seconds)
        return expect_success(finished, what=what) if check else finished

    def machine(self, name: str) -> Machine:
        """Return a machine that was made; raise ``NotFoundError`` where there is none of that name."""
        try:
            return Machine(self.folder, Record.read(self.folder.machines / name))
        except FileNotFoundError:
            raise NotFoundError(f"there is no machine {name}", remedy="scripts/lab list") from None

    def machines(self) -> list[Machine]:
        """Return every machine, those that others stand on last."""
        found = []
        for path in sorted(self.folder.machines.iterdir()):
            # one that is removed at this moment is gone, or has no record any more
            try:
                found.append(Machine(self.folder, Record.read(path)))
            except (FileNotFoundError, NotADirectoryError, msgspec.DecodeError):
                continue
        return sorted(found, key=lambda machine: machine.record.phase is Phase.LAYER)

    def stop(self, name: str) -> None:
        """Remove a machine with all that was made for it; one that others stand on is refused."""
        machine = self.machine(name)
        upper = str(machine.folder / "upper")
        if others := [other.name for other in self.machines() if upper in other.record.lowers]:
            raise InUseError(f"machines stand on {name}", remedy=f"scripts/lab stop {' '.join(others)}")
        with locked(machine.folder / LOCK):
            # whoever held the lock may have written it anew, or removed it
            self._remove(self.machine(name))

    def sweep(self) -> list[str]:
        """Remove what dead runs left, and return the names: half made machines, those of dead owners, unused networks."""
        swept = [machine.name for machine in self.machines() if self._sweep(machine.name)]
        with self.folder.locked():
            for path in self.folder.machines.glob(".*"):
                remove_tree(path)
            self._remove_unused_networks()
        prune(self.folder, {lower for machine in self.machines() for lower in machine.record.lowers})
        return swept

    def _sweep(self, name: str) -> bool:
        """Remove one machine if nobody is there who would; say whether it was removed."""
        try:
            with locked_if_free(self.folder.machines / name / LOCK) as free:
                if not free or not self._is_left_over(machine := self.machine(name)):
                    return False
                self._remove(machine)
                return True
        except (FileNotFoundError, NotFoundError):
            return False

    def stop_all(self) -> list[str]:
        """Remove every machine but those of a test run that still runs; return the names of these."""
        self.sweep()
        kept = []
        for machine in self.machines():
            if machine.record.owner and machine.record.owner != self.owner:
                kept.append(machine.name)
            else:
                self.stop(machine.name)
        return kept

    @contextmanager
    def _made(self, record: Record) -> Iterator[Machine]:
        """Give a machine its name, address, folder and network; take them back where the block fails."""
        with ExitStack() as held:
            with self.folder.locked():
                machine = self._claim(record, held)
            try:
                with self.folder.locked():
                    machine.network.make()
                yield machine
            except BaseException:
                self._remove(machine)
                raise

    def _claim(self, record: Record, held: ExitStack) -> Machine:
        """Make the folder of a machine; it appears with its record in it, and with its lock held."""
        hidden = self.folder.machines / f".{record.name}"
        visible = self.folder.machines / record.name
        if visible.exists():
            raise InUseError(f"there is a machine {record.name} already", remedy=f"scripts/lab stop {record.name}")
        record.address = free_address([other.address for other in self.machines() if other.record.network == record.network])
        remove_tree(hidden)
        hidden.mkdir(mode=0o700)
        record.write(hidden)
        held.enter_context(locked(hidden / LOCK))
        hidden.rename(visible)
        return Machine(self.folder, record)

    def _is_left_over(self, machine: Machine) -> bool:
        """Say whether a machine whose lock we hold has nobody who will remove it."""
        owner = machine.record.owner
        return machine.record.phase is Phase.MAKING or (owner is not None and not owner.is_alive())

    def _remove(self, machine: Machine) -> None:
        """Remove a machine whose lock we hold."""
        machine.discard()
        with self.folder.locked():
            self._remove_unused_networks()

    def _remove_unused_networks(self) -> None:
        """Remove the networks that no machine is on."""
        used = {machine.record.network for machine in self.machines()}
        for path in self.folder.networks.iterdir():
            if path.name not in used:
                Network(path).remove()


def checked(name: str) -> str:
    """Return a name; raise ``PlanError`` where a host cannot be called so."""
    if not NAME.fullmatch(name) or len(name) > NAME_LENGTH:
        raise PlanError(f"no machine can be called {name!r}: small letters, digits, single hyphens, at most {NAME_LENGTH}")
    return name


def layers_of(machine: Machine) -> list[str]:
    """Return the layers on which a machine stands that begins with another one's disk, the uppermost first."""
    if machine.record.phase is not Phase.LAYER:
        raise InUseError(f"machine {machine.name} is no layer; power it off and call become_layer()")
    return [str(machine.folder / "upper"), *machine.record.lowers]


def group_name(folder: Folder, name: str) -> str:
    """Return what a machine's control group is called: two labs may have machines of one name."""
    return f"decnet-lab-{hashlib.sha256(str(folder.root).encode()).hexdigest()[:8]}-{name}"
