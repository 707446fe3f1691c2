# SPDX-License-Identifier: MIT
"""Makes functions of expressions: each takes the frame of a row and returns a value."""

from collections.abc import Callable, Generator
from typing import Any, Protocol

from decnet.lures.sql import node
from decnet.lures.sql.aggregate import AGGREGATES, Aggregate
from decnet.lures.sql.dialect import Context
from decnet.lures.sql.outcome import Column
from decnet.lures.sql.predicates import COMPARISONS, Predicates, bounded
from decnet.lures.sql.problem import Kind, SqlError
from decnet.lures.sql.scope import Compiled, Evaluate, Frame, Scope
from decnet.lures.sql.value import (
    ARRAY,
    BIGINT,
    BOOLEAN,
    DOUBLE,
    NULL,
    VARCHAR,
    Row,
    Type,
    Value,
    size_of,
    type_of,
)

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


class Compiler(Predicates):
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
        if key in self.dialect.system_columns and (found := self._system_column(it, key)) is not None:
            return found
        depth, place, visible = self.scope.find(it.parts, self.clause)
        column = visible.column
        if depth == 0:
            return Compiled(lambda frame: frame.row[place], column.type, column)
        return Compiled(_outer(depth, place), column.type, column)

    def _system_column(self, it: node.Name, key: str) -> Compiled | None:
        """Compile a column that every table has without declaring it; None where a table declares one of that name."""
        scope: Scope | None = self.scope
        while scope is not None:
            if scope.place(it.parts, self.clause) is not None:
                return None
            for visible in scope.columns:
                if len(it.parts) == 1 or self.dialect.same_name(visible.source, it.parts[-2]):
                    value = self.dialect.system_column(self.context, key, visible.column.database, visible.column.table)
                    return _constant(value)
            scope = scope.outer
        return None

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
        if operator in COMPARISONS or operator == "<=>":
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
            return None if one is None or other is None else bounded(context, arithmetic(operator, one, other))

        return Compiled(calculate, self.dialect.operation_type(operator, operands[0].type, operands[1].type))

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
        if it.name in AGGREGATES and (len(it.parts) == 1 or self.dialect.is_system_database(it.parts[-2])):
            return self._aggregate(it)
        called = self.dialect.function(self.context, it.name, it.parts)
        if called is None or it.star:
            *schema, name = it.parts or (it.name,)
            raise SqlError(Kind.UNKNOWN_FUNCTION, ".".join(schema), name, ", ".join(one.source for one in it.arguments))
        compiled = [self.compile(argument) for argument in it.arguments]
        arguments = [one.evaluate for one in compiled]
        context, options = self.context, {key: value for key, value in it.options.items() if key != "bare"}
        if it.name in self.dialect.lazy_functions:

            def thunks(frame: Frame) -> Value:
                return called(context, *[_later(one, frame) for one in arguments], **options)

            return Compiled(_guarded(thunks, it.name), self.dialect.function_type(it.name, [one.type for one in compiled]))

        def call(frame: Frame) -> Value:
            values = [argument(frame) for argument in arguments]
            return bounded(context, called(context, *values, **options))

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
            rows, types = self.rows_of(it.query)
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
        rows, types = self.rows_of(it.query)
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
        rows, _ = self.rows_of(it.query)
        boolean = self.dialect.boolean
        return Compiled(lambda frame: boolean(bool(rows(frame))), BOOLEAN)

    def rows_of(self, query: node.Query) -> tuple[Callable[[Frame], list[Row]], list[Type]]:
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


def _constant(value: Value) -> Compiled:
    """Return a value that is the same for every row."""
    return Compiled(lambda _: value, type_of(value))


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
