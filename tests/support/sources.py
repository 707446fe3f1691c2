# SPDX-License-Identifier: MIT
"""The files of the repository, read and parsed once: what the gates look at."""

import ast
import subprocess
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
Function = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(frozen=True)
class Module:
    """One Python file; ``path`` is relative to the repository."""

    path: Path
    text: str
    tree: ast.Module

    @property
    def lines(self) -> list[str]:
        return self.text.splitlines()

    @cached_property
    def nodes(self) -> list[ast.AST]:
        """Everything in the tree."""
        return list(ast.walk(self.tree))

    def functions(self) -> list[Function]:
        return [node for node in self.nodes if isinstance(node, Function)]


@cache
def files() -> tuple[Path, ...]:
    """Return every file that is, or is about to be, committed; relative to the repository."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"], cwd=ROOT, check=True, capture_output=True
    )
    paths = (Path(name) for name in listed.stdout.decode().split("\0") if name)
    return tuple(sorted(path for path in paths if (ROOT / path).is_file()))


@cache
def text(path: Path) -> str:
    """Return the text of a file; nothing where it is binary."""
    try:
        return (ROOT / path).read_text(encoding="utf-8")
    except UnicodeDecodeError:
        return ""


@cache
def modules(*folders: str) -> tuple[Module, ...]:
    """Return the Python files below ``folders``."""
    chosen = [path for path in files() if path.suffix == ".py" and path.parts[0] in folders]
    return tuple(module(path) for path in chosen)


@cache
def module(path: Path) -> Module:
    """Return one Python file, parsed."""
    return Module(path, text(path), ast.parse(text(path)))


def length(function: Function) -> int:
    """Return how many lines a function has, its decorators left out."""
    return (function.end_lineno or function.lineno) - function.lineno + 1


def expect_none(found: Iterable[object], advice: str = "") -> None:
    """Fail with every finding on a line of its own."""
    lines = [str(item) for item in found]
    if lines:
        pytest.fail("\n".join([f"{len(lines)} found{': ' + advice if advice else ''}", *lines]), pytrace=False)
