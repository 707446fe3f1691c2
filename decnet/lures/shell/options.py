# SPDX-License-Identifier: MIT
"""Options of commands, read as getopt of the GNU C library reads them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field


class UsageError(Exception):
    """The options are wrong; the message stands behind the command's name."""


@dataclass
class Options:
    """What was given: the values of each option by its letter, in order, and the operands."""

    given: dict[str, list[str]] = field(default_factory=dict)
    operands: list[str] = field(default_factory=list)

    def __contains__(self, letters: str) -> bool:
        """Return whether one of ``letters`` was given."""
        return any(letter in self.given for letter in letters)

    def get(self, letter: str, default: str = "") -> str:
        """Return the last value of an option."""
        return self.given[letter][-1] if letter in self.given else default

    def every(self, letter: str) -> list[str]:
        """Return all values of an option."""
        return self.given.get(letter, [])


def parse(arguments: Sequence[str], short: str, long: Mapping[str, str] | None = None, *, in_order: bool = False) -> Options:
    """
    Return the options of ``arguments``; raise ``UsageError``.

    ``short`` is as for getopt (``n:`` takes a value). ``long`` maps a name to a letter, or to several for ``--x=value``.
    ``in_order`` stops at the first operand.
    """
    result = Options()
    rest = list(arguments)
    while rest:
        argument = rest.pop(0)
        if argument == "--":
            result.operands += rest
            break
        if argument.startswith("--"):
            _long(argument, rest, short, long or {}, result)
        elif len(argument) > 1 and argument.startswith("-"):
            _short(argument[1:], rest, short, result)
        else:
            result.operands.append(argument)
            if in_order:
                result.operands += rest
                break
    return result


def _short(letters: str, rest: list[str], short: str, result: Options) -> None:
    for index, letter in enumerate(letters):
        position = short.find(letter)
        if position < 0 or letter == ":":
            raise UsageError(f"invalid option -- '{letter}'")
        if short[position + 1 : position + 2] != ":":
            result.given.setdefault(letter, []).append("")
            continue
        value = letters[index + 1 :]
        if not value:
            if not rest:
                raise UsageError(f"option requires an argument -- '{letter}'")
            value = rest.pop(0)
        result.given.setdefault(letter, []).append(value)
        return


def _long(argument: str, rest: list[str], short: str, long: Mapping[str, str], result: Options) -> None:
    name, equals, value = argument[2:].partition("=")
    matching = [name] if name in long else [full for full in long if full.startswith(name)]
    if len(matching) != 1:
        raise UsageError(f"unrecognized option '{argument}'")
    letter = long[matching[0]]
    takes_value = short[short.find(letter) + 1 : short.find(letter) + 2] == ":" if letter in short else bool(equals)
    if takes_value and not equals:
        if not rest:
            raise UsageError(f"option '--{matching[0]}' requires an argument")
        value = rest.pop(0)
    elif equals and not takes_value:
        raise UsageError(f"option '--{matching[0]}' doesn't allow an argument")
    result.given.setdefault(letter, []).append(value)
