# SPDX-License-Identifier: MIT
"""Which server a decoy claims to run, and what follows from its version alone."""

import re
from dataclasses import dataclass

from decnet.domain.persona import Persona

DEFAULT = "10.5.23-MariaDB-0+deb11u1"
_VERSION = re.compile(r"(\d+)\.(\d+)\.(\d+)")
_UTF8MB4_GENERAL, _UTF8MB4_0900, _LATIN1 = 45, 255, 8


@dataclass(frozen=True, slots=True)
class Product:
    """
    MariaDB or MySQL in one version.

    ``text`` is what VERSION() returns; ``number`` is the version as comments compare it (100523).
    """

    text: str
    number: int
    os_id: str
    os: str

    @classmethod
    def of(cls, persona: Persona) -> "Product":
        """Return the product of a decoy; a claim that is no version stands for Debian's MariaDB."""
        claimed = persona.software.get("mysql", "")
        match = _VERSION.match(claimed) or _VERSION.match(claimed := DEFAULT)
        major, minor, patch = (int(part) for part in match.groups()) if match else (10, 5, 23)
        return cls(claimed, major * 10_000 + minor * 100 + patch, persona.os_id, persona.os)

    @property
    def is_mariadb(self) -> bool:
        """Whether it is MariaDB."""
        return "MariaDB" in self.text

    @property
    def name(self) -> str:
        """The name in messages."""
        return "MariaDB" if self.is_mariadb else "MySQL"

    @property
    def greeting(self) -> str:
        """The version in the first packet: MariaDB hides behind 5.5.5, because old replicas take 10 for 1."""
        return f"5.5.5-{self.text}" if self.is_mariadb else self.text

    @property
    def comment(self) -> str:
        """``@@version_comment``, as the distribution compiles it in."""
        if not self.is_mariadb:
            return "(Ubuntu)" if self.os_id == "ubuntu" else "MySQL Community Server - GPL"
        return {"debian": "Debian 11", "ubuntu": "Ubuntu 20.04", "raspbian": "Raspbian 11"}.get(self.os_id, "mariadb.org")

    @property
    def default_plugin(self) -> str:
        """How logins are proven where nothing else is agreed."""
        return "mysql_native_password" if self.is_mariadb else "caching_sha2_password"

    @property
    def charset(self) -> str:
        """The server's character set."""
        return "utf8mb4"

    @property
    def collation(self) -> str:
        """The server's collation."""
        return "utf8mb4_general_ci" if self.is_mariadb else "utf8mb4_0900_ai_ci"

    @property
    def collation_id(self) -> int:
        """The number of the server's collation."""
        return _UTF8MB4_GENERAL if self.is_mariadb else _UTF8MB4_0900

    @property
    def greeting_collation_id(self) -> int:
        """The number of the collation in the first packet."""
        return self.collation_id
