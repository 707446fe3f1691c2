# SPDX-License-Identifier: MIT
"""Read compound commands: if, for, while, case, groups, functions, conditions."""

import re
from abc import abstractmethod

from decnet.lures.shell.simple import _END, SimpleReader
from decnet.lures.shell.syntax import (
    Calculation,
    Case,
    Clause,
    Command,
    Condition,
    Count,
    For,
    Function,
    Group,
    If,
    IncompleteError,
    Script,
    While,
    Word,
)

_CONDITION_OPERATORS = re.compile(r"&&|\|\||[()<>]|!(?=\s)")


class CompoundReader(SimpleReader):
    """Reads a compound command behind its first word."""

    @abstractmethod
    def _script(self, ends: tuple[str, ...]) -> Script:
        """Read items until a reserved word or operator of ``ends``, which is not consumed."""

    @abstractmethod
    def _command(self) -> Command:
        """Read one command of a pipeline."""

    def _body(self, end: str, *ends: str) -> Script:
        """Read a body that may not be empty."""
        script = self._script((end, *ends))
        if not script.items:
            raise self._unexpected()
        return script

    def _if(self, word: str) -> Command:
        self.at += len(word)
        branches = []
        otherwise = None
        while True:
            condition = self._body("then")
            self._expect("then")
            branches.append((condition, self._body("elif", "else", "fi")))
            if self._ahead(("elif",)):
                self.at += 4
                continue
            if self._ahead(("else",)):
                self.at += 4
                otherwise = self._body("fi")
            self._expect("fi")
            return If(tuple(branches), otherwise)

    def _while(self, word: str) -> Command:
        self.at += len(word)
        condition = self._body("do")
        return While(condition, self._loop_body(), wanted=word == "while")

    def _loop_body(self) -> Script:
        self.skip_blanks()
        if self.peek() == ";":
            self.at += 1
        self._skip_newlines()
        if self._ahead(("{",)):
            self._expect("{")
            body = self._body("}")
            self._expect("}")
            return body
        self._expect("do")
        body = self._body("done")
        self._expect("done")
        return body

    def _for(self, word: str) -> Command:
        self.at += len(word)
        self.skip_blanks()
        if self.peek(2) == "((":
            return self._count()
        name = self.word()
        if name is None or name.literal is None:
            raise self._unexpected()
        self._skip_newlines()
        words = None
        if self._ahead(("in",)):
            self.at += 2
            words = self._words()
        return For(name.literal, words, self._loop_body())

    def _words(self) -> tuple[Word, ...]:
        words: list[Word] = []
        while True:
            self.skip_blanks()
            word = self.word()
            if word is None:
                return tuple(words)
            words.append(word)

    def _count(self) -> Command:
        self.at += 2
        inner = self.until_double_parenthesis()
        pieces = (inner or "").split(";")
        if inner is None or len(pieces) != 3:
            raise self._unexpected()
        first, condition, step = (self.quoted_word(piece) for piece in pieces)
        return Count(first, condition, step, self._loop_body())

    def _case(self, word: str) -> Command:
        self.at += len(word)
        self.skip_blanks()
        subject = self.word()
        if subject is None:
            raise self._unexpected()
        self._expect("in")
        clauses = []
        self._skip_newlines()
        while not self._ahead(("esac",)):
            clauses.append(self._clause())
            self._skip_newlines()
        self._expect("esac")
        return Case(subject, tuple(clauses))

    def _clause(self) -> Clause:
        if self.peek() == "(":
            self.at += 1
        patterns = []
        while True:
            self.skip_blanks()
            pattern = self.word()
            if pattern is None:
                raise self._unexpected()
            patterns.append(pattern)
            self.skip_blanks()
            if self.peek() != "|":
                break
            self.at += 1
        self._expect(")")
        body = self._script((";;", ";&", "esac"))
        end = next((end for end in (";;&", ";;", ";&") if self.text.startswith(end, self.at)), "")
        self.at += len(end)
        return Clause(tuple(patterns), body, end or ";;")

    def _group(self, word: str) -> Command:
        self.at += len(word)
        body = self._body("}")
        self._expect("}")
        return Group(body, is_subshell=False)

    def _parenthesised(self) -> Command:
        if self.peek(2) == "((":
            start = self.at
            self.at += 2
            inner = self.until_double_parenthesis()
            if inner is not None:
                return Calculation(self.quoted_word(inner))
            self.at = start
        self.at += 1
        body = self._body(")")
        self._expect(")")
        return Group(body, is_subshell=True)

    def _function(self, word: str) -> Command:
        self.at += len(word)
        self.skip_blanks()
        match = re.compile(r"([^\s;&|<>()'\"\\$`]+)([ \t]*\([ \t]*\))?").match(self.text, self.at)
        if match is None:
            raise self._unexpected()
        self.at = match.end()
        return self._function_body(match[1])

    def _function_body(self, name: str) -> Command:
        self._skip_newlines()
        self._descend()
        body = self._command()
        self.depth -= 1
        return Function(name, body)

    def _condition(self, word: str) -> Command:
        self.at += len(word)
        tokens: list[Word | str] = []
        while True:
            self._skip_newlines()
            if self.at >= len(self.text):
                raise IncompleteError(_END)
            if self.peek(2) == "]]":
                self.at += 2
                return Condition(tuple(tokens))
            tokens.append(self._condition_token(tokens))

    def _condition_token(self, before: list[Word | str]) -> Word | str:
        if before and before[-1] == "=~":
            parts = self._parts(" \t\n")
            return Word(tuple(parts))
        match = _CONDITION_OPERATORS.match(self.text, self.at)
        if match is not None:
            self.at = match.end()
            return match[0]
        word = self.word()
        if word is None:
            raise self._unexpected()
        return word.literal if word.literal in ("=~", "==", "=", "!=") else word

    _COMPOUND = {  # noqa: RUF012 - the table of the grammar; nobody changes it
        "if": _if,
        "while": _while,
        "until": _while,
        "for": _for,
        "select": _for,
        "case": _case,
        "{": _group,
        "function": _function,
        "[[": _condition,
    }
