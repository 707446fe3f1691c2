# SPDX-License-Identifier: MIT
"""
One connection after its login: messages in, answers out (the manual's "Message Flow").

Simple queries are here; the extended ones are in ``extended``, COPY with the client in ``copying``.
"""

import asyncio
from collections.abc import Awaitable

from decnet.domain.captured import text
from decnet.domain.evidence import Violation
from decnet.lures.lure import Session
from decnet.lures.postgresql import wire
from decnet.lures.postgresql.channel import Channel, Message
from decnet.lures.postgresql.copying import copy_in, copy_out
from decnet.lures.postgresql.execution import Execution, Outcome, RowsIn, RowsOut
from decnet.lures.postgresql.extended import Extended
from decnet.lures.postgresql.recorder import Recorder
from decnet.lures.postgresql.report import Report, fatal
from decnet.lures.postgresql.shown import as_text
from decnet.lures.postgresql.state import Backend, Result

_SHOWN = 256
_MAX_UNSENT = 1 << 20
_EXTENDED = b"PBDEC"
_FRONTEND = frozenset(b"QFXBCDEHPSdcfp")


class Conversation:
    """Serves one client; ``cancel`` ends the statement that runs."""

    def __init__(self, channel: Channel, session: Session, execution: Execution, recorder: Recorder) -> None:
        self.channel = channel
        self.session = session
        self.execution = execution
        self.recorder = recorder
        self.backend: Backend = execution.backend
        self.major = execution.release.major
        self._extended = Extended(channel, execution, recorder, self.copy)
        self._task: asyncio.Task[bool | Report] | None = None
        self._skips = False
        self._ended = False

    async def run(self) -> None:
        """Answer messages until the client leaves or a bound is reached."""
        self.ready()
        await self.channel.flush()
        while not self._ended and await self._next():
            pass

    def finish(self) -> None:
        """Roll back what is open; record what was only counted, and what was written and not yet kept."""
        self.execution.work.leave()
        self.recorder.finish()

    def cancel(self) -> None:
        """End the statement that runs, if one does (a cancel request)."""
        if self._task is not None and self.backend.is_active:
            self._task.cancel()

    def terminate(self) -> None:
        """End the connection as pg_terminate_backend does."""
        self.channel.push(wire.told(_terminated(), self.major), _MAX_UNSENT)
        self._ended = True
        self.channel.is_open = False

    def notify(self) -> None:
        """Send notifications that came while the client was idle."""
        if not self.backend.is_active:
            self.channel.push(self._notifications(), _MAX_UNSENT)

    async def _next(self) -> bool:
        """Take one message and answer it; false where the connection has to end."""
        message = await self.channel.message()
        if message is None:
            self._note_broken()
            return False
        if message.kind[0] not in _FRONTEND:
            return await self._end(message)
        if message.kind == b"X":
            return False
        if self._skips and message.kind not in b"SX":
            return True
        self.backend.is_active = True
        is_open = await self._answered(self._dispatch(message), message)
        self.backend.is_active = False
        return is_open and self.channel.is_open

    async def _answered(self, answer: Awaitable[bool], message: Message) -> bool:
        """Let an answer be made, which another connection may cancel; errors end it and not the connection."""
        found: bool | Report
        try:
            async with asyncio.TaskGroup() as tasks:
                self._task = tasks.create_task(_awaited(answer))
            found = self._task.result()
        except asyncio.CancelledError:
            if asyncio.current_task().cancelling():  # type: ignore[union-attr]  # this is a task
                raise
            found = Report("canceling statement due to user request", "57014", routine="ProcessInterrupts")
        finally:
            self._task = None
        return await self._fail(found, message) if isinstance(found, Report) else found

    async def _fail(self, report: Report, message: Message) -> bool:
        """Tell an error; a transaction that is open has failed with it."""
        self.execution.fail()
        self._put_notices()
        self.channel.put(wire.told(report, self.major))
        if report.severity != "ERROR":
            self.session.end("lure")
            await self.channel.flush()
            return False
        if message.kind in _EXTENDED:
            self._skips = True
            return await self.channel.flush()
        self.ready()
        return await self.channel.flush()

    async def _dispatch(self, message: Message) -> bool:
        """Go by the kind of a message; raises ``Report``."""
        if message.is_cut:
            self.session.record(Violation(reason="message too long", data=f"{text(message.kind)} {message.size}"))
            detail = f'Failed on request of size {message.size + 1} in memory context "MessageContext".'
            raise Report("out of memory", "53200", detail=detail)
        try:
            if message.kind == b"Q":
                return await self._query(message.body)
            if message.kind == b"S":
                self._skips = False
                self.execution.sync()
                self.ready()
                return await self.channel.flush()
            if message.kind == b"H":
                return await self.channel.flush()
            if message.kind[0] in _EXTENDED:
                return await self._extended.answer(message)
            if message.kind == b"F":
                return await self._function_call()
        except wire.WireError as error:
            self._violate(str(error), message.body)
            raise Report(str(error), "08P01") from error
        return True  # what belongs to a COPY that has failed already is passed

    async def _function_call(self) -> bool:
        """Refuse the fast path, which nobody but libpq's large objects uses."""
        raise Report("function call message contains no known function", "42883", routine="HandleFunctionRequest")

    # --- simple queries

    async def _query(self, body: bytes) -> bool:
        """Answer a simple query: all its statements, one transaction unless they say otherwise."""
        fields = wire.Fields(body)
        statement = fields.string().decode("utf-8", "surrogateescape")
        fields.end()
        self.recorder.note(statement)
        self.execution.drop_unnamed()
        parts = await self.execution.read(statement)
        if not parts:
            self.channel.put(wire.message(b"I"))
        self.execution.begin_implicit(several=len(parts) > 1)
        for part in parts:
            outcome = await self.execution.run(part, [])
            if not await self._tell(outcome):
                return False
        self.execution.commit_implicit()
        self.ready()
        return await self.channel.flush()

    async def _tell(self, outcome: Outcome) -> bool:
        """Send what a statement gave; false when the client left."""
        self._put_notices()
        if isinstance(outcome, (RowsIn, RowsOut)):
            return await self.copy(outcome)
        count = 0
        if outcome.columns is not None:
            self.channel.put(wire.row_description(outcome.columns))
            count = await self._rows(outcome)
            if count < 0:
                return False
        self.put_statuses()
        self.channel.put(wire.complete(outcome.tag.format(rows=count)))
        return True

    async def _rows(self, result: Result) -> int:
        """Send rows as text; return their number, -1 when the client left."""
        oids = [column.oid for column in result.columns or ()]
        for row in result.rows:
            values = [None if value is None else as_text(value, oid) for value, oid in zip(row, oids, strict=True)]
            if not await self.channel.put_much(wire.data_row(values)):
                return -1
            await self.channel.stream.give_way()
        return len(result.rows)

    async def copy(self, outcome: RowsIn | RowsOut) -> bool:
        """Exchange the data of a COPY with the client."""
        if isinstance(outcome, RowsOut):
            count = await copy_out(self.channel, outcome)
        else:
            count = await copy_in(self.channel, outcome, self.recorder)
        if count is None:
            return False
        self.put_statuses()
        self.channel.put(wire.complete(f"COPY {count}"))
        return True

    # --- what is told besides

    def ready(self) -> None:
        """Tell that the next query may come."""
        self.put_statuses()
        self.channel.put(self._notifications())
        self.channel.put(wire.ready(self.backend.transaction))

    def put_statuses(self) -> None:
        """Tell the settings that clients are told when they change."""
        changed, self.backend.settings.changed = self.backend.settings.changed, []
        for name in dict.fromkeys(changed):
            self.channel.put(wire.parameter_status(name, self.backend.settings.value(name)))

    def _put_notices(self) -> None:
        """Tell what is worth knowing of a statement."""
        notices, self.backend.notices = self.backend.notices, []
        for notice in notices:
            self.channel.put(wire.told(notice, self.major))

    def _notifications(self) -> bytes:
        """Return what others said on the channels that the client listens to."""
        waiting, self.backend.notifications = self.backend.notifications, []
        return b"".join(wire.notification(*one) for one in waiting)

    # --- the end

    async def _end(self, message: Message) -> bool:
        """End a connection that sent what is no message."""
        self._violate("invalid frontend message type", message.kind + message.body)
        self.session.end("protocol")
        report = fatal(f"invalid frontend message type {message.kind[0]}", "08P01", "SocketBackend")
        self.channel.put(wire.told(report, self.major))
        await self.channel.flush()
        return False

    def _note_broken(self) -> None:
        """Record bytes that are no whole message."""
        if self.channel.broken:
            self._violate("incomplete message", self.channel.broken)

    def _violate(self, reason: str, data: bytes) -> None:
        """Record what broke the protocol; a password may be in it."""
        secret = data[:_SHOWN] if b"pass" in data.lower() else None
        self.session.record(Violation(reason=reason, data="[secret]" if secret else text(data[:_SHOWN])), secret)


def _terminated() -> Report:
    """Return what a connection is told that somebody ends."""
    return fatal("terminating connection due to administrator command", "57P01", "ProcessInterrupts")


async def _awaited(answer: Awaitable[bool]) -> bool | Report:
    """Wait for an answer inside a task of its own, and return what the statement was refused with."""
    try:
        return await answer
    except Report as report:
        return report
