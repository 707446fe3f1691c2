# SPDX-License-Identifier: MIT
"""How functions are declared: a name, the type of what they return, and whether they are called without brackets."""

from collections.abc import Callable, Sequence
from typing import Any

from decnet.lures.postgresql.kind import kind_named
from decnet.lures.sql.value import Type, Value

Function = Callable[..., Value]


def returned(name: str) -> Type:
    """Return the evaluator's type of one of the server's."""
    kind = kind_named(name.removesuffix("[]"))
    if name.endswith("[]"):
        return Type(name, "array")
    shown = kind.name if kind and kind.name != "char" else name
    return Type(shown, kind.family if kind else "text")


class Collection:
    """Functions by name, with the types of what they return; a number stands for the type of that argument."""

    def __init__(self) -> None:
        self.functions: dict[str, Function] = {}
        self.types: dict[str, Type | int] = {}

    def add(self, names: str, type_: str | int, function: Function) -> None:
        """Add a function under one or several names, separated by spaces."""
        for name in names.split():
            self.functions[name] = function
            self.types[name] = type_ if isinstance(type_, int) else returned(type_)

    def plain(self, names: str, type_: str | int) -> Callable[[Function], Function]:
        """Declare a function that gets the context first and every value, None too."""

        def declare(function: Function) -> Function:
            self.add(names, type_, function)
            return function

        return declare

    def strict(self, names: str, type_: str | int) -> Callable[[Function], Function]:
        """Declare a function that returns NULL where it is given NULL."""

        def declare(function: Function) -> Function:
            self.add(names, type_, strictly(function))
            return function

        return declare


def strictly(function: Function) -> Function:
    """Return a function that returns NULL where it is given NULL."""

    def call(context: Any, *values: Value, **options: Any) -> Value:
        return None if None in _known(values) else function(context, *values, **options)

    return call


def _known(values: Sequence[Value]) -> list[Any]:
    """Return values for a look at which of them are NULL; arrays and numbers would compare in other ways."""
    return [None if value is None else True for value in values]
