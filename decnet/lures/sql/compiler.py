# SPDX-License-Identifier: MIT
"""Makes functions of expressions: each takes the frame of a row and returns a value."""

from collections.abc import Callable, Generator
from typing import Any, Protocol

from decnet.lures.sql import node
from decnet.lures.sql.aggregate import AGGREGATES, Aggregate
from decnet.lures.sql.context import LONGEST_VALUE, Column, Context
from decnet.lures.sql.problem import Kind, SqlError
from decnet.lures.sql.scope import Compiled, Evaluate, Frame, Scope
from decnet.lures.sql.value import (
    ARRAY,
    BIGINT,
    BOOLEAN,
    DOUBLE,
    NULL,
    TEXT,
    VARCHAR,
    Row,
    Type,
    Value,
    size_of,
    type_of,
)

_COMPARISONS: dict[str, Callable[[int], bool]] = {
    "=": lambda order: order == 0,
    "<>": lambda order: order != 0,
    "<": lambda order: order < 0,
    ">": lambda order: order > 0,
    "<=": lambda order: order <= 0,
    ">=": lambda order: order >= 0,
}
_BIG = 4096


class Plan(Protocol):
    """A query that is ready to run."""

    columns: list[Column]

    @property
    def types(self) -> list[Type]:
        """The types of its columns."""

    @property
    def is_correlated(self) -> bool:
        """Whether it depends on the row of a query around."""

    def run(self, outer: Frame | None) -> Generator[None, None, list[Row]]:
        """Return the rows."""


Subplan = Callable[[node.Query, Scope], Plan]


class Compiler:
    """
    Compiles the expressions of one query.

    ``nodes`` counts the parts of what was compiled: what one row costs. ``aggregates`` are those that were met; where they
    are not allowed, it is None.
    """

    def __init__(self, context: Context, scope: Scope, subplan: Subplan, *, clause: str, grouped: bool = False) -> None:
        self.context = context
        self.dialect = context.dialect
        self.scope = scope
        self.clause = clause
        self.nodes = 0
        self.aggregates: list[Aggregate] | None = [] if grouped else None
        self.prefers_aliases = False
        self.knows_aliases = False
        self._subplan = subplan
        self._expanding: set[str] = set()

    def compile(self, expression: node.Expression) -> Compiled:
        """Return an expression as a function; raises ``SqlError``."""
        self.nodes += 1
        return _COMPILERS[type(expression)](self, expression)

    def evaluate(self, expression: node.Expression) -> Evaluate:
        """Return the function of an expression alone."""
        return self.compile(expression).evaluate

    def condition(self, expression: node.Expression) -> Callable[[Frame], bool]:
        """Return whether a condition holds for a row; unknown is no."""
        evaluate, truth = self.evaluate(expression), self.dialect.truth
        return lambda frame: truth(evaluate(frame)) is True

    def literal(self, it: node.Literal) -> Compiled:
        """Compile a value."""
        value = it.value
        return Compiled(lambda _: value, it.type or _literal_type(value))

    def name(self, it: node.Name) -> Compiled:
        """Compile a column, or an alias where aliases are known."""
        key = it.column.lower()
        alias = (
            self.scope.aliases.get(key) if self.knows_aliases and len(it.parts) == 1 and key not in self._expanding else None
        )
        if alias is not None and (self.prefers_aliases or self.scope.place(it.parts, self.clause) is None):
            self._expanding.add(key)
            try:
                return self.compile(alias)
            finally:
                self._expanding.discard(key)
        depth, place, visible = self.scope.find(it.parts, self.clause)
        column = visible.column
        if depth == 0:
            return Compiled(lambda frame: frame.row[place], column.type, column)
        return Compiled(_outer(depth, place), column.type, column)

    def star(self, it: node.Star) -> Compiled:
        """Refuse ``*`` where one value is wanted."""
        raise SqlError(Kind.SYNTAX, it.source or "*", 1, 0)

    def place(self, it: node.Place) -> Compiled:
        """Compile a column by its place."""
        place, column = it.place, self.scope.columns[it.place].column
        return Compiled(lambda frame: frame.row[place], column.type, column)

    def parameter(self, it: node.Parameter) -> Compiled:
        """Compile a value that comes with the execution."""
        context, index = self.context, it.index
        values = context.parameters
        if index >= len(values):
            return Compiled(lambda _: None, VARCHAR)
        value = values[index]
        return Compiled(lambda _: value, type_of(value))

    def variable(self, it: node.Variable) -> Compiled:
        """Compile a variable of the user or of the system."""
        context, name = self.context, it.name
        if it.scope == "user":
            return Compiled(lambda _: context.variables.get(name), type_of(context.variables.get(name)))
        value = self.dialect.variable(context, it.scope, name)
        return Compiled(lambda _: value, _literal_type(value))

    def assignment(self, it: node.Assignment) -> Compiled:
        """Compile ``@name := value``."""
        inner = self.compile(it.value)
        context, name = self.context, it.name

        def assign(frame: Frame) -> Value:
            value: Value = inner.evaluate(frame)
            if name in context.variables or len(context.variables) < 200:
                context.variables[name] = value if size_of(value) < _BIG else None
            return value

        return Compiled(assign, inner.type)

    def operation(self, it: node.Operation) -> Compiled:
        """Compile an operator."""
        operator = it.operator
        if operator in _COMPARISONS or operator == "<=>":
            return self._comparison(it)
        if operator in ("not", "xor"):
            return self._logic(it)
        operands = [self.compile(operand) for operand in it.operands]
        arithmetic, context = self.dialect.arithmetic, self.context
        if len(operands) == 1:
            only, own = operands[0].evaluate, {"-": "negative", "+": "positive"}.get(operator, operator)
            return Compiled(_of_one(only, lambda value: arithmetic(own, value, None)), operands[0].type)
        left, right = operands[0].evaluate, operands[1].evaluate

        def calculate(frame: Frame) -> Value:
            one, other = left(frame), right(frame)
            return None if one is None or other is None else _bounded(context, arithmetic(operator, one, other))

        return Compiled(calculate, self.dialect.operation_type(operator, operands[0].type, operands[1].type))

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
        holds = _COMPARISONS[it.operator]

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
        holds = _COMPARISONS.get(operator, _COMPARISONS["="])

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
            return _bounded(context, "".join([dialect.text(value) for value in values]))

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
            context.budget.spend(len(choices) // 8)
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
        rows, types = self._query(query)
        wanted = len(it.value.items) if isinstance(it.value, node.Tuple) else 1
        if len(types) != wanted:
            raise SqlError(Kind.COLUMN_COUNT, wanted)
        value = self._value_or_tuple(it.value)
        context, dialect, negated = self.context, self.dialect, it.negated

        def test(frame: Frame) -> Value:
            one, found = value(frame), rows(frame)
            context.budget.spend(len(found) // 8)
            values = (list(row) if wanted > 1 else row[0] for row in found)
            return _found(dialect, one, values, negated=negated)

        return Compiled(test, BOOLEAN)

    def quantified(self, it: node.Quantified) -> Compiled:
        """Compile ANY and ALL."""
        value, every = self.evaluate(it.value), it.every
        test = self._quantified_test(it.operator)
        if it.query is not None:
            rows, _ = self._query(it.query)
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
        if operator in _COMPARISONS:
            holds = _COMPARISONS[operator]
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

    def case(self, it: node.Case) -> Compiled:
        """Compile CASE."""
        subject = self.evaluate(it.subject) if it.subject else None
        branches = [(self.evaluate(when), self.compile(then)) for when, then in it.branches]
        otherwise = self.compile(it.otherwise) if it.otherwise else None
        dialect = self.dialect

        def choose(frame: Frame) -> Value:
            value = subject(frame) if subject else None
            for when, then in branches:
                other = when(frame)
                if subject is None:
                    is_it = dialect.truth(other) is True
                else:
                    is_it = value is not None and other is not None and dialect.compare(value, other) == 0
                if is_it:
                    found: Value = then.evaluate(frame)
                    return found
            return otherwise.evaluate(frame) if otherwise else None

        return Compiled(choose, common_type([then.type for _, then in branches] + ([otherwise.type] if otherwise else [])))

    def cast(self, it: node.Cast) -> Compiled:
        """Compile a cast."""
        value, type_, context, dialect = self.evaluate(it.value), it.type, self.context, self.dialect
        return Compiled(_of_one(value, lambda one: dialect.cast(context, one, type_)), type_)

    def function(self, it: node.Function) -> Compiled:
        """Compile a call."""
        if it.name in AGGREGATES and len(it.parts) == 1:
            return self._aggregate(it)
        called = self.dialect.function(self.context, it.name, it.parts)
        if called is None or it.star:
            *schema, name = it.parts or (it.name,)
            raise SqlError(Kind.UNKNOWN_FUNCTION, ".".join(schema), name, ", ".join(one.source for one in it.arguments))
        compiled = [self.compile(argument) for argument in it.arguments]
        arguments = [one.evaluate for one in compiled]
        context, options = self.context, {key: value for key, value in it.options.items() if key != "bare"}
        if it.name in self.dialect.lazy_functions:
            thunks: Evaluate = lambda frame: called(context, *[_later(one, frame) for one in arguments], **options)  # noqa: E731
            return Compiled(_guarded(thunks, it.name), self.dialect.function_type(it.name, [one.type for one in compiled]))

        def call(frame: Frame) -> Value:
            values = [argument(frame) for argument in arguments]
            return _bounded(context, called(context, *values, **options))

        return Compiled(_guarded(call, it.name), self.dialect.function_type(it.name, [one.type for one in compiled]))

    def _aggregate(self, it: node.Function) -> Compiled:
        """Compile an aggregate: its value is in the frame of the group."""
        if self.aggregates is None:
            raise SqlError(Kind.AGGREGATE, it.name)
        if not it.star and not it.arguments:
            raise SqlError(Kind.ARGUMENT_COUNT, it.name)
        inner = Compiler(self.context, self.scope, self._subplan, clause=self.clause)
        arguments = [inner.compile(argument) for argument in it.arguments]
        order = [(inner.evaluate(key.value), key.descending) for key in it.order]
        keep = inner.condition(it.options["filter"]) if "filter" in it.options else None
        self.nodes += inner.nodes
        types = [argument.type for argument in arguments]
        made = Aggregate(it, [argument.evaluate for argument in arguments], types, order, keep)
        self.aggregates.append(made)
        place = len(self.aggregates) - 1
        return Compiled(lambda frame: frame.extra[place], made.result_type(self.dialect))

    def interval(self, it: node.Interval) -> Compiled:
        """Compile INTERVAL."""
        amount, dialect, context, unit = self.evaluate(it.amount), self.dialect, self.context, it.unit
        return Compiled(_of_one(amount, lambda value: dialect.interval(context, value, unit)), Type("interval", "other"))

    def tuple_(self, it: node.Tuple) -> Compiled:
        """Compile a tuple where one value is wanted: a list, which PostgreSQL shows as a record."""
        if not self.dialect.bars_join:
            raise SqlError(Kind.COLUMN_COUNT, 1)
        items = [self.evaluate(item) for item in it.items]
        return Compiled(lambda frame: [item(frame) for item in items], Type("record", "array"))

    def array(self, it: node.Array) -> Compiled:
        """Compile an array."""
        if it.query is not None:
            rows, types = self._query(it.query)
            return Compiled(lambda frame: [row[0] for row in rows(frame)], Type(types[0].name + "[]", "array"))
        compiled = [self.compile(item) for item in it.items]
        type_ = Type(compiled[0].type.name + "[]", "array") if compiled else ARRAY
        return Compiled(lambda frame: [item.evaluate(frame) for item in compiled], type_)

    def subscript(self, it: node.Subscript) -> Compiled:
        """Compile ``value[index]``."""
        value, index, dialect = self.compile(it.value), self.evaluate(it.index), self.dialect

        def take(frame: Frame) -> Value:
            items, place = dialect.items(value.evaluate(frame)), index(frame)
            found: Value = items[place - 1] if items and isinstance(place, int) and 0 < place <= len(items) else None
            return found

        return Compiled(take, Type(value.type.name.removesuffix("[]"), "text"))

    def scalar(self, it: node.Scalar) -> Compiled:
        """Compile a query where one value is wanted."""
        rows, types = self._query(it.query)
        if len(types) != 1:
            raise SqlError(Kind.COLUMN_COUNT, 1)

        def one(frame: Frame) -> Value:
            found = rows(frame)
            if len(found) > 1:
                raise SqlError(Kind.SUBQUERY_ROWS)
            value: Value = found[0][0] if found else None
            return value

        return Compiled(one, types[0])

    def exists(self, it: node.Exists) -> Compiled:
        """Compile EXISTS."""
        rows, _ = self._query(it.query)
        boolean = self.dialect.boolean
        return Compiled(lambda frame: boolean(bool(rows(frame))), BOOLEAN)

    def _query(self, query: node.Query) -> tuple[Callable[[Frame], list[Row]], list[Type]]:
        """Compile a query inside an expression; one that depends on no row runs once."""
        plan = self._subplan(query, self.scope)
        budget = self.context.budget
        kept: list[list[Row]] = []

        def rows(frame: Frame) -> list[Row]:
            if kept and not plan.is_correlated:
                return kept[0]
            with budget.held():
                found: list[Row] = exhaust(plan.run(frame))
            kept[:] = [found]
            return found

        return rows, plan.types


def exhaust(running: Generator[None, None, Any]) -> Any:
    """Run a generator to its end and return what it returns."""
    while True:
        try:
            next(running)
        except StopIteration as stopped:
            return stopped.value


def _outer(depth: int, place: int) -> Evaluate:
    """Return a column of a query further out."""

    def find(frame: Frame) -> Any:
        for _ in range(depth):
            if frame.outer is None:
                return None
            frame = frame.outer
        return frame.row[place] if place < len(frame.row) else None

    return find


def _of_one(evaluate: Evaluate, function: Callable[[Value], Value]) -> Evaluate:
    """Return a function of one value that leaves NULL as it is."""

    def call(frame: Frame) -> Value:
        value = evaluate(frame)
        return None if value is None else function(value)

    return call


def _later(evaluate: Evaluate, frame: Frame) -> Callable[[], Value]:
    """Return what gives a value when it is asked for."""
    return lambda: evaluate(frame)


def _guarded(evaluate: Evaluate, name: str) -> Evaluate:
    """Return a call that tells a wrong number of arguments as SQL does."""

    def call(frame: Frame) -> Any:
        try:
            return evaluate(frame)
        except TypeError:
            raise SqlError(Kind.ARGUMENT_COUNT, name) from None
        except (ValueError, OverflowError, ArithmeticError):
            return None

    return call


def _bounded(context: Context, value: Value) -> Value:
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


def common_type(types: list[Type]) -> Type:
    """Return the type of a column whose values come from several places."""
    known = [type_ for type_ in types if type_.family != "null"]
    if not known:
        return NULL
    families = {type_.family for type_ in known}
    if len(families) == 1:
        return max(known, key=lambda type_: type_.length)
    return DOUBLE if families <= {"integer", "decimal", "float"} else VARCHAR


def _literal_type(value: Value) -> Type:
    """Return the type of a value that stands in a statement."""
    if isinstance(value, str):
        return Type("varchar", "text", len(value))
    if isinstance(value, bytes):
        return Type("varbinary", "bytes", len(value))
    if isinstance(value, int) and not isinstance(value, bool):
        return Type("int", "integer", len(str(value))) if abs(value) < 1 << 31 else BIGINT
    return type_of(value)


_COMPILERS: dict[type, Callable[[Compiler, Any], Compiled]] = {
    node.Literal: Compiler.literal, node.Name: Compiler.name, node.Star: Compiler.star, node.Place: Compiler.place,
    node.Parameter: Compiler.parameter,
    node.Variable: Compiler.variable, node.Assignment: Compiler.assignment, node.Operation: Compiler.operation,
    node.Chain: Compiler.chain, node.Like: Compiler.like, node.Among: Compiler.among, node.Quantified: Compiler.quantified,
    node.Between: Compiler.between, node.Is: Compiler.is_, node.Case: Compiler.case, node.Cast: Compiler.cast,
    node.Function: Compiler.function, node.Interval: Compiler.interval, node.Tuple: Compiler.tuple_, node.Array: Compiler.array,
    node.Subscript: Compiler.subscript, node.Scalar: Compiler.scalar, node.Exists: Compiler.exists,
}  # fmt: skip
