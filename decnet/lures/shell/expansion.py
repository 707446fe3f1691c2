# SPDX-License-Identifier: MIT
"""Expand words: braces, tilde, parameters, substitutions, arithmetic, splitting, patterns, in bash's order."""

import re
from typing import Protocol

from decnet.lures.shell.accounts import Account, Accounts
from decnet.lures.shell.arithmetic import ArithmeticError_, Evaluator
from decnet.lures.shell.budget import Budget
from decnet.lures.shell.filesystem import Filesystem
from decnet.lures.shell.parameters import is_set, operate
from decnet.lures.shell.pattern import MAX_WORDS, braces, compiled, has_magic, quote, unquote
from decnet.lures.shell.state import ShellError, State
from decnet.lures.shell.syntax import Arithmetic, Literal, Parameter, Part, Script, Substitution, Word

Field = list[tuple[str, bool]]
MAX_TEXT = 1024 * 1024
_PLACEHOLDER = 0xF0000


class Surroundings(Protocol):
    """What the expansion needs of a shell."""

    state: State
    filesystem: Filesystem
    account: Account
    budget: Budget

    @property
    def accounts(self) -> Accounts:
        """The accounts of the machine."""

    def special(self, name: str) -> str | None:
        """Return a special parameter."""

    def absolute(self, path: str) -> str:
        """Return a path seen from the working folder."""

    async def capture(self, script: Script) -> str:
        """Run a command substitution."""

    async def process_substitution(self, script: Script, direction: str) -> str:
        """Run a process substitution and return the path of its file."""


class Expander:
    """Expands the words of one shell."""

    def __init__(self, shell: Surroundings) -> None:
        self.shell = shell
        self.state = shell.state

    async def words(self, words: tuple[Word, ...]) -> list[str]:
        """Return the fields of several words."""
        result: list[str] = []
        size = 0
        for word in words:
            for field in await self._fields_of_word(word):
                found = await self._paths(field)
                size += sum(map(len, found))
                result.extend(found)
            if size > MAX_TEXT or len(result) > MAX_WORDS:
                raise ShellError("Argument list too long", 126)
        return result

    async def text(self, word: Word) -> str:
        """Return a word as one text: neither split nor matched against paths."""
        fields = await self._parts(self._tilde(word).parts)
        return " ".join("".join(text for text, _ in field) for field in fields)

    async def assigned(self, word: Word) -> str:
        """Return the value of an assignment; a tilde behind a colon counts too."""
        return await self.text(word)

    async def pattern(self, word: Word) -> str:
        """Return a word as a pattern; quoted characters lose their meaning."""
        fields = await self._parts(self._tilde(word).parts)
        return " ".join("".join(quote(text) if quoted else text for text, quoted in field) for field in fields)

    async def expression(self, word: Word) -> str:
        """Return a word as a regular expression; quoted characters lose their meaning."""
        fields = await self._parts(word.parts)
        return " ".join("".join(re.escape(text) if quoted else text for text, quoted in field) for field in fields)

    async def number(self, word: Word) -> int:
        """Return the value of an arithmetic expression."""
        return self.evaluate(await self.text(word))

    def evaluate(self, text: str) -> int:
        """Return the value of an arithmetic expression that is already expanded."""
        try:
            return Evaluator(text, self.variable, self.assign).value()
        except ArithmeticError_ as error:
            raise ShellError(str(error)) from error

    def variable(self, name: str) -> str:
        """Return a variable, or ``name[index]``, for arithmetic."""
        if "[" in name:
            array, index = name[:-1].split("[", 1)
            return self.state.element(array, int(index)) or ""
        value = self.shell.special(name)
        return (self.state.get(name) or "") if value is None else value

    def assign(self, name: str, value: str) -> None:
        """Set a variable, or ``name[index]``, for arithmetic."""
        if "[" in name:
            array, index = name[:-1].split("[", 1)
            self.state.set_element(array, int(index), value)
        else:
            self.state.set(name, value)

    async def _fields_of_word(self, word: Word) -> list[Field]:
        fields: list[Field] = []
        for single in self._braces(word):
            fields.extend(field for field in await self._parts(self._tilde(single).parts) if field)
        return fields

    @staticmethod
    def _braces(word: Word) -> list[Word]:
        if not any(isinstance(part, Literal) and not part.quoted and "{" in part.text for part in word.parts):
            return [word]
        text = "".join(
            part.text if isinstance(part, Literal) and not part.quoted else chr(_PLACEHOLDER + index)
            for index, part in enumerate(word.parts)
        )
        return [_restore(expanded, word.parts) for expanded in braces(text)]

    def _tilde(self, word: Word) -> Word:
        first = word.parts[0] if word.parts else None
        if not isinstance(first, Literal) or first.quoted or not first.text.startswith("~"):
            return word
        name, slash, rest = first.text[1:].partition("/")
        if not slash and len(word.parts) > 1:
            return word
        home = self._home(name)
        if home is None:
            return word
        return Word((Literal(home, quoted=True), Literal(slash + rest, quoted=False), *word.parts[1:]))

    def _home(self, name: str) -> str | None:
        if name in ("", "+"):
            return self.state.get("PWD" if name else "HOME") or self.shell.account.home
        account = self.shell.accounts.by_name(name)
        return account.home if account else None

    async def _parts(self, parts: tuple[Part, ...]) -> list[Field]:
        fields: list[Field] = [[]]
        for part in parts:
            if isinstance(part, Literal):
                fields[-1].append((part.text, part.quoted))
                continue
            more = await self._expand(part)
            if more:
                fields[-1].extend(more[0])
                fields.extend(more[1:])
        return fields

    async def _expand(self, part: Parameter | Substitution | Arithmetic) -> list[Field]:
        if isinstance(part, Parameter):
            return await self._parameter(part)
        if isinstance(part, Arithmetic):
            text = str(await self.number(part.expression))
        elif part.process:
            text = await self.shell.process_substitution(part.script, part.process)
        else:
            text = await self.shell.capture(part.script)
        return [[(text, True)]] if part.quoted else self.split(text)

    async def _parameter(self, part: Parameter) -> list[Field]:
        if part.operator == "join":
            return [[(await self.text(part.argument or Word(())), True)]]
        if part.operator == "indirect":
            target = self.shell.special(part.name) or self.state.get(part.name) or ""
            part = Parameter(target, part.quoted)
        values, is_list = await self._values(part)
        if part.operator == "length":
            count = len(values) if is_list and part.name != "*" else len(values[0]) if values else 0
            return [[(str(len(values) if is_list else count), True)]]
        if part.operator:
            if part.operator in (":-", "-", ":+", "+") and (part.operator[-1] == "-") != is_set(values, part.operator):
                fields = await self._parts((part.argument or Word(())).parts)
                return [[("".join(text for text, _ in field), True) for field in fields]] if part.quoted else fields
            values = [] if part.operator[-1] == "+" else await operate(self, part, values, is_list=is_list)
        elif not values and not is_list:
            self._require(part)
        return self._as_fields(part, values, is_list=is_list)

    def _require(self, part: Parameter) -> None:
        if "nounset" in self.state.options:
            raise ShellError(f"{part.name}: unbound variable", 1, is_fatal=True)

    async def _values(self, part: Parameter) -> tuple[list[str], bool]:
        """Return the values of a parameter, and whether it is a list."""
        if part.name in ("@", "*"):
            return list(self.state.arguments), True
        if part.subscript is not None:
            subscript = await self.text(part.subscript)
            if subscript in ("@", "*"):
                return self.state.elements(part.name), True
            element = self.state.element(part.name, self.evaluate(subscript))
            return ([] if element is None else [element]), False
        value = self.shell.special(part.name)
        value = self.state.get(part.name) if value is None else value
        return ([] if value is None else [value]), False

    def _as_fields(self, part: Parameter, values: list[str], *, is_list: bool) -> list[Field]:
        if not part.quoted:
            fields: list[Field] = []
            for index, value in enumerate(values):
                pieces = self.split(value)
                fields.extend([[], *pieces] if index else pieces)
            return fields
        is_star = part.name == "*" or (
            part.subscript is not None and part.subscript.literal is None and _is_star(part.subscript)
        )
        if is_list and not is_star:
            return [[(value, True)] for value in values]
        separator = self.state.get("IFS")
        return [[((" " if separator is None else separator[:1]).join(values), True)]]

    def split(self, text: str) -> list[Field]:
        """Split the outcome of an unquoted expansion at IFS; an empty field marks a break."""
        separators = self.state.get("IFS")
        separators = " \t\n" if separators is None else separators
        if not separators or not any(char in separators for char in text):
            return [[(text, False)]] if text else []
        blank = "".join(char for char in separators if char in " \t\n")
        fields: list[Field] = [[]]
        current = ""
        is_after_blank = False
        for char in text:
            if char not in separators:
                current += char
                is_after_blank = False
                continue
            is_blank = char in blank
            if current or not (is_blank or is_after_blank):
                fields[-1].append((current, not current))
                fields.append([])
            elif is_blank and len(fields) == 1 and not fields[0]:
                fields.append([])
            is_after_blank = is_blank and bool(current or is_after_blank)
            current = ""
        if current:
            fields[-1].append((current, False))
        return fields

    async def _paths(self, field: Field) -> list[str]:
        text = "".join(text for text, _ in field)
        if not any(char in text for char in "*?[") or "noglob" in self.state.options:
            return [text]
        pattern = "".join(quote(text) if quoted else text for text, quoted in field)
        if not has_magic(pattern):
            return [text]
        return await self.glob(pattern) or [text]

    async def glob(self, pattern: str) -> list[str]:
        """Return the paths that match, sorted."""
        found = ["/"] if pattern.startswith("/") else [""]
        pieces = [piece for piece in pattern.split("/") if piece]
        for index, piece in enumerate(pieces):
            is_last = index == len(pieces) - 1
            following: list[str] = []
            for folder in found:
                following.extend(self._matching(folder, piece, folders=not is_last or pattern.endswith("/")))
                await self.shell.budget.step()
                if len(following) > MAX_WORDS:
                    raise ShellError("Argument list too long", 126)
            found = following if is_last else [path + "/" for path in following]
        return sorted(path + ("/" if pattern.endswith("/") else "") for path in found)

    def _matching(self, folder: str, piece: str, *, folders: bool) -> list[str]:
        here = self.shell.absolute(folder or ".")
        filesystem = self.shell.filesystem
        if not has_magic(piece):
            name = unquote(piece)
            return [folder + name] if filesystem.exists(here.rstrip("/") + "/" + name) else []
        try:
            names = filesystem.listdir(here)
        except OSError:
            return []
        expression = compiled(piece)
        names = [
            name for name in names if (not name.startswith(".") or piece.startswith(".")) and expression.fullmatch(name[:255])
        ]
        return [folder + name for name in names if not folders or filesystem.is_folder(here.rstrip("/") + "/" + name)]


def _is_star(word: Word) -> bool:
    return len(word.parts) == 1 and isinstance(word.parts[0], Literal) and word.parts[0].text == "*"


def _restore(text: str, parts: tuple[Part, ...]) -> Word:
    """Return the word of a text in which placeholders stand for its parts."""
    restored: list[Part] = []
    for piece in re.split("([\U000f0000-\U000ffffd])", text):
        if len(piece) == 1 and _PLACEHOLDER <= ord(piece) < _PLACEHOLDER + len(parts):
            restored.append(parts[ord(piece) - _PLACEHOLDER])
        elif piece:
            restored.append(Literal(piece, quoted=False))
    return Word(tuple(restored))
