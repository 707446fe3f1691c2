# SPDX-License-Identifier: MIT
"""The manual pages (man(7)): one for the command, one for each service, two for the files that people edit."""

import inspect
from argparse import ArgumentParser, _SubParsersAction
from collections.abc import Iterable, Iterator

from decnet.catalog import SERVICES, Service
from decnet.cli.main import COMMANDS, parser_of
from decnet.config.load import describe
from decnet.config.model import Config
from decnet.errors import DecnetError
from decnet.install.identity import KEYS, Identity, values_of
from decnet.install.render import unit_of
from decnet.paths import SYSTEM, SYSTEM_CONFIG
from scripts.lib.arguments import call, is_shown

HEAD = '.\\" SPDX-License-Identifier: MIT\n.\\" Made by scripts/render; change what it is made from, not this page.\n'


def pages() -> dict[str, str]:
    """Return every page by its file name."""
    made = {
        "decnet.1": page("decnet", 1, "a deception network: machines that nobody has a reason to touch", command()),
        "decnet-config.ini.5": page("decnet-config.ini", 5, "configuration of decnet", configuration()),
        "decnet-package.conf.5": page("decnet-package.conf", 5, "identity of decnet on a host", identity()),
        "decnet-folders.8": page("decnet-folders", 8, "make the missing folders and log files of this host", of_folders()),
        "decnet-secrets.8": page("decnet-secrets", 8, "make the keys of this host, once", secrets()),
    }
    for service in SERVICES:
        name = f"decnet-{service.name}"
        made[f"{name}.8"] = page(name, 8, lower(service.summary), of_service(service))
    return made


def page(name: str, section: int, summary: str, body: Iterable[str]) -> str:
    """Return one page with its head."""
    title = f'.TH {name.upper()} {section} "" "decnet" "decnet"'
    return HEAD + "\n".join([title, ".SH NAME", f"{text(name)} \\- {text(summary)}", *body]) + "\n"


def command() -> Iterator[str]:
    """Yield the page of the command line."""
    yield from (".SH SYNOPSIS", ".B decnet", ".I COMMAND", "[\\fIARGUMENT\\fR...]")
    yield from (
        ".SH DESCRIPTION",
        text("One host, or a fleet, pretends to be many machines on a LAN. Whoever touches one is seen."),
    )
    yield paragraph(
        "Services run under systemd: systemctl start decnet.target starts all of this host, decnet services shows how they are."
    )
    yield from (".SH COMMANDS", text("Every listing has --format json: one object a line."))
    for name, summary in COMMANDS:
        yield from one_command(parser_of(name), summary)
    yield ".SH SERVICES"
    yield paragraph("Each is a command as well, which runs it in the foreground, and has a page of its own.")
    for service in SERVICES:
        yield from item(f"decnet {service.name}", service.summary)
    yield from exit_status()
    yield from (".SH FILES", *item(f"{SYSTEM_CONFIG}/config.ini", "the configuration, see decnet-config.ini(5)"))
    yield from item(f"{SYSTEM_CONFIG}/package.conf", "accounts, group and role of this host, see decnet-package.conf(5)")
    yield from item(str(SYSTEM.log("NAME")), "the log of one service; the journal has it too")
    yield from see_also(
        "decnet-config.ini(5)", "decnet-package.conf(5)", *(f"decnet-{service.name}(8)" for service in SERVICES)
    )


def one_command(parser: ArgumentParser, summary: str) -> Iterator[str]:
    """Yield one command, its arguments, and the commands below it."""
    yield from (f".SS {text(parser.prog)}", text(f"{summary[:1].upper()}{summary[1:]}."))
    for action in parser._actions:  # noqa: SLF001 - argparse has no public way to walk a parser
        if is_shown(action):
            yield from item(call(action), action.help or "")
    for action in parser._actions:  # noqa: SLF001 - as above
        if isinstance(action, _SubParsersAction):
            helps = {choice.dest: choice.help or "" for choice in action._choices_actions}  # noqa: SLF001 - as above
            for name, below in action.choices.items():
                yield from one_command(below, helps.get(name) or name)


def of_service(service: Service) -> Iterator[str]:
    """Yield the page of one service."""
    yield from (".SH SYNOPSIS", f".B systemctl start decnet\\-{text(service.name)}", ".br", f".B decnet {text(service.name)}")
    yield from (".SH DESCRIPTION", text(f"{service.summary}. It runs on: {', '.join(service.roles)}."))
    yield paragraph("systemctl reload has it read its configuration again; a wrong one changes nothing, and the log says why.")
    yield paragraph("What it may do is locked in by its unit:")
    for title, values in abilities(service):
        yield from item(title, ", ".join(values) or "none")
    if service.relaxes:
        yield from (".SH HARDENING", text("Where the unit is less strict than the others, and why."))
        for relaxation in service.relaxes:
            yield from item(f"{relaxation.directive}={relaxation.value}", relaxation.reason)
    yield from (
        ".SH FILES",
        *item(str(SYSTEM.log(service.name)), "its log; the journal has it too: journalctl -u " + unit_of(service)),
    )
    yield from item(f"{SYSTEM.data}/stopped/{service.name}", "while this file is there the service does not start")
    yield from see_also("decnet(1)", "decnet-config.ini(5)", *(f"decnet-{name}(8)" for name in service.after))


def abilities(service: Service) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Yield what a service may do."""
    account = Identity().account(service.account)
    yield "account", (account + (" (stands alone: no member of the group)" if service.account else ""),)
    yield "reads", service.reads
    yield "writes", service.writes
    yield "keys", service.keys
    yield "capabilities", service.capabilities
    yield "publishes", service.publishes
    yield "subscribes", service.subscribes
    if service.docker:
        yield "Docker", ("only where decnet configure set DECNET_DOCKER=yes allows it",)


def secrets() -> Iterator[str]:
    """Yield the page of the unit that makes the keys."""
    yield from (".SH SYNOPSIS", ".B systemctl start decnet\\-secrets")
    yield from (".SH DESCRIPTION", text(f"Makes the keys that are missing in {SYSTEM.secrets} and changes none that is there."))
    yield paragraph("Services that need keys start after it and are handed copies; no service can read the folder itself.")
    for service in SERVICES:
        if service.keys:
            yield from item(service.name, ", ".join(service.keys))
    yield from see_also("decnet(1)", "systemd.exec(5)")


def of_folders() -> Iterator[str]:
    """Yield the page of the unit that makes folders."""
    yield from (".SH SYNOPSIS", ".B systemctl start decnet\\-folders")
    yield from (
        ".SH DESCRIPTION",
        text("Makes what is missing of the folders and log files, with the owners that they must have."),
    )
    yield paragraph("It runs before each start of a service and ends at once; what is in the folders it does not touch.")
    yield from (".SH FILES", *item("/usr/lib/tmpfiles.d/decnet.conf", "folders of an installation with the default identity"))
    yield from item("/etc/tmpfiles.d/decnet.conf", "those of this host, which stand above the others")
    yield from see_also("decnet(1)", "tmpfiles.d(5)")


def configuration() -> Iterator[str]:
    """Yield the page of config.ini."""
    yield from (".SH SYNOPSIS", text(f"{SYSTEM_CONFIG}/config.ini"), ".br", text(f"{SYSTEM_CONFIG}/config.ini.d/*.ini"))
    yield ".SH DESCRIPTION"
    yield paragraph(
        "Sections in brackets, key = value. Files of config.ini.d stand above config.ini, the last by name above all."
    )
    yield paragraph("Sizes are in bytes, durations in seconds. decnet config show --origin says where each value is from.")
    config = Config(paths=SYSTEM)
    rows = tuple(describe(config))
    for section in dict.fromkeys(row[0] for row in rows):
        yield from (
            f".SS [{text(section)}]",
            text(inspect.cleandoc(type(getattr(config, section)).__doc__ or "").partition("\n\n")[0]),
        )
        for name, key, value, meaning in rows:
            if name == section:
                yield from item(key, f"{meaning} (default: {value if value != '' else 'empty'})")
    yield from see_also("decnet(1)", "decnet-package.conf(5)")


def identity() -> Iterator[str]:
    """Yield the page of package.conf."""
    yield from (".SH SYNOPSIS", text(f"{SYSTEM_CONFIG}/package.conf"), ".SH DESCRIPTION")
    yield paragraph(
        "KEY=value a line, no quotes; # begins a comment. What units, accounts, folders and rules are rendered from."
    )
    yield paragraph(
        "decnet configure set KEY=VALUE changes it and what follows from it; decnet configure apply does so after an edit."
    )
    defaults = values_of(Identity())
    for key, (_, _, meaning) in KEYS.items():
        yield from item(key, f"{meaning} (default: {defaults.get(key, 'empty')})")
    yield from see_also("decnet(1)", "decnet-config.ini(5)")


def exit_status() -> Iterator[str]:
    """Yield the exit codes."""
    yield ".SH EXIT STATUS"
    yield from item("0", "It worked.")
    kinds = sorted(every(DecnetError), key=lambda kind: (kind.exit_code, kind.__name__))
    for kind in kinds:
        yield from item(str(kind.exit_code), inspect.cleandoc(kind.__doc__ or "").partition("\n\n")[0])


def every(kind: type[DecnetError]) -> Iterator[type[DecnetError]]:
    """Yield the errors that an operator can see."""
    for below in kind.__subclasses__():
        if below.__module__ == DecnetError.__module__:
            yield below
            yield from every(below)


def item(term: str, meaning: str) -> Iterator[str]:
    """Yield a term and what it means."""
    yield from (".TP", f"\\fB{text(term)}\\fR", text(meaning) or "\\&")


def see_also(*names: str) -> Iterator[str]:
    """Yield the pages to read next."""
    yield from (".SH SEE ALSO", ", ".join(f"\\fB{text(name[:-3])}\\fR{name[-3:]}" for name in names))


def text(plain: str) -> str:
    """Return plain text as roff: one line, nothing in it a request."""
    line = " ".join(plain.split()).replace("\\", "\\e").replace("-", "\\-").replace("`", "")
    return f"\\&{line}" if line[:1] in {".", "'"} else line


def paragraph(plain: str) -> str:
    """Return a paragraph of plain text."""
    return f".PP\n{text(plain)}"


def lower(sentence: str) -> str:
    """Return a summary as it stands after a name."""
    return sentence[:1].lower() + sentence[1:]
