# SPDX-License-Identifier: MIT
"""What every engine offers: it makes decoys exist, one step at a time, and says what there is."""

from typing import NamedTuple, Protocol

from decnet.domain.desired import DesiredState
from decnet.domain.plan import Step
from decnet.domain.resolution import Ground
from decnet.engine.messages import Key


class Failure(NamedTuple):
    """Why a lure is not up: in words, and the exit code of the error's kind."""

    reason: str
    code: int


class Engine(Protocol):
    """
    Makes decoys exist; idempotent: a step that was done is done again without harm.

    ``failures`` holds, for each (decoy, lure), why it is not up; the failure of one never stops another.
    """

    failures: dict[tuple[str, str], Failure]

    @property
    def ground(self) -> Ground:
        """Where this engine can put decoys."""

    def plan(self, desired: DesiredState, actual: DesiredState) -> tuple[Step, ...]:
        """Return the steps from ``actual`` to ``desired``; pure."""

    async def apply(self, step: Step) -> None:
        """Do one step; what goes wrong is in ``failures`` afterwards."""

    def observe(self) -> DesiredState:
        """Return what there is; a lure that is not up on all its addresses is not there."""

    def places(self, decoy: str, lure: str) -> tuple[Key, ...]:
        """Return the addresses and ports on which a lure really listens."""

    async def destroy(self) -> None:
        """Take everything away."""
