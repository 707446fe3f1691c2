# SPDX-License-Identifier: MIT
"""How large things may get."""

import statistics
from collections.abc import Callable, Iterator
from graphlib import TopologicalSorter

import grimp
import pytest

from tests.support.sources import Function, Module, expect_none, length, modules

FUNCTION_LINES = 60
FUNCTION_MEDIAN = 8
FUNCTION_P90 = 30
MODULE_LINES = 500
MODULE_P90 = 300
WORKER_LINES = 80


def functions(*folders: str) -> Iterator[tuple[Module, Function]]:
    """Yield every function with the module it is in."""
    for module in modules(*folders):
        for function in module.functions():
            yield module, function


def percentile(values: list[int], part: int) -> float:
    """Return the value below which ``part`` per cent of the values lie."""
    return statistics.quantiles(values, n=100)[part - 1]


@pytest.mark.parametrize("folder", ["decnet", "tests", "scripts"])
def test_no_function_is_longer_than_a_page(folder: str) -> None:
    too_long = [f"{m.path}:{f.lineno} {f.name}: {length(f)}" for m, f in functions(folder) if length(f) > FUNCTION_LINES]
    expect_none(too_long)


def test_functions_are_short(record_property: Callable[[str, object], None]) -> None:
    lengths = [length(function) for _, function in functions("decnet")]
    median, p90 = statistics.median(lengths), percentile(lengths, 90)
    record_property("functions", f"{len(lengths)}, median {median}, p90 {p90}, longest {max(lengths)}")
    assert median <= FUNCTION_MEDIAN
    assert p90 <= FUNCTION_P90


@pytest.mark.parametrize("folder", ["decnet", "tests", "scripts"])
def test_no_module_is_longer_than_a_chapter(folder: str) -> None:
    expect_none([f"{m.path}: {len(m.lines)}" for m in modules(folder) if len(m.lines) > MODULE_LINES])


def test_modules_are_short() -> None:
    assert percentile([len(module.lines) for module in modules("decnet")], 90) <= MODULE_P90


def test_workers_are_wiring_and_no_rules() -> None:
    workers = [module for module in modules("decnet") if module.path.parts[:2] == ("decnet", "workers")]
    expect_none([f"{module.path}: {len(module.lines)}" for module in workers if len(module.lines) > WORKER_LINES])


def test_no_module_imports_itself_over_others() -> None:
    """Import cycles end in half-made modules; ``CycleError`` names the one that was found."""
    graph = grimp.build_graph("decnet")
    TopologicalSorter({module: graph.find_modules_directly_imported_by(module) for module in graph.modules}).prepare()
