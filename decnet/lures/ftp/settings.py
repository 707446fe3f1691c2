# SPDX-License-Identifier: MIT
"""How the ftp server of one decoy is set up: what its persona draws, and what the fleet file says instead."""

import re
from dataclasses import dataclass

from decnet.domain.persona import Decoy, Persona
from decnet.lures.ftp.options import FtpOptions

SOFTWARE = "vsFTPd 3.0.3"
ANONYMOUS_ROOT = "/srv/ftp"
INCOMING = "incoming"


@dataclass(frozen=True, kw_only=True)
class Settings:
    """The server: ``software`` is what it calls itself, ``umask`` what it takes from the mode of new files."""

    software: str
    anonymous: bool
    writable: bool
    umask: int
    failure_seconds: float
    attempts: int

    @property
    def unknown_commands(self) -> int:
        """How many unknown commands before a login end a connection (changes of vsftpd 3.0.4); 0 where none do."""
        numbers = re.findall(r"\d+", self.software)
        return 10 if [int(number) for number in numbers] >= [3, 0, 4] else 0


def draws_anonymous(persona: Persona) -> bool:
    """Say whether this decoy lets in anonymous where nobody decides it."""
    return persona.between("ftp anonymous", 1, 3) == 1


def drawn_umask(persona: Persona) -> int:
    """Return the umask of uploads: the package's, or the one that its sample file proposes."""
    return int(persona.choose("ftp umask", ("022", "077")), 8)


def settings_of(decoy: Decoy, options: FtpOptions) -> Settings:
    """Return how the server of this decoy is set up."""
    persona = decoy.persona
    return Settings(
        software=persona.software.get("ftp", SOFTWARE),
        anonymous=draws_anonymous(persona) if options.anonymous == "drawn" else options.anonymous == "yes",
        writable=options.writable,
        umask=drawn_umask(persona),
        failure_seconds=options.failure_seconds,
        attempts=options.attempts,
    )
