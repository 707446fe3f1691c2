# SPDX-License-Identifier: MIT
"""The titles of columns that have no alias (FigureColname in the server's source)."""

from decnet.lures.postgresql.kind import kind_named
from decnet.lures.sql import node
from decnet.lures.sql.value import Type


def title_of_expression(expression: node.Expression) -> str:  # noqa: C901, PLR0911 - one line for each kind of expression
    """Return the name that an expression gives its column; empty where it gives none."""
    if isinstance(expression, node.Name):
        return expression.column
    if isinstance(expression, node.Function):
        name = expression.parts[-1].lower() if expression.parts else expression.name
        return (
            {"leading": "ltrim", "trailing": "rtrim"}.get(expression.options.get("side", ""), "btrim")
            if name == "trim"
            else name
        )
    if isinstance(expression, node.Cast):
        inner = expression.value
        while isinstance(inner, node.Cast):
            inner = inner.value
        return title_of_expression(inner) or _cast_title(expression.type)
    if isinstance(expression, node.Case):
        return (title_of_expression(expression.otherwise) if expression.otherwise else "") or "case"
    if isinstance(expression, node.Exists):
        return "exists"
    if isinstance(expression, node.Array):
        return "array"
    if isinstance(expression, node.Subscript):
        return title_of_expression(expression.value)
    if isinstance(expression, node.Interval):
        return "interval"
    if isinstance(expression, node.Literal) and isinstance(expression.value, bool):
        return "bool"
    if isinstance(expression, node.Tuple):
        return "row"
    return _query_title(expression.query) if isinstance(expression, node.Scalar) else ""


def _query_title(query: node.Query) -> str:
    """Return the name of the one column of a query."""
    first = query.first
    if isinstance(first, node.Select) and first.items:
        return first.items[0].alias or title_of_expression(first.items[0].value)
    return "column1" if isinstance(first, node.Values) else ""


def _cast_title(type_: Type) -> str:
    """Return the name of a type as pg_type has it."""
    kind = kind_named(type_.name.removesuffix("[]"))
    return kind.name if kind else type_.name
