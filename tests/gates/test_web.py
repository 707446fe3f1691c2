# SPDX-License-Identifier: MIT
"""How large the dashboard may get, and that its pages have nothing inline."""

import re
import statistics
from pathlib import Path

from tests.support.sources import expect_none, files, text

WEB = Path("decnet/web")
TEMPLATE_MEDIAN = 25
TEMPLATE_LINES = 60
SCRIPT_LINES = 300
SCRIPT_BYTES = 24 * 1024
STYLE_LINES = 300
INLINE = re.compile(r"<style|\sstyle=|\son[a-z]+=\"|javascript:|<script(?! src=)|\| ?safe\b(?! if)|autoescape")


def found(folder: str, suffix: str) -> list[Path]:
    """Return our own files of a kind."""
    return [path for path in files() if path.parent == WEB / folder and path.suffix == suffix]


def lines(path: Path) -> int:
    """Return how many lines a file has."""
    return len(text(path).splitlines())


def test_templates_are_short() -> None:
    templates = found("templates", ".html")
    assert statistics.median(lines(path) for path in templates) <= TEMPLATE_MEDIAN
    expect_none(f"{path}: {lines(path)}" for path in templates if lines(path) > TEMPLATE_LINES)


def test_our_own_scripts_are_short() -> None:
    scripts = found("static", ".js")
    assert scripts
    assert sum(lines(path) for path in scripts) <= SCRIPT_LINES
    assert sum(len(text(path)) for path in scripts) <= SCRIPT_BYTES


def test_there_is_one_style() -> None:
    (style,) = found("static", ".css")
    assert lines(style) <= STYLE_LINES


def test_no_template_has_anything_inline_or_unescaped() -> None:
    expect_none(f"{path}: {match[0]}" for path in found("templates", ".html") for match in INLINE.finditer(text(path)))


def test_no_script_makes_markup_or_runs_text() -> None:
    """What an attacker wrote passes through scripts; they make text of it."""
    dangerous = re.compile(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\b|new Function|setAttribute\(")
    expect_none(f"{path}: {match[0]}" for path in found("static", ".js") for match in dangerous.finditer(text(path)))


def test_nothing_of_others_is_committed() -> None:
    assert [path for path in files() if "vendor" in path.parts or "node_modules" in path.parts] == []


def test_the_lock_of_npm_names_no_address_and_has_every_hash() -> None:
    lock = text(WEB / "package-lock.json")
    assert "://" not in lock
    assert "resolved" not in lock
    assert lock.count('"version"') == lock.count('"integrity": "sha512-')
