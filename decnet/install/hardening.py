# SPDX-License-Identifier: MIT
"""
How every unit is locked in: one table, and what a row of the catalogue says against it.

Services differ only where ``relaxes`` of their row gives a directive, a value and a reason; the reason stands in the unit.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from decnet.catalog import Relaxation
from decnet.errors import ConfigError


@dataclass(frozen=True)
class Directive:
    """One line of a unit; ``reason`` says why it is less strict than in the others."""

    name: str
    value: str
    reason: str = ""


TABLE: Final = (
    Directive("NoNewPrivileges", "yes"),
    Directive("ProtectSystem", "strict"),
    Directive("PrivateTmp", "yes"),
    Directive("PrivateDevices", "yes"),
    Directive("DevicePolicy", "closed"),
    Directive("InaccessiblePaths", "/dev/shm"),  # noqa: S108 - it is shut, not used
    Directive("PrivateIPC", "yes"),
    Directive("PrivateNetwork", "yes"),
    Directive("PrivateUsers", "yes"),
    Directive("ProtectHostname", "yes"),
    Directive("ProtectClock", "yes"),
    Directive("ProtectKernelTunables", "yes"),
    Directive("ProtectKernelModules", "yes"),
    Directive("ProtectKernelLogs", "yes"),
    Directive("ProtectControlGroups", "yes"),
    Directive("ProtectProc", "invisible"),
    Directive("ProcSubset", "pid"),
    Directive("RestrictAddressFamilies", "AF_UNIX"),
    Directive("IPAddressDeny", "any"),
    Directive("RestrictNamespaces", "yes"),
    Directive("RestrictRealtime", "yes"),
    Directive("RestrictSUIDSGID", "yes"),
    Directive("LockPersonality", "yes"),
    Directive("MemoryDenyWriteExecute", "yes"),
    Directive("RemoveIPC", "yes"),
    Directive("KeyringMode", "private"),
    Directive("SystemCallArchitectures", "native"),
    Directive("SystemCallFilter", "@system-service"),
    Directive("SystemCallFilter", "~@privileged @resources"),
    Directive("SystemCallErrorNumber", "EPERM"),
    Directive("UMask", "0027"),
    Directive("LimitCORE", "0"),
)

LIBRARIES: Final = (
    "-/usr/lib/x86_64-linux-gnu",
    "-/usr/lib64",
    *(f"-/usr/lib/python3.{minor}/lib-dynload" for minor in (11, 12, 13)),
    "-/usr/local/lib",
)
"""
Where libraries are, which to the kernel are executable files: of Debian, of other distributions, of Python, and of the
administrator, whose own the loader takes first. ``/usr/lib`` itself is full of programs, other shells among them.
"""

FOLDERS_RELAXES: Final = (
    Relaxation("PrivateUsers", "no", "it gives folders to accounts of the host"),
    Relaxation("RestrictSUIDSGID", "no", "what is made in some folders has to belong to their group"),
    Relaxation("SystemCallFilter", "~@resources @setuid @keyring", "giving away a file is a privileged call"),
)


def directives(relaxes: Iterable[Relaxation] = ()) -> Iterator[Directive]:
    """
    Yield the lines of a unit; of a directive that stands on several lines the last one is relaxed.

    Raises ``ConfigError`` for a relaxation of what the table does not have.
    """
    relaxed = {relaxation.directive: relaxation for relaxation in relaxes}
    last = {directive.name: directive for directive in TABLE}
    unknown = relaxed.keys() - last.keys()
    if unknown:
        raise ConfigError(f"no unit has {', '.join(sorted(unknown))}, so none can be relaxed there")
    for directive in TABLE:
        relaxation = relaxed.get(directive.name)
        if relaxation is None or directive is not last[directive.name]:
            yield directive
        else:
            yield Directive(directive.name, relaxation.value, relaxation.reason)
