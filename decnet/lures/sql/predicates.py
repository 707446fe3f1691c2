# SPDX-License-Identifier: MIT
"""Makes functions of comparisons and of what joins them."""

from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import Any

from decnet.lures.sql import node
from decnet.lures.sql.budget import LONGEST_VALUE
from decnet.lures.sql.dialect import Context, Dialect
from decnet.lures.sql.problem import Kind, SqlError
from decnet.lures.sql.scope import Compiled, Evaluate, Frame
from decnet.lures.sql.value import BOOLEAN, TEXT, Row, Type, Value

COMPARISONS: dict[str, Callable[[int], bool]] = {
    "=": lambda order: order == 0,
    "<>": lambda order: order != 0,
    "<": lambda order: order < 0,
    ">": lambda order: order > 0,
    "<=": lambda order: order <= 0,
    ">=": lambda order: order >= 0,
}


class Predicates(ABC):
    """The part of a compiler that knows conditions; values and queries inside them are compiled by the rest of it."""

    context: Context
    dialect: Dialect

    @abstractmethod
    def evaluate(self, expression: node.Expression) -> Evaluate:
        """Return the function of an expression alone."""

    @abstractmethod
    def rows_of(self, query: node.Query) -> tuple[Callable[[Frame], list[Row]], list[Type]]:
        """Compile a query inside an expression."""

    def _comparison(self, it: node.Operation) -> Compiled:
        """Compile a comparison of two values or of two tuples."""
        left, right = it.operands
        if isinstance(left, node.Tuple) and isinstance(right, node.Tuple):
            return self._tuples(it.operator, left, right)
        one, other = self.evaluate(left), self.evaluate(right)
        compare, boolean = self.dialect.compare, self.dialect.boolean
        if it.operator == "<=>":

            def same(frame: Frame) -> Value:
                first, second = one(frame), other(frame)
                is_same = first is second if first is None or second is None else compare(first, second) == 0
                return boolean(is_same)

            return Compiled(same, BOOLEAN)
        holds = COMPARISONS[it.operator]

        def test(frame: Frame) -> Value:
            first, second = one(frame), other(frame)
            return None if first is None or second is None else boolean(holds(compare(first, second)))

        return Compiled(test, BOOLEAN)

    def _tuples(self, operator: str, left: node.Tuple, right: node.Tuple) -> Compiled:
        """Compile a comparison of tuples, which must have the same length."""
        if len(left.items) != len(right.items):
            raise SqlError(Kind.COLUMN_COUNT, len(left.items))
        ones, others = [self.evaluate(item) for item in left.items], [self.evaluate(item) for item in right.items]
        compare, boolean = self.dialect.compare, self.dialect.boolean
        holds = COMPARISONS.get(operator, COMPARISONS["="])

        def test(frame: Frame) -> Value:
            for one, other in zip(ones, others, strict=True):
                first, second = one(frame), other(frame)
                if first is None or second is None:
                    return None
                order = compare(first, second)
                if order:
                    return boolean(holds(order))
            return boolean(holds(0))

        return Compiled(test, BOOLEAN)

    def _logic(self, it: node.Operation) -> Compiled:
        """Compile NOT and XOR."""
        truth, boolean = self.dialect.truth, self.dialect.boolean
        operands = [self.evaluate(operand) for operand in it.operands]
        if it.operator == "not":
            only = operands[0]

            def negate(frame: Frame) -> Value:
                value = truth(only(frame))
                return None if value is None else boolean(not value)

            return Compiled(negate, BOOLEAN)

        def differ(frame: Frame) -> Value:
            one, other = truth(operands[0](frame)), truth(operands[1](frame))
            return None if one is None or other is None else boolean(one != other)

        return Compiled(differ, BOOLEAN)

    def chain(self, it: node.Chain) -> Compiled:
        """Compile AND, OR and ``||``; what decides ends the evaluation."""
        operands = [self.evaluate(operand) for operand in it.operands]
        if it.operator == "||":
            return self._joined(operands)
        truth, boolean, decisive = self.dialect.truth, self.dialect.boolean, it.operator == "or"

        def test(frame: Frame) -> Value:
            is_unknown = False
            for operand in operands:
                value = truth(operand(frame))
                if value is decisive:
                    return boolean(decisive)
                is_unknown |= value is None
            return None if is_unknown else boolean(not decisive)

        return Compiled(test, BOOLEAN)

    def _joined(self, operands: list[Evaluate]) -> Compiled:
        """Compile texts that are joined."""
        dialect, context = self.dialect, self.context

        def join(frame: Frame) -> Value:
            values = [operand(frame) for operand in operands]
            if None in values:
                return None
            if any(isinstance(value, list) for value in values):
                return [item for value in values for item in (value if isinstance(value, list) else [value])]
            return bounded(context, "".join([dialect.text(value) for value in values]))

        return Compiled(join, TEXT)

    def like(self, it: node.Like) -> Compiled:
        """Compile a pattern."""
        value, pattern = self.evaluate(it.value), self.evaluate(it.pattern)
        escape = self.evaluate(it.escape) if it.escape else None
        dialect, context, operator, negated = self.dialect, self.context, it.operator, it.negated

        def test(frame: Frame) -> Value:
            one, other = value(frame), pattern(frame)
            if one is None or other is None:
                return None
            mark = "\\" if escape is None else dialect.text(escape(frame) or "")[:1]
            text, rule = dialect.text(one), dialect.text(other)
            context.budget.spend(1 + (len(text) * (1 + len(rule))) // 64)
            return dialect.boolean(dialect.like(operator, text, rule, mark) is not negated)

        return Compiled(test, BOOLEAN)

    def among(self, it: node.Among) -> Compiled:
        """Compile IN."""
        if it.query is not None:
            return self._among_rows(it, it.query)
        value = self._value_or_tuple(it.value)
        choices = [self._value_or_tuple(choice) for choice in it.choices or ()]
        context, dialect, negated = self.context, self.dialect, it.negated

        def test(frame: Frame) -> Value:
            one = value(frame)
            context.budget.spend(len(choices) // 4)
            return _found(dialect, one, (choice(frame) for choice in choices), negated=negated)

        return Compiled(test, BOOLEAN)

    def _value_or_tuple(self, expression: node.Expression) -> Evaluate:
        """Compile a value, or a tuple as a list."""
        if not isinstance(expression, node.Tuple):
            return self.evaluate(expression)
        items = [self.evaluate(item) for item in expression.items]
        return lambda frame: [item(frame) for item in items]

    def _among_rows(self, it: node.Among, query: node.Query) -> Compiled:
        """Compile IN with a query."""
        rows, types = self.rows_of(query)
        wanted = len(it.value.items) if isinstance(it.value, node.Tuple) else 1
        if len(types) != wanted:
            raise SqlError(Kind.COLUMN_COUNT, wanted)
        value = self._value_or_tuple(it.value)
        context, dialect, negated = self.context, self.dialect, it.negated

        def test(frame: Frame) -> Value:
            one, found = value(frame), rows(frame)
            context.budget.spend(len(found) // 4)
            values = (list(row) if wanted > 1 else row[0] for row in found)
            return _found(dialect, one, values, negated=negated)

        return Compiled(test, BOOLEAN)

    def quantified(self, it: node.Quantified) -> Compiled:
        """Compile ANY and ALL."""
        value, every = self.evaluate(it.value), it.every
        test = self._quantified_test(it.operator)
        if it.query is not None:
            rows, _ = self.rows_of(it.query)
            items: Evaluate = lambda frame: [row[0] for row in rows(frame)]  # noqa: E731 - one of two ways
        else:
            array = self.evaluate(it.array or node.Literal(None))
            items = lambda frame: self.dialect.items(array(frame))  # noqa: E731 - the other way
        boolean, context = self.dialect.boolean, self.context

        def decide(frame: Frame) -> Value:
            one, others = value(frame), items(frame)
            if one is None or others is None:
                return None
            context.budget.spend(len(others) // 4)
            results = [test(one, other) for other in others if other is not None]
            return boolean(all(results) if every else any(results))

        return Compiled(decide, BOOLEAN)

    def _quantified_test(self, operator: str) -> Callable[[Value, Value], bool]:
        """Return the test of an operator before ANY."""
        dialect = self.dialect
        if operator in COMPARISONS:
            holds = COMPARISONS[operator]
            return lambda one, other: holds(dialect.compare(one, other))
        negated, word = operator.startswith("!"), operator.removeprefix("!")
        kind = {"~": "regexp", "~*": "iregexp", "~~": "like", "~~*": "ilike"}.get(word, "like")
        return lambda one, other: dialect.like(kind, dialect.text(one), dialect.text(other), "\\") is not negated

    def between(self, it: node.Between) -> Compiled:
        """Compile BETWEEN."""
        value, low, high = self.evaluate(it.value), self.evaluate(it.low), self.evaluate(it.high)
        compare, boolean, negated = self.dialect.compare, self.dialect.boolean, it.negated

        def test(frame: Frame) -> Value:
            one, least, most = value(frame), low(frame), high(frame)
            if one is None or least is None or most is None:
                return None
            return boolean((compare(least, one) <= 0 <= compare(most, one)) is not negated)

        return Compiled(test, BOOLEAN)

    def is_(self, it: node.Is) -> Compiled:
        """Compile IS NULL, IS TRUE and their kin."""
        value, truth, boolean = self.evaluate(it.value), self.dialect.truth, self.dialect.boolean
        wanted, negated = {"null": None, "true": True, "false": False}[it.what], it.negated
        if wanted is None:
            return Compiled(lambda frame: boolean((value(frame) is None) is not negated), BOOLEAN)
        return Compiled(lambda frame: boolean((truth(value(frame)) is wanted) is not negated), BOOLEAN)


def bounded(context: Context, value: Value) -> Value:
    """Return a value that is not too long; what is kept of big ones is paid for."""
    if isinstance(value, (str, bytes)) and len(value) > 256:
        if len(value) > LONGEST_VALUE:
            return None
        context.budget.spend(len(value) // 512)
        context.budget.keep(len(value))
    return value


def _found(dialect: Any, one: Value, values: Any, *, negated: bool) -> Value:
    """Return whether a value is one of several."""
    if one is None:
        return None
    is_unknown = False
    for other in values:
        if other is None:
            is_unknown = True
        elif _is_same(dialect, one, other):
            found: Value = dialect.boolean(not negated)
            return found
    return None if is_unknown else dialect.boolean(negated)


def _is_same(dialect: Any, one: Value, other: Value) -> bool:
    """Whether two values, or two tuples of values, are the same."""
    if isinstance(one, list) and isinstance(other, list):
        pairs = list(zip(one, other, strict=False))
        return len(one) == len(other) and all(a is not None and b is not None and _is_same(dialect, a, b) for a, b in pairs)
    if isinstance(one, list) or isinstance(other, list):
        raise SqlError(Kind.COLUMN_COUNT, len(one) if isinstance(one, list) else 1)
    return bool(dialect.compare(one, other) == 0)
