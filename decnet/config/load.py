# SPDX-License-Identifier: MIT
"""
The only reader of configuration files and of the environment.

Defaults < ``config.ini`` < ``config.ini.d/*.ini`` < ``DECNET_<SECTION>_<KEY>``. Interpolation is off. Every mistake is found
in one pass and named with its place; a section or a key that does not exist is a mistake.
"""

import configparser
import os
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, fields
from difflib import get_close_matches
from pathlib import Path
from typing import Any, get_args, get_type_hints

import msgspec

from decnet.config.model import Config
from decnet.errors import ConfigError
from decnet.paths import IS_CHECKOUT, SYSTEM, SYSTEM_CONFIG, config_folder_of_user, is_installed, of_user

ENVIRONMENT_PREFIX = "DECNET_"
FOLDER_VARIABLE = "DECNET_CONFIG"
LOG_VARIABLE = "DECNET_SYSTEM_LOGS"
DEFAULT_ORIGIN = "default"
_NOT_KEYS = (FOLDER_VARIABLE, LOG_VARIABLE)
_HIDDEN = 200

Values = dict[tuple[str, str], "Value"]


@dataclass(frozen=True)
class Value:
    """One value as it was written, and where."""

    text: str
    origin: str


@dataclass(frozen=True)
class Loaded:
    """The configuration, the folder it was looked for in, and the origin of every ``(section, key)``."""

    config: Config
    folder: Path
    origins: dict[tuple[str, str], str]
    log_file: Path | None = field(default=None)


def environment() -> Mapping[str, str]:
    """Return the environment of this process."""
    return os.environ  # noqa: TID251 - this module is the reader of the environment


def load(variables: Mapping[str, str] | None = None) -> Loaded:
    """
    Read the configuration; ``variables`` stands for the environment.

    Raises ``ConfigError`` with every mistake in it, each on a line of its own.
    """
    variables = environment() if variables is None else variables
    folder = config_folder(variables)
    problems: list[str] = []
    values: Values = {}
    for path in config_files(folder):
        values.update(_read_file(path, problems))
    values.update(_read_environment(variables, problems))
    sections = _sections()
    built, origins = {}, {}
    for name, section in sections.items():
        given = {key: value for (where, key), value in values.items() if where == name}
        defaults = _defaults(name, section, variables)
        converted = {key: _converted(section, name, key, value, problems) for key, value in given.items()}
        built[name] = {**defaults, **converted}
        origins.update({(name, key): DEFAULT_ORIGIN for key in _keys(section)})
        origins.update({(name, key): value.origin for key, value in given.items()})
    if problems:
        raise ConfigError("\n".join(problems), remedy="correct it, then: decnet config check")
    config = Config(**{name: section(**built[name]) for name, section in sections.items()})
    log_file = variables.get(LOG_VARIABLE)
    return Loaded(config, folder, origins, Path(log_file) if log_file else None)


def config_folder(variables: Mapping[str, str]) -> Path:
    """Return the folder of ``config.ini``: what ``DECNET_CONFIG`` names, the user's in a mere checkout, else /etc/decnet."""
    named = variables.get(FOLDER_VARIABLE)
    if named:
        return Path(named)
    return config_folder_of_user(variables) if _is_for_user() else SYSTEM_CONFIG


def _is_for_user() -> bool:
    """Say whether we are a checkout that somebody tries, rather than what runs this host."""
    return IS_CHECKOUT and not is_installed()


def config_files(folder: Path) -> Iterator[Path]:
    """Yield the files that exist, the strongest last; what cannot be looked at is among them, for reading to complain."""
    main = folder / "config.ini"
    if _may_exist(main):
        yield main
    parts = folder / "config.ini.d"
    try:
        yield from sorted(path for path in parts.iterdir() if path.suffix == ".ini")
    except (FileNotFoundError, NotADirectoryError):
        return
    except OSError:
        yield parts


def _may_exist(path: Path) -> bool:
    """Say whether a file is there, or may be: a folder that nobody lets us into can hide it."""
    try:
        path.stat()
    except (FileNotFoundError, NotADirectoryError):
        return False
    except OSError:
        return True
    return True


def describe(config: Config) -> Iterator[tuple[str, str, Any, str]]:
    """Yield (section, key, value, description) of everything that can be set."""
    for name, section in _sections().items():
        for key, annotation in _hints(section).items():
            yield name, key, getattr(getattr(config, name), key), _description(annotation)


def _sections() -> dict[str, type[Any]]:
    """Return the dataclass of each section."""
    return get_type_hints(Config)


def _hints(section: type[Any]) -> dict[str, Any]:
    """Return the annotated types of a section's keys."""
    return {item.name: get_type_hints(section, include_extras=True)[item.name] for item in fields(section)}


def _keys(section: type[Any]) -> list[str]:
    """Return the keys of a section."""
    return [item.name for item in fields(section)]


def _description(annotation: Any) -> str:
    """Return the description that stands beside a key."""
    texts = (getattr(meta, "description", meta) for meta in reversed(get_args(annotation)[1:]))
    return next((text for text in texts if isinstance(text, str)), "")


def _defaults(name: str, section: type[Any], variables: Mapping[str, str]) -> dict[str, Any]:
    """Return the defaults that depend on where we are: the folders and the name of the host."""
    if name == "paths":
        layout = of_user(variables) if _is_for_user() else SYSTEM
        return {key: getattr(layout, key) for key in _keys(section)}
    if name == "host":
        return {"name": _host_name(os.uname().nodename)}
    return {}


def _host_name(node: str) -> str:
    """Return the first label of the node's name with nothing in it that a host name may not have."""
    label = re.sub(r"[^A-Za-z0-9-]", "-", node.split(".", maxsplit=1)[0])[:63].strip("-")
    return label or "localhost"


def _read_file(path: Path, problems: list[str]) -> Values:
    """Return the values of one file; what is wrong with it goes to ``problems``."""
    parser = configparser.ConfigParser(interpolation=None, default_section="", delimiters=("=",), strict=True)
    parser.optionxform = str  # type: ignore[assignment,method-assign]  # keys are case-sensitive; documented to be assigned
    try:
        parser.read_string(path.read_text(encoding="utf-8"), source=str(path))
    except (configparser.Error, UnicodeDecodeError) as error:
        problems.append(f"{path}: {' '.join(str(error).split())}")
        return {}
    except OSError as error:
        problems.append(f"{path}: {error.strerror}")
        return {}
    values: Values = {}
    for section in parser.sections():
        for key, text in parser[section].items():
            if _is_known(section, key, str(path), problems):
                values[section, key] = Value(text, str(path))
        if section not in _sections() and not parser[section]:
            problems.append(f"{path}: {_unknown('section', section, _sections())}")
    return values


def _read_environment(variables: Mapping[str, str], problems: list[str]) -> Values:
    """Return the values of the environment; an unknown name with our prefix is a mistake like any other."""
    names = {
        f"{ENVIRONMENT_PREFIX}{section}_{key}".upper(): (section, key)
        for section, type_ in _sections().items()
        for key in _keys(type_)
    }
    values: Values = {}
    for name, text in variables.items():
        if not name.startswith(ENVIRONMENT_PREFIX) or name in _NOT_KEYS:
            continue
        if name in names:
            values[names[name]] = Value(text, f"environment {name}")
        else:
            problems.append(f"environment: {_unknown('variable', name, names)}")
    return values


def _is_known(section: str, key: str, origin: str, problems: list[str]) -> bool:
    """Say whether a key exists; if not, add a problem with a suggestion."""
    sections = _sections()
    if section not in sections:
        problem = f"{origin}: {_unknown('section', section, sections)}"
        if problem not in problems:
            problems.append(problem)
        return False
    if key not in _keys(sections[section]):
        problems.append(f"{origin}: {_unknown(f'key in [{section}]', key, _keys(sections[section]))}")
        return False
    return True


def _unknown(what: str, name: str, known: Mapping[str, Any] | list[str]) -> str:
    """Return the sentence about a name that does not exist."""
    near = get_close_matches(name, list(known), n=1)
    return f"there is no {what} {name!r}" + (f"; did you mean {near[0]!r}?" if near else "")


def _converted(section: type[Any], name: str, key: str, value: Value, problems: list[str]) -> Any:
    """Return a value in its type; what does not fit goes to ``problems``."""
    try:
        return msgspec.convert(value.text, _hints(section)[key], strict=False, dec_hook=_decode)
    except msgspec.ValidationError as error:
        problems.append(f"{value.origin}: [{name}] {key} = {value.text[:_HIDDEN]!r}: {error}")
        return None


def _decode(type_: Callable[[Any], Any], value: Any) -> Any:
    """Make what msgspec does not know: an absolute path."""
    path = Path(value)
    if type_ is not Path or not path.is_absolute():
        raise ValueError("expected an absolute path")
    return path
