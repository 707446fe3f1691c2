# SPDX-License-Identifier: MIT
"""The desired state: every decoy that shall exist, with its persona and its lures; one versioned document in the store."""

from dataclasses import dataclass, field

import msgspec

from decnet.domain.persona import Decoy
from decnet.errors import DamagedError

FORMAT = 1


@dataclass(frozen=True, kw_only=True)
class DesiredLure:
    """One protocol of a decoy: its port (before any shift by the engine) and its options as they were written."""

    name: str
    port: int
    options: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class DesiredDecoy:
    """A decoy, the fleet that asked for it and the host name that was asked for (empty: drawn from the archetype)."""

    fleet: str
    decoy: Decoy
    lures: tuple[DesiredLure, ...]
    hostname: str = ""

    @property
    def name(self) -> str:
        """The name of the decoy."""
        return self.decoy.name


@dataclass(frozen=True, kw_only=True)
class DesiredState:
    """All decoys of one host."""

    decoys: tuple[DesiredDecoy, ...] = ()
    format: int = FORMAT

    def without(self, names: frozenset[str]) -> "DesiredState":
        """Return the state without the decoys of these names."""
        return DesiredState(decoys=tuple(entry for entry in self.decoys if entry.name not in names))


def encode(state: DesiredState) -> bytes:
    """Return the document of a state."""
    return msgspec.json.encode(state)


def decode(document: bytes) -> DesiredState:
    """Return the state of a document; empty for an empty one; raise ``DamagedError`` where it is none of this format."""
    if not document:
        return DesiredState()
    try:
        state = msgspec.json.decode(document, type=DesiredState)
    except (msgspec.ValidationError, msgspec.DecodeError) as error:
        raise DamagedError(f"the desired state cannot be read: {error}", remedy="deploy the fleet again") from error
    if state.format != FORMAT:
        raise DamagedError(
            f"the desired state has format {state.format}, this version reads {FORMAT}", remedy="deploy the fleet again"
        )
    return state
