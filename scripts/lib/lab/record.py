# SPDX-License-Identifier: MIT
"""
What the lab writes down about a machine, before it makes the thing: whatever died half way can be removed by this alone.

Everything else is found from where it is: mounts are those inside the machine's folder, processes those of its control group.
"""

import os
from enum import StrEnum
from pathlib import Path
from typing import Self

import msgspec

FILE = "record.json"


class Phase(StrEnum):
    """How far a machine is in its life."""

    MAKING = "making"
    """Its first boot is not over. Who makes it holds its lock; where nobody does, it is a leftover."""
    MADE = "made"
    """It booted at least once; whether it runs now is for its control group to say."""
    LAYER = "layer"
    """Its disk is the ground on which other machines stand; it boots no more."""


class Process(msgspec.Struct, frozen=True):
    """A process, told from a later one of the same number by the tick in which it started."""

    pid: int
    started: int

    @classmethod
    def of(cls, pid: int) -> Self | None:
        """Return a process that runs; None where there is none of that number, or only its remains."""
        try:
            fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        except (FileNotFoundError, ProcessLookupError):
            return None
        return None if fields[0] == "Z" else cls(pid, int(fields[19]))

    @classmethod
    def this(cls) -> Self:
        """Return the process that we are."""
        found = cls.of(os.getpid())
        assert found is not None  # noqa: S101 - we run; tells mypy
        return found

    def is_alive(self) -> bool:
        """Say whether it still runs."""
        return type(self).of(self.pid) == self


class Record(msgspec.Struct):
    """One machine. ``owner`` is the process it must not outlive; None for one that stays until it is stopped."""

    name: str
    hostname: str
    suite: str
    docker: bool
    network: str
    address: str
    group: str
    lowers: list[str]
    binds: dict[str, str]
    owner: Process | None
    phase: Phase = Phase.MAKING
    keeper: Process | None = None
    disk_lock: str = ""

    @classmethod
    def read(cls, folder: Path) -> Self:
        """Read the record of a machine's folder; raise ``FileNotFoundError`` where there is none."""
        return msgspec.json.decode((folder / FILE).read_bytes(), type=cls)

    def write(self, folder: Path) -> None:
        """Write it: as a whole, or not at all."""
        new = folder / f".{FILE}"
        new.write_bytes(msgspec.json.encode(self))
        new.replace(folder / FILE)
