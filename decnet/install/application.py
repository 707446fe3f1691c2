# SPDX-License-Identifier: MIT
"""
A plan, carried out: step by step, each noted before it begins.

Every step can be done twice. What was killed or failed in the middle is begun again by the next run, which knows from the
journal what it could not see any more: who ran, whose numbers the files carry, which copy of the store has to be put back.
"""

from collections.abc import Callable, Collection
from contextlib import suppress
from dataclasses import replace
from typing import NoReturn

from decnet.catalog import SERVICES
from decnet.errors import DecnetError
from decnet.host.process import CommandFailed, Identity
from decnet.install import accounts, health, migration, ownership, placement, record, restarts, retreat, services
from decnet.install.failure import HalfAppliedError, InvalidError, MigrationFailedError, said_by
from decnet.install.host import Host
from decnet.install.journal import Journal
from decnet.install.layout import APPLIED, BACK, CONFIG, CONFIG_PARTS, ETC, PACKAGE_CONF, PREVIOUS
from decnet.install.migration import AS_OPERATOR, Runner
from decnet.install.ownership import Moves
from decnet.install.plan import Plan, changed_role
from decnet.install.record import Record
from decnet.install.render import target_of
from decnet.version import VERSION


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
        if not self._journal.is_open:
            self._tree.remove_all(BACK)
        self._journal.begin(VERSION, reason)
        for name, step in self._steps():
            try:
                self._journal.note("step", name)
                step()
            except MigrationFailedError:
                self._start_again(but=_users_of_store())
                raise
            except (DecnetError, OSError) as error:
                self._failed(name, error)
            self._done(name)

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

    def _end(self) -> None:
        """Note that nothing is left to do; who ended where he began can still go back to the set from before that."""
        if self._journal.facts("previous") and self._is_as_kept():
            self._journal.forget("previous")
            placement.keep_none(self._tree)
        self._journal.end()
        self._tree.remove_all(BACK)

    def _is_as_kept(self) -> bool:
        """Say whether the host is what it was when the set of this run was kept."""
        kept, now = record.read(self._tree, f"{PREVIOUS}/applied"), record.read(self._tree)
        return (
            kept is not None
            and now is not None
            and (kept.identity, kept.version, kept.has_units) == (now.identity, now.version, now.has_units)
            and self._tree.read(f"{PREVIOUS}/package.conf") == self._tree.read(PACKAGE_CONF)
        )

    def _before(self) -> None:
        """Refuse what cannot work before anything is touched."""
        if self._plan.before is not None:
            self._moves(self._plan.before, *accounts.expected(self._tree, self._plan.identity))
        if self._plan.is_upgrade:
            self._check_room()

    def _check_room(self) -> None:
        """Refuse a migration whose copies do not fit; who forces it goes past this."""
        if not (self._plan.identity.skip_backup or self._plan.identity.force_upgrade):
            migration.check_room(self._host)

    def _failed(self, step: str, error: DecnetError | OSError) -> NoReturn:
        """Take a change of the identity back; let everything else be finished by the next run."""
        said = said_by(error)
        if self._plan.changes_identity and step != "record":
            self._take_back(step, said)
        down = self._start_again(but=_users_of_store() if step == "store" else ())
        remedy = error.remedy if isinstance(error, InvalidError) else "decnet configure apply"
        raise HalfAppliedError(f"the configuration stopped at the step {step}: {said}{down}", remedy=remedy) from error

    def _take_back(self, step: str, said: str) -> NoReturn:
        """Bring the identity from before back; raise ``InvalidError`` when that is done, and everything runs that ran."""
        self._host.say(f"the step {step} failed, the identity from before comes back: {said}")
        with suppress(OSError):  # the way back is not to fail for a note: the journal is open, and knows who ran
            self._journal.note("step", f"take-back-from-{step}")
        try:
            retreat.retreat(self._host, self._plan, self._journal)
            down = self._start_again()
            if not down:
                self._end()
        except (DecnetError, OSError) as error:
            down = self._start_again()
            raise HalfAppliedError(
                f"the step {step} failed ({said}), and so did taking it back: {said_by(error)}{down}",
                remedy="decnet configure apply",
            ) from error
        if down:
            raise HalfAppliedError(
                f"the identity is what it was again, as the step {step} failed: {said}{down}", remedy="decnet configure apply"
            )
        raise InvalidError(
            f"the identity stays what it was, as the step {step} failed: {said}", remedy="decnet doctor, then try again"
        )

    def _start_again(self, but: Collection[str] = ()) -> str:
        """Start what was stopped, whatever went wrong; return the words about what does not run."""
        stopped = set(self._journal.facts("was-active"))
        down = [
            unit
            for unit in services.ordered(stopped - set(but))
            if not services.act(self._host, "start", unit, was_stopped=True)
        ]
        return f"; stopped, and not started again: {', '.join(down)}" if down else ""

    # -- the steps ---------------------------------------------------------------------------------------------------------

    def _conf(self) -> None:
        """Keep the set that is in place, and write package.conf."""
        self._journal.note("has-units", *(("yes",) if self._plan.has_units else ()))
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
        """Stop every service where files change hands, or did so half way, and those that a new role does not have."""
        gone, _ = changed_role(self._plan)
        running = services.active(self._host)
        if self._plan.changes_identity or self._changed_hands():
            self._journal.note("was-active", *running)
            services.stop(self._host, running)
        elif gone:
            services.stop(self._host, [unit for unit in running if unit in services.units_of(gone)])

    def _changed_hands(self) -> bool:
        """Say whether a run that did not end gave files to other accounts than those of now; mostly it named the same."""
        uids, gids = accounts.numbers(self._tree, self._plan.identity)
        left = [(pair, uids) for pair in self._journal.numbers("left-uid")]
        left += [(pair, gids) for pair in self._journal.numbers("left-gid")]
        return any(not pair.items() <= now.items() for pair, now in left)

    def _owners(self) -> None:
        """Give the files of the old accounts and group to the new ones."""
        uids, gids = accounts.numbers(self._tree, self._plan.identity)
        if self._plan.before is None:
            return
        moves = self._moves(self._plan.before, uids, gids)
        self._journal.note("left-uid", *(f"{place} {number}" for place, number in uids.items()))
        self._journal.note("left-gid", *(f"{place} {number}" for place, number in gids.items()))
        ownership.hand_over_all(self._tree, moves, self._host.say)

    def _moves(self, before: Record, uids: dict[str, int], gids: dict[str, int]) -> Moves:
        """Return which numbers become which: those of the last time, and those of runs that did not end."""
        left = (self._journal.numbers("left-uid"), self._journal.numbers("left-gid"))
        return ownership.forth([before.uids, *left[0]], [before.gids, *left[1]], (uids, gids))

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
            text = AS_OPERATOR.decnet("config", "example").stdout
        except CommandFailed as error:
            self._host.say(f"warning: {CONFIG} was not made: {error.message}; decnet config example prints it")
            return
        self._tree.write(CONFIG, text.encode(), 0o644)

    def _folders(self) -> None:
        """Make the folders and their owners what they have to be."""
        ownership.make_folders(self._host)

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
                f"{' and '.join(_users_of_store())} do not start until a backup is restored: decnet store restore FILE"
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

    def _services(self) -> None:
        """Start and restart what has to run."""
        if not self._host.is_live:
            return
        before = self._plan.before
        if before is not None and before.identity.role != self._plan.identity.role:
            services.change_target(self._host, target_of(before.identity.role), target_of(self._plan.identity.role))
        if not self._plan.is_first:
            self._begun = restarts.carry_out(self._host, self._plan, self._journal)
        elif self._starts:
            services.act(self._host, "start", services.TARGET)

    def _probe(self) -> None:
        """See whether what was started works: after a change of the identity that decides, else it only warns."""
        running = services.active(self._host)
        if self._plan.changes_identity and health.BUS in self._journal.facts("was-active"):
            self._probe_bus()
        elif begun := [unit for unit in running if unit in self._begun or self._plan.before is None]:
            ill = health.wait_well(AS_OPERATOR, begun, health.SECONDS)
            if ill:
                self._host.say(f"warning: {', '.join(ill)} did not answer within {health.SECONDS:.0f} s: decnet doctor")

    def _probe_bus(self) -> None:
        """Raise ``HalfAppliedError`` where the services do not reach the bus under the new identity."""
        number = accounts.gid(self._tree, self._plan.identity.group) or 0
        if not services.wait_until(lambda: not health.bus_problem(self._host, number), health.SECONDS):
            raise HalfAppliedError(health.bus_problem(self._host, number), remedy="journalctl -u decnet-bus")

    def _record(self) -> None:
        """Write down what is now, for the next run, and that nothing is left to do."""
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
        self._end()

    def _runner(self) -> Runner:
        """Return what runs decnet's commands as the account of the services."""
        uids, gids = accounts.numbers(self._tree, self._plan.identity)
        return Runner(account=Identity(uid=uids["user"], gid=gids["group"]))


def _beside(change: placement.Change) -> str:
    """Return where our version of an edited file is."""
    return f"; what it would be is in {placement.proposal(change.path)}" if change.kind == placement.Kind.KEEP else ""


def _users_of_store() -> list[str]:
    """Return the units that cannot do without the store: attackers are recorded by the others while it is mended."""
    return services.units_of(service for service in SERVICES if service.opens_store)
