# SPDX-License-Identifier: MIT
"""Read the commands of a script, by the grammar of bash's manual."""

import re
from collections.abc import Mapping

from decnet.lures.shell.syntax import (
    Assignment,
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
    Item,
    Literal,
    Pipeline,
    Redirect,
    Script,
    ScriptError,
    Simple,
    While,
    Word,
)
from decnet.lures.shell.words import META, WordReader

_END = "unexpected end of file"
_REDIRECT = re.compile(r"([0-9]+|)(<<<|<<-|<<|<&|<>|<|>>|>&|>\||>)|(&>>|&>)")
_ASSIGNMENT = re.compile(r"([A-Za-z_][A-Za-z0-9_]*)(\[[^\]]*\])?(\+?)=")
_FUNCTION = re.compile(r"([^\s;&|<>()'\"\\$`=]+)[ \t]*\([ \t]*\)")
_PLAIN_WORD = re.compile(r"[^\s;&|<>()'\"\\$`]+(?=[\s;&|<>()]|$)")
_DECLARING = ("export", "declare", "typeset", "local", "readonly", "alias")
_RESERVED_ENDS = ("then", "elif", "else", "fi", "do", "done", "esac", "}")
_CONDITION_OPERATORS = re.compile(r"&&|\|\||[()<>]|!(?=\s)")
_TOKEN = re.compile(r"&&|\|\||;;&|;;|;&|\n|[;&|<>()]|[^\s;&|<>()]+")
_HEREDOC_STOPS = ("'", '"', "\\")


class Parser(WordReader):
    """Reads a script one complete command after the other."""

    def __init__(self, text: str, depth: int = 0, aliases: Mapping[str, str] | None = None) -> None:
        super().__init__(text, depth)
        self.aliases = aliases or {}
        self._documents: list[Redirect] = []
        self._alias_end = -1
        self._line = 1
        self._counted = 0

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

    def _descend(self) -> None:
        self.depth += 1
        if self.depth > 40:
            raise ScriptError("maximum nesting level exceeded")

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

    def _ahead(self, ends: tuple[str, ...]) -> bool:
        for end in ends:
            if self.text.startswith(end, self.at):
                following = self.text[self.at + len(end) : self.at + len(end) + 1]
                if not end.isalpha() or following == "" or following in META:
                    return True
        return False

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


def _joined(command: Command) -> Command:
    """Return ``command`` with its errors sent where its output goes (``|&``)."""
    values = {name: getattr(command, name) for name in type(command).__slots__}
    both = Redirect(2, ">&", Word((Literal("1", quoted=False),)))
    return type(command)(**{**values, "redirects": (*command.redirects, both)})
