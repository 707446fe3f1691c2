# SPDX-License-Identifier: MIT
"""
The options of a lure: described once, in its dataclass, and read from the text of a fleet file.

Lists are separated by commas or lines. Every mistake is found in one pass, with what was meant where that can be guessed.
"""

import types
from collections.abc import Mapping
from dataclasses import MISSING, Field, dataclass, fields
from typing import Annotated, Any, Union, get_args, get_origin, get_type_hints

import msgspec

from decnet.domain.problem import Problem, refuse, unknown
from decnet.domain.sections import split

_LISTS = (list, tuple, set, frozenset)
_SHOWN = 60
_BOOLEANS = {"yes": "true", "on": "true", "no": "false", "off": "false"}


@dataclass(frozen=True, kw_only=True)
class Option:
    """One key that a fleet file may set: its type in words, its default as it would be written, what it means."""

    name: str
    type: str
    default: str
    description: str


def describe(type_: type[Any]) -> list[Option]:
    """Return the options of a lure in the order in which it declares them."""
    hints = get_type_hints(type_, include_extras=True)
    return [
        Option(
            name=item.name,
            type=_words(hints[item.name]),
            default=_default(item),
            description=_description(hints[item.name]),
        )
        for item in fields(type_)
    ]


def check(type_: type[Any], values: Mapping[str, str]) -> list[tuple[str, str]]:
    """Return (key, sentence) for everything in ``values`` that is not an option or not of its type."""
    hints = get_type_hints(type_, include_extras=True)
    wrong = [(key, unknown("option", key, hints)) for key in values if key not in hints]
    for key, text in values.items():
        if key in hints:
            sentence = _check_one(hints[key], text)
            wrong.extend([(key, sentence)] if sentence else [])
    wrong.extend(_missing(type_, values))
    return wrong or _check_together(type_, values)


def options_of(type_: type[Any], values: Mapping[str, str]) -> Any:
    """Return the options dataclass made of texts; raises ``PlanError`` with every mistake."""
    wrong = check(type_, values)
    if wrong:
        problems = [Problem(source="options", section=key, message=sentence) for key, sentence in wrong]
        raise refuse("the lure's options", problems, remedy="decnet lures NAME lists them")
    hints = get_type_hints(type_, include_extras=True)
    return type_(**{key: _convert(hints[key], text) for key, text in values.items()})


def _check_one(hint: Any, text: str) -> str:
    """Return what is wrong with one value, or nothing."""
    try:
        _convert(hint, text)
    except (msgspec.ValidationError, ValueError) as error:
        return f"{text[:_SHOWN]!r}: {error}"
    return ""


def _missing(type_: type[Any], values: Mapping[str, str]) -> list[tuple[str, str]]:
    """Return the options that have no default and were not given."""
    needed = [item.name for item in fields(type_) if item.default is MISSING and item.default_factory is MISSING]
    return [(name, "this option has to be given") for name in needed if name not in values]


def _check_together(type_: type[Any], values: Mapping[str, str]) -> list[tuple[str, str]]:
    """Let the dataclass look at all its options at once, as its ``__post_init__`` may."""
    hints = get_type_hints(type_, include_extras=True)
    try:
        type_(**{key: _convert(hints[key], text) for key, text in values.items()})
    except ValueError as error:
        return [(next(iter(values), ""), str(error))]
    return []


def _convert(hint: Any, text: str) -> Any:
    """Return one value in its type."""
    if _bare(hint) is bool:
        text = _BOOLEANS.get(text.lower(), text)
    return msgspec.convert(split(text) if _is_list(hint) else text, hint, strict=False)


def _bare(hint: Any) -> Any:
    """Return a type without what is annotated to it."""
    return get_args(hint)[0] if get_origin(hint) is Annotated else hint


def _is_list(hint: Any) -> bool:
    """Say whether a type holds several values."""
    bare = _bare(hint)
    return (get_origin(bare) or bare) in _LISTS


def _description(hint: Any) -> str:
    """Return the description that stands beside a field."""
    metas = [meta for meta in get_args(hint)[1:] if isinstance(meta, msgspec.Meta)] if get_origin(hint) is Annotated else []
    return next((meta.description for meta in reversed(metas) if meta.description), "")


def _words(hint: Any) -> str:
    """Return a type as a person would say it."""
    bare = _bare(hint)
    names = {str: "text", int: "number", float: "number", bool: "true or false"}
    if bare in names:
        return names[bare]
    if _is_list(bare):
        return "list"
    if get_origin(bare) in (Union, types.UnionType):
        return " or ".join(_words(choice) for choice in get_args(bare) if choice is not type(None))
    if get_args(bare):
        return " | ".join(str(choice) for choice in get_args(bare))
    return str(getattr(bare, "__name__", bare))


def _default(item: Field[Any]) -> str:
    """Return a field's default as a fleet file would write it."""
    value = item.default
    if item.default_factory is not MISSING:
        value = item.default_factory()
    if value is MISSING or value is None:
        return ""
    if isinstance(value, _LISTS):
        return ", ".join(str(entry) for entry in value)
    return str(value).lower() if isinstance(value, bool) else str(value)
