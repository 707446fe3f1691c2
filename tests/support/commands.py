# SPDX-License-Identifier: MIT
"""Commands of the command line, called as ``decnet.cli.main`` does."""

import importlib
import json
from argparse import ArgumentParser
from typing import Any

import pytest

from decnet.cli.command import Command
from decnet.config.model import Config


def call(config: Config, name: str, *arguments: str) -> int:
    """Run ``decnet NAME ARGUMENTS`` in this process and return its exit code."""
    command: Command = importlib.import_module(f"decnet.cli.{name}").COMMAND
    parser = ArgumentParser(prog=f"decnet {name}")
    command.arguments(parser)
    return command.run(parser.parse_args(arguments), config)


def printed(capsysbinary: pytest.CaptureFixture[bytes]) -> str:
    """Return what was printed since the last time."""
    return capsysbinary.readouterr().out.decode()


def rows(capsysbinary: pytest.CaptureFixture[bytes]) -> list[dict[str, Any]]:
    """Return the JSON lines that were printed since the last time."""
    return [json.loads(line) for line in printed(capsysbinary).splitlines()]
