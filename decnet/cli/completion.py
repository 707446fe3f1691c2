# SPDX-License-Identifier: MIT
"""``decnet completion``: the completion of a shell, made from the same parsers that read the command line."""

from argparse import ArgumentParser, Namespace, _SubParsersAction
from collections.abc import Iterator

from decnet.cli.command import EXIT_OK, Command
from decnet.cli.main import names, parser_of
from decnet.config.model import Config

_BASH = """\
_decnet() {{
    local line="${{COMP_WORDS[*]:1:COMP_CWORD-1}}" offered
    case "$line" in
{cases}
    *) offered="" ;;
    esac
    case "$line" in "") ;; *) [ -n "$offered" ] || compopt -o default ;; esac
    mapfile -t COMPREPLY < <(compgen -W "$offered" -- "${{COMP_WORDS[COMP_CWORD]}}")
}}
complete -F _decnet decnet"""
# zsh calls the file as a function the first time, and a person may source it
_ZSH = """\
#compdef decnet
_decnet() {{
    local line="${{(j: :)words[2,CURRENT-1]}}"
    local offered
    case "$line" in
{cases}
    *) offered="" ;;
    esac
    case "$line" in "") ;; *) [ -n "$offered" ] || _files ;; esac
    compadd -- ${{=offered}}
}}
if [ "$funcstack[1]" = _decnet ]; then _decnet "$@"; else compdef _decnet decnet; fi"""


def _arguments(parser: ArgumentParser) -> None:
    """Declare the argument."""
    parser.add_argument("shell", choices=("bash", "zsh"), help="the shell that is to complete decnet's command line")


def _run(options: Namespace, _config: Config) -> int:
    """Print the script."""
    script = _BASH if options.shell == "bash" else _ZSH
    print(script.format(cases="\n".join(_cases())))
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
        yield f'    {pattern}) offered="{words}" ;;'


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
