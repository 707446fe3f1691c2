# SPDX-License-Identifier: MIT
"""What the agent tells of its decoys: a file that is always whole, written by the agent, read by whoever asks."""

import os
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Literal, TypeVar

import msgspec

from decnet.errors import DamagedError

State = Literal["up", "waiting", "failed"]
Kind = TypeVar("Kind")


@dataclass(frozen=True, kw_only=True)
class LureReport:
    """
    One lure on one address: ``up``, ``failed`` (``error`` says why), or ``waiting``.

    A waiting lure has its port open; clients wait in the backlog until a decoys service takes it. ``code`` is the exit code
    of the error's kind, 0 where there is none.
    """

    name: str
    address: str
    port: int
    state: State
    error: str = ""
    code: int = 0


@dataclass(frozen=True, kw_only=True)
class DecoyReport:
    """One decoy; its state is the worst one of its lures."""

    name: str
    fleet: str
    archetype: str
    hostname: str
    addresses: tuple[str, ...]
    state: State
    lures: tuple[LureReport, ...]


@dataclass(frozen=True, kw_only=True)
class AgentReport:
    """All decoys of a host, the revision of the desired state that was applied last, and the decoys service's process."""

    host: str
    revision: int
    at: datetime
    decoys_pid: int
    decoys: tuple[DecoyReport, ...]


@dataclass(frozen=True, kw_only=True)
class Applied:
    """What the agent was last asked for, so that it can start without the store; the document holds seeds of personas."""

    revision: int
    document: str


def worst(states: tuple[State, ...]) -> State:
    """Return the state of something that has parts."""
    if "failed" in states:
        return "failed"
    return "waiting" if "waiting" in states else "up"


def write(path: Path, content: AgentReport | Applied, *, mode: int) -> None:
    """Replace a file by ``content``; readers see the old one or the new one. Raises ``OSError``."""
    temporary = path.with_name(f".{path.name}.new")
    with suppress(FileNotFoundError):
        temporary.unlink()
    file = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC | os.O_NOFOLLOW, mode)
    with os.fdopen(file, "wb") as opened:
        opened.write(msgspec.json.encode(content))
        opened.flush()
        os.fdatasync(file)
    temporary.replace(path)


def read(path: Path, kind: type[Kind]) -> Kind | None:
    """Return what a file holds; nothing where there is none; raise ``DamagedError`` where it is something else."""
    try:
        return msgspec.json.decode(path.read_bytes(), type=kind)
    except FileNotFoundError:
        return None
    except (msgspec.ValidationError, msgspec.DecodeError) as error:
        raise DamagedError(f"{path} cannot be read: {error}", remedy=f"rm {path}; the agent writes it anew") from error
