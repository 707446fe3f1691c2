# SPDX-License-Identifier: MIT
"""The grammar of awk: programs become lists of patterns and statements, each node a tuple that begins with its kind."""

import re
from typing import Any

Node = tuple[Any, ...]
Rule = tuple[Node | str | None, list[Node] | None]
MAX_DEPTH = 40
_TOKEN = re.compile(
    r'(?P<space>[ \t\r]+|\\\n|#[^\n]*)|(?P<number>\d+\.?\d*(?:[eE][-+]?\d+)?|\.\d+)|(?P<string>"(?:\\.|[^"\\])*")'
    r"|(?P<name>[A-Za-z_]\w*)|(?P<operator>\+\+|--|\*\*|&&|\|\||[-+*/%^<>=!]=|!~|>>|[-+*/%^<>=!~?:,;{}()\[\]$|\n])"
)
_REGEX = re.compile(r"/((?:\\.|\[(?:\\.|[^\]\\])*\]|[^/\\\n])+)/")
_KEYWORDS = (
    "if",
    "else",
    "while",
    "for",
    "in",
    "print",
    "printf",
    "next",
    "exit",
    "break",
    "continue",
    "delete",
    "BEGIN",
    "END",
    "getline",
)
_ESCAPES = {"n": "\n", "t": "\t", "r": "\r", "\\": "\\", '"': '"', "/": "/", "a": "\a", "b": "\b"}
_FUNCTIONS = ("length", "substr", "index", "split", "sub", "gsub", "match", "sprintf", "tolower", "toupper", "int", "rand",
              "srand", "sqrt", "system")  # fmt: skip
_LEVELS = (("+", "-"), ("*", "/", "%"))
_ENDS = (
    "",
    ";",
    "}",
    "\n",
    ")",
    "]",
    ",",
    ":",
    "?",
    ">",
    ">>",
    "|",
    "<",
    "<=",
    "==",
    "!=",
    ">=",
    "~",
    "!~",
    "&&",
    "||",
    "in",
    "{",
)


class AwkError(Exception):
    """A program is wrong, or cannot go on."""


def tokens(source: str) -> list[tuple[str, str]]:
    """Return the kinds and texts of a program's tokens."""
    found: list[tuple[str, str]] = []
    at = 0
    while at < len(source):
        if source[at] == "/" and (
            not found or found[-1][1] in ("(", ",", "{", "!", "~", "!~", "&&", "||", ";", "\n", "=", "}")
        ):
            match = _REGEX.match(source, at)
            if match:
                found.append(("regex", match[1].replace("\\/", "/")))
                at = match.end()
                continue
        match = _TOKEN.match(source, at)
        if match is None:
            raise AwkError(f"syntax error at or near {source[at : at + 1]}")
        at = match.end()
        kind = match.lastgroup or ""
        if kind != "space":
            found.append((kind, match[0]))
    return found


class _Parser:
    def __init__(self, source: str) -> None:
        self.tokens = tokens(source[:16384])
        self.at = 0
        self.depth = 0
        self.allows_greater = True

    def peek(self) -> str:
        return (
            self.tokens[self.at][1]
            if self.at < len(self.tokens) and self.tokens[self.at][0] not in ("string", "regex")
            else ("" if self.at >= len(self.tokens) else "\0")
        )

    def take(self) -> str:
        text = self.peek()
        self.at += 1
        return text

    def accept(self, *texts: str) -> bool:
        if self.peek() in texts and self.peek():
            self.at += 1
            return True
        return False

    def expect(self, text: str) -> None:
        if not self.accept(text):
            raise AwkError(f"syntax error at or near {self.peek().strip() or 'end of file'}")

    def lines(self) -> None:
        while self.accept("\n", ";"):
            pass

    def rules(self) -> list[Rule]:
        found: list[Rule] = []
        self.lines()
        while self.at < len(self.tokens):
            pattern: Node | str | None = None
            if self.peek() in ("BEGIN", "END"):
                pattern = self.take()
            elif self.peek() != "{":
                pattern = self.expression()
                if self.accept(","):
                    pattern = ("range", pattern, self.expression())
            found.append((pattern, self.block() if self.peek() == "{" else None))
            self.lines()
        return found

    def block(self) -> list[Node]:
        self.expect("{")
        self.depth += 1
        if self.depth > MAX_DEPTH:
            raise AwkError("program too deep")
        statements = []
        self.lines()
        while not self.accept("}"):
            if self.at >= len(self.tokens):
                raise AwkError("syntax error at or near end of file")
            statements.append(self.statement())
            self.lines()
        self.depth -= 1
        return statements

    def statement(self) -> Node:
        word = self.peek()
        if word == "{":
            return ("block", self.block())
        handlers = {"if": self.if_statement, "while": self.while_statement, "for": self.for_statement}
        if word in handlers:
            self.at += 1
            return handlers[word]()
        if word in ("print", "printf"):
            return self.output(self.take())
        if word in ("next", "break", "continue", "exit", "delete"):
            return self.short(self.take())
        return ("expression", self.expression())

    def short(self, word: str) -> Node:
        if word == "next":
            return ("next",)
        if word == "exit":
            return ("exit", None if self.peek() in (";", "}", "\n", "") else self.expression())
        if word == "delete":
            name = self.take()
            key = None
            if self.accept("["):
                key = self.expression()
                self.expect("]")
            return ("delete", name, key)
        return ("leave", word)

    def body(self) -> Node:
        while self.accept("\n"):
            pass
        return ("block", []) if self.accept(";") else self.statement()

    def if_statement(self) -> Node:
        self.expect("(")
        condition = self.expression()
        self.expect(")")
        then = self.body()
        saved = self.at
        self.lines()
        if self.accept("else"):
            return ("if", condition, then, self.body())
        self.at = saved
        return ("if", condition, then, None)

    def while_statement(self) -> Node:
        self.expect("(")
        condition = self.expression()
        self.expect(")")
        return ("while", condition, self.body())

    def for_statement(self) -> Node:
        self.expect("(")
        texts = [text for _, text in self.tokens[self.at : self.at + 4]]
        if len(texts) == 4 and texts[1] == "in" and texts[3] == ")":
            self.at += 4
            return ("each", texts[0], texts[2], self.body())
        first = None if self.peek() == ";" else self.statement()
        self.expect(";")
        condition = None if self.peek() == ";" else self.expression()
        self.expect(";")
        step = None if self.peek() == ")" else self.statement()
        self.expect(")")
        return ("for", first, condition, step, self.body())

    def output(self, word: str) -> Node:
        values: list[Node] = []
        self.allows_greater = False
        if self.peek() not in (";", "}", "\n", "", ">", ">>", "|"):
            values.append(self.expression())
            while self.accept(","):
                values.append(self.expression())
        self.allows_greater = True
        if len(values) == 1 and values[0][0] == "list":
            values = values[0][1]
        target = None
        if self.peek() in (">", ">>", "|"):
            target = (self.take(), self.primary())
        return (word, values, target)

    def expression(self) -> Node:
        self.depth += 1
        if self.depth > MAX_DEPTH:
            raise AwkError("expression too deep")
        left = self.either()
        if self.accept("?"):
            first = self.expression()
            self.expect(":")
            left = ("choice", left, first, self.expression())
        elif self.peek() in ("=", "+=", "-=", "*=", "/=", "%=", "^=") and left[0] in ("name", "index", "field"):
            left = ("assign", self.take(), left, self.expression())
        self.depth -= 1
        return left

    def either(self) -> Node:
        left = self.both()
        while self.accept("||"):
            left = ("or", left, self.both())
        return left

    def both(self) -> Node:
        left = self.membership()
        while self.accept("&&"):
            left = ("and", left, self.membership())
        return left

    def membership(self) -> Node:
        left = self.comparison()
        while self.accept("in"):
            left = ("contains", left, self.take())
        return left

    def comparison(self) -> Node:
        left = self.joined()
        while True:
            operator = self.peek()
            if operator in ("~", "!~"):
                self.at += 1
                left = ("match", left, self.joined(), operator == "~")
            elif operator in ("<", "<=", "==", "!=", ">=") or (operator == ">" and self.allows_greater):
                self.at += 1
                left = ("compare", operator, left, self.joined())
            else:
                return left

    def joined(self) -> Node:
        left = self.level(0)
        while self.peek() not in _ENDS and self.peek() not in ("=", "+=", "-=", "*=", "/=", "%=", "^=", "else"):
            left = ("concat", left, self.level(0))
        return left

    def level(self, at: int) -> Node:
        if at == len(_LEVELS):
            return self.unary()
        left = self.level(at + 1)
        while self.peek() in _LEVELS[at]:
            left = ("arithmetic", self.take(), left, self.level(at + 1))
        return left

    def unary(self) -> Node:
        if self.peek() in ("!", "-", "+"):
            operator = self.take()
            self.depth += 1
            if self.depth > MAX_DEPTH:
                raise AwkError("expression too deep")
            operand = self.unary()
            self.depth -= 1
            return (
                ("not", operand)
                if operator == "!"
                else ("negative", operand)
                if operator == "-"
                else ("arithmetic", "+", ("const", 0.0), operand)
            )
        if self.peek() in ("++", "--"):
            change = 1 if self.take() == "++" else -1
            return ("step", self.primary(), change, False)
        left = self.primary()
        if self.peek() in ("++", "--") and left[0] in ("name", "index", "field"):
            return ("step", left, 1 if self.take() == "++" else -1, True)
        if self.accept("^", "**"):
            return ("arithmetic", "^", left, self.unary())
        return left

    def primary(self) -> Node:
        if self.at >= len(self.tokens):
            raise AwkError("syntax error at or near end of file")
        kind, text = self.tokens[self.at]
        self.at += 1
        if kind == "number":
            return ("const", float(text[:40]))
        if kind == "string":
            return (
                "const",
                re.sub(r"\\(.)", lambda match: _ESCAPES.get(match[1], "\\" + match[1]), text[1:-1], flags=re.DOTALL),
            )
        if kind == "regex":
            return ("regex", text)
        if text == "$":
            return ("field", self.unary() if self.peek() in ("++", "--", "-") else self.primary())
        if text == "(":
            return self.parenthesis()
        if kind != "name" or text in _KEYWORDS:
            raise AwkError(f"syntax error at or near {text.strip() or 'end of line'}")
        return self.named(text)

    def parenthesis(self) -> Node:
        saved, self.allows_greater = self.allows_greater, True
        values = [self.expression()]
        while self.accept(","):
            values.append(self.expression())
        self.expect(")")
        self.allows_greater = saved
        return values[0] if len(values) == 1 else ("list", values)

    def named(self, name: str) -> Node:
        if self.peek() == "(" and name in _FUNCTIONS:
            self.at += 1
            arguments: list[Node] = []
            while not self.accept(")"):
                arguments.append(self.expression())
                if not self.accept(",") and self.peek() != ")":
                    raise AwkError("syntax error in arguments")
            return ("call", name, arguments)
        if name == "length":
            return ("call", name, [])
        if self.accept("["):
            key = self.expression()
            while self.accept(","):
                key = ("concat", ("concat", key, ("const", "\x1c")), self.expression())
            self.expect("]")
            return ("index", name, key)
        return ("name", name)


def parse(source: str) -> list[Rule]:
    """Return the rules of a program; raise ``AwkError``."""
    return _Parser(source).rules()
