# SPDX-License-Identifier: MIT
"""Brings what is and what shall be together, and tells how it went."""

import asyncio
import logging
from collections.abc import Callable
from pathlib import Path

from decnet.domain.desired import DesiredDecoy, DesiredLure, DesiredState, decode
from decnet.domain.evidence import now
from decnet.engine.engine import Engine, Failure
from decnet.engine.lender import Lender
from decnet.engine.messages import Key
from decnet.engine.report import AgentReport, Applied, DecoyReport, LureReport, State, read, worst, write
from decnet.errors import HostError
from decnet.events import FleetApplied

log = logging.getLogger(__name__)

REPORT_SECONDS = 0.1
SETTLE_SECONDS = 2.0
ATTEMPTS = 2
"""A second look, at once: two decoys that change places free each other's ports only in the course of the first one."""


class Steward:
    """Keeps the decoys of one host; ``folder`` is the agent's own."""

    def __init__(self, engine: Engine, lender: Lender, *, host: str, folder: Path) -> None:
        self.revision = 0
        self.desired = DesiredState()
        self._engine = engine
        self._lender = lender
        self._host = host
        self._told: tuple[int, dict[tuple[str, str], Failure]] = (-1, {})
        self._folder = folder

    @property
    def failed(self) -> dict[str, str]:
        """Why decoys are not up, by name."""
        reasons: dict[str, list[str]] = {}
        for (decoy, lure), failure in self._engine.failures.items():
            reasons.setdefault(decoy, []).append(f"{lure}: {failure.reason}")
        return {decoy: "; ".join(lines) for decoy, lines in reasons.items()}

    @property
    def counters(self) -> dict[str, int]:
        """How many decoys there shall be, how many of them are not up, and what the decoys service asked for."""
        return {"decoys": len(self.desired.decoys), "decoys_failed": len(self.failed), **self._lender.counters}

    async def recall(self) -> None:
        """
        Take up what was asked for last, before the store is looked at.

        Where the decoys service of the last report may still be there it is waited for: it has the sockets.
        """
        self._folder.mkdir(parents=True, exist_ok=True)
        applied = read(self._folder / "desired.json", Applied)
        if applied is not None:
            self.desired, self.revision = decode(applied.document.encode()), applied.revision
        if self._may_be_served():
            await self._lender.settled(SETTLE_SECONDS)

    def _may_be_served(self) -> bool:
        """Say whether there is still a process of the number that the decoys service of the last report had."""
        report = read(self._folder / "decoys.json", AgentReport)
        return report is not None and report.decoys_pid > 0 and Path(f"/proc/{report.decoys_pid}").exists()

    def ask(self, revision: int, document: str) -> None:
        """Take a desired state, and keep it for the next start; raises ``DamagedError`` where it is none."""
        if revision == self.revision:
            return
        self.desired = decode(document.encode())
        self.revision = revision
        self._write("desired.json", Applied(revision=revision, document=document), mode=0o600)

    async def reconcile(self) -> FleetApplied | None:
        """Do what has to be done and write the report; return what there is to tell, where anything changed."""
        before, done = dict(self._engine.failures), 0
        for _ in range(ATTEMPTS):
            steps = self._engine.plan(self.desired, self._engine.observe())
            for step in steps:
                await self._engine.apply(step)
            done += len(steps)
            if not self._engine.failures:
                break
        await self._lender.settle()
        for place, failure in self._engine.failures.items():
            if before.get(place) != failure:
                log.warning("%s/%s is not up: %s", *place, failure.reason)
        self.write_report()
        if self._told == (told := (self.revision, dict(self._engine.failures))) and not (done and not told[1]):
            return None
        self._told = told
        return FleetApplied(host=self._host, revision=self.revision, decoys=len(self.desired.decoys), failed=self.failed)

    async def keep_report(self, noted: asyncio.Event, counted: Callable[[dict[str, int]], None]) -> None:
        """Write the report again whenever there is something to note, but not all the time; ``counted`` gets the counters."""
        while True:
            await noted.wait()
            noted.clear()
            counted(self.counters)
            self.write_report()
            await asyncio.sleep(REPORT_SECONDS)

    def write_report(self) -> None:
        """Write what every decoy does."""
        decoys = tuple(self._decoy(entry) for entry in self.desired.decoys)
        report = AgentReport(
            host=self._host, revision=self.revision, at=now(), decoys_pid=self._lender.visitor_pid, decoys=decoys
        )
        self._write("decoys.json", report, mode=0o640)

    def _write(self, name: str, content: AgentReport | Applied, *, mode: int) -> None:
        """Write one file; where that cannot be done decoys come first, and the next attempt may succeed."""
        try:
            write(self._folder / name, content, mode=mode)
        except OSError as error:
            log.warning("%s cannot be written: %s", self._folder / name, error.strerror)

    def _decoy(self, entry: DesiredDecoy) -> DecoyReport:
        """Return what one decoy does."""
        lures = tuple(report for lure in entry.lures for report in self._lure(entry, lure))
        return DecoyReport(
            name=entry.name,
            fleet=entry.fleet,
            archetype=entry.decoy.archetype,
            hostname=entry.decoy.persona.hostname,
            addresses=entry.decoy.addresses,
            state=worst(tuple(lure.state for lure in lures)),
            lures=lures,
        )

    def _lure(self, entry: DesiredDecoy, lure: DesiredLure) -> list[LureReport]:
        """Return what one lure does on each address of its decoy."""
        failure = self._engine.failures.get((entry.name, lure.name), Failure("not there yet", 0))
        open_ = {key.address: key for key in self._engine.places(entry.name, lure.name)}
        reports = []
        for address in entry.decoy.addresses:
            key = open_.get(address, Key(address, lure.port))
            state, error, code = self._state(key) if address in open_ else _failed(failure)
            reports.append(LureReport(name=lure.name, address=address, port=key.port, state=state, error=error, code=code))
        return reports

    def _state(self, key: Key) -> tuple[State, str, int]:
        """Return the state of a socket that is open, and what is wrong with it."""
        if trouble := self._lender.troubles.get(key):
            return "failed", trouble, HostError.exit_code
        return ("up" if key in self._lender.serving else "waiting"), "", 0


def _failed(failure: Failure) -> tuple[State, str, int]:
    """Return the state of a socket that could not be opened."""
    return "failed", failure.reason, failure.code
