# SPDX-License-Identifier: MIT
"""How functions are declared."""

from decnet.lures.postgresql.functions.declare import Collection, returned


def test_strict_function_is_not_called_with_null() -> None:
    made = Collection()
    made.strict("one two", "int4")(lambda _, value: value + 1)
    assert made.functions["two"](None, 1) == 2
    assert made.functions["one"](None, None) is None
    assert made.types["one"] == returned("int4")
