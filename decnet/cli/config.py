# SPDX-License-Identifier: MIT
"""``decnet config``: is the configuration right, what is in force, and where does it come from."""

from argparse import ArgumentParser, Namespace
from collections.abc import Iterator

from decnet.cli.command import EXIT_OK, Command
from decnet.cli.output import Row, add_format, show
from decnet.config.load import Loaded, config_files, describe, load
from decnet.config.model import Config


def _arguments(parser: ArgumentParser) -> None:
    """Declare the actions."""
    actions = parser.add_subparsers(dest="action", required=True)
    actions.add_parser("check", help="say whether the configuration is valid")
    shown = actions.add_parser("show", help="print every key and its value")
    shown.add_argument("--origin", action="store_true", help="add where each value comes from")
    add_format(shown)
    actions.add_parser("example", help="print a configuration file with every key as a comment")


def _run(options: Namespace, config: Config) -> int:
    """Do what was asked; a wrong configuration has already ended the command with every mistake in it."""
    loaded = load()
    if options.action == "check":
        files = ", ".join(str(path) for path in config_files(loaded.folder)) or f"no file in {loaded.folder}: defaults"
        print(f"the configuration is valid ({files})")
    elif options.action == "show":
        columns = ("section", "key", "value", *(("origin",) if options.origin else ()))
        show(_rows(loaded), columns, format_=options.format)
    else:
        print(example(config))
    return EXIT_OK


def _rows(loaded: Loaded) -> Iterator[Row]:
    """Yield a row for each key."""
    for section, key, value, description in describe(loaded.config):
        yield {
            "section": section,
            "key": key,
            "value": value,
            "origin": loaded.origins[section, key],
            "description": description,
        }


def example(config: Config) -> str:
    """Return a configuration file in which every key stands as a comment with its value."""
    lines = ["# The configuration of decnet. Every key is shown with its value; take the # away to change it."]
    section = ""
    for name, key, value, description in describe(config):
        if name != section:
            lines += ["", f"[{name}]"]
            section = name
        lines += [f"# {description}", f"#{key} = {value}"]
    return "\n".join(lines)


COMMAND = Command(arguments=_arguments, run=_run)
