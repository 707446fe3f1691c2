# SPDX-License-Identifier: MIT
"""
The loopback engine: each decoy is an address of 127.0.0.0/8 of its own; needs no privilege and no network.

There is only one ::1, so decoys that ask for IPv6 share it and need ports of their own there. Where ports below 1024 may not
be bound they are moved up by a fixed number, and only then.
"""

import resource

from decnet.domain import plan as plans
from decnet.domain.desired import DesiredDecoy, DesiredLure, DesiredState
from decnet.domain.plan import Step
from decnet.domain.resolution import Ground
from decnet.engine.engine import Failure
from decnet.engine.lender import Lender
from decnet.engine.listener import first_free_port, open_listener
from decnet.engine.messages import Key, Post
from decnet.errors import DecnetError, InUseError

NETWORKS = ("127.0.0.0/8", "::1/128")
POOL = "127.20.0.0/16"
SHARED = ("::1",)
OTHER_DESCRIPTORS = 128
"""Open files of a process that are no decoys' sockets."""


def ground() -> Ground:
    """Return where the loopback engine of this host can put decoys."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    return Ground(engine="loopback", networks=NETWORKS, pool=POOL, shared=SHARED, capacity=max(0, hard - OTHER_DESCRIPTORS))


class LoopbackEngine:
    """Opens sockets on loopback addresses and lends them to the decoys service."""

    def __init__(self, lender: Lender, *, port_shift: int, first_port: int | None = None) -> None:
        self.failures: dict[tuple[str, str], Failure] = {}
        self._lender = lender
        self._port_shift = port_shift
        self._first_port = first_free_port() if first_port is None else first_port
        self._present: dict[str, DesiredDecoy] = {}
        self._places: dict[tuple[str, str], tuple[Key, ...]] = {}

    @property
    def ground(self) -> Ground:
        """Where this engine can put decoys."""
        return ground()

    def plan(self, desired: DesiredState, actual: DesiredState) -> tuple[Step, ...]:
        """Return the steps from ``actual`` to ``desired``."""
        return plans.plan(desired, actual)

    def observe(self) -> DesiredState:
        """Return the decoys that were made, each with the lures that are up on all its addresses."""
        return DesiredState(
            decoys=tuple(
                DesiredDecoy(fleet=entry.fleet, decoy=entry.decoy, lures=self._up(entry), hostname=entry.hostname)
                for entry in self._present.values()
            )
        )

    async def apply(self, step: Step) -> None:
        """Do one step; what goes wrong is in ``failures`` afterwards."""
        lure = step.lure_wanted
        if not step.lure:
            await self._apply_to_decoy(step)
        elif step.action == "remove":
            await self._close(step.decoy, step.lure, keep=())
            self.failures.pop((step.decoy, step.lure), None)
            self._change_lures(step, None)
        elif lure is not None:
            await self._open(step, lure)

    def places(self, decoy: str, lure: str) -> tuple[Key, ...]:
        """Return the addresses and ports on which a lure really listens."""
        return self._places.get((decoy, lure), ())

    async def destroy(self) -> None:
        """Take every decoy away."""
        await self._lender.withdraw(list(self._lender.held))
        self._present.clear()
        self._places.clear()
        self.failures.clear()

    def port(self, port: int) -> int:
        """Return the port that stands for ``port`` here: itself, or moved up where it may not be bound."""
        return port + self._port_shift if port < self._first_port else port

    async def _apply_to_decoy(self, step: Step) -> None:
        """Remember or forget a decoy; on loopback nothing else has to be made for one."""
        if step.action == "remove":
            for lure in step.wanted.lures:
                await self._close(step.decoy, lure.name, keep=())
            self._present.pop(step.decoy, None)
            for place in [place for place in self.failures if place[0] == step.decoy]:
                del self.failures[place]
            return
        before = self._present.get(step.decoy)
        lures = before.lures if before else ()
        wanted = step.wanted
        self._present[step.decoy] = DesiredDecoy(fleet=wanted.fleet, decoy=wanted.decoy, lures=lures, hostname=wanted.hostname)

    async def _open(self, step: Step, lure: DesiredLure) -> None:
        """Have one lure listen on every address of its decoy; sockets that it had and keeps are not touched."""
        keys = [Key(address, self.port(lure.port)) for address in step.wanted.decoy.addresses]
        await self._close(step.decoy, lure.name, keep=keys)
        problems: list[Failure] = []
        for key in keys:
            try:
                self._serve(key, Post(key=key, decoy=step.wanted.decoy, lure=lure.name, options=lure.options))
            except DecnetError as error:
                reason = f"{error.message} ({error.remedy})" if error.remedy else error.message
                problems.append(Failure(reason, error.exit_code))
        if problems:
            reasons = "; ".join(problem.reason for problem in problems)
            self.failures[step.decoy, lure.name] = Failure(reasons, max(problem.code for problem in problems))
        else:
            self.failures.pop((step.decoy, lure.name), None)
        self._places[step.decoy, lure.name] = tuple(key for key in keys if self._is_held(key, step.decoy, lure.name))
        self._change_lures(step, lure)

    def _serve(self, key: Key, post: Post) -> None:
        """Lend the socket of a key: the one that is held, the one that the decoys service brought back, or a new one."""
        holding = self._lender.held.get(key)
        if holding is None:
            self._lender.serve(post, self._lender.take_offered(key) or open_listener(key))
        elif not self._is_held(key, post.decoy.name, post.lure):
            owner = f"{holding.post.decoy.name}/{holding.post.lure}"
            raise InUseError(f"port {key.port} of {key.address} is that of {owner}", remedy="set another port for the lure")
        elif holding.post != post:
            self._lender.serve(post)

    def _is_held(self, key: Key, decoy: str, lure: str) -> bool:
        """Say whether a socket is held for this lure."""
        holding = self._lender.held.get(key)
        return holding is not None and (holding.post.decoy.name, holding.post.lure) == (decoy, lure)

    async def _close(self, decoy: str, lure: str, *, keep: tuple[Key, ...] | list[Key]) -> None:
        """Close the sockets of a lure but those in ``keep``."""
        gone = [key for key in self.places(decoy, lure) if key not in keep]
        if gone:
            await self._lender.withdraw(gone)
            self._places[decoy, lure] = tuple(key for key in self.places(decoy, lure) if key in keep)
        if not keep:
            self._places.pop((decoy, lure), None)

    def _change_lures(self, step: Step, lure: DesiredLure | None) -> None:
        """Remember what a lure of a decoy was last asked to be."""
        entry = self._present.get(step.decoy)
        decoy = step.wanted.decoy if entry is None else entry.decoy
        others = tuple(other for other in (entry.lures if entry else ()) if other.name != step.lure)
        lures = others if lure is None else (*others, lure)
        wanted = step.wanted
        self._present[step.decoy] = DesiredDecoy(fleet=wanted.fleet, decoy=decoy, lures=lures, hostname=wanted.hostname)

    def _up(self, entry: DesiredDecoy) -> tuple[DesiredLure, ...]:
        """Return the lures of a decoy that did not fail."""
        return tuple(lure for lure in entry.lures if (entry.name, lure.name) not in self.failures)
