# SPDX-License-Identifier: MIT
"""Make the pages of docs/reference, and what is made below deploy/, from what the code and the lock declare."""

import inspect
import types
from argparse import ArgumentParser, _SubParsersAction
from collections.abc import Callable, Iterator, Sequence
from dataclasses import fields
from pathlib import Path
from typing import Any, get_args, get_origin, get_type_hints

from decnet.api.app import document_of, make_app
from decnet.bus.subjects import is_subset
from decnet.catalog import SERVICES
from decnet.cli.main import COMMANDS, parser_of
from decnet.config.load import describe
from decnet.config.model import Config
from decnet.errors import DecnetError
from decnet.events import EVENTS, Event
from decnet.lures import options as lure_options
from decnet.lures.loading import load
from decnet.lures.registry import LURES
from decnet.paths import SYSTEM
from scripts.lib.arguments import call, is_shown
from scripts.lib.deployed import deployed
from scripts.lib.licences import shipped

REFERENCE = Path(__file__).resolve().parents[2] / "docs" / "reference"
DEPLOY = REFERENCE.parents[1] / "deploy"
NOTICE = "<!-- SPDX-License-Identifier: MIT -->\n<!-- Made by scripts/render; change what it is made from, not this page. -->\n"


def services() -> Iterator[str]:
    """Yield the page of the services."""
    yield "# Services"
    yield "Declared in `decnet/catalog.py`, the only list of them. `decnet NAME` runs one in the foreground."
    yield table(
        ("service", "what it does", "roles", "starts after", "capabilities", "writes"),
        ((f"`{s.name}`", s.summary, s.roles, s.after, code(s.capabilities), s.writes) for s in SERVICES),
    )
    yield "## What each may say and hear"
    yield "The bus refuses everything that is not in this table."
    yield table(
        ("service", "publishes", "subscribes"), ((f"`{s.name}`", code(s.publishes), code(s.subscribes)) for s in SERVICES)
    )
    yield "## Where a unit is less strict than the others, and why"
    yield table(
        ("service", "relaxes", "to", "reason"),
        (
            (f"`{s.name}`", f"`{r.directive}`", code((r.value,) if r.value else ()), r.reason)
            for s in SERVICES
            for r in s.relaxes
        ),
    )


def events() -> Iterator[str]:
    """Yield the page of the events."""
    yield "# Events"
    yield 'What crosses the bus: declared in `decnet/events.py`. The body is `{"type": NAME, "payload": {FIELD: VALUE}}`.'
    for name, event in sorted(EVENTS.items()):
        yield f"## {name}"
        yield inspect.cleandoc(event.__doc__ or "")
        hints = get_type_hints(event)
        topic = event.topic_template
        yield f"Topic `{topic}`; sent by {names_of(event, 'publishes')}; heard by {names_of(event, 'subscribes')}."
        if fields(event):  # type: ignore[arg-type]  # the registry holds dataclasses, their common base is none
            rows = ((f"`{f.name}`", f"`{type_name(hints[f.name])}`") for f in fields(event))  # type: ignore[arg-type]  # as above
            yield table(("field", "type"), rows)


def names_of(event: type[Event], direction: str) -> str:
    """Return the services that publish or subscribe to an event; who else may is an operator."""
    names = [f"`{s.name}`" for s in SERVICES if any(meet(pattern, event.pattern) for pattern in getattr(s, direction))]
    return ", ".join(names) or "operators"


def meet(one: str, other: str) -> bool:
    """Say whether one of two patterns covers the other."""
    return is_subset(one, other) or is_subset(other, one)


def configuration() -> Iterator[str]:
    """Yield the page of the configuration."""
    yield "# Configuration"
    yield (
        "Defaults, then `config.ini`, then `config.ini.d/*.ini`, then the environment (`DECNET_SECTION_KEY`); the later "
        "wins. The folder is `/etc/decnet`, in a checkout `$XDG_CONFIG_HOME/decnet`, or what `DECNET_CONFIG` names. "
        "Sizes are in bytes, durations in seconds. `decnet config check` checks; `decnet config show --origin` says where "
        "a value comes from."
    )
    config = Config(paths=SYSTEM)
    rows = [(section, key, value, text) for section, key, value, text in describe(config)]
    for section in dict.fromkeys(row[0] for row in rows):
        yield f"## [{section}]"
        yield inspect.cleandoc(type(getattr(config, section)).__doc__ or "")
        chosen = ((f"`{key}`", f"`{value}`" if value != "" else "", text) for name, key, value, text in rows if name == section)
        yield table(("key", "default", "meaning"), chosen)


def errors() -> Iterator[str]:
    """Yield the page of the exit codes."""
    yield "# Exit codes"
    yield "An error is one sentence on standard error and, where there is one, the command that mends it."
    rows = [
        ("0", "", "It worked."),
        ("1", "", "A mistake in decnet itself; please report it."),
        ("2", "", "Wrong use of a command."),
    ]
    public = (kind for kind in subclasses(DecnetError) if kind.__module__ == DecnetError.__module__)
    declared = sorted(public, key=lambda kind: (kind.exit_code, kind.__name__))
    rows += [(str(kind.exit_code), f"`{kind.__name__}`", inspect.cleandoc(kind.__doc__ or "")) for kind in declared]
    rows.append(("130", "", "Interrupted."))
    yield table(("code", "error", "meaning"), rows)


def lures() -> Iterator[str]:
    """Yield the page of the lures and their options."""
    yield "# Lures"
    yield "The protocols that decoys speak. A fleet file sets the options of a decoy's lure; `decnet lures` lists them."
    for lure in LURES:
        yield f"## {lure.name}"
        yield f"{lure.summary}. Standard port {lure.port}."
        described = lure_options.describe(load(lure.options))
        rows = [(f"`{o.name}`", o.type, f"`{o.default}`" if o.default else "", o.description) for o in described]
        if rows:
            yield table(("option", "type", "default", "meaning"), rows)


def commands() -> Iterator[str]:
    """Yield the page of the commands."""
    yield "# Commands"
    yield "`decnet COMMAND --help` says the same. Every listing has `--format json`: one object a line."
    for name, summary in COMMANDS:
        yield from command(parser_of(name), summary)


def command(parser: ArgumentParser, summary: str) -> Iterator[str]:
    """Yield one command, and those below it."""
    yield f"## {parser.prog}"
    yield f"{summary[:1].upper()}{summary[1:]}."
    rows = [(f"`{call(action)}`".replace(", ", "`, `"), action.help or "") for action in parser._actions if is_shown(action)]  # noqa: SLF001 - no public way
    if rows:
        yield table(("argument", "meaning"), rows)
    for action in parser._actions:  # noqa: SLF001 - argparse has no public way to walk a parser
        if isinstance(action, _SubParsersAction):
            helps = {choice.dest: choice.help or "" for choice in action._choices_actions}  # noqa: SLF001 - as above
            for name, below in action.choices.items():
                yield from command(below, helps.get(name) or name)


def api() -> Iterator[str]:
    """Yield the page of the API, from its OpenAPI document."""
    document = document_of(make_app())
    yield "# API"
    yield (
        "REST below `/api/v1` on the UNIX socket `/run/decnet/api.sock`, for members of decnet's group; on TCP only where "
        "`[api] listen` says so. `GET /api/v1/openapi.json` is the whole document, of which this page is made. "
        "How to log in: [Use the API](../how-to/use-the-api.md)."
    )
    yield (
        "Every error is a problem (RFC 9457, `application/problem+json`): `type`, `title`, `status`, `detail`, what to do next "
        "in `remedy`, and what is not valid in `errors`. Lists are pages, newest first: `next` is the `cursor` of the one that "
        "follows, null at the end. Times are RFC 3339 in UTC. Text that an attacker sent is kept without loss: a byte that is "
        "no UTF-8 is the character U+EF00 + byte; `summary` is made harmless."
    )
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            yield from _operation(f"{method.upper()} {path}", operation)


def _operation(name: str, operation: dict[str, Any]) -> Iterator[str]:
    """Yield what there is to say of one operation."""
    yield f"## {name}"
    yield operation["description"] + ("" if "security" in operation else " Anybody may ask.")
    parameters = [
        (f"`{found['name']}`", found["in"], found.get("description", ""), "yes" if found.get("required") else "")
        for found in operation.get("parameters", ())
    ]
    if parameters:
        yield table(("parameter", "in", "what it means", "required"), parameters)
    body = operation.get("requestBody", {}).get("content", {}).get("application/json", {}).get("schema", {})
    if body:
        yield f"Body: `{body['$ref'].rpartition('/')[2]}`"
    yield "Answers: " + ", ".join(operation["responses"])


def dependencies() -> Iterator[str]:
    """Yield the page of what ships beside decnet's own code."""
    yield "# Dependencies"
    yield (
        "Every package that an installation holds besides decnet, which is under MIT: what `requirements.lock` pins, with the "
        "licence that the package names. Each is installed unchanged, in files of its own."
    )
    yield table(("package", "version", "licence"), shipped(REFERENCE.parents[1] / "requirements.lock"))


PAGES: dict[str, Callable[[], Iterator[str]]] = {
    "services": services,
    "events": events,
    "configuration": configuration,
    "exit-codes": errors,
    "lures": lures,
    "commands": commands,
    "dependencies": dependencies,
    "api": api,
}


def page(name: str) -> str:
    """Return the text of one page."""
    return NOTICE + "\n" + "\n\n".join(PAGES[name]()).replace("``", "`") + "\n"


def table(head: Sequence[str], rows: Iterator[Sequence[Any]] | Sequence[Sequence[Any]]) -> str:
    """Return a table in Markdown."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(cell(value) for value in line) + " |" for line in lines)


def cell(value: Any) -> str:
    """Return a value as a cell: one line, its bars escaped."""
    text = ", ".join(map(str, value)) if isinstance(value, tuple) else str(value)
    return " ".join(text.split()).replace("|", "\\|")


def code(names: tuple[str, ...]) -> tuple[str, ...]:
    """Return names as code."""
    return tuple(f"`{name}`" for name in names)


def type_name(hint: Any) -> str:
    """Return a type as it is written."""
    if isinstance(hint, types.UnionType) or get_origin(hint):
        origin = getattr(get_origin(hint), "__name__", "")
        inner = [type_name(part) for part in get_args(hint)]
        return " | ".join(inner) if isinstance(hint, types.UnionType) else f"{origin}[{', '.join(inner)}]"
    return str(getattr(hint, "__name__", hint))


def subclasses(kind: type[DecnetError]) -> Iterator[type[DecnetError]]:
    """Yield an error and all below it."""
    yield kind
    for below in kind.__subclasses__():
        yield from subclasses(below)


def main() -> None:
    """Write every page, and what packages ship."""
    REFERENCE.mkdir(parents=True, exist_ok=True)
    for name in PAGES:
        (REFERENCE / f"{name}.md").write_text(page(name), encoding="utf-8")
        print(f"docs/reference/{name}.md")
    for path, text in deployed().items():
        target = DEPLOY / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text, encoding="utf-8")
        print(f"deploy/{path}")


if __name__ == "__main__":
    main()
