# SPDX-License-Identifier: MIT
"""What the linters cannot say about the code."""

import ast
import configparser
import re
import tomllib
from pathlib import Path
from typing import Any

from decnet.catalog import SERVICES
from tests.support.sources import expect_none, files, modules, text

BROAD = {"Exception", "BaseException"}
BROAD_IS_LEGAL_IN = {"decnet/runtime/guard.py": 1, "decnet/bus/connection.py": 1}
IGNORE = re.compile(r"#\s*(noqa|type: ignore)(?P<rest>.*)")
IGNORE_WITH_REASON = re.compile(r"#\s*noqa: [A-Z0-9, ]+ - \S.*|#\s*type: ignore\[[a-z, -]+\]  # \S.*")
UNFINISHED = re.compile("#.*\\b(TO" + "DO|FIX" + "ME)\\b|raise NotImplemented" + "Error")
MARKED_OUT = re.compile(r"pytest\.(mark\.)?(" + "|".join(("ski" + "p", "xfa" + "il")) + r")|importor" + "skip")
GENERATED = Path("docs/reference")


def test_only_two_places_catch_everything() -> None:
    """The runner's guard around a handler, and the bus server's around a client."""
    found: dict[str, int] = {}
    for module in modules("decnet", "scripts"):
        count = sum(is_broad(node) for node in module.nodes)
        if count:
            found[module.path.as_posix()] = count
    expect_none(f"{path}: {count}" for path, count in found.items() if count > BROAD_IS_LEGAL_IN.get(path, 0))


def is_broad(node: ast.AST) -> bool:
    """Say whether a node swallows every exception; one that tidies up and raises it again does not."""
    if not isinstance(node, ast.ExceptHandler) or ast.unparse(node.body[-1]) == "raise":
        return False
    kinds = node.type.elts if isinstance(node.type, ast.Tuple) else [node.type]
    return any(kind is None or (isinstance(kind, ast.Name) and kind.id in BROAD) for kind in kinds)


def test_every_ignored_warning_has_its_reason() -> None:
    silent = []
    for module in modules("decnet", "scripts", "tests"):
        for number, line in enumerate(module.lines, start=1):
            comment = IGNORE.search(line)
            if comment and '"' not in comment["rest"] and not IGNORE_WITH_REASON.search(line):
                silent.append(f"{module.path}:{number}: {line.strip()}")
    expect_none(silent)


def places(pattern: re.Pattern[str], *folders: str) -> list[str]:
    """Return every line in which a pattern is found."""
    return [
        f"{module.path}:{number}: {line.strip()}"
        for module in modules(*folders)
        for number, line in enumerate(module.lines, start=1)
        if pattern.search(line)
    ]


def test_nothing_is_left_unfinished() -> None:
    expect_none(places(UNFINISHED, "decnet", "scripts", "tests"))


def test_no_test_is_left_out() -> None:
    expect_none(places(MARKED_OUT, "tests"))


def test_every_test_says_what_it_holds() -> None:
    """By a docstring, or by a name that is a sentence: a subject and what it does."""
    dumb = []
    for module in modules("tests"):
        for function in module.functions():
            words = function.name.split("_")[1:]
            if function.name.startswith("test_") and len(words) < 2 and not ast.get_docstring(function):
                dumb.append(f"{module.path}:{function.lineno} {function.name}")
    expect_none(dumb)


def test_no_test_waits_by_the_clock() -> None:
    """A test waits for what has to happen, with a deadline; only the benchmarks look at the clock."""
    sleeping = [
        f"{module.path}:{node.lineno}"
        for module in modules("tests")
        if module.path.parts[1] != "bench"
        for node in module.nodes
        if isinstance(node, ast.Call) and is_sleep(node)
    ]
    expect_none(sleeping)


def is_sleep(call: ast.Call) -> bool:
    """Say whether a call sleeps; ``asyncio.sleep(0)`` only lets others run."""
    if ast.unparse(call.func) not in {"time.sleep", "asyncio.sleep", "sleep"}:
        return False
    return not (call.args and isinstance(call.args[0], ast.Constant) and call.args[0].value == 0)


def test_there_is_one_list_of_services() -> None:
    """Whoever names three services in a row keeps a second list, which will be wrong one day; a test may say whom it needs."""
    names = "|".join(re.escape(service.name) for service in SERVICES)
    separator = r"[\"'`]?(?:,? and |,? or |[ ,/|\n]+)[\"'`]?"
    several = re.compile(rf"\b(?:{names})(?:{separator}(?:{names})){{2,}}\b")
    own = {Path("decnet/catalog.py")}
    others = [path for path in files() if path not in own and GENERATED not in path.parents and path.parts[0] != "tests"]
    expect_none([f"{path}: {found[0]!r}" for path in others if (found := several.search(text(path)))])


def test_tools_look_for_the_python_that_is_promised() -> None:
    setup = configparser.ConfigParser()
    setup.read_string(text(Path("setup.cfg")))
    project: dict[str, Any] = tomllib.loads(text(Path("pyproject.toml")))
    version = setup["options"]["python_requires"].removeprefix(">=").strip()
    assert project["tool"]["ruff"]["target-version"] == "py" + version.replace(".", "")
    assert f"Python :: {version}" in setup["metadata"]["classifiers"]
