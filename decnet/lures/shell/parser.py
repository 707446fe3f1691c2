# SPDX-License-Identifier: MIT
"""Read the commands of a script, by the grammar of bash's manual."""

import re

from decnet.lures.shell.compound import CompoundReader
from decnet.lures.shell.simple import _END, _PLAIN_WORD
from decnet.lures.shell.syntax import (
    Command,
    IncompleteError,
    Item,
    Literal,
    Pipeline,
    Redirect,
    Script,
    Word,
)

_FUNCTION = re.compile(r"([^\s;&|<>()'\"\\$`=]+)[ \t]*\([ \t]*\)")
_RESERVED_ENDS = ("then", "elif", "else", "fi", "do", "done", "esac", "}")
_HEREDOC_STOPS = ("'", '"', "\\")


class Parser(CompoundReader):
    """Reads a script one complete command after the other."""

    def next_command(self) -> Script | None:
        """Return what stands up to the end of the next line; ``None`` at the end of the script."""
        while True:
            self.skip_blanks()
            if self.at >= len(self.text):
                return None
            if self.peek() != "\n":
                break
            self.at += 1
        items = []
        while self.at < len(self.text) and self.peek() != "\n":
            items.append(self._item())
            self.skip_blanks()
        self._newline()
        return Script(tuple(items))

    def nested(self) -> Script:
        """Read a script up to its closing parenthesis."""
        self._descend()
        script = self._script((")",))
        self._expect(")")
        self.depth -= 1
        return script

    def all_of(self, text: str) -> Script:
        """Read ``text`` as a script of its own."""
        parser = Parser(text, self.depth + 1)
        return parser._script(())

    def _script(self, ends: tuple[str, ...]) -> Script:
        """Read items until a reserved word or operator of ``ends``, which is not consumed."""
        items: list[Item] = []
        while True:
            self._skip_newlines()
            if self.at >= len(self.text):
                if ends:
                    raise IncompleteError(_END)
                return Script(tuple(items))
            if self._ahead(ends):
                return Script(tuple(items))
            items.append(self._item())

    def _item(self) -> Item:
        self._line += self.text.count("\n", self._counted, self.at)
        self._counted = max(self._counted, self.at)
        start, line = self.at, self._line
        first = self._pipeline()
        rest = []
        while True:
            self.skip_blanks()
            operator = self.peek(2)
            if operator not in ("&&", "||"):
                break
            self.at += 2
            self._skip_newlines()
            rest.append((operator, self._pipeline()))
        source = self.text[start : self.at].strip()
        background = self.peek() == "&"
        if background or (self.peek() == ";" and self.peek(2) not in (";;", ";&")):
            self.at += 1
        elif self.at < len(self.text) and self.peek() not in ("\n", ")", ";"):
            raise self._unexpected()
        return Item(first, tuple(rest), background, source, line)

    def _pipeline(self) -> Pipeline:
        negated = timed = False
        self.skip_blanks()
        while self._ahead(("!", "time")) and self.peek(2) != "!(":
            if self.peek() == "!":
                if self.text[self.at + 1 : self.at + 2] not in (" ", "\t", "\n", ""):
                    break
                negated = not negated
                self.at += 1
            else:
                timed = True
                self.at += 4
            self.skip_blanks()
        commands = [self._command()]
        while True:
            self.skip_blanks()
            if self.peek() != "|" or self.peek(2) == "||":
                return Pipeline(tuple(commands), negated, timed)
            if self.peek(2) == "|&":
                self.at += 1
                commands[-1] = _joined(commands[-1])
            self.at += 1
            self._skip_newlines()
            commands.append(self._command())

    def _command(self) -> Command:
        self.skip_blanks()
        self._expand_alias()
        match = _PLAIN_WORD.match(self.text, self.at)
        word = match[0] if match else ""
        compound = self._COMPOUND.get(word)
        if compound is not None or self.peek() == "(":
            self._descend()
            command = compound(self, word) if compound is not None else self._parenthesised()
            self.depth -= 1
            return self._with_redirects(command)
        if word in _RESERVED_ENDS:
            raise self._unexpected()
        function = _FUNCTION.match(self.text, self.at)
        if function is not None:
            self.at = function.end()
            return self._function_body(function[1])
        return self._simple()


def _joined(command: Command) -> Command:
    """Return ``command`` with its errors sent where its output goes (``|&``)."""
    values = {name: getattr(command, name) for name in type(command).__slots__}
    both = Redirect(2, ">&", Word((Literal("1", quoted=False),)))
    return type(command)(**{**values, "redirects": (*command.redirects, both)})
