# SPDX-License-Identifier: MIT
"""What the programs of an operating system's release say of themselves."""

from dataclasses import dataclass

from decnet.domain.persona import Persona
from decnet.lures.shell.text.table import rows

_USUAL = "debian 11"


@dataclass(frozen=True, slots=True)
class Release:
    """``name`` is the ID and the major VERSION_ID of os-release; the others are versions, ``perl`` without its 5."""

    name: str
    bash: str
    apt: str
    curl: str
    python: str
    perl: str
    busybox: str
    c_library: str
    compiler: str

    @property
    def python_name(self) -> str:
        """The name of the interpreter's file."""
        return "python" + self.python.rpartition(".")[0]

    @property
    def brackets_paste(self) -> bool:
        """Whether bash asks the terminal to mark what is pasted: readline does so from 8.1 on, which came with bash 5.1."""
        major, minor = self.bash.split(".")[:2]
        return (int(major), int(minor)) >= (5, 1)


_POINTS = {"5.10.0-23-amd64": 7, "5.10.0-28-amd64": 9, "6.1.21-v7+": 7}
"""Which point release of Debian a kernel belongs to."""
_RELEASES = {release.name: release for release in (Release(*row.split("|")) for row in rows("releases"))}


def release_of(persona: Persona) -> Release:
    """Return the release that a persona claims; Debian 11 for those that nothing is known about."""
    version = persona.os_version if persona.os_id == "ubuntu" else persona.os_version.split(".")[0]
    return _RELEASES.get(f"{persona.os_id} {version}", _RELEASES[_USUAL])


def point_of(persona: Persona) -> int | None:
    """Return the second number of Debian's version, where the kernel tells it."""
    return _POINTS.get(persona.kernel)
