# SPDX-License-Identifier: MIT
"""``decnet completion``: the completion of a shell, made from the same parsers that read the command line."""

from argparse import ArgumentParser, Namespace, _SubParsersAction
from collections.abc import Iterator

from decnet.cli.command import EXIT_OK, Command
from decnet.cli.main import names, parser_of
from decnet.config.model import Config

_BASH = """\
_decnet() {{
    local line="${{COMP_WORDS[*]:1:COMP_CWORD-1}}" words
    case "$line" in
{cases}
    *) words="" ;;
    esac
    case "$line" in "") ;; *) [ -n "$words" ] || compopt -o default ;; esac
    mapfile -t COMPREPLY < <(compgen -W "$words" -- "${{COMP_WORDS[COMP_CWORD]}}")
}}
complete -F _decnet decnet"""
_ZSH = """\
#compdef decnet
autoload -U +X bashcompinit && bashcompinit
"""


def _arguments(parser: ArgumentParser) -> None:
    """Declare the argument."""
    parser.add_argument("shell", choices=("bash", "zsh"), help="the shell that is to complete decnet's command line")


def _run(options: Namespace, _config: Config) -> int:
    """Print the script."""
    script = _BASH.format(cases="\n".join(_cases()))
    print(script if options.shell == "bash" else _ZSH + script)
    return EXIT_OK


def _cases() -> Iterator[str]:
    """Yield a case for each position that has words of its own; the longest first, because the first match wins."""
    cases = [("", " ".join(sorted({*names(), "--help", "--version"})))]
    for name in names():
        parser = parser_of(name)
        cases.append((name, _words(parser)))
        cases.extend((f"{name} {action}", _words(child)) for action, child in _actions(parser).items())
    for prefix, words in sorted(cases, key=lambda case: -len(case[0])):
        pattern = f'"{prefix}"|"{prefix} "*' if prefix else '""'
        yield f'    {pattern}) words="{words}" ;;'


def _actions(parser: ArgumentParser) -> dict[str, ArgumentParser]:
    """Return the sub-commands of a parser."""
    for action in parser._actions:  # noqa: SLF001 - argparse has no public way to read what was declared
        if isinstance(action, _SubParsersAction):
            return dict(action.choices)
    return {}


def _words(parser: ArgumentParser) -> str:
    """Return the options, choices and sub-commands of a parser."""
    words = set(_actions(parser))
    for action in parser._actions:  # noqa: SLF001 - argparse has no public way to read what was declared
        words.update(option for option in action.option_strings if option.startswith("--"))
        words.update(str(choice) for choice in action.choices or () if not isinstance(action, _SubParsersAction))
    return " ".join(sorted(words))


COMMAND = Command(arguments=_arguments, run=_run)
