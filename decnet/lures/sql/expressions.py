# SPDX-License-Identifier: MIT
"""Reads expressions, in the precedence that MySQL and PostgreSQL share where they agree."""

from decimal import Decimal, InvalidOperation

from decnet.lures.sql.cursor import checked_depth
from decnet.lures.sql.node import (
    Array,
    Case,
    Cast,
    Exists,
    Expression,
    Function,
    Interval,
    Literal,
    Name,
    Order,
    Parameter,
    Scalar,
    Star,
    Tuple,
    Variable,
)
from decnet.lures.sql.operators import Operators
from decnet.lures.sql.problem import Kind, SqlError
from decnet.lures.sql.value import DOUBLE, Type

_OTHER = 7
_NOT_CALLED = frozenset(("and", "or", "not", "in", "when", "then", "else", "on", "where", "select", "from", "as", "xor", "div",
                         "having", "limit", "using", "between", "like", "union", "all", "distinct", "returning"))  # fmt: skip
_UNITS = frozenset(("microsecond", "second", "minute", "hour", "day", "week", "month", "quarter", "year", "minute_second",
                    "hour_second", "hour_minute", "day_second", "day_minute", "day_hour", "year_month"))  # fmt: skip


class Expressions(Operators):
    """The part of the parser that reads what stands between operators."""

    def order_by(self) -> list[Order]:
        """Read the keys behind ORDER BY, where it comes next."""
        keys: list[Order] = []
        while self.words("order", "by") if not keys else self.operator(","):
            value = self.expression()
            descending = self.word("asc", "desc") == "desc"
            nulls = self.expect_word("first", "last") if self.word("nulls") else ""
            keys.append(Order(value, descending, (nulls == "first") if nulls else None))
        return keys

    def type_(self) -> Type:
        """Read a type."""
        start = self.peek()
        parts = self.dotted()
        name = parts[-1].lower()
        for more in ("precision", "varying", "without", "with"):
            if self.is_word(more) and (more not in ("without", "with") or self.is_word("time", offset=1)):
                name += " " + self.take().text.lower()
                if more in ("without", "with"):
                    name += " " + " ".join(self.take().text.lower() for _ in range(2))
        length, scale, choices = self._type_arguments()
        unsigned = False
        while word := self.word("unsigned", "signed", "zerofill", "integer"):
            unsigned |= word not in ("signed", "integer")
        self._character_set()
        is_array = False
        while self.is_operator("["):
            is_array = self._array_bounds()
        found = self.dialect.type_named(name, length, scale, unsigned=unsigned, choices=choices, is_array=is_array)
        if found is None:
            raise self.dialect.missing_type(name, self.wrong(start))
        return found

    def _array_bounds(self) -> bool:
        """Pass the brackets of a type of arrays."""
        self.expect("[")
        if not self.is_operator("]"):
            self.number()
        self.expect("]")
        return True

    def _type_arguments(self) -> tuple[int, int, tuple[str, ...]]:
        """Read what stands in brackets behind a type."""
        if not self.operator("("):
            return 0, 0, ()
        if self.peek().kind == "string":
            choices = [self.take().text]
            while self.operator(","):
                choices.append(self.text_or_name())
            self.expect(")")
            return 0, 0, tuple(choices)
        length = self.number()
        scale = self.number() if self.operator(",") else 0
        self.expect(")")
        return length, scale, ()

    def _character_set(self) -> None:
        """Pass CHARACTER SET and COLLATE."""
        while True:
            if self.words("character", "set") or self.word("charset", "collate"):
                self.text_or_name()
            elif not self.word("binary", "ascii", "unicode"):
                return

    def _primary(self) -> Expression:  # noqa: PLR0911 - one for each kind of word
        """Read a value."""
        token = self.peek()
        if token.kind == "name":
            return self._word(token.text.lower())
        if token.kind == "quoted":
            return self._reference()
        if token.kind == "number":
            return self._number()
        if token.kind in ("string", "hex", "bits"):
            return self._text()
        if token.kind == "parameter":
            self.take()
            index = int(token.text[1:]) - 1 if len(token.text) > 1 else self.parameters
            self.parameters = max(self.parameters, index + 1)
            return Parameter(index)
        if token.kind in ("variable", "system"):
            return self._variable()
        if self.is_operator("*"):
            self.take()
            return Star()
        return self._bracketed()

    def _number(self) -> Literal:
        """Read a number."""
        text = self.take().text
        if not text.isascii():
            raise self.wrong()
        if "e" in text.lower():
            found = float(text)
            if found == float("inf"):
                raise SqlError(Kind.OUT_OF_RANGE, "DOUBLE", text[:128])
            return Literal(found, DOUBLE)
        if text.isdigit() and len(text) <= 40:
            return Literal(int(text))
        try:
            value = Decimal(text[:90])
        except InvalidOperation:
            raise self.wrong() from None
        return Literal(value, Type("decimal", "decimal", len(text), len(text.partition(".")[2])))

    def _text(self) -> Expression:
        """Read a string; strings side by side are one."""
        token = self.take()
        if token.kind != "string":
            digits = token.text[2:].removesuffix("'")
            base = 16 if token.kind == "hex" else 2
            return Literal(self.dialect.binary(digits, base))
        text = token.text
        while self.peek().kind == "string":
            text += self.take().text
        return Literal(text)

    def _variable(self) -> Expression:
        """Read ``@name`` or ``@@scope.name``."""
        token = self.take()
        if token.kind == "variable":
            return Variable(token.text[1:].strip("`'\"").lower(), "user")
        name = token.text[2:].replace("`", "").lower()
        scope, _, rest = name.partition(".")
        if scope in ("global", "session", "local") and rest:
            return Variable(rest, {"local": "session"}.get(scope, scope))
        if not name:
            raise self.wrong(token)
        return Variable(name, "")

    def _bracketed(self) -> Expression:
        """Read what stands in brackets."""
        if self.is_operator("{"):
            return self._escape()
        if not self.is_operator("("):
            raise self.wrong()
        if self._is_query(1):
            self.take()
            query = self._nested()
            self.expect(")")
            return Scalar(query)
        self.take()
        items = self.expressions()
        self.expect(")")
        if len(items) == 1:
            return items[0]
        return Tuple(items, depth=checked_depth(*(item.depth for item in items)))

    def _escape(self) -> Expression:
        """Read ``{fn name()}``, ``{d 'date'}`` and their kin, as ODBC writes them."""
        self.take()
        self.name()
        inner = self.expression()
        self.expect("}")
        return inner

    def _word(self, word: str) -> Expression:
        """Read what begins with a word."""
        is_call = self.is_operator("(", offset=1)
        constants = {"null": None, "true": self.dialect.true, "false": self.dialect.false}
        if word in constants and not self.is_operator(".", offset=1):
            self.take()
            return Literal(constants[word])
        if (special := self._special(word, is_call=is_call)) is not None:
            return special
        if is_call and word not in _NOT_CALLED:
            return self._call((self.take().text,))
        return self._reference()

    def _special(self, word: str, *, is_call: bool) -> Expression | None:
        """Read what has a form of its own; None where a word begins nothing such."""
        if word == "case":
            return self._case()
        if word == "exists" and is_call:
            return self._exists()
        if word == "interval" and (not is_call or self._is_interval()):
            return self._interval()
        if word in ("array", "row") and self.is_operator("[", "(", offset=1):
            return self._array(word)
        return self._prefixed_text(word)

    def _prefixed_text(self, word: str) -> Expression | None:
        """Read a text with a type or a character set before it; None where there is none."""
        if word in ("date", "time", "timestamp", "timestamptz") and self.peek(1).kind == "string":
            type_ = self.type_()
            return Cast(Literal(self.take().text), type_)
        if word.startswith("_") and self.peek(1).kind in ("string", "hex") and self.dialect.lexicon.backticks:
            self.take()
            return self._text()
        return None

    def _reference(self) -> Expression:
        """Read a column, ``name.*``, or a call of a function with a schema."""
        token = self.peek()
        if not self.is_name() and not self.is_operator(".", offset=1):
            raise self.wrong()
        parts = self.dotted()
        if self.is_operator(".") and self.is_operator("*", offset=1):
            self.take()
            self.take()
            return Star(parts)
        if self.is_operator("("):
            return self._call(parts)
        if len(parts) == 1 and token.kind == "name" and parts[0].lower() in self.dialect.bare_functions:
            return Function(parts[0].lower(), [], parts, options={"bare": True})
        return Name(parts)

    def _case(self) -> Case:
        """Read CASE."""
        self.take()
        subject = None if self.is_word("when") else self.expression()
        branches = []
        while self.word("when"):
            condition = self.expression()
            self.expect_word("then")
            branches.append((condition, self.expression()))
        if not branches:
            raise self.wrong()
        otherwise = self.expression() if self.word("else") else None
        self.expect_word("end")
        inner = [part.depth for branch in branches for part in branch]
        return Case(
            subject, branches, otherwise, depth=checked_depth(*inner, *(part.depth for part in (subject, otherwise) if part))
        )

    def _exists(self) -> Exists:
        """Read EXISTS (query)."""
        self.take()
        self.expect("(")
        query = self._nested()
        self.expect(")")
        return Exists(query)

    def _is_interval(self) -> bool:
        """Whether INTERVAL with a bracket behind it is no function: a unit follows the bracket."""
        depth, offset = 0, 1
        while offset < 60 and self.peek(offset).kind != "end":
            depth += self.is_operator("(", offset=offset) - self.is_operator(")", offset=offset)
            if depth == 0:
                return self.is_word(*_UNITS, offset=offset + 1)
            offset += 1
        return False

    def _interval(self) -> Interval:
        """Read INTERVAL amount unit."""
        self.take()
        amount = self.expression(_OTHER)
        unit = self.word(*_UNITS)
        if not unit and not self.dialect.bars_join:
            raise self.wrong()
        return Interval(amount, unit, depth=checked_depth(amount.depth))

    def _array(self, word: str) -> Expression:
        """Read ARRAY[...], ARRAY(query) or ROW(...)."""
        self.take()
        closing = {"[": "]", "(": ")"}[self.take().text]
        if word == "array" and closing == ")":
            query = self._nested()
            self.expect(")")
            return Array([], query)
        items = [] if self.is_operator(closing) else self.expressions()
        self.expect(closing)
        depth = checked_depth(*(item.depth for item in items))
        return Array(items, depth=depth) if word == "array" else Tuple(items, depth=depth)

    def _call(self, parts: tuple[str, ...]) -> Expression:
        """Read the arguments of a function."""
        name = parts[-1].lower()
        if self.is_word("select", "with", offset=1):
            # some functions take a query in their own brackets, as IF((SELECT ...)) has it, but never bare
            raise self.wrong(self.peek(1))
        self.expect("(")
        if name in ("cast", "try_cast") and len(parts) == 1:
            return self._cast()
        call = Function(name, [], parts)
        if self.operator("*"):
            call.star = True
        elif not self.is_operator(")"):
            self._arguments(call)
        self.expect(")")
        self._behind_call(call)
        call.depth = checked_depth(*(argument.depth for argument in call.arguments))
        return call

    def _cast(self) -> Cast:
        """Read what stands in the brackets of CAST."""
        value = self.expression()
        self.expect_word("as")
        type_ = self.type_()
        self.expect(")")
        return Cast(value, type_, depth=checked_depth(value.depth))

    def _arguments(self, call: Function) -> None:
        """Read arguments with the words that some functions have between them."""
        call.distinct = self.word("distinct", "all") == "distinct"
        if call.name == "trim" and (side := self.word("both", "leading", "trailing")):
            call.options["side"] = side
            if self.word("from"):
                call.arguments = [self.expression(), Literal(" ")]
                return
        if call.name in ("extract", "timestampadd", "timestampdiff"):
            call.options["unit"] = self.text_or_name().lower().removeprefix("sql_tsi_")
            if not self.word("from"):
                self.expect(",")
        call.arguments = [self.expression(_OTHER if call.name == "position" else 0)]
        while word := self.operator(",") or self.word("from", "for", "in", "using", "separator", "as"):
            self._argument(call, word)
        call.order = self.order_by()
        if self.word("separator"):
            call.options["separator"] = self.take().text

    def _argument(self, call: Function, word: str) -> None:
        """Read one more argument behind a comma or a word."""
        if word == "separator":
            call.options["separator"] = self.take().text
        elif word == "using":
            call.options["using"] = self.text_or_name()
        elif call.name == "convert" and word == ",":
            call.options["type"] = self.type_()
        elif call.name == "trim" and word == "from":
            call.arguments = [self.expression(), call.arguments[0]]
        else:
            call.arguments.append(self.expression())

    def _behind_call(self, call: Function) -> None:
        """Read FILTER, WITHIN GROUP and OVER; only the first means something here."""
        if self.words("filter"):
            self.expect("(")
            self.expect_word("where")
            call.options["filter"] = self.expression()
            self.expect(")")
        if self.is_word("over") and self.is_operator("(", offset=1):
            raise self.wrong()
        if call.name == "match" and self.word("against"):
            self.expect("(")
            call.arguments.append(self.expression(_OTHER))
            while not self.is_operator(")"):
                self.take() if self.peek().kind != "end" else self.expect(")")
            self.expect(")")
