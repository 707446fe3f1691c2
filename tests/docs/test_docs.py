# SPDX-License-Identifier: MIT
"""What the documents say can be done, can be done."""

import re
import shlex
from collections.abc import Iterator
from itertools import chain
from pathlib import Path

import pytest

from decnet.cli.main import names, parser_of
from decnet.domain.fleet import parse
from decnet.domain.problem import Problem
from scripts.lib import render
from scripts.lib.up import DEMO
from tests.support.sources import ROOT, expect_none, files, text

PAGES = [path for path in files() if path.suffix == ".md"]
BLOCK = re.compile(r"^```sh\n(.*?)^```", re.MULTILINE | re.DOTALL)
FLEET = re.compile(r"^```ini\n(.*?)^```", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"\]\(([^)#:]+)\)")
SCRIPT = re.compile(r"\bscripts/[a-z-]+(?![a-z/.*])")
INLINE = re.compile(r"`decnet ([a-z-]+)[^`]*`")


def calls() -> Iterator[tuple[Path, list[str]]]:
    """Yield what follows ``decnet`` in every line of every shell block."""
    for page in PAGES:
        for block in BLOCK.findall(text(page)):
            for line in block.splitlines():
                words = shlex.split(line, comments=True)
                programs = [position for position, word in enumerate(words) if word in {"decnet", ".venv/bin/decnet"}]
                if programs and not {"apt-get", "apt-mark"} & set(words):  # there it is the name of the package
                    yield page, words[programs[0] + 1 :]


@pytest.mark.parametrize(
    ("page", "words"), list(calls()), ids=lambda value: str(value) if isinstance(value, Path) else " ".join(value)
)
def test_every_command_of_a_shell_block_is_understood(page: Path, words: list[str]) -> None:  # noqa: ARG001 - names the case
    parser_of(words[0]).parse_args(words[1:])


def test_every_fleet_of_a_document_can_be_read() -> None:
    problems: list[Problem] = []
    fleets = [parse(block, str(page), problems) for page in PAGES for block in FLEET.findall(text(page))]
    assert fleets
    expect_none(problems)


def test_fleets_of_the_documents_can_be_deployed_beside_the_demo() -> None:
    """A reader has the demo running: neither a name nor an address may be one of its own."""
    fleets = [parse(block, str(page), []) for page in PAGES for block in FLEET.findall(text(page))]
    demo = parse(DEMO.read_text(encoding="utf-8"), str(DEMO), [])
    for fleet in fleets:
        assert fleet.name != demo.name
        assert not {asked.name for asked in fleet.decoys} & {asked.name for asked in demo.decoys}
        assert not {*chain(*(asked.addresses for asked in fleet.decoys))} & {
            *chain(*(asked.addresses for asked in demo.decoys))
        }


def test_commands_in_running_text_exist() -> None:
    wrong = [(str(page), name) for page in PAGES for name in INLINE.findall(text(page)) if name not in names()]
    expect_none(wrong)


def test_scripts_that_are_named_exist() -> None:
    expect_none([(str(page), name) for page in PAGES for name in SCRIPT.findall(text(page)) if not (ROOT / name).exists()])


def test_links_between_documents_lead_somewhere() -> None:
    broken = [(str(page), to) for page in PAGES for to in LINK.findall(text(page)) if not (ROOT / page.parent / to).exists()]
    expect_none(broken)


@pytest.mark.parametrize("name", render.PAGES)
def test_generated_page_is_what_the_code_declares(name: str) -> None:
    """Where this fails, run scripts/render."""
    assert (render.REFERENCE / f"{name}.md").read_text(encoding="utf-8") == render.page(name)
