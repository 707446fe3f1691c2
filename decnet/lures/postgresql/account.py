# SPDX-License-Identifier: MIT
"""Which roles and passwords a postgresql lure lets in."""

from decnet.domain.persona import Decoy, Persona
from decnet.lures.postgresql.options import PostgresqlOptions

SUPERUSER = "postgres"
WEAK = (
    "postgres", "123456", "password", "admin", "postgres123", "12345678", "1234", "P@ssw0rd", "changeme", "root", "postgresql",
    "qwerty", "123456789", "test", "pass", "111111", "postgres1", "Passw0rd", "dbadmin", "secret",
)  # fmt: skip
"""Passwords that attackers try in their first minutes; a guess at what a digest was made of begins here, too."""
_APPLICATIONS = ("shop", "crm", "billing", "wiki", "portal", "booking", "inventory")


def application(persona: Persona) -> str:
    """Return the name of the application whose database and role a decoy has."""
    return persona.choose("postgresql application", _APPLICATIONS)


def accounts(decoy: Decoy, options: PostgresqlOptions) -> dict[str, str]:
    """
    Return the passwords by role, the first one the easiest to guess.

    Without ``options.accounts`` they are the superuser's and that of the application's role, always the same for a decoy. A
    pair without a colon has an empty password, with which nobody gets in.
    """
    if options.answer != "server":
        return {}
    if options.accounts:
        return {role: password for role, _, password in (pair.partition(":") for pair in options.accounts)}
    persona = decoy.persona
    name = application(persona)
    return {
        SUPERUSER: persona.choose("postgresql password of postgres", WEAK[:12]),
        name: persona.choose("postgresql password of the application", (name, f"{name}123", f"{name}2023", f"{name}!")),
    }
