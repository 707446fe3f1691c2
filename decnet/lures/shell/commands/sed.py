# SPDX-License-Identifier: MIT
"""``sed``: addresses, s, d, p, q, y, a, i, c, =, n, N, g, G, h, H, x, b, t."""

import re

from decnet.lures.shell.commands.sed_script import Command, Script, SedError
from decnet.lures.shell.invocation import Invocation, reason, split_lines

MAX_JUMPS = 1000


def _replacement(template: str, match: re.Match[str]) -> str:
    def resolve(part: re.Match[str]) -> str:
        text = part[0]
        if text == "&":
            return match[0]
        char = text[1]
        if char.isdigit():
            return (match[int(char)] or "") if int(char) <= (match.re.groups or 0) else ""
        return {"n": "\n", "t": "\t"}.get(char, char)

    return re.sub(r"&|\\(.)", resolve, template, flags=re.DOTALL)


class _Sed:
    def __init__(self, call: Invocation, commands: list[Command], *, quiet: bool) -> None:
        self.call = call
        self.commands = commands
        self.quiet = quiet
        self.output: list[str] = []
        self.hold = ""
        self.code: int | None = None
        self.labels = {command.text: at for at, command in enumerate(commands) if command.name == ":"}

    async def run(self, lines: list[str]) -> str:
        self.lines = lines
        self.number = 0
        while self.number < len(lines) and self.code is None:
            await self.call.shell.budget.step()
            self.space = lines[self.number]
            self.number += 1
            self.after: list[str] = []
            if self._cycle() and not self.quiet:
                self.output.append(self.space)
            self.output.extend(self.after)
        return "".join(line + "\n" for line in self.output)

    def _cycle(self) -> bool:
        """Run the script once; false when the line is not to be printed."""
        at = jumps = 0
        self.substituted = False
        while at < len(self.commands):
            command = self.commands[at]
            at += 1
            if not self._selected(command):
                at = command.block + 1 if command.name == "{" else at
                continue
            outcome = self._execute(command)
            if isinstance(outcome, bool):
                return outcome
            if outcome is not None:
                jumps += 1
                at = outcome
                if jumps > MAX_JUMPS:
                    return True
        return True

    def _selected(self, command: Command) -> bool:
        return self._in_range(command) != command.negated

    def _in_range(self, command: Command) -> bool:
        is_last = self.number == len(self.lines)
        if command.first is None:
            return True
        if command.last is None:
            return command.first.matches(self.number, self.space, is_last=is_last)
        if command.is_active:
            last = command.last
            if last.expression is None and not last.is_last:
                command.is_active = self.number < last.number
                return self.number <= last.number
            command.is_active = not last.matches(self.number, self.space, is_last=is_last)
            return True
        if command.first.matches(self.number, self.space, is_last=is_last):
            last = command.last
            command.is_active = last.expression is not None or last.is_last or last.number > self.number
            return True
        return False

    def _execute(self, command: Command) -> int | bool | None:
        name = command.name
        if name in "bt" or name == "T":
            if name == "b" or self.substituted == (name == "t"):
                self.substituted = False
                return self.labels.get(command.text, len(self.commands)) if command.text else len(self.commands)
            return None
        if name in ("d", "q", "Q", "c", "D"):
            return self._end(command)
        actions = {
            "s": self._substitute, "y": self._translate, "p": lambda _: self.output.append(self.space), "n": self._next,
            "N": self._next, "a": lambda one: self.after.append(one.text), "i": lambda one: self.output.append(one.text),
            "=": lambda _: self.output.append(str(self.number)), "g": self._holding, "G": self._holding, "h": self._holding,
            "H": self._holding, "x": self._holding, "P": lambda _: self.output.append(self.space.split("\n")[0]),
            "r": self._insert_file,
        }  # fmt: skip
        if name in actions:
            actions[name](command)
        return None

    def _end(self, command: Command) -> bool:
        if command.name == "c":
            self.output.append(command.text)
        if command.name in "qQ":
            self.code = int(command.text or 0) & 0xFF
        return command.name == "q"

    def _insert_file(self, command: Command) -> None:
        try:
            self.after.extend(split_lines(self.call.read(command.text)))
        except OSError:
            return

    def _substitute(self, command: Command) -> None:
        if command.expression is None:
            return
        digits = re.search(r"\d{1,4}", command.flags)
        self.space, count = command.expression.substitute(
            lambda match: _replacement(command.replacement, match),
            self.space,
            first=max(1, int(digits[0])) if digits else 1,
            every="g" in command.flags,
        )
        self.space = self.space[:65536]
        self.substituted = self.substituted or count > 0
        if count and "p" in command.flags:
            self.output.append(self.space)

    def _translate(self, command: Command) -> None:
        self.space = self.space.translate({ord(a): b for a, b in zip(command.text, command.replacement, strict=False)})

    def _next(self, command: Command) -> None:
        if self.number >= len(self.lines):
            return
        following = self.lines[self.number]
        self.number += 1
        if command.name == "N":
            self.space = (self.space + "\n" + following)[:65536]
        else:
            if not self.quiet:
                self.output.append(self.space)
            self.space = following

    def _holding(self, command: Command) -> None:
        space, hold = self.space, self.hold
        pairs = {"g": (hold, hold), "G": (space + "\n" + hold, hold), "h": (space, space), "H": (space, hold + "\n" + space),
                 "x": (hold, space)}  # fmt: skip
        self.space, self.hold = (text[:65536] for text in pairs[command.name])


async def sed(call: Invocation) -> int:
    """``sed``."""
    arguments = [
        re.sub(r"^-i.+", "-i", argument) if not argument.startswith("-ie") else argument for argument in call.arguments
    ]
    call.argv = [call.name, *arguments]
    long = {"expression": "e", "quiet": "n", "silent": "n", "in-place": "i", "regexp-extended": "E", "file": "f"}
    options = call.options("e:f:nirEsuz", long)
    operands = list(options.operands)
    scripts = list(options.every("e"))
    scripts += [call.read(path).decode("utf-8", "surrogateescape") for path in options.every("f")]
    if not scripts:
        if not operands:
            call.error("Usage: sed [OPTION]... {script-only-if-no-other-script} [input-file]...")
            return 1
        scripts = [operands.pop(0)]
    script = "\n".join(scripts)
    try:
        commands = Script(script, "rE" in options).parse()
    except SedError as error:
        return call.fail(f"-e expression #1, char {len(script)}: {error}")
    if "i" in options:
        return await _in_place(call, operands, commands, quiet="n" in options)
    code = 0
    lines: list[str] = []
    for name in operands or ["-"]:
        try:
            lines += split_lines(await call.stdin.all() if name == "-" else call.read(name))
        except OSError as error:
            code = call.fail(f"can't read {name}: {reason(error)}", 2)
    run = _Sed(call, commands, quiet="n" in options)
    call.out(await run.run(lines))
    return run.code or code


async def _in_place(call: Invocation, operands: list[str], commands: list[Command], *, quiet: bool) -> int:
    code = 0
    for operand in operands:
        try:
            run = _Sed(call, commands, quiet=quiet)
            text = await run.run(split_lines(call.read(operand)))
            call.filesystem.write(call.absolute(operand), text.encode("utf-8", "surrogateescape"))
        except OSError as error:
            code = call.fail(f"can't read {operand}: {reason(error)}", 2)
    return code


PROGRAMS = {
    "sed": sed,
}  # fmt: skip
