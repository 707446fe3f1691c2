# SPDX-License-Identifier: MIT
"""Read simple commands: assignments, words, redirections, here-documents."""

import re
from collections.abc import Mapping

from decnet.lures.shell.syntax import (
    Assignment,
    Command,
    IncompleteError,
    Literal,
    Redirect,
    ScriptError,
    Simple,
    Word,
)
from decnet.lures.shell.words import META, WordReader

_END = "unexpected end of file"
_REDIRECT = re.compile(r"([0-9]+|)(<<<|<<-|<<|<&|<>|<|>>|>&|>\||>)|(&>>|&>)")
_ASSIGNMENT = re.compile(r"([A-Za-z_][A-Za-z0-9_]*)(\[[^\]]*\])?(\+?)=")
_PLAIN_WORD = re.compile(r"[^\s;&|<>()'\"\\$`]+(?=[\s;&|<>()]|$)")
_DECLARING = ("export", "declare", "typeset", "local", "readonly", "alias")
_TOKEN = re.compile(r"&&|\|\||;;&|;;|;&|\n|[;&|<>()]|[^\s;&|<>()]+")


class SimpleReader(WordReader):
    """Reads a simple command and what stands around it."""

    def __init__(self, text: str, depth: int = 0, aliases: Mapping[str, str] | None = None) -> None:
        super().__init__(text, depth)
        self.aliases = aliases or {}
        self._documents: list[Redirect] = []
        self._alias_end = -1
        self._line = 1
        self._counted = 0

    def _descend(self) -> None:
        self.depth += 1
        if self.depth > 40:
            raise ScriptError("maximum nesting level exceeded")

    def _ahead(self, ends: tuple[str, ...]) -> bool:
        for end in ends:
            if self.text.startswith(end, self.at):
                following = self.text[self.at + len(end) : self.at + len(end) + 1]
                if not end.isalpha() or following == "" or following in META:
                    return True
        return False

    def _with_redirects(self, command: Command) -> Command:
        redirects = []
        while True:
            self.skip_blanks()
            redirect = self._redirect()
            if redirect is None:
                break
            redirects.append(redirect)
        if not redirects:
            return command
        values = {name: getattr(command, name) for name in type(command).__slots__}
        return type(command)(**{**values, "redirects": (*command.redirects, *redirects)})

    def _expand_alias(self) -> None:
        """Replace an alias by its value, once for each place."""
        while self.aliases and self.at > self._alias_end:
            match = _PLAIN_WORD.match(self.text, self.at)
            if match is None or match[0] not in self.aliases:
                return
            value = self.aliases[match[0]]
            self._alias_end = self.at
            self.text = self.text[: self.at] + value + self.text[match.end() :]

    def _simple(self) -> Simple:
        assignments: list[Assignment] = []
        words: list[Word | Assignment] = []
        redirects: list[Redirect] = []
        is_declaring = False
        while True:
            self.skip_blanks()
            redirect = self._redirect()
            if redirect is not None:
                redirects.append(redirect)
                continue
            assignment = self._assignment() if not words or is_declaring else None
            if assignment is not None:
                (words if is_declaring else assignments).append(assignment)
                continue
            word = self.word()
            if word is None:
                break
            words.append(word)
            is_declaring = is_declaring or (len(words) == 1 and word.literal in _DECLARING)
        if not assignments and not words and not redirects:
            raise self._unexpected()
        return Simple(tuple(assignments), tuple(words), tuple(redirects))

    def _assignment(self) -> Assignment | None:
        match = _ASSIGNMENT.match(self.text, self.at)
        if match is None:
            return None
        self.at = match.end()
        subscript = self.quoted_word(match[2][1:-1]) if match[2] else None
        if self.peek() == "(" and subscript is None:
            self.at += 1
            return Assignment(match[1], None, bool(match[3]), None, self._array())
        return Assignment(match[1], self.word() or Word(()), bool(match[3]), subscript)

    def _array(self) -> tuple[Word, ...]:
        values: list[Word] = []
        while True:
            self._skip_newlines()
            if self.peek() == ")":
                self.at += 1
                return tuple(values)
            word = self.word()
            if word is None:
                raise self._unexpected()
            values.append(word)

    def _redirect(self) -> Redirect | None:
        match = _REDIRECT.match(self.text, self.at)
        if match is None or (match[2] in ("<", ">") and self.text[match.end() : match.end() + 1] == "(" and not match[1]):
            return None
        self.at = match.end()
        self.skip_blanks()
        target = self.word()
        if target is None:
            raise self._unexpected()
        operator = match[2] or match[3]
        default = -1 if operator.startswith("&") else 0 if operator[0] == "<" else 1
        redirect = Redirect(int(match[1][-4:]) if match[1] else default, operator, target)
        if operator in ("<<", "<<-"):
            self._documents.append(redirect)
        return redirect

    def _newline(self) -> None:
        """Consume the end of a line and the here-documents that begin behind it."""
        if self.peek() == "\n":
            self.at += 1
        documents, self._documents = self._documents, []
        for redirect in documents:
            self._document(redirect)

    def _document(self, redirect: Redirect) -> None:
        end = "".join(part.text if isinstance(part, Literal) else "$" for part in redirect.target.parts)
        is_quoted = any(isinstance(part, Literal) and part.quoted for part in redirect.target.parts)
        lines: list[str] = []
        while True:
            if self.at >= len(self.text):
                raise IncompleteError(f"here-document delimited by end-of-file (wanted `{end}')")
            stop = self.text.find("\n", self.at)
            stop = len(self.text) if stop < 0 else stop
            line = self.text[self.at : stop]
            self.at = min(stop + 1, len(self.text))
            if redirect.operator == "<<-":
                line = line.lstrip("\t")
            if line == end:
                break
            lines.append(line + "\n")
        body = "".join(lines)
        redirect.body = Word((Literal(body, quoted=True),)) if is_quoted else self.quoted_word(body)

    def _skip_newlines(self) -> None:
        self.skip_blanks()
        while self.peek() == "\n":
            self._newline()
            self.skip_blanks()

    def _expect(self, token: str) -> None:
        self._skip_newlines()
        if self.at >= len(self.text):
            raise IncompleteError(_END)
        if not self._ahead((token,)):
            raise self._unexpected()
        self.at += len(token)

    def _unexpected(self) -> ScriptError:
        match = _TOKEN.match(self.text, self.at)
        if match is None:
            return IncompleteError(_END)
        token = "newline" if match[0] == "\n" else match[0]
        return ScriptError(f"syntax error near unexpected token `{token}'")
