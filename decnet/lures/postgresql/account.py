# SPDX-License-Identifier: MIT
"""Which roles and passwords a postgresql lure lets in."""

from decnet.domain.persona import Decoy
from decnet.lures.postgresql.options import PostgresqlOptions
from decnet.lures.sql.dataset import dataset_of

SUPERUSER = "postgres"
WEAK = (
    "postgres",
    "123456", "password", "admin", "postgres123", "12345678", "1234", "P@ssw0rd", "changeme", "root", "postgresql",
    "qwerty", "123456789", "test", "pass", "111111", "postgres1", "Passw0rd", "dbadmin", "secret",
)  # fmt: skip
"""Passwords that attackers try in their first minutes; a guess at what a digest was made of begins here, too."""


def accounts(decoy: Decoy, options: PostgresqlOptions) -> dict[str, str]:
    """
    Return the passwords by role, the first one the easiest to guess.

    Without ``options.accounts`` they are the superuser's weak one and that of the application's role, which is the same in
    every lure that shows its data. A pair without a colon has an empty password, with which nobody gets in.
    """
    if options.answer != "server":
        return {}
    if options.accounts:
        return {role: password for role, _, password in (pair.partition(":") for pair in options.accounts)}
    dataset = dataset_of(decoy)
    return {SUPERUSER: decoy.persona.choose("postgresql password of postgres", WEAK[:12]), dataset.account: dataset.password}
