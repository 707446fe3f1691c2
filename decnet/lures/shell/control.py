# SPDX-License-Identifier: MIT
"""Execute compound commands: if, loops, case, groups."""

from decnet.lures.shell.condition import holds
from decnet.lures.shell.expansion import Expander
from decnet.lures.shell.frame import Frame
from decnet.lures.shell.pattern import matches
from decnet.lures.shell.state import BreakLoop
from decnet.lures.shell.syntax import (
    Calculation,
    Case,
    Command,
    Condition,
    Count,
    For,
    Group,
    If,
    Script,
    While,
)


class Control(Frame):
    """A shell that can decide and repeat."""

    async def _compound(self, command: Command) -> int:
        if isinstance(command, (While, Count, For)):
            return await self._loop(command)
        if isinstance(command, Calculation):
            return int(await Expander(self).number(command.expression) == 0)
        if isinstance(command, Condition):
            return int(not await holds(self, command.tokens))
        if isinstance(command, If):
            return await self._if(command)
        return await self._case(command) if isinstance(command, Case) else await self._group(command)

    async def _guarded(self, script: Script) -> bool:
        self.state.guarded += 1
        try:
            return await self.execute(script) == 0
        finally:
            self.state.guarded -= 1

    async def _if(self, command: If) -> int:
        for condition, body in command.branches:
            if await self._guarded(condition):
                return await self.execute(body)
        self.state.status = 0
        return await self.execute(command.otherwise) if command.otherwise else 0

    async def _loop(self, command: While | Count | For) -> int:
        self.state.loops += 1
        self.state.status = 0
        try:
            if isinstance(command, For):
                return await self._for(command)
            if isinstance(command, Count):
                return await self._count(command)
            return await self._while(command)
        finally:
            self.state.loops -= 1

    async def _once(self, body: Script) -> bool:
        """Run the body of a loop; false when the loop is over."""
        try:
            await self.execute(body)
        except BreakLoop as end:
            if end.levels > 1 and self.state.loops > 1:
                raise BreakLoop(end.levels - 1, goes_on=end.goes_on) from end
            self.state.status = 0
            return end.goes_on
        return True

    async def _while(self, command: While) -> int:
        status = 0
        while True:
            await self.budget.step()
            try:
                if await self._guarded(command.condition) != command.wanted:
                    break
            except BreakLoop as end:
                if not end.goes_on:
                    break
                continue
            if not await self._once(command.body):
                status = self.state.status
                break
            status = self.state.status
        return status

    async def _for(self, command: For) -> int:
        words = list(self.state.arguments) if command.words is None else await Expander(self).words(command.words)
        for word in words:
            await self.budget.step()
            self.state.set(command.name, word)
            if not await self._once(command.body):
                break
        return self.state.status

    async def _count(self, command: Count) -> int:
        expander = Expander(self)
        await expander.number(command.first)
        has_condition = bool((await expander.text(command.condition)).strip())
        while not has_condition or await expander.number(command.condition):
            await self.budget.step()
            if not await self._once(command.body):
                break
            await expander.number(command.step)
        return self.state.status

    async def _case(self, command: Case) -> int:
        expander = Expander(self)
        subject = await expander.text(command.word)
        self.state.status = 0
        falls_through = False
        for clause in command.clauses:
            if not falls_through:
                patterns = [await expander.pattern(pattern) for pattern in clause.patterns]
                if not any(matches(pattern, subject) for pattern in patterns):
                    continue
            await self.execute(clause.body)
            falls_through = clause.end == ";&"
            if clause.end == ";;":
                break
        return self.state.status

    async def _group(self, group: Command) -> int:
        if not isinstance(group, Group):
            return 0
        if not group.is_subshell:
            return await self.execute(group.body)
        child = self.fork()
        return await child.contained(Group(group.body, is_subshell=False))
