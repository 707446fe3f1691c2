# SPDX-License-Identifier: MIT
"""
From an identity to files: units, drop-ins, accounts, folders, rules.

A package ships ``vendor()``, which has the default identity in it, and its configurator always renders the small set of
``rendered(identity, complete=False)`` into /etc, where it stands above the package's files. Without a package
``complete=True`` renders the units themselves, with the identity in them. Everything comes from the catalogue through the
same templates.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any, Final

from jinja2 import Environment, FileSystemLoader, StrictUndefined, TemplateError

from decnet import paths
from decnet.catalog import SERVICES, Folder, Role, Service
from decnet.errors import ConfigError
from decnet.install import layout
from decnet.install.hardening import FOLDERS_RELAXES, LIBRARIES, directives
from decnet.install.identity import Identity

VENDOR_UNITS: Final = PurePosixPath(layout.VENDOR_UNITS)
HOST_UNITS: Final = PurePosixPath(layout.UNITS)
SECRETS_UNIT: Final = "decnet-secrets.service"
FOLDERS_UNIT: Final = "decnet-folders.service"
AS_ROOT: Final = (SECRETS_UNIT, FOLDERS_UNIT)
"""Units that no service of the catalogue stands behind: they run as root, do one thing and end."""
IDENTITY_DROP_IN: Final = "10-decnet-identity.conf"
PLAIN: Final = 0o644
VERBS: Final = ("start", "stop", "restart", "reload", "reset-failed")
HOMES: Final = (("home",), ("root",), ("run", "user"))
HIDDEN: Final = (*HOMES, ("run",), ("var", "lib"), ("tmp",), ("var", "tmp"))
"""Folders that a unit does not see as they are: ``ProtectHome=``, ``PrivateTmp=`` and its own ``/run`` and ``/var/lib``."""


@dataclass(frozen=True, kw_only=True)
class RenderedFile:
    """A file as it shall be; with ``link`` it is a symbolic link to that, and ``text`` is empty."""

    path: PurePosixPath
    text: str = ""
    mode: int = PLAIN
    link: str = ""


def rendered(identity: Identity, *, complete: bool, templates: Path = paths.TEMPLATES) -> tuple[RenderedFile, ...]:
    """
    Return the files that a host of this identity has in /etc.

    ``complete`` adds the units, for an installation that no package brought. Raises ``ConfigError`` where the templates are
    missing.
    """
    render = Renderer(identity, templates, explicit_paths=complete)
    units = HOST_UNITS if complete else VENDOR_UNITS
    files = [
        *(render.units(HOST_UNITS) if complete else render.identities(HOST_UNITS)),
        *(render.docker(service) for service in SERVICES if identity.docker and service.docker),
        RenderedFile(
            path=HOST_UNITS / f"decnet.target.wants/{target_of(identity.role)}", link=str(units / target_of(identity.role))
        ),
        render.file(layout.SYSUSERS, "sysusers.j2"),
        render.file(layout.TMPFILES, "tmpfiles.j2"),
        render.file(layout.POLKIT, "polkit.rules.j2"),
        render.file(layout.LOGROTATE, "logrotate.j2"),
        render.file(layout.IDENTITY_PART, "identity.ini.j2"),
    ]
    return tuple(files)


def vendor(templates: Path = paths.TEMPLATES) -> tuple[RenderedFile, ...]:
    """Return the files that a package ships, with the default identity in them."""
    render = Renderer(Identity(), templates)
    return (
        *render.units(VENDOR_UNITS),
        render.file("/usr/lib/sysusers.d/decnet.conf", "sysusers.j2"),
        render.file("/usr/lib/tmpfiles.d/decnet.conf", "tmpfiles.j2"),
        render.file("/usr/lib/systemd/system-preset/80-decnet.preset", "preset.j2"),
    )


def sysusers(identity: Identity, templates: Path = paths.TEMPLATES) -> str:
    """Return the lines that make the accounts of an identity, whatever somebody made of the file."""
    return Renderer(identity, templates).file(layout.SYSUSERS, "sysusers.j2").text


def target_of(role: Role) -> str:
    """Return the target of a role."""
    return f"decnet-{role}.target"


def unit_of(service: Service) -> str:
    """Return the unit of a service."""
    return f"decnet-{service.name}.service"


def shown(identity: Identity) -> list[str]:
    """Return the folders of the programs that a unit would not see unless it is shown them."""
    outer, inner = identity.install_dir, identity.venv_dir
    folders = (outer,) if inner.is_relative_to(outer) else (outer, inner)
    return [str(folder) for folder in folders if is_below(folder, HIDDEN)]


def is_below(folder: PurePosixPath, places: tuple[tuple[str, ...], ...]) -> bool:
    """Say whether a folder is below one of these."""
    return any(folder.parts[1 : 1 + len(place)] == place for place in places)


class Renderer:
    """The templates, with one identity."""

    def __init__(self, identity: Identity, templates: Path, *, explicit_paths: bool = False) -> None:
        if not (templates / "service.j2").is_file():
            raise ConfigError(
                f"the templates of the units are not in {templates}",
                remedy="install decnet again, or run it from a whole checkout",
            )
        self._identity = identity
        self._templates = Environment(
            loader=FileSystemLoader(templates),
            undefined=StrictUndefined,
            autoescape=False,  # noqa: S701 - units are no HTML; what goes in passed the patterns of Identity
            trim_blocks=True,
            lstrip_blocks=True,
            keep_trailing_newline=True,
        )
        self._templates.filters.update(unit_of=unit_of, target_of=target_of)
        self._templates.globals.update(
            identity=identity,
            services=SERVICES,
            roles=tuple(Role),
            layout=paths.SYSTEM,
            config=paths.SYSTEM_CONFIG,
            folder=self.folder,
            reads=self.reads,
            writes=self.writes,
            unit_of=unit_of,
            target_of=target_of,
            secrets_unit=SECRETS_UNIT,
            folders_unit=FOLDERS_UNIT,
            gate=layout.GATE,
            libraries=LIBRARIES,
            verbs=VERBS,
            explicit_paths=explicit_paths,
            shown=shown(identity),
            in_home=any(is_below(folder, HOMES) for folder in (identity.install_dir, identity.venv_dir)),
        )

    def folder(self, name: str) -> str:
        """Return a folder that a catalogue row names as it stands in a unit; of the spools, those of this host."""
        found = paths.SYSTEM
        if name == "spool":
            return f"{found.spool}/{self._identity.host_name or '%l'}"
        return str(found.store.parent if name == "store" else getattr(found, name))

    def reads(self, service: Service) -> list[str]:
        """Return what a service sees and may not write: all spools where it reads them, and the socket that it dials."""
        dials: Folder = "handover" if service.relayed else "runtime"
        names = [*service.reads, *(() if dials in service.writes else (dials,))]
        return [str(paths.SYSTEM.spool) if name == "spool" else self.folder(name) for name in names]

    def writes(self, service: Service) -> list[str]:
        """Return what a service may write: of the spools only its own."""
        return [f"{self.folder(name)}/{service.name}" if name == "spool" else self.folder(name) for name in service.writes]

    def docker(self, service: Service) -> RenderedFile:
        """Return the drop-in that lets a service talk to Docker."""
        return self.file(HOST_UNITS / f"{unit_of(service)}.d/20-docker.conf", "docker.conf.j2", service=service)

    def file(self, path: PurePosixPath | str, template: str, **context: Any) -> RenderedFile:
        """Return what a template makes of the identity."""
        try:
            text = self._templates.get_template(template).render(**context)
        except TemplateError as error:
            raise ConfigError(f"the template {template} cannot be rendered: {error}", remedy="install decnet again") from error
        return RenderedFile(path=PurePosixPath(path), text=text)

    def units(self, folder: PurePosixPath) -> Iterator[RenderedFile]:
        """Yield the targets and the units of all services."""
        yield self.file(folder / "decnet.target", "target.j2", role=None)
        for role in Role:
            yield self.file(folder / target_of(role), "target.j2", role=role)
        yield self.file(folder / SECRETS_UNIT, "secrets.service.j2", hardening=tuple(directives()))
        hardening = tuple(directives(FOLDERS_RELAXES))
        programs = ("/usr/bin/systemd-tmpfiles",)
        yield self.file(folder / FOLDERS_UNIT, "folders.service.j2", hardening=hardening, programs=programs)
        for service in SERVICES:
            hardening = tuple(directives(service.relaxes))
            yield self.file(folder / unit_of(service), "service.j2", service=service, hardening=hardening)

    def identities(self, folder: PurePosixPath) -> Iterator[RenderedFile]:
        """
        Yield the drop-ins that give the services of a package their accounts, one for each unit.

        Not one for ``decnet-.service.d``: that would reach every unit of the site whose name begins like ours.
        """
        for service in SERVICES:
            user, group = self._identity.account(service.account), self._identity.group_of(service.account)
            path = folder / f"{unit_of(service)}.d/{IDENTITY_DROP_IN}"
            yield self.file(path, "identity.conf.j2", user=user, group=group)
