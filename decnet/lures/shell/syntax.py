# SPDX-License-Identifier: MIT
"""What a script is made of, as bash's manual cuts it: words, commands, lists."""

from dataclasses import dataclass, field


class ScriptError(Exception):
    """The script is wrong; the message is bash's, without its prefix."""


class IncompleteError(ScriptError):
    """The script ends too soon; an interactive shell asks for another line."""


@dataclass(frozen=True, slots=True)
class Literal:
    """Plain text; quoted text is neither split nor a pattern."""

    text: str
    quoted: bool


@dataclass(frozen=True, slots=True)
class Parameter:
    """``$name`` or ``${name...}``; ``operator`` is empty, ``length``, ``indirect`` or the characters that bash uses."""

    name: str
    quoted: bool
    operator: str = ""
    argument: "Word | None" = None
    second: "Word | None" = None
    subscript: "Word | None" = None


@dataclass(frozen=True, slots=True)
class Substitution:
    """``$(...)`` or backticks; ``process`` is ``<`` or ``>`` for a process substitution."""

    script: "Script"
    quoted: bool
    process: str = ""


@dataclass(frozen=True, slots=True)
class Arithmetic:
    """``$((...))``."""

    expression: "Word"
    quoted: bool


Part = Literal | Parameter | Substitution | Arithmetic


@dataclass(frozen=True, slots=True)
class Word:
    """One word before its expansion."""

    parts: tuple[Part, ...]

    @property
    def literal(self) -> str | None:
        """The text of a word that has neither quotes nor expansions; ``None`` for others."""
        if len(self.parts) == 1 and isinstance(self.parts[0], Literal) and not self.parts[0].quoted:
            return self.parts[0].text
        return None


@dataclass(slots=True)
class Redirect:
    """``descriptor`` is -1 for both outputs (``&>``); ``operator`` as written; a here-document's body comes later."""

    descriptor: int
    operator: str
    target: Word
    body: Word | None = None


@dataclass(frozen=True, slots=True)
class Assignment:
    """``name=value``, ``name[subscript]=value``, ``name+=value`` or ``name=(values)``."""

    name: str
    value: Word | None
    append: bool = False
    subscript: Word | None = None
    values: tuple[Word, ...] | None = None


@dataclass(frozen=True, slots=True)
class Simple:
    """Assignments, words and redirections."""

    assignments: tuple[Assignment, ...]
    words: tuple[Word | Assignment, ...]
    redirects: tuple[Redirect, ...] = ()


@dataclass(frozen=True, slots=True)
class If:
    """Pairs of condition and body; ``otherwise`` may be missing."""

    branches: tuple[tuple["Script", "Script"], ...]
    otherwise: "Script | None"
    redirects: tuple[Redirect, ...] = ()


@dataclass(frozen=True, slots=True)
class For:
    """``for name in words``; without ``in``, the positional parameters."""

    name: str
    words: tuple[Word, ...] | None
    body: "Script"
    redirects: tuple[Redirect, ...] = ()


@dataclass(frozen=True, slots=True)
class Count:
    """``for ((first; condition; step))``."""

    first: Word
    condition: Word
    step: Word
    body: "Script"
    redirects: tuple[Redirect, ...] = ()


@dataclass(frozen=True, slots=True)
class While:
    """``while`` and ``until`` (``wanted`` is false)."""

    condition: "Script"
    body: "Script"
    wanted: bool
    redirects: tuple[Redirect, ...] = ()


@dataclass(frozen=True, slots=True)
class Clause:
    """One branch of ``case``; ``end`` is ``;;``, ``;&`` or ``;;&``."""

    patterns: tuple[Word, ...]
    body: "Script"
    end: str


@dataclass(frozen=True, slots=True)
class Case:
    """``case word in clauses esac``."""

    word: Word
    clauses: tuple[Clause, ...]
    redirects: tuple[Redirect, ...] = ()


@dataclass(frozen=True, slots=True)
class Group:
    """``{ ...; }`` or, in a shell of its own, ``( ... )``."""

    body: "Script"
    is_subshell: bool
    redirects: tuple[Redirect, ...] = ()


@dataclass(frozen=True, slots=True)
class Function:
    """The definition of a function."""

    name: str
    body: "Command"
    redirects: tuple[Redirect, ...] = ()


@dataclass(frozen=True, slots=True)
class Condition:
    """``[[ ... ]]``, its words and operators in order; an unquoted operator is a plain string."""

    tokens: tuple[Word | str, ...]
    redirects: tuple[Redirect, ...] = ()


@dataclass(frozen=True, slots=True)
class Calculation:
    """``((...))``."""

    expression: Word
    redirects: tuple[Redirect, ...] = ()


Command = Simple | If | For | Count | While | Case | Group | Function | Condition | Calculation


@dataclass(frozen=True, slots=True)
class Pipeline:
    """Commands joined by ``|``; ``timed`` is the keyword ``time``."""

    commands: tuple[Command, ...]
    negated: bool = False
    timed: bool = False


@dataclass(frozen=True, slots=True)
class Item:
    """Pipelines joined by ``&&`` and ``||``; ``source`` is their text."""

    first: Pipeline
    rest: tuple[tuple[str, Pipeline], ...]
    background: bool
    source: str
    line: int = 1


@dataclass(frozen=True, slots=True)
class Script:
    """Items one after the other."""

    items: tuple[Item, ...] = field(default=())
