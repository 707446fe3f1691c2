# SPDX-License-Identifier: MIT
"""
A plan, carried out: step by step, each noted before it begins.

Every step can be done twice. What was killed or failed in the middle is begun again by the next run, which knows from the
journal what it could not see any more: who ran, whose numbers the files carry, which copy of the store has to be put back.
"""

from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import replace

from decnet.catalog import SERVICES
from decnet.errors import DecnetError
from decnet.host.process import CommandFailed, Identity
from decnet.install import accounts, health, migration, ownership, placement, record, services
from decnet.install.failure import BusyError, HalfAppliedError, InvalidError, MigrationFailedError
from decnet.install.host import Host
from decnet.install.journal import Journal
from decnet.install.layout import APPLIED, CONFIG, CONFIG_PARTS, DATA, ETC, HANDOVER, LOGS, PACKAGE_CONF, PREVIOUS, RUNTIME
from decnet.install.migration import Runner
from decnet.install.ownership import Moves
from decnet.install.plan import Plan, changed_role
from decnet.install.record import Record
from decnet.version import VERSION

_AS_OPERATOR = Runner(account=None)  # the bus answers questions of its operator: of root, and of no account of a service
_OWNED = (DATA, LOGS, RUNTIME, HANDOVER)
_TMPFILES = "/etc/tmpfiles.d/decnet.conf"
_SYSUSERS = "/etc/sysusers.d/decnet.conf"


class Application:
    """One plan on its way onto a host; the lock is held by who made it."""

    def __init__(
        self, host: Host, plan: Plan, journal: Journal, *, starts: bool = True, done: Callable[[str], None] = lambda _: None
    ) -> None:
        """Take a plan; ``starts``: a first configuration may start the services; ``done`` hears of every step that worked."""
        self._starts = starts and plan.identity.start
        self._done = done
        self._begun: list[str] = []
        self._host = host
        self._tree = host.tree
        self._plan = plan
        self._journal = journal

    def run(self, reason: str) -> None:
        """
        Do every step; nothing where nothing is left to do.

        Raises ``InvalidError`` where it was taken back, ``MigrationFailedError``, or ``HalfAppliedError`` with the step.
        """
        if self._plan.is_empty:
            self._folders()
            return
        self._before()
        self._journal.begin(VERSION, reason)
        self._journal.note("has-units", *(("yes",) if self._plan.has_units else ()))
        for name, step in self._steps():
            self._journal.note("step", name)
            try:
                step()
            except (InvalidError, MigrationFailedError, BusyError):
                self._go_on_without_store()
                raise
            except (DecnetError, OSError) as error:
                self._failed(name, error)
            self._done(name)
        self._journal.end()

    def _steps(self) -> tuple[tuple[str, Callable[[], None]], ...]:
        """Return the steps in their order."""
        return (
            ("package-conf", self._conf),
            ("accounts", self._accounts),
            ("stop", self._stop),
            ("owners", self._owners),
            ("files", self._files),
            ("reload", lambda: services.reload(self._host)),
            ("folders", self._folders),
            ("memberships", self._memberships),
            ("store", self._store),
            ("enable", lambda: services.enable(self._host, self._plan.enable)),
            ("gate", self._open_gate),
            ("services", self._services),
            ("probe", self._probe),
            ("record", self._record),
        )

    def _before(self) -> None:
        """Refuse what cannot work before anything is touched."""
        if self._plan.is_upgrade and not self._plan.identity.skip_backup:
            migration.check_room(self._host)

    def _failed(self, step: str, error: DecnetError | OSError) -> None:
        """Take a change of the identity back; let everything else be finished by the next run."""
        said = error.message if isinstance(error, DecnetError) else str(error)
        if self._plan.changes_identity and step != "record":
            self._take_back(step, said)
        raise HalfAppliedError(
            f"the configuration stopped at the step {step}: {said}", remedy="decnet configure apply"
        ) from error

    # -- the steps ---------------------------------------------------------------------------------------------------------

    def _conf(self) -> None:
        """Keep the set that is in place, and write package.conf."""
        if self._plan.before is not None and not self._journal.facts("previous"):
            placement.keep_previous(self._tree, (PACKAGE_CONF, APPLIED))
            self._journal.note("previous", "kept")
        self._journal.note("restart", *self._plan.units)
        if self._plan.changes_conf:
            self._tree.make_folder(ETC, 0o755)
            self._tree.write(PACKAGE_CONF, self._plan.conf.encode(), 0o644)

    def _accounts(self) -> None:
        """Make what is missing; it is noted before, so that it is known as ours whatever happens."""
        for what in self._plan.missing:
            kind, _, name = what.partition(" ")
            if kind == "user":
                self._journal.note("created", name)
            if kind == "member":
                self._journal.note("joined", name)
        accounts.make(self._host, self._plan.sysusers)

    def _stop(self) -> None:
        """Stop every service where files change hands, and those that a new role does not have."""
        gone, _ = changed_role(self._plan)
        running = services.active(self._host)
        if self._plan.changes_identity:
            self._journal.note("was-active", *running)
            services.stop(self._host, running)
        elif gone:
            services.stop(self._host, [unit for unit in running if unit in services.units_of(gone)])

    def _owners(self) -> None:
        """Give the files of the old accounts and group to the new ones."""
        uids, gids = accounts.numbers(self._tree, self._plan.identity)
        if self._plan.before is None:
            return
        moves = self._moves(self._plan.before, uids, gids)
        self._journal.note("left-uid", *(f"{place} {number}" for place, number in uids.items()))
        self._journal.note("left-gid", *(f"{place} {number}" for place, number in gids.items()))
        self._hand_over(moves)

    def _moves(self, before: Record, uids: dict[str, int], gids: dict[str, int]) -> Moves:
        """Return which numbers become which: those of the last time, and those of runs that did not end."""
        return Moves(
            uids=_pairs(before.uids, self._journal.facts("left-uid"), uids),
            gids=_pairs(before.gids, self._journal.facts("left-gid"), gids),
        )

    def _hand_over(self, moves: Moves) -> None:
        """Walk over every folder of ours."""
        if moves:
            for folder in _OWNED:
                ownership.hand_over(self._tree, folder, moves, self._host.say)

    def _files(self) -> None:
        """Put every rendered file into its place, and make the configuration that belongs to the operator."""
        for change in self._plan.changes:
            if change.kind in {placement.Kind.KEEP, placement.Kind.LEAVE}:
                self._host.say(f"warning: {change.path} was edited and stays as it is" + _beside(change))
        self._tree.make_folder(CONFIG_PARTS, 0o755)
        placement.put(self._tree, self._plan.wanted, self._plan.changes)
        if self._tree.look(CONFIG) is None:
            self._example()

    def _example(self) -> None:
        """Write the configuration with every key as a comment."""
        try:
            text = _AS_OPERATOR.decnet("config", "example").stdout
        except CommandFailed as error:
            self._host.say(f"warning: {CONFIG} was not made: {error.message}; decnet config example prints it")
            return
        self._tree.write(CONFIG, text.encode(), 0o644)

    def _folders(self) -> None:
        """Make the folders and their owners what they have to be."""
        text = self._tree.text(_TMPFILES)
        if text is not None:
            self._host.program("systemd-tmpfiles", "--create", "-", given=text)

    def _memberships(self) -> None:
        """Leave the groups that only the identity from before was to be in."""
        if self._plan.before is not None:
            joined = self._plan.before.joined | frozenset(self._journal.facts("joined"))
            accounts.leave(self._host, replace(self._plan.before, joined=joined), self._plan.identity)

    def _store(self) -> None:
        """Bring the store to this version's schema; an image is not run, so its store is left for the system itself."""
        needs_store = any(service.opens_store and self._plan.identity.role in service.roles for service in SERVICES)
        if not needs_store or not self._tree.is_host:
            return
        runner = self._runner()
        if not migration.is_due(self._host, runner):
            return
        if self._plan.identity.force_upgrade and migration.is_newer(self._host, runner):
            self._host.say(
                "warning: DECNET_FORCE_UPGRADE=yes: a newer version wrote the store, and it is left as it is; "
                "decnet-ingester does not start until a backup is restored: decnet store restore FILE"
            )
            return
        self._stop_those_that_open_it()
        migration.migrate(self._host, runner, self._journal, skip_backup=self._plan.identity.skip_backup)

    def _stop_those_that_open_it(self) -> None:
        """Stop the services that open the store."""
        users = services.units_of(service for service in SERVICES if service.opens_store or "store" in service.writes)
        writers = [unit for unit in services.active(self._host) if unit in users and unit not in health.HOLDERS]
        self._journal.note("stopped", *writers)
        services.stop(self._host, writers)

    def _open_gate(self) -> None:
        """Let the services that open the store start again; who ran when the gate was closed is noted first."""
        self._journal.note("recorded", *(services.recorded(self._host) or ()))
        services.open_gate(self._host)

    def _go_on_without_store(self) -> None:
        """Start what was stopped and can do without the store: attackers are still to be recorded while it is mended."""
        stopped = set(self._journal.facts("was-active"))
        users = set(services.units_of(service for service in SERVICES if service.opens_store))
        for unit in services.ordered(stopped - users):
            services.act(self._host, "start", unit, was_stopped=True)

    def _services(self) -> None:
        """Start and restart what has to run."""
        running = services.active(self._host)
        if not self._host.is_live:
            return
        if self._plan.is_first:
            if self._starts:
                services.act(self._host, "start", services.TARGET)
            return
        wanted = self._stopped()
        if self._plan.is_upgrade:
            wanted |= self._to_upgrade(running)
        wanted |= set(self._journal.facts("restart")) | self._of_new_role(running)
        gone, _ = changed_role(self._plan)
        self._restart(services.ordered(wanted - set(services.units_of(gone))), running)

    def _to_upgrade(self, running: list[str]) -> set[str]:
        """
        Return the services that have to run the new version; none but noted where the operator wants to do it.

        One that failed was stopped by nobody: an older version may not have been able to read the store, and this one can.
        """
        recorded = {*self._journal.facts("recorded"), *running, *services.failed(self._host)}
        if self._plan.identity.restart_on_upgrade:
            return recorded
        services.note_pending(self._host, running)
        self._host.say(f"the services still run the version before: systemctl restart {' '.join(running)}")
        return recorded - set(running)

    def _of_new_role(self, running: Iterable[str]) -> set[str]:
        """Return the services that a new role brings, where the old one's ran."""
        _, come = changed_role(self._plan)
        return set(services.units_of(come)) if any(running) else set()

    def _restart(self, units: list[str], running: list[str]) -> None:
        """Restart units one after the other; of two that hold the same sockets the second waits for the first."""
        held, left = "", []
        for unit in units:
            before = services.process_of(self._host, unit)
            if unit in health.HOLDERS and unit in running and held and not self._is_whole(held):
                self._host.say(
                    f"warning: {held} is not well, so {unit} keeps the ports open and was not restarted: decnet doctor"
                )
            else:
                services.act(self._host, "restart", unit, was_stopped=unit in self._stopped())
                held = unit if unit in health.HOLDERS else held
            if before not in {"", "0"} and services.process_of(self._host, unit) == before:
                left.append(unit)
            else:
                self._begun.append(unit)
        if left:
            services.note_pending(self._host, left)
            self._host.say(f"still as before, by the policy of this host or for a warning above: {' '.join(left)}")

    def _stopped(self) -> set[str]:
        """Return the services that runs of ours have stopped."""
        return {*self._journal.facts("was-active"), *self._journal.facts("stopped")}

    def _is_whole(self, unit: str) -> bool:
        """Wait until a holder has its sockets again; say whether it has."""
        return services.wait_until(lambda: health.holds_everything(_AS_OPERATOR, unit), health.SECONDS)

    def _probe(self) -> None:
        """See whether what was started works: after a change of the identity that decides, else it only warns."""
        running = services.active(self._host)
        if self._plan.changes_identity and health.BUS in self._journal.facts("was-active"):
            self._probe_bus()
        elif begun := [unit for unit in running if unit in self._begun or self._plan.before is None]:
            ill = health.wait_well(_AS_OPERATOR, begun, health.SECONDS)
            if ill:
                self._host.say(f"warning: {', '.join(ill)} did not answer within {health.SECONDS:.0f} s: decnet doctor")

    def _probe_bus(self) -> None:
        """Raise ``HalfAppliedError`` where the services do not reach the bus under the new identity."""
        number = accounts.gid(self._tree, self._plan.identity.group) or 0
        if not services.wait_until(lambda: not health.bus_problem(self._host, number), health.SECONDS):
            raise HalfAppliedError(health.bus_problem(self._host, number), remedy="journalctl -u decnet-bus")

    def _record(self) -> None:
        """Write down what is now, for the next run."""
        before, journal = self._plan.before, self._journal
        uids, gids = accounts.numbers(self._tree, self._plan.identity)
        joined = (before.joined if before else frozenset()) | frozenset(journal.facts("joined"))
        left = {pair for pair in joined if not accounts.is_member(self._tree, *pair.split(" "))}
        record.write(
            self._tree,
            Record(
                identity=self._plan.identity,
                version=VERSION,
                has_units=self._plan.has_units,
                uids=uids,
                gids=gids,
                created=(before.created if before else frozenset()) | frozenset(journal.facts("created")),
                joined=joined - left,
                enabled=(before.enabled if before else frozenset()) | frozenset(self._plan.enable),
            ),
        )

    # -- back ----------------------------------------------------------------------------------------------------------------

    def _take_back(self, step: str, said: str) -> None:
        """Bring the identity from before back and start what ran; raise ``InvalidError`` when that is done."""
        self._host.say(f"the step {step} failed, the identity from before comes back: {said}")
        self._journal.note("step", f"take-back-from-{step}")
        try:
            self._restore()
        except (DecnetError, OSError) as error:
            reason = error.message if isinstance(error, DecnetError) else str(error)
            raise HalfAppliedError(
                f"the step {step} failed ({said}), and so did taking it back: {reason}", remedy="decnet configure apply"
            ) from error
        self._journal.end()
        raise InvalidError(
            f"the identity stays what it was, as the step {step} failed: {said}", remedy="decnet doctor, then try again"
        )

    def _restore(self) -> None:
        """Undo the steps in the order in which they can be undone while nothing runs."""
        before = self._plan.before
        if before is None:
            return
        services.stop(self._host, services.active(self._host))
        text = self._tree.read(f"{PREVIOUS}/package.conf")
        if text is not None:
            self._tree.write(PACKAGE_CONF, text, 0o644)
        entries = placement.previous(self._tree)
        accounts.make(self._host, next(entry.content.decode() for entry in entries if entry.path == _SYSUSERS))
        with suppress(InvalidError):
            uids, gids = accounts.numbers(self._tree, self._plan.identity)
            self._hand_over(Moves(uids=_turned(uids, before.uids), gids=_turned(gids, before.gids)))
        placement.put(self._tree, entries, placement.effective(self._tree, placement.compare(self._tree, entries)))
        services.reload(self._host)
        self._folders()
        joined = frozenset(self._journal.facts("joined"))
        accounts.leave(self._host, replace(before, joined=joined), before.identity)
        for unit in services.ordered(self._journal.facts("was-active")):
            services.act(self._host, "start", unit, was_stopped=True)

    def _runner(self) -> Runner:
        """Return what runs decnet's commands as the account of the services."""
        uids, gids = accounts.numbers(self._tree, self._plan.identity)
        return Runner(account=Identity(uid=uids["user"], gid=gids["group"]))


def _beside(change: placement.Change) -> str:
    """Return where our version of an edited file is."""
    return f"; what it would be is in {placement.proposal(change.path)}" if change.kind == placement.Kind.KEEP else ""


def _pairs(last: Mapping[str, int], left: list[str], now: dict[str, int]) -> dict[int, int]:
    """Return which numbers become which, place by place; raise where a number would have to become two."""
    found = [*last.items()] + [(place, int(number)) for place, number in (fact.split(" ") for fact in left)]
    pairs = {number: now[place] for place, number in found if place in now and number != now[place]}
    if set(pairs) & set(pairs.values()):
        raise InvalidError(
            "an account or a group would take the place of another one of ours",
            remedy="choose names that were not used here before",
        )
    return pairs


def _turned(now: Mapping[str, int], old: Mapping[str, int]) -> dict[int, int]:
    """Return the way back from the numbers of now."""
    return {number: old[place] for place, number in now.items() if place in old and number != old[place]}
